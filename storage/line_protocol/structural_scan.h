#pragma once

#include <array>
#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Finds the next byte that means something in line protocol, 16 bytes at a time where the machine
// has SSE2 (every x86-64 does) and one at a time else and near the end of the text. Most names are
// shorter than 16 bytes, so one load and one branch find their end.

namespace tidemark::storage {

constexpr bool is_control_byte(std::uint8_t byte) { return byte < 0x20 || byte == 0x7f; }

/// Bytes that end a tag key, a tag value or a field key, or begin an escape in one.
struct NameBytes {
    static constexpr bool stops(std::uint8_t byte) {
        return byte == ',' || byte == '=' || byte == ' ' || byte == '\\' || is_control_byte(byte);
    }
    /// Before which of these a backslash is an escape. Elsewhere it stands for itself.
    static constexpr bool is_escapable(char byte) {
        return byte == ',' || byte == '=' || byte == ' ';
    }
    /// Stops that are only counted.
    static constexpr bool is_text(char) { return false; }
#if defined(__SSE2__)
    static __m128i stops(__m128i bytes) {
        const auto equals = [&](char byte) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)); };
        const __m128i structural = _mm_or_si128(_mm_or_si128(equals(','), equals('=')),
                                                _mm_or_si128(equals(' '), equals('\\')));
        const __m128i control = _mm_or_si128(
            equals(0x7f), _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes));
        return _mm_or_si128(structural, control);
    }
#endif
};

/// The same for a measurement, in which '=' is an ordinary byte.
struct MeasurementBytes {
    static constexpr bool stops(std::uint8_t byte) { return byte != '=' && NameBytes::stops(byte); }
    static constexpr bool is_escapable(char byte) { return byte == ',' || byte == ' '; }
    static constexpr bool is_text(char) { return false; }
#if defined(__SSE2__)
    static __m128i stops(__m128i bytes) {
        return _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('=')), NameBytes::stops(bytes));
    }
#endif
};

/// Bytes that end a string field, begin an escape in it, or begin another line of text.
struct StringBytes {
    static constexpr bool stops(std::uint8_t byte) {
        return byte == '"' || byte == '\\' || byte == '\n';
    }
    static constexpr bool is_escapable(char byte) { return byte == '"' || byte == '\\'; }
    static constexpr bool is_text(char byte) { return byte == '\n'; }
#if defined(__SSE2__)
    static __m128i stops(__m128i bytes) {
        const auto equals = [&](char byte) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)); };
        return _mm_or_si128(_mm_or_si128(equals('"'), equals('\\')), equals('\n'));
    }
#endif
};

/// The first byte in [position, end) at which `Bytes` stops, or end. Sets `has_high_bit` when a
/// byte in front of it is not ASCII, and leaves it alone else.
template <typename Bytes>
const char* find_stop(const char* position, const char* end, bool& has_high_bit) {
#if defined(__SSE2__)
    while (end - position >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(position));
        const auto stops = static_cast<std::uint32_t>(_mm_movemask_epi8(Bytes::stops(bytes)));
        const auto high_bits = static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
        if (stops != 0) {
            // stops ^ (stops - 1) covers everything up to and including the first stop.
            if ((high_bits & (stops ^ (stops - 1))) != 0) has_high_bit = true;
            return position + std::countr_zero(stops);
        }
        if (high_bits != 0) has_high_bit = true;
        position += 16;
    }
#endif
    for (; position != end; ++position) {
        const auto byte = static_cast<std::uint8_t>(*position);
        if (Bytes::stops(byte)) return position;
        if (byte >= 0x80) has_high_bit = true;
    }
    return end;
}

}  // namespace tidemark::storage
