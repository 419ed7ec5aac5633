#include "tests/codec/sample_columns.h"

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace tidemark::tests {
namespace {

using Random = std::mt19937_64;

constexpr std::int64_t kMinInteger = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();

// Around the widths of words, the groups of eight that kernels work in, and a full vector.
constexpr std::size_t kCounts[] = {1, 2, 3, 7, 8, 9, 63, 64, 65, 100, 255, 1000, 1023, 1024, 1025};

std::uint64_t pattern(std::int64_t value) { return static_cast<std::uint64_t>(value); }

template <typename T>
std::vector<T> make_column(std::size_t count, const std::function<T(std::size_t)>& value_at) {
    std::vector<T> column;
    column.reserve(count);
    for (std::size_t i = 0; i < count; ++i) column.push_back(value_at(i));
    return column;
}

std::uint64_t random_bits(Random& random, unsigned width) {
    return width == 0 ? 0 : random() >> (64 - width);
}

}  // namespace

std::vector<std::vector<std::uint64_t>> sample_integer_columns() {
    std::vector<std::vector<std::uint64_t>> columns = {
        {},
        {42},                                                                // No delta exists.
        {7, 7, 7, 7},                                                        // Bit width zero.
        {pattern(kMinInteger), pattern(kMaxInteger), pattern(kMinInteger)},  // Deltas overflow.
        {0, ~std::uint64_t{0}, 0, 1},
        {pattern(-1), 0, 1, pattern(-5)},
        {0, 1, 0, 1, 0, 1, 0, 1, 0},
        {1'000, 1'000, 5'096, 5'096, 5'096, 9'192, 1'000},  // A common factor.
    };
    Random random(1);
    for (unsigned width = 1; width <= 64; ++width) {
        columns.push_back(make_column<std::uint64_t>(
            width * 5 % 200 + 1, [&](std::size_t) { return random_bits(random, width); }));
    }
    for (const std::size_t count : kCounts) {
        const unsigned width = static_cast<unsigned>(random() % 40) + 1;
        const auto outlier = [&](std::size_t) {
            return random_bits(random, random() % 50 == 0 ? 60 : width) - 1'000;
        };
        columns.push_back(make_column<std::uint64_t>(count, outlier));
        std::uint64_t counter = random_bits(random, 50);
        const auto counting = [&](std::size_t) { return counter += 1'000 + random() % 30; };
        columns.push_back(make_column<std::uint64_t>(count, counting));
        std::uint64_t walk = pattern(-20);
        const auto walking = [&](std::size_t) { return walk += random() % 7 - 3; };
        columns.push_back(make_column<std::uint64_t>(count, walking));
        std::uint64_t held = 5;
        const auto holding = [&](std::size_t) {
            return held = random() % 10 == 0 ? 4'096 * random_bits(random, 20) + 3 : held;
        };
        columns.push_back(make_column<std::uint64_t>(count, holding));
        std::uint64_t resetting = 0;
        const auto reset = [&](std::size_t) {
            return resetting = random() % 100 == 0 ? 0 : resetting + random() % 5;
        };
        columns.push_back(make_column<std::uint64_t>(count, reset));
    }
    return columns;
}

std::vector<std::vector<double>> sample_float_columns() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    constexpr double kTiniest = std::numeric_limits<double>::denorm_min();
    constexpr double kHuge = std::numeric_limits<double>::max();
    std::vector<std::vector<double>> columns = {
        {},
        {0.1},
        {0.0, 0.0, 0.0},
        {-0.0, -0.0},
        {-0.0, 0.0, -0.0, 1.5},
        {kNaN, 1.25, -kNaN, kInfinity, -kInfinity, 3.75},
        {std::nan("0x1234"), 2.5, std::nan("7")},
        {kTiniest, -kTiniest, 0.0, 1e-310},
        {kHuge, -kHuge, 1.0, kTiniest},
        {9007199254740992.0, 9007199254740993.0, -9007199254740994.0, 1e18},
        {9223372036854775808.0, -9223372036854775808.0, 4611686018427387904.0},
        {1e300, 1e-300, 1e22, 1e23},
        {1.0 / 3, 2.0 / 3, 4.0 / 3},
        {0.1, 0.2, 0.1 + 0.2, 0.3},  // 0.30000000000000004 among decimals.
    };
    Random random(2);
    for (const std::size_t count : kCounts) {
        for (const double unit : {1.0, 10.0, 100.0, 1e3, 1e6, 1e9}) {
            columns.push_back(make_column<double>(count, [&](std::size_t) {
                return static_cast<double>(random() % 1'000'000) / unit - 7;
            }));
        }
        columns.push_back(make_column<double>(count, [&](std::size_t) {
            return std::ldexp(static_cast<double>(random() >> 11), -53);
        }));
        columns.push_back(make_column<double>(count, [&](std::size_t) {
            const bool is_odd = random() % 40 == 0;
            return is_odd ? std::bit_cast<double>(random())
                          : static_cast<double>(random() % 300) / 10;
        }));
        columns.push_back(make_column<double>(
            count, [&](std::size_t) { return std::bit_cast<double>(random()); }));
        double held = 20.5;
        columns.push_back(make_column<double>(count, [&](std::size_t) {
            return held = random() % 12 == 0 ? static_cast<double>(random() % 400) / 10 : held;
        }));
        columns.push_back(make_column<double>(count, [&](std::size_t i) {
            return random() % 9 == 0 ? -0.0 : static_cast<double>(i) * 0.5;
        }));
    }
    return columns;
}

std::vector<std::vector<std::uint8_t>> sample_boolean_columns() {
    std::vector<std::vector<std::uint8_t>> columns = {{}, {0}, {1}, {1, 1, 1}, {0, 1, 0, 1, 0}};
    Random random(3);
    for (const std::size_t count : kCounts) {
        for (const std::uint64_t run : {1U, 2U, 20U, 300U}) {
            std::uint8_t value = 1;
            columns.push_back(make_column<std::uint8_t>(count, [&](std::size_t) {
                if (random() % run == 0) value ^= 1;
                return value;
            }));
        }
    }
    return columns;
}

std::vector<std::vector<std::string>> sample_string_columns() {
    std::vector<std::vector<std::string>> columns = {
        {},
        {""},
        {"", "", ""},
        {"up", "down", "up", "up"},
        {std::string("nul\0inside", 10), "nul", ""},
        {std::string(5'000, 'x'), "y"},
    };
    Random random(4);
    for (const std::size_t count : kCounts) {
        columns.push_back(make_column<std::string>(
            count, [&](std::size_t) { return "state-" + std::to_string(random() % 5); }));
        columns.push_back(make_column<std::string>(count, [&](std::size_t i) {
            return "request " + std::to_string(i) + " of " + std::to_string(random());
        }));
        columns.push_back(make_column<std::string>(count, [&](std::size_t) {
            std::string bytes(random() % 20, ' ');
            for (char& byte : bytes) byte = static_cast<char>(random());
            return bytes;
        }));
    }
    return columns;
}

std::vector<std::vector<std::int64_t>> sample_time_columns() {
    constexpr std::int64_t kSecond = 1'000'000'000;
    constexpr std::int64_t kStart = 1'700'000'000 * kSecond;
    std::vector<std::vector<std::int64_t>> columns = {
        {},
        {0},
        {kMinInteger},
        {kMaxInteger},
        {kMinInteger, kMaxInteger},
        {kMinInteger, kMinInteger + 1, 0, kMaxInteger - 1, kMaxInteger},
        {kMinInteger, -1, kMaxInteger - 1},
        {-5, -3, -1, 1},
        {kStart + 1, kStart + 2 * kSecond, kStart + 3 * kSecond},
    };
    Random random(5);
    for (const std::size_t count : kCounts) {
        for (const std::int64_t step : {std::int64_t{1}, std::int64_t{1'000'000}, 10 * kSecond,
                                        300 * kSecond, kMaxInteger / 2'000}) {
            const auto index = [](std::size_t i) { return static_cast<std::int64_t>(i); };
            const std::int64_t start = step > 1'000 * kSecond ? 17 - kMaxInteger / 2 : kStart;
            columns.push_back(make_column<std::int64_t>(
                count, [&](std::size_t i) { return start + index(i) * step; }));
            columns.push_back(make_column<std::int64_t>(count, [&](std::size_t i) {
                const auto jitter = static_cast<std::int64_t>(random() % 1'000) * step / 2'000;
                return start + index(i) * step + jitter;
            }));
            std::int64_t time = start;
            columns.push_back(make_column<std::int64_t>(count, [&](std::size_t) {
                const bool has_gap = step < 1'000 * kSecond && random() % 60 == 0;
                return time += has_gap ? 37 * step : step / 2 + 1;
            }));
        }
    }
    return columns;
}

}  // namespace tidemark::tests
