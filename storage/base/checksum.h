#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tidemark::storage {

/// XXH3-64 of `bytes`: the checksum of every file. Seeds bind bytes to their place (file id and
/// offset), so that intact bytes in the wrong place are noticed too.
std::uint64_t xxh3_64(std::span<const std::byte> bytes, std::uint64_t seed);

}  // namespace tidemark::storage
