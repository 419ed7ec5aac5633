#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <tidemark/result.h>

namespace tidemark::storage {

/// Appends the LZ4 block of `bytes` when it takes fewer bytes than they do; else leaves `out` as it
/// was and returns false.
bool compress_lz4(std::span<const std::byte> bytes, std::vector<std::byte>& out);

/// True when an LZ4 block of `compressed_size_bytes` could hold that many bytes; to be asked before
/// memory is allocated for them on the word of a file.
bool is_plausible_lz4_size(std::size_t compressed_size_bytes, std::size_t size_bytes);

/// Fills `bytes` from an untrusted LZ4 block; Corruption when it is not one of just that size.
Status decompress_lz4(std::span<const std::byte> compressed, std::span<std::byte> bytes);

}  // namespace tidemark::storage
