#include "storage/codec/kernels/encode_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "storage/codec/bit_packing.h"
#include "storage/codec/exact_divisor.h"
#include "storage/codec/float_scale.h"
#include "storage/codec/mask.h"

// Every table of encode kernels gives the scalar table's results, and those are what they should
// be.

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;

constexpr std::size_t kCounts[] = {1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100, 1024, 1025};
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

/// Of any magnitude and either sign.
std::vector<std::uint64_t> any_numbers(std::mt19937_64& random, std::size_t count) {
    std::vector<std::uint64_t> numbers(count);
    for (std::uint64_t& number : numbers) {
        number = random() >> (random() % 64);
        if (random() % 2 == 0) number = 0 - number;
    }
    return numbers;
}

/// The low 32 bits of a range below kNarrowRange around any number; some come again.
std::vector<std::uint32_t> narrow_numbers(std::mt19937_64& random, std::size_t count) {
    const auto base = static_cast<std::uint32_t>(random());
    const std::uint64_t range = kNarrowRange >> (random() % 30);
    std::vector<std::uint32_t> numbers(count);
    for (std::uint32_t& number : numbers) {
        number = base + static_cast<std::uint32_t>(random() % range);
    }
    for (std::size_t i = 1; i < count; ++i) {
        if (random() % 3 == 0) numbers[i] = numbers[i - 1];
    }
    return numbers;
}

std::vector<double> decimals_and_others(std::mt19937_64& random, std::size_t count) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double odd[] = {-0.0,       kInfinity,
                          -kInfinity, std::numeric_limits<double>::quiet_NaN(),
                          1e300,      -1e17,
                          0.5e-2,     -0.5e-2,
                          2.5e-2,     22517998136852.48,
                          1e-310};
    std::vector<double> values(count);
    for (double& value : values) {
        value = static_cast<double>(random() % 2'000'000) / 100 - 10'000;
        if (random() % 20 == 0) value = odd[random() % std::size(odd)];
        if (random() % 20 == 0) value = std::bit_cast<double>(random());
    }
    return values;
}

}  // namespace

TEST_CASE("all tables find the same extremes", "[codec]") {
    std::mt19937_64 random(51);
    REQUIRE(supported_encode_kernels().front()->name == "scalar");
    for (const std::size_t count : kCounts) {
        const auto numbers = any_numbers(random, count);
        const auto [low, high] = std::ranges::minmax(numbers);
        const auto as_signed = [](std::uint64_t number) {
            return static_cast<std::int64_t>(number);
        };
        const auto [signed_low, signed_high] = std::ranges::minmax(numbers, {}, as_signed);
        for (const EncodeKernels* kernels : supported_encode_kernels()) {
            INFO(kernels->name << ", " << count << " numbers");
            const Extremes plain = kernels->extremes(numbers, 0);
            CHECK(plain.min == low);
            CHECK(plain.max == high);
            const Extremes flipped = kernels->extremes(numbers, kSignBit);
            CHECK(flipped.min == signed_low);
            CHECK(flipped.max == signed_high);
        }
    }
}

TEST_CASE("all tables subtract, fold signs and measure bits alike", "[codec]") {
    std::mt19937_64 random(52);
    for (const std::size_t count : kCounts) {
        auto numbers = any_numbers(random, count);
        for (std::size_t i = 1; i < count; ++i) {
            if (random() % 3 == 0) numbers[i] = numbers[i - 1];
        }
        const std::uint64_t base = numbers[count / 2] + random() % 3;
        for (const EncodeKernels* kernels : supported_encode_kernels()) {
            INFO(kernels->name << ", " << count << " numbers");
            std::vector<std::uint64_t> differences(count);
            std::size_t changes = kernels->subtract_neighbours(numbers, differences.data());
            for (std::size_t i = 0; i + 1 < count; ++i) {
                REQUIRE(differences[i] == numbers[i + 1] - numbers[i]);
                changes -= differences[i] != 0 ? 1U : 0U;
            }
            CHECK(changes == 0);
            std::vector<std::uint64_t> folded(count);
            kernels->zigzag(numbers, base, folded.data());
            std::vector<std::uint8_t> lengths(count);
            kernels->bit_lengths(numbers, base, lengths.data());
            std::multiset<unsigned> expected_lengths;
            for (std::size_t i = 0; i < count; ++i) {
                const auto distance = static_cast<std::int64_t>(numbers[i] - base);
                REQUIRE(folded[i] == zigzag_encode(distance));
                expected_lengths.insert(bit_width_of(numbers[i] - base));
            }
            CHECK(std::multiset<unsigned>(lengths.begin(), lengths.end()) == expected_lengths);
            for (unsigned longest = 0; longest <= 64; ++longest) {
                std::vector<std::uint32_t> length_counts(kLengthCount, 77);
                kernels->count_lengths(lengths, longest, length_counts.data());
                for (unsigned k = 0; k < kLengthCount; ++k) {
                    const bool is_length = k <= longest;
                    REQUIRE(length_counts[k] ==
                            (is_length ? expected_lengths.count(longest - k) : 0));
                }
            }
        }
    }
}

TEST_CASE("bits are measured at each power of two", "[codec]") {
    std::vector<std::uint64_t> edges = {0};
    for (unsigned bit = 0; bit < 64; ++bit) {
        const std::uint64_t power = std::uint64_t{1} << bit;
        edges.insert(edges.end(), {power - 1, power, power + 1, power | power >> 1});
    }
    for (const EncodeKernels* kernels : supported_encode_kernels()) {
        for (const std::uint64_t edge : edges) {
            INFO(kernels->name << ", " << edge);
            const std::vector<std::uint64_t> numbers(64, edge);
            std::vector<std::uint8_t> lengths(numbers.size());
            kernels->bit_lengths(numbers, 0, lengths.data());
            REQUIRE(std::ranges::count(lengths, bit_width_of(edge)) == 64);
        }
    }
}

TEST_CASE("all tables round doubles to the same integers", "[codec]") {
    std::mt19937_64 random(53);
    const RoundTrip trips[] = {{100, 1e12, 1e-14}, {1, 1, 1}, {1000, 1, 1e-3}};
    for (const std::size_t count : kCounts) {
        const auto values = decimals_and_others(random, count);
        for (const RoundTrip& trip : trips) {
            for (const EncodeKernels* kernels : supported_encode_kernels()) {
                INFO(kernels->name << ", " << count << " values");
                std::vector<std::uint64_t> integers(count);
                std::vector<std::uint64_t> mismatches(mask_word_count(count), 0x77);
                std::size_t mismatch_count =
                    kernels->round_to_integers(values, trip, integers.data(), mismatches.data());
                for (std::size_t i = 0; i < count; ++i) {
                    const std::int64_t integer = nearest_integer(values[i] * trip.digits);
                    REQUIRE(static_cast<std::int64_t>(integers[i]) == integer);
                    const double back = static_cast<double>(integer) * trip.factor * trip.fraction;
                    const bool is_mismatch = std::bit_cast<std::uint64_t>(back) !=
                                             std::bit_cast<std::uint64_t>(values[i]);
                    REQUIRE(mask_bit(mismatches, i) == is_mismatch);
                    mismatch_count -= is_mismatch ? 1U : 0U;
                }
                CHECK(mismatch_count == 0);
            }
        }
    }
}

TEST_CASE("all tables see the same bits of doubles", "[codec]") {
    std::mt19937_64 random(56);
    for (const std::size_t count : kCounts) {
        auto values = decimals_and_others(random, count);
        std::vector<double> fractions(count);
        for (double& value : fractions)
            value = std::ldexp(static_cast<double>(random() >> 11), -53);
        for (const auto& column : {values, fractions, std::vector<double>(count, -0.0)}) {
            const BitRange expected = scalar::kEncodeKernels.bit_range(column);
            std::vector<std::uint64_t> expected_integers(count);
            scalar::kEncodeKernels.multiply_to_integers(column, 0x1p53, expected_integers.data());
            auto others = column;
            for (double& other : others) other = random() % 3 == 0 ? -other : other;
            for (const EncodeKernels* kernels : supported_encode_kernels()) {
                INFO(kernels->name << ", " << count << " values");
                const BitRange range = kernels->bit_range(column);
                CHECK(range.highest == expected.highest);
                CHECK(range.lowest == expected.lowest);
                std::vector<std::uint64_t> integers(count);
                kernels->multiply_to_integers(column, 0x1p53, integers.data());
                CHECK(integers == expected_integers);
                std::vector<std::uint64_t> mask(mask_word_count(count), 0x77);
                std::size_t mismatch_count =
                    kernels->find_mismatches(column, others.data(), mask.data());
                for (std::size_t i = 0; i < count; ++i) {
                    const bool differ = std::bit_cast<std::uint64_t>(column[i]) !=
                                        std::bit_cast<std::uint64_t>(others[i]);
                    REQUIRE(mask_bit(mask, i) == differ);
                    mismatch_count -= differ ? 1U : 0U;
                }
                CHECK(mismatch_count == 0);
            }
        }
    }
    const BitRange eighths = scalar::kEncodeKernels.bit_range(std::vector{0.75, -0.125, 0.0, 2.5});
    CHECK(eighths.highest == 1);
    CHECK(eighths.lowest == -3);
    std::vector<std::uint64_t> integers(2);
    scalar::kEncodeKernels.multiply_to_integers(std::vector{-2.75, 9.5}, 2.0, integers.data());
    CHECK(integers == std::vector<std::uint64_t>{0 - std::uint64_t{5}, 19});
}

TEST_CASE("numbers are packed as their low bits above a base", "[codec]") {
    std::mt19937_64 random(54);
    for (unsigned width = 0; width <= 64; ++width) {
        for (const std::size_t count : kCounts) {
            const auto numbers = any_numbers(random, count);
            const std::uint64_t base = random();
            std::vector<std::byte> packed(3, std::byte{0x5a});
            pack_bits(numbers, base, width, packed);
            REQUIRE(packed.size() == 3 + packed_size_bytes(count, width));
            if (width != 0) {
                const std::size_t group_bytes = count / 8 * width;
                for (const EncodeKernels* kernels : supported_encode_kernels()) {
                    INFO(kernels->name << ", " << count << " numbers of " << width << " bits");
                    std::vector<std::byte> groups(group_bytes + kPackPaddingBytes);
                    kernels->pack_groups(numbers, base, width, groups.data());
                    REQUIRE(
                        std::equal(groups.data(), groups.data() + group_bytes, packed.data() + 3));
                }
            }
            const auto stream = std::span<const std::byte>(packed).subspan(3);
            for (std::size_t i = 0; i < count; ++i) {
                const std::uint64_t keep =
                    width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
                REQUIRE(packed_number_at(stream, width, i) == ((numbers[i] - base) & keep));
            }
            const std::size_t used_bits = count * width % 8;
            if (used_bits != 0) CHECK(std::to_integer<unsigned>(packed.back()) >> used_bits == 0);
        }
    }
}

TEST_CASE("all tables round doubles to the same narrow integers", "[codec]") {
    std::mt19937_64 random(57);
    const RoundTrip trip{100, 1e12, 1e-14};
    constexpr double kMost = 2147483647.0;
    const double off[] = {-0.0,
                          1e300,
                          std::numeric_limits<double>::quiet_NaN(),
                          0.005,
                          (kMost + 1) / 100,
                          -(kMost + 2) / 100};
    for (const std::size_t count : kCounts) {
        std::vector<double> values(count);
        for (double& value : values) {
            value = static_cast<double>(static_cast<std::int32_t>(random())) / 100;
        }
        values[random() % count] = kMost / 100;
        values[random() % count] = -(kMost + 1) / 100;
        for (const EncodeKernels* kernels : supported_encode_kernels()) {
            INFO(kernels->name << ", " << count << " values");
            std::vector<std::uint32_t> numbers(count);
            NarrowExtremes extremes;
            // The product does not give back decimals of so many digits, all of them.
            std::vector<double> exact;
            for (const double value : values) {
                const auto integer = static_cast<double>(nearest_integer(value * trip.digits));
                exact.push_back(integer * trip.factor * trip.fraction);
            }
            REQUIRE(kernels->round_to_narrow(exact, trip, numbers.data(), extremes));
            NarrowExtremes expected;
            for (std::size_t i = 0; i < count; ++i) {
                const auto number = static_cast<std::int32_t>(numbers[i]);
                REQUIRE(number == nearest_integer(exact[i] * trip.digits));
                expected.min = std::min(expected.min, number);
                expected.max = std::max(expected.max, number);
            }
            CHECK(extremes.min == expected.min);
            CHECK(extremes.max == expected.max);
            for (const double value : off) {
                INFO(value);
                auto others = exact;
                others[random() % count] = value;
                CHECK_FALSE(kernels->round_to_narrow(others, trip, numbers.data(), extremes));
            }
        }
    }
}

TEST_CASE("lengths are counted in columns of any size", "[codec]") {
    const std::vector<std::uint8_t> lengths(20'000, 13);
    for (const EncodeKernels* kernels : supported_encode_kernels()) {
        std::vector<std::uint32_t> counts(kLengthCount);
        kernels->count_lengths(lengths, 15, counts.data());
        CHECK(counts == std::vector<std::uint32_t>{0, 0, 20'000, 0, 0, 0, 0, 0});
    }
}

TEST_CASE("narrow integers are decimals by their quotient too", "[codec]") {
    std::mt19937_64 random(61);
    const RoundTrip quotient{1000, 1, 1, 1000};
    for (const std::size_t count : kCounts) {
        std::vector<double> values(count);
        for (double& value : values) {
            value = static_cast<double>(random() % 2'000'000'000) / 1000 - 1'000'000;
            value = static_cast<double>(nearest_integer(value * 1000)) / 1000;
        }
        for (const EncodeKernels* kernels : supported_encode_kernels()) {
            INFO(kernels->name << ", " << count << " values");
            std::vector<std::uint32_t> numbers(count);
            NarrowExtremes extremes;
            REQUIRE(kernels->round_to_narrow(values, quotient, numbers.data(), extremes));
            for (std::size_t i = 0; i < count; ++i) {
                const auto number = static_cast<std::int32_t>(numbers[i]);
                REQUIRE(number == nearest_integer(values[i] * 1000));
                REQUIRE(static_cast<double>(number) / 1000 == values[i]);
            }
            auto others = values;
            others[random() % count] = 0.00051;
            CHECK_FALSE(kernels->round_to_narrow(others, quotient, numbers.data(), extremes));
        }
    }
}

TEST_CASE("all tables subtract, fold signs and measure bits of narrow numbers alike", "[codec]") {
    std::mt19937_64 random(58);
    for (int round = 0; round < 40; ++round) {
        for (const std::size_t count : kCounts) {
            const auto numbers = narrow_numbers(random, count);
            const std::uint32_t base = *std::ranges::min_element(numbers, {}, [&](auto number) {
                return static_cast<std::int32_t>(number - numbers.front());
            });
            const std::uint32_t centre = numbers[random() % count];
            const auto limit = static_cast<std::uint32_t>(kNarrowRange >> (random() % 31)) - 1;
            for (const EncodeKernels* kernels : supported_encode_kernels()) {
                INFO(kernels->name << ", " << count << " numbers");
                std::vector<std::uint32_t> differences(count);
                NarrowExtremes extremes;
                std::size_t changes =
                    kernels->subtract_narrow_neighbours(numbers, differences.data(), extremes);
                NarrowExtremes expected;
                for (std::size_t i = 0; i + 1 < count; ++i) {
                    REQUIRE(differences[i] == numbers[i + 1] - numbers[i]);
                    const auto difference = static_cast<std::int32_t>(differences[i]);
                    expected.min = std::min(expected.min, difference);
                    expected.max = std::max(expected.max, difference);
                    changes -= difference != 0 ? 1U : 0U;
                }
                CHECK(changes == 0);
                CHECK(extremes.min == expected.min);
                CHECK(extremes.max == expected.max);
                std::vector<std::uint64_t> above(mask_word_count(count), 0x77);
                kernels->find_narrow_above(numbers, base, limit, above.data());
                std::vector<std::uint32_t> folded(count);
                kernels->zigzag_narrow(numbers, centre, folded.data());
                std::vector<std::uint8_t> lengths(count);
                kernels->narrow_bit_lengths(numbers, base, lengths.data());
                std::multiset<unsigned> expected_lengths;
                for (std::size_t i = 0; i < count; ++i) {
                    const auto distance = static_cast<std::int32_t>(numbers[i] - centre);
                    REQUIRE(folded[i] == zigzag_encode(distance));
                    REQUIRE(mask_bit(above, i) == (numbers[i] - base > limit));
                    expected_lengths.insert(bit_width_of(numbers[i] - base));
                }
                CHECK(std::multiset<unsigned>(lengths.begin(), lengths.end()) == expected_lengths);
                if (count % 64 != 0) CHECK(above.back() >> (count % 64) == 0);
            }
        }
    }
}

TEST_CASE("bits of narrow numbers are measured at each power of two", "[codec]") {
    for (unsigned bit = 0; bit < 31; ++bit) {
        const std::uint32_t power = std::uint32_t{1} << bit;
        for (const std::uint32_t edge : {power - 1, power, power | power >> 1, 2 * power - 1}) {
            const std::vector<std::uint32_t> numbers(64, edge);
            for (const EncodeKernels* kernels : supported_encode_kernels()) {
                INFO(kernels->name << ", " << edge);
                std::vector<std::uint8_t> lengths(numbers.size());
                kernels->narrow_bit_lengths(numbers, 0, lengths.data());
                REQUIRE(std::ranges::count(lengths, bit_width_of(edge)) == 64);
            }
        }
    }
}

TEST_CASE("all tables see where narrow numbers change", "[codec]") {
    std::mt19937_64 random(59);
    for (const std::size_t count : kCounts) {
        if (count < 2) continue;
        const auto numbers = narrow_numbers(random, count);
        std::vector<std::uint64_t> wide(count);
        for (std::uint64_t& value : wide) value = random();
        for (const EncodeKernels* kernels : supported_encode_kernels()) {
            INFO(kernels->name << ", " << count << " numbers");
            std::vector<std::uint64_t> mask(mask_word_count(count - 1), 0x77);
            std::size_t changes = kernels->find_narrow_changes(numbers, mask.data());
            for (std::size_t i = 0; i + 1 < count; ++i) {
                REQUIRE(mask_bit(mask, i) == (numbers[i + 1] != numbers[i]));
                changes -= mask_bit(mask, i) ? 1U : 0U;
            }
            CHECK(changes == 0);
            if ((count - 1) % 64 != 0) CHECK(mask.back() >> ((count - 1) % 64) == 0);
            std::vector<std::uint32_t> low_halves(count);
            kernels->narrow(wide, low_halves.data());
            for (std::size_t i = 0; i < count; ++i) {
                REQUIRE(low_halves[i] == static_cast<std::uint32_t>(wide[i]));
            }
        }
    }
}

TEST_CASE("narrow numbers are packed as wide ones", "[codec]") {
    std::mt19937_64 random(60);
    for (unsigned width = 0; width <= 32; ++width) {
        for (const std::size_t count : kCounts) {
            const auto numbers = narrow_numbers(random, count);
            const std::uint32_t base = numbers[random() % count];
            std::vector<std::uint64_t> distances(count);
            for (std::size_t i = 0; i < count; ++i) distances[i] = numbers[i] - base;
            std::vector<std::byte> expected(3, std::byte{0x5a});
            pack_bits(distances, width, expected);
            std::vector<std::byte> packed(3, std::byte{0x5a});
            pack_bits(numbers, base, width, packed);
            REQUIRE(packed == expected);
            if (width == 0) continue;
            const std::size_t group_bytes = count / 8 * width;
            for (const EncodeKernels* kernels : supported_encode_kernels()) {
                INFO(kernels->name << ", " << count << " numbers of " << width << " bits");
                std::vector<std::byte> groups(group_bytes + kPackPaddingBytes);
                kernels->pack_narrow_groups(numbers, base, width, groups.data());
                REQUIRE(std::equal(groups.data(), groups.data() + group_bytes, packed.data() + 3));
            }
        }
    }
}

TEST_CASE("exact division is division", "[codec]") {
    std::mt19937_64 random(55);
    for (int round = 0; round < 20'000; ++round) {
        const std::uint64_t divisor = std::max<std::uint64_t>(random() >> (random() % 64), 1);
        const ExactDivisor exact(divisor);
        std::uint64_t number = random() >> (random() % 64);
        if (random() % 2 == 0) number -= number % divisor;
        INFO(number << " / " << divisor);
        REQUIRE(exact.divides(number) == (number % divisor == 0));
        if (number % divisor == 0) REQUIRE(exact.quotient(number) == number / divisor);
    }
}

}  // namespace tidemark::tests
