#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

// The payload of a WAL frame: the rows of one write. FORMAT.md section 7 is the specification; this
// header, RowBatchWriter and RowBatchReader are its transcription. Change them together, and the
// golden test.
//
//   kind      u8      2: the body follows; 3: its size as varint, then the body as LZ4 block
//   groups    varint  number of groups; for each varint number of fields, then varint field
//                     index << 3 | field type for each
//   members   varint  number of members: a series in a group, in the order of their first rows;
//   then
//                     varint group of each, from 0; then zigzag of each: id - (id before + 1)
//   order     sized   runs of rows: zigzag member of the first - (member of the row before + 1),
//                     varint rows behind it, whose members follow each other
//   unit      u8      exponent of the unit of times
//   times     sized   runs of rows: zigzag (time - time before) / unit, varint rows behind it that
//                     have the same time
//   columns   sized   one for each field of each group, see batch_column.cc
//
// What stands before the first: id -1, member -1, time 0.

namespace tidemark::storage::row_batch_format {

inline constexpr std::uint8_t kPlainKind = 2;
inline constexpr std::uint8_t kCompressedKind = 3;
inline constexpr unsigned kTypeBits = 3;

/// Nanoseconds, by the number that stands for them.
inline constexpr std::array<std::int64_t, 4> kTimeUnits = {1, 1'000, 1'000'000, 1'000'000'000};

}  // namespace tidemark::storage::row_batch_format
