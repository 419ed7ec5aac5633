#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>

#include "storage/codec/codec_id.h"
#include "storage/codec/nested_column.h"

namespace tidemark::storage {

/// The doubles from `low` to `high`, never NaN.
struct FloatInterval {
    double low;
    double high;

    bool contains(double value) const { return low <= value && value <= high; }
};

/// One way to write a column of doubles. Stateless; all functions are thread-safe. The bytes do not
/// include the id.
struct FloatCodec {
    CodecId id;
    std::string_view name;    ///< As shown by describe_column().
    bool is_matched_encoded;  ///< match() makes no doubles.

    /// Appends the encoded column when it takes at most `size_limit_bytes`. Else, or when that is
    /// too unlikely to be tried, leaves `out` as it was and returns false.
    bool (*encode)(std::span<const double> values, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out);

    /// Fills `values` from untrusted bytes; Corruption if they are no encoding of so many.
    Status (*decode)(std::span<const std::byte> bytes, std::span<double> values);

    /// Which of the `count` values lie in the interval; `mask` as in match_values().
    Status (*match)(std::span<const std::byte> bytes, std::size_t count,
                    const FloatInterval& interval, std::span<std::uint64_t> mask);

    /// The integer column inside of this one's bytes, or nothing.
    NestedColumn (*nested)(std::span<const std::byte> bytes, std::size_t count);
};

extern const FloatCodec kConstantFloats;
extern const FloatCodec kDecimalFloats;
extern const FloatCodec kBinaryFloats;
extern const FloatCodec kSplitFloats;
extern const FloatCodec kPatternFloats;
extern const FloatCodec kPlaneFloats;
extern const FloatCodec kPlainFloats;

/// Every float codec, in ascending order of decode cost but for the last one: the plain one, which
/// can hold any column.
std::span<const FloatCodec* const> float_codecs();

}  // namespace tidemark::storage
