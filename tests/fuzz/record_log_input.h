#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/engine/record_log.h"

// What fuzz targets of record logs have in common.

namespace tidemark::tests {

/// Ends the process where a fuzzer notices.
inline void require(bool condition) {
    if (!condition) __builtin_trap();
}

/// The record log that an input stands for. With an even first byte: payloads, each with two bytes
/// for its size in front, which get their checksums; the highest bit of the size damages one. With
/// an odd one: the bytes of the file.
inline std::vector<std::byte> record_log_of(const storage::RecordLogKind& kind,
                                            std::span<const std::byte> input) {
    if (input.empty()) return {};
    const bool is_file = (std::to_integer<unsigned>(input[0]) & 1) != 0;
    input = input.subspan(1);
    if (is_file) return {input.begin(), input.end()};
    std::vector<std::vector<std::byte>> payloads;
    std::vector<std::size_t> damaged_offsets;
    std::size_t offset = storage::kRecordLogHeaderSizeBytes;
    while (input.size() > 2) {
        const auto low = std::to_integer<std::size_t>(input[0]);
        const auto high = std::to_integer<std::size_t>(input[1]);
        input = input.subspan(2);
        const auto payload = input.first(std::min(low + 256 * (high & 0x7f), input.size()));
        if ((high & 0x80) != 0) damaged_offsets.push_back(offset);
        payloads.emplace_back(payload.begin(), payload.end());
        offset += storage::kRecordHeaderSizeBytes + payload.size();
        input = input.subspan(payload.size());
    }
    auto bytes = storage::encode_record_log(kind, payloads);
    for (const std::size_t damaged : damaged_offsets) bytes[damaged] ^= std::byte{1};
    return bytes;
}

}  // namespace tidemark::tests
