#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>

#include "storage/codec/codec_id.h"
#include "storage/codec/leaf_test.h"
#include "storage/codec/nested_column.h"
#include "storage/codec/string_arena.h"

namespace tidemark::storage {

/// One way to write a column of strings. Stateless; all functions are thread-safe. The bytes do not
/// include the id.
struct StringCodec {
    CodecId id;
    std::string_view name;    ///< As shown by describe_column().
    bool is_matched_encoded;  ///< match() looks at each distinct string once.

    /// Appends the encoded column when it takes at most `size_limit_bytes`. Else, or when that is
    /// too unlikely to be tried, leaves `out` as it was and returns false.
    bool (*encode)(std::span<const std::string_view> values, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out);

    /// Fills `values` from untrusted bytes with views into `arena`; Corruption if the bytes are no
    /// encoding of so many.
    Status (*decode)(std::span<const std::byte> bytes, std::span<std::string_view> values,
                     StringArena& arena);

    /// Which of the `count` values pass; `mask` as in match_values().
    Status (*match)(std::span<const std::byte> bytes, std::size_t count, const LeafTest& test,
                    std::span<std::uint64_t> mask);

    /// The integer column inside of this one's bytes, or nothing.
    NestedColumn (*nested)(std::span<const std::byte> bytes, std::size_t count);
};

extern const StringCodec kConstantStrings;
extern const StringCodec kDictionaryStrings;
extern const StringCodec kPlainStrings;

/// Every string codec, in ascending order of decode cost; the last one, the plain one, can hold any
/// column.
std::span<const StringCodec* const> string_codecs();

}  // namespace tidemark::storage
