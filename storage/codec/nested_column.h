#pragma once

#include <cstddef>
#include <span>

namespace tidemark::storage {

/// The integer column inside of an encoded column, for tools. No bytes when there is none.
struct NestedColumn {
    std::span<const std::byte> bytes;
    std::size_t count = 0;
};

/// The answer of a codec that has no column inside.
inline NestedColumn nothing_nested(std::span<const std::byte>, std::size_t) { return {}; }

}  // namespace tidemark::storage
