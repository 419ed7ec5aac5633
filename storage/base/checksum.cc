#include "storage/base/checksum.h"

#include <xxhash.h>

namespace tidemark::storage {

std::uint64_t xxh3_64(std::span<const std::byte> bytes, std::uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace tidemark::storage
