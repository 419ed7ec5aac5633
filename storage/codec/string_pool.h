#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>

#include "storage/codec/string_arena.h"

// Strings one after the other: what plain string columns and dictionaries share.
//
//   offset  size  field
//   0       1..   size of the lengths, varint
//   ..      ..    encoded integers, of unsigned order: the length of each string in bytes
//   ..      1     form of the rest: 0 as it is, 1 an LZ4 block
//   ..      ..    the bytes of all strings, to the end

namespace tidemark::storage {

/// Appends a pool.
void write_string_pool(std::span<const std::string_view> strings, std::vector<std::byte>& out);

/// Fills `strings` with views into `arena` from the untrusted bytes of a pool of so many strings.
Status read_string_pool(std::span<const std::byte> bytes, std::span<std::string_view> strings,
                        StringArena& arena);

}  // namespace tidemark::storage
