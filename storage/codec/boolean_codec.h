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

/// Which booleans pass a comparison.
struct BooleanTest {
    bool false_passes;
    bool true_passes;

    bool passes(bool value) const { return value ? true_passes : false_passes; }
};

/// One way to write a column of booleans, each 0 or 1. Stateless; all functions are thread-safe.
/// The bytes do not include the id.
struct BooleanCodec {
    CodecId id;
    std::string_view name;  ///< As shown by describe_column().

    /// Appends the encoded column when it takes at most `size_limit_bytes`. Else, or when that is
    /// too unlikely to be tried, leaves `out` as it was and returns false.
    bool (*encode)(std::span<const std::uint8_t> values, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out);

    /// Fills `values` from untrusted bytes; Corruption if they are no encoding of so many.
    Status (*decode)(std::span<const std::byte> bytes, std::span<std::uint8_t> values);

    /// Which of the `count` values pass, without decoding; `mask` as in match_values().
    Status (*match)(std::span<const std::byte> bytes, std::size_t count, const BooleanTest& test,
                    std::span<std::uint64_t> mask);

    /// The integer column inside of this one's bytes, or nothing.
    NestedColumn (*nested)(std::span<const std::byte> bytes, std::size_t count);
};

extern const BooleanCodec kConstantBooleans;
extern const BooleanCodec kRunBooleans;
extern const BooleanCodec kBitmapBooleans;

/// Every boolean codec; the last one, the bitmap, can hold any column.
std::span<const BooleanCodec* const> boolean_codecs();

}  // namespace tidemark::storage
