#include "storage/codec/lz4_bytes.h"

#include <limits>

#include <lz4.h>

namespace tidemark::storage {

bool compress_lz4(std::span<const std::byte> bytes, std::vector<std::byte>& out) {
    if (bytes.empty() || bytes.size() > LZ4_MAX_INPUT_SIZE) return false;
    const std::size_t begin = out.size();
    const std::size_t size_limit_bytes = bytes.size() - 1;
    out.resize(begin + size_limit_bytes);
    const int compressed_size_bytes = LZ4_compress_default(
        reinterpret_cast<const char*>(bytes.data()), reinterpret_cast<char*>(out.data() + begin),
        static_cast<int>(bytes.size()), static_cast<int>(size_limit_bytes));
    out.resize(begin + static_cast<std::size_t>(compressed_size_bytes));  // 0 when it did not fit.
    return compressed_size_bytes > 0;
}

bool is_plausible_lz4_size(std::size_t compressed_size_bytes, std::size_t size_bytes) {
    // Each further byte of a match length stands for at most 255 bytes (LZ4 block format).
    constexpr std::size_t kLargestRatio = 255;
    return size_bytes <= LZ4_MAX_INPUT_SIZE && size_bytes / kLargestRatio <= compressed_size_bytes;
}

Status decompress_lz4(std::span<const std::byte> compressed, std::span<std::byte> bytes) {
    constexpr std::size_t kSizeLimitBytes = std::numeric_limits<int>::max();
    int size_bytes = -1;
    if (compressed.size() <= kSizeLimitBytes && bytes.size() <= kSizeLimitBytes) {
        size_bytes = LZ4_decompress_safe(
            reinterpret_cast<const char*>(compressed.data()), reinterpret_cast<char*>(bytes.data()),
            static_cast<int>(compressed.size()), static_cast<int>(bytes.size()));
    }
    if (size_bytes < 0 || static_cast<std::size_t>(size_bytes) != bytes.size()) {
        return Error(ErrorCode::Corruption, "not an LZ4 block of the expected size");
    }
    return success();
}

}  // namespace tidemark::storage
