#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tidemark::storage {

/// The most digits that a 64-bit integer has.
inline constexpr std::size_t kLongestInteger = 20;

namespace digits {

/// "00", "01", .. "99".
inline constexpr auto kPairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}();

inline void put_pair(std::uint32_t pair, char* at) {
    std::memcpy(at, &kPairs[std::size_t{2} * pair], 2);
}

}  // namespace digits

/// The digits of `value`, written in front of `end`, two at a time; returns where they begin.
inline char* put_digits(std::uint32_t value, char* end) {
    while (value >= 100) {
        end -= 2;
        digits::put_pair(value % 100, end);
        value /= 100;
    }
    if (value < 10) {
        *--end = static_cast<char>('0' + value);
        return end;
    }
    end -= 2;
    digits::put_pair(value, end);
    return end;
}

/// The same of long numbers, as times in ns are, by nine digits, which 32 bits hold: that is twice
/// as fast as 64-bit divisions all along.
inline char* put_digits(std::uint64_t value, char* end) {
    constexpr std::uint64_t kNineDigits = 1'000'000'000;
    while (value >= kNineDigits) {
        char* const begin = put_digits(static_cast<std::uint32_t>(value % kNineDigits), end);
        end -= 9;
        std::memset(end, '0', static_cast<std::size_t>(begin - end));
        value /= kNineDigits;
    }
    return put_digits(static_cast<std::uint32_t>(value), end);
}

/// Six digits, zeros in front: `value` is below a million.
inline void put_six_digits(std::uint32_t value, char* at) {
    digits::put_pair(value / 10'000, at);
    digits::put_pair(value / 100 % 100, at + 2);
    digits::put_pair(value % 100, at + 4);
}

}  // namespace tidemark::storage
