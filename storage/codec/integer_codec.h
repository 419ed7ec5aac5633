#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>

#include "storage/codec/codec_id.h"
#include "storage/codec/float_scale.h"
#include "storage/codec/integer_column.h"
#include "storage/codec/integer_interval.h"
#include "storage/codec/nested_column.h"

// Columns of 64-bit integers: of themselves, and inside of most other codecs (decimal digits of
// floats, dictionary codes, steps of time). Integers are bit patterns and all arithmetic is modulo
// 2^64, so signed and unsigned columns share every codec and no difference overflows.

namespace tidemark::storage {

/// How far codecs may nest: a codec uses only codecs of smaller rank inside, so decoding ends.
/// The kinds of columns made of integers use kAnyRank.
inline constexpr unsigned kFlatRank = 1;
inline constexpr unsigned kAnyRank = 5;

/// More bytes than any column takes.
inline constexpr std::size_t kCannotHold = std::numeric_limits<std::size_t>::max();

/// Integers written as numbers of few bits: integer i = base + numbers[i], or base +
/// zigzag_decode(numbers[i]).
struct NarrowColumn {
    std::uint64_t base;
    bool is_zigzag;
    unsigned width;  ///< Every number is below 2 to the width.
};

/// One way to write a column of integers. Stateless; all functions are thread-safe. The bytes do
/// not include the id.
struct IntegerCodec {
    CodecId id;
    std::string_view name;  ///< As shown by describe_column().
    unsigned rank;          ///< Below kAnyRank.

    /// About the least that encode() appends, by a look at long columns; kCannotHold when it is
    /// bound to fail or too unlikely to be worth it. Cheap, as nothing is written.
    std::size_t (*size_bound_bytes)(const IntegerColumn& column);

    /// Appends the encoded column when it takes at most `size_limit_bytes`. Else, or when that is
    /// too unlikely to be tried, leaves `out` as it was and returns false.
    bool (*encode)(const IntegerColumn& column, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out);

    /// Fills `values` from untrusted bytes; Corruption if they are no encoding of so many.
    Status (*decode)(std::span<const std::byte> bytes, std::span<std::uint64_t> values);

    /// The same as scale.value() of each integer as a signed one.
    Status (*decode_scaled)(std::span<const std::byte> bytes, const FloatScale& scale,
                            std::span<double> values);

    /// Which of the `count` values lie in the interval; `mask` as in match_values().
    Status (*match)(std::span<const std::byte> bytes, std::size_t count,
                    const IntegerInterval& interval, std::span<std::uint64_t> mask);

    /// The column inside of this one's bytes, or nothing.
    NestedColumn (*nested)(std::span<const std::byte> bytes, std::size_t count);

    /// Fills `numbers` where the column is of that kind and its numbers have few bits; else
    /// nothing. Null: never.
    Result<std::optional<NarrowColumn>> (*decode_narrow)(
        std::span<const std::byte> bytes, std::span<std::uint32_t> numbers) = nullptr;
};

/// Every integer codec, in the order in which they are tried; the last one, the plain one, can hold
/// any column.
std::span<const IntegerCodec* const> integer_codecs();

/// Appends the smallest encoding by codecs of a rank below `rank_limit`, its id included, when it
/// takes at most `size_limit_bytes`; else leaves `out` as it was and returns false. Codecs are
/// tried in the order of their bounds, so that mostly the first one is the last one.
bool encode_integer_column(const IntegerColumn& column, unsigned rank_limit,
                           std::size_t size_limit_bytes, std::vector<std::byte>& out);

/// Without a limit; always succeeds.
void encode_integer_column(const IntegerColumn& column, std::vector<std::byte>& out);

Status decode_integer_column(std::span<const std::byte> bytes, unsigned rank_limit,
                             std::span<std::uint64_t> values);

/// The same as scale.value() of each integer as a signed one.
Status decode_scaled_column(std::span<const std::byte> bytes, unsigned rank_limit,
                            const FloatScale& scale, std::span<double> values);

/// As the codec's decode_narrow().
Result<std::optional<NarrowColumn>> decode_narrow_column(std::span<const std::byte> bytes,
                                                         unsigned rank_limit,
                                                         std::span<std::uint32_t> numbers);

Status match_integer_column(std::span<const std::byte> bytes, unsigned rank_limit,
                            std::size_t count, const IntegerInterval& interval,
                            std::span<std::uint64_t> mask);

}  // namespace tidemark::storage
