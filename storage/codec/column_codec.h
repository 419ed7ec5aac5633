#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/codec/leaf_test.h"
#include "storage/codec/string_arena.h"

// Columns to bytes and back: the dense, non-null values of one column of one vector (up to 1,024
// rows as a rule, but any count works). FORMAT.md section 4.
//
// An encoded column begins with the id of its codec and describes itself, given its value count
// and type, which whoever stores it keeps; its end is the end of the span. An encoder measures its
// candidates and takes the smallest; it decodes what it wrote and compares it bit by bit, and falls
// back to plain values if they differ. Doubles keep every bit: -0.0, infinities and the payload of
// a NaN.
//
// Decoders take untrusted bytes: what is not a valid encoding is Corruption, or decodes to some
// values; never a crash, never a read outside the span. The output is unspecified after an error.
//
// Stateless: every function is thread-safe.

namespace tidemark::storage {

/// Appends the encoded column to `out`. `booleans` hold 0 or 1.
void encode_floats(std::span<const double> values, std::vector<std::byte>& out);
void encode_integers(std::span<const std::int64_t> values, std::vector<std::byte>& out);
void encode_unsigneds(std::span<const std::uint64_t> values, std::vector<std::byte>& out);
void encode_booleans(std::span<const std::uint8_t> values, std::vector<std::byte>& out);
void encode_strings(std::span<const std::string_view> values, std::vector<std::byte>& out);

/// Strictly ascending times, however far apart.
void encode_times(std::span<const std::int64_t> times, std::vector<std::byte>& out);

/// Fills `values`, whose size is the value count given to the encoder.
Status decode_floats(std::span<const std::byte> bytes, std::span<double> values);
Status decode_integers(std::span<const std::byte> bytes, std::span<std::int64_t> values);
Status decode_unsigneds(std::span<const std::byte> bytes, std::span<std::uint64_t> values);
Status decode_booleans(std::span<const std::byte> bytes, std::span<std::uint8_t> values);
/// The views point into `arena`, which may hold other columns' strings too.
Status decode_strings(std::span<const std::byte> bytes, std::span<std::string_view> values,
                      StringArena& arena);
/// Corruption also when the times do not ascend strictly.
Status decode_times(std::span<const std::byte> bytes, std::span<std::int64_t> times);

struct MatchOutcome {
    /// Nothing was decoded to values: the comparison was made on encoded integers, runs or
    /// dictionary entries.
    bool was_encoded = false;
};

/// Evaluates a leaf on the `count` values of an encoded column of type test.type(), in its encoded
/// form where the codec allows it. `mask` is filled as by match_values() in leaf_test.h, with the
/// same answer as decoding first. Corruption as for the decoders.
Result<MatchOutcome> match_column(std::span<const std::byte> bytes, std::size_t count,
                                  const LeafTest& test, std::span<std::uint64_t> mask);

/// The codecs of an encoded column of `count` values, outermost first, for tools: "decimal sparse
/// delta packed". "unknown" stands for an id that is not known.
std::string describe_column(FieldType type, std::span<const std::byte> bytes, std::size_t count);
std::string describe_times(std::span<const std::byte> bytes, std::size_t count);

/// The bits of one number in the innermost integers of an encoded column, for tools; nothing when
/// there are no packed ones inside.
std::optional<unsigned> column_bit_width(FieldType type, std::span<const std::byte> bytes,
                                         std::size_t count);
std::optional<unsigned> times_bit_width(std::span<const std::byte> bytes, std::size_t count);

}  // namespace tidemark::storage
