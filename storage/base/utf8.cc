#include "storage/base/utf8.h"

#include <cstddef>
#include <cstdint>

namespace tidemark::storage {
namespace {

// What may follow a lead byte: how many bytes, and the range of the first of them. The others lie
// in 80..BF.
struct Sequence {
    std::uint8_t continuation_count;  // 0: not a lead byte of several bytes.
    std::uint8_t second_min;
    std::uint8_t second_max;
};

Sequence sequence_of(std::uint8_t lead) {
    if (lead >= 0xc2 && lead <= 0xdf) return {1, 0x80, 0xbf};
    if (lead == 0xe0) return {2, 0xa0, 0xbf};  // Below: overlong.
    if (lead == 0xed) return {2, 0x80, 0x9f};  // Above: surrogates.
    if (lead >= 0xe1 && lead <= 0xef) return {2, 0x80, 0xbf};
    if (lead == 0xf0) return {3, 0x90, 0xbf};
    if (lead >= 0xf1 && lead <= 0xf3) return {3, 0x80, 0xbf};
    if (lead == 0xf4) return {3, 0x80, 0x8f};
    return {0, 0, 0};
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
    std::size_t index = 0;
    while (index < text.size()) {
        if (byte(index) < 0x80) {
            ++index;
            continue;
        }
        const Sequence sequence = sequence_of(byte(index));
        if (sequence.continuation_count == 0) return false;
        if (text.size() - index <= sequence.continuation_count) return false;
        if (byte(index + 1) < sequence.second_min || byte(index + 1) > sequence.second_max) {
            return false;
        }
        for (std::size_t i = 2; i <= sequence.continuation_count; ++i) {
            if ((byte(index + i) & 0xc0) != 0x80) return false;
        }
        index += sequence.continuation_count + 1U;
    }
    return true;
}

}  // namespace tidemark::storage
