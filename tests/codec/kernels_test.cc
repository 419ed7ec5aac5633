#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "storage/codec/bit_packing.h"
#include "storage/codec/float_scale.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/mask.h"

// Every kernel table gives the scalar table's results, at all widths and around every block size.

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;

constexpr std::size_t kCounts[] = {0,   1,   7,   8,   9,   31,  63,  64,   65,
                                   127, 128, 159, 200, 256, 257, 333, 1024, 1025};

std::vector<std::uint64_t> random_numbers(std::mt19937_64& random, std::size_t count,
                                          unsigned width) {
    std::vector<std::uint64_t> numbers(count);
    for (std::uint64_t& number : numbers) number = random() >> (64 - width);
    return numbers;
}

/// Exactly as large as it must be, so that a read behind the end is seen by the sanitizers.
std::vector<std::byte> packed_numbers(std::span<const std::uint64_t> numbers, unsigned width) {
    std::vector<std::byte> packed;
    pack_bits(numbers, width, packed);
    packed.shrink_to_fit();
    return packed;
}

using Mask = std::vector<std::uint64_t>;

Mask garbage_mask(std::size_t count) { return Mask(mask_word_count(count), 0x5555'5555'5555'5555); }

/// Of every table, with the bytes that the numbers take and with more behind them.
void check_match_packed(std::span<const std::uint64_t> numbers, std::span<const std::byte> packed,
                        unsigned width, std::uint64_t low, std::uint64_t high) {
    const std::size_t count = numbers.size();
    Mask expected(mask_word_count(count));
    for (std::size_t i = 0; i < count; ++i) {
        set_mask_bit(expected, i, low <= numbers[i] && numbers[i] <= high);
    }
    std::vector<std::byte> longer(packed.begin(), packed.end());
    longer.resize(packed.size() + 100, std::byte{0xff});
    for (const CodecKernels* kernels : supported_codec_kernels()) {
        INFO(kernels->name << ", " << count << " numbers of " << width << " bits in [" << low
                           << ", " << high << "]");
        Mask mask = garbage_mask(count);
        kernels->match_packed(packed, width, count, low, high, mask.data());
        REQUIRE(mask == expected);
        mask = garbage_mask(count);
        kernels->match_packed(longer, width, count, low, high, mask.data());
        REQUIRE(mask == expected);
    }
}

}  // namespace

TEST_CASE("the scalar table is there, and the forced one is used", "[codec]") {
    REQUIRE_FALSE(supported_codec_kernels().empty());
    CHECK(supported_codec_kernels().front()->name == "scalar");
    const char* forced = std::getenv("TIDEMARK_FORCE_KERNELS");
    if (forced != nullptr && std::string_view(forced) == "scalar") {
        CHECK(codec_kernels().name == "scalar");
    }
}

TEST_CASE("numbers that were packed are unpacked", "[codec]") {
    std::mt19937_64 random(41);
    for (unsigned width = 1; width <= 64; ++width) {
        for (const std::size_t count : kCounts) {
            const auto numbers = random_numbers(random, count, width);
            const auto packed = packed_numbers(numbers, width);
            REQUIRE(packed.size() == packed_size_bytes(count, width));
            for (const CodecKernels* kernels : supported_codec_kernels()) {
                INFO(kernels->name << ", " << count << " numbers of " << width << " bits");
                std::vector<std::uint64_t> unpacked(count);
                kernels->unpack(packed, width, unpacked);
                REQUIRE(unpacked == numbers);
            }
            for (std::size_t i = 0; i < count; i += 13) {
                REQUIRE(packed_number_at(packed, width, i) == numbers[i]);
            }
        }
    }
}

TEST_CASE("packed numbers are matched as they are unpacked", "[codec]") {
    std::mt19937_64 random(42);
    for (unsigned width = 1; width <= 64; ++width) {
        for (const std::size_t count : kCounts) {
            const auto numbers = random_numbers(random, count, width);
            const auto packed = packed_numbers(numbers, width);
            const std::uint64_t greatest = ~std::uint64_t{0} >> (64 - width);
            const std::uint64_t low = random() >> (64 - width);
            const std::uint64_t high = std::max(low, random() >> (64 - width));
            const std::pair<std::uint64_t, std::uint64_t> ranges[] = {
                {low, high},  {0, high},  {low, greatest},      {0, greatest},
                {0, 0},       {low, low}, {greatest, greatest}, {0, greatest - 1},
                {1, greatest}};
            for (const auto& range : ranges) {
                check_match_packed(numbers, packed, width, range.first, range.second);
            }
        }
    }
}

TEST_CASE("packed numbers are matched with any interval modulo 2^64", "[codec]") {
    std::mt19937_64 random(43);
    for (unsigned width = 0; width <= 64; ++width) {
        const std::size_t count = 70;
        const auto numbers =
            width == 0 ? std::vector<std::uint64_t>(count) : random_numbers(random, count, width);
        const auto packed = packed_numbers(numbers, width);
        // Around the ends of the numbers' range and of the integers' one, and anywhere.
        const std::uint64_t greatest = width == 0 ? 0 : ~std::uint64_t{0} >> (64 - width);
        std::vector<IntegerInterval> intervals;
        for (const std::uint64_t low :
             {0 - std::uint64_t{2}, 0 - std::uint64_t{1}, std::uint64_t{0}, std::uint64_t{1},
              greatest - 1, greatest, greatest + 1}) {
            for (const std::uint64_t distance :
                 {std::uint64_t{0}, std::uint64_t{1}, greatest - 1, greatest, greatest + 1,
                  0 - std::uint64_t{2}, 0 - std::uint64_t{1}}) {
                intervals.push_back({low, distance});
            }
        }
        for (int round = 0; round < 50; ++round) {
            const std::uint64_t low = random() >> (random() % 64);
            intervals.push_back({random() % 2 == 0 ? low : 0 - low, random() >> (random() % 64)});
        }
        for (const IntegerInterval& interval : intervals) {
            Mask expected(mask_word_count(count));
            for (std::size_t i = 0; i < count; ++i) {
                set_mask_bit(expected, i, interval.contains(numbers[i]));
            }
            Mask mask = garbage_mask(count);
            match_packed_bits(packed, width, count, interval, mask);
            REQUIRE(mask == expected);
        }
    }
}

TEST_CASE("all tables match integers and doubles alike", "[codec]") {
    std::mt19937_64 random(44);
    for (const std::size_t count : kCounts) {
        std::vector<std::uint64_t> integers(count);
        std::vector<double> doubles(count);
        for (std::size_t i = 0; i < count; ++i) {
            integers[i] = random() >> (random() % 64);
            doubles[i] = random() % 20 == 0 ? std::numeric_limits<double>::quiet_NaN()
                                            : static_cast<double>(random() % 100) - 50;
        }
        const std::uint64_t low = random();
        const std::uint64_t distance = random();
        Mask integer_mask = garbage_mask(count);
        Mask double_mask = garbage_mask(count);
        scalar::kCodecKernels.match_integers(integers, low, distance, integer_mask.data());
        scalar::kCodecKernels.match_doubles(doubles, -10, 20, double_mask.data());
        for (std::size_t i = 0; i < count; ++i) {
            REQUIRE(mask_bit(integer_mask, i) == (integers[i] - low <= distance));
            REQUIRE(mask_bit(double_mask, i) == (doubles[i] >= -10 && doubles[i] <= 20));
        }
        for (const CodecKernels* kernels : supported_codec_kernels()) {
            INFO(kernels->name << ", " << count << " numbers");
            Mask mask = garbage_mask(count);
            kernels->match_integers(integers, low, distance, mask.data());
            REQUIRE(mask == integer_mask);
            mask = garbage_mask(count);
            kernels->match_doubles(doubles, -10, 20, mask.data());
            REQUIRE(mask == double_mask);
        }
    }
}

TEST_CASE("all tables scale integers to the same doubles", "[codec]") {
    std::mt19937_64 random(45);
    std::vector<std::uint64_t> integers = {0,
                                           1,
                                           ~std::uint64_t{0},
                                           std::uint64_t{1} << 63,
                                           (std::uint64_t{1} << 63) - 1,
                                           (std::uint64_t{1} << 53) + 1,
                                           0xffff'ffff,
                                           0x1'0000'0000,
                                           0x8000'0000};
    for (int i = 0; i < 5'000; ++i) {
        const std::uint64_t number = random() >> (random() % 64);
        integers.push_back(random() % 2 == 0 ? number : 0 - number);
    }
    std::vector<double> expected(integers.size());
    std::vector<double> scaled(integers.size());
    for (const auto& [factor, fraction] : {std::pair(1.0, 1.0), std::pair(1e12, 1e-14)}) {
        for (std::size_t i = 0; i < integers.size(); ++i) {
            expected[i] = static_cast<double>(static_cast<std::int64_t>(integers[i]));
            expected[i] = expected[i] * factor * fraction;
        }
        for (const CodecKernels* kernels : supported_codec_kernels()) {
            INFO(kernels->name);
            kernels->scale_to_doubles(integers, factor, fraction, scaled.data());
            REQUIRE(scaled == expected);
        }
    }
    double divisor = 1;
    for (unsigned decimals = 0; decimals <= kMaxDecimalExponent; ++decimals, divisor *= 10) {
        for (std::size_t i = 0; i < integers.size(); ++i) {
            expected[i] = static_cast<double>(static_cast<std::int64_t>(integers[i])) / divisor;
        }
        for (const CodecKernels* kernels : supported_codec_kernels()) {
            INFO(kernels->name);
            kernels->divide_to_doubles(integers, divisor, scaled.data());
            REQUIRE(scaled == expected);
        }
    }
}

/// Integers whose quotients lie as near as they can to the middle of two doubles, and their
/// neighbours.
std::vector<std::uint64_t> awkward_dividends(std::mt19937_64& random, std::uint64_t divisor) {
    std::vector<std::uint64_t> dividends;
    for (unsigned bits = 4; bits <= 53; ++bits) {
        for (unsigned repeat = 0; repeat < 40; ++repeat) {
            const std::uint64_t dividend = random() >> (64 - bits);
            const double quotient = static_cast<double>(dividend) / static_cast<double>(divisor);
            const double above = std::nextafter(quotient, INFINITY);
            // Exact with the 64 bits of its significand.
            const long double middle = (static_cast<long double>(quotient) + above) / 2;
            const auto nearest = static_cast<std::uint64_t>(
                std::llroundl(middle * static_cast<long double>(divisor)));
            for (const std::uint64_t one : {dividend, nearest - 1, nearest, nearest + 1}) {
                dividends.push_back(one);
                dividends.push_back(0 - one);
            }
        }
    }
    for (unsigned bit = 0; bit < 64; ++bit) dividends.push_back(std::uint64_t{1} << bit);
    for (unsigned repeat = 0; repeat < 1000; ++repeat) dividends.push_back(random());
    return dividends;
}

TEST_CASE("all tables round quotients correctly", "[codec]") {
    std::mt19937_64 random(53);
    std::uint64_t divisor = 1;
    for (unsigned decimals = 0; decimals <= kMaxDecimalExponent; ++decimals, divisor *= 10) {
        const auto dividends = awkward_dividends(random, divisor);
        const auto divisor_as_double = static_cast<double>(divisor);
        std::vector<double> quotients(dividends.size());
        for (const CodecKernels* kernels : supported_codec_kernels()) {
            INFO(kernels->name << ", divided by " << divisor);
            kernels->divide_to_doubles(dividends, divisor_as_double, quotients.data());
            for (std::size_t i = 0; i < dividends.size(); ++i) {
                const auto integer = static_cast<double>(static_cast<std::int64_t>(dividends[i]));
                REQUIRE(quotients[i] == integer / divisor_as_double);
            }
        }
    }
}

TEST_CASE("all tables unpack to the same integers above a base, and to the same doubles",
          "[codec]") {
    std::mt19937_64 random(46);
    const std::uint64_t bases[] = {0,
                                   7025,
                                   ~std::uint64_t{0} - 500,
                                   std::uint64_t{1} << 30,
                                   0 - (std::uint64_t{1} << 30),
                                   std::uint64_t{1} << 31,
                                   std::uint64_t{1} << 51,
                                   (std::uint64_t{1} << 51) + 1,
                                   0 - (std::uint64_t{1} << 51),
                                   std::uint64_t{1} << 62,
                                   random()};
    for (unsigned width = 1; width <= 64; ++width) {
        for (const std::size_t count : kCounts) {
            const auto numbers = random_numbers(random, count, width);
            const auto packed = packed_numbers(numbers, width);
            const std::uint64_t base = bases[random() % std::size(bases)];
            for (const CodecKernels* kernels : supported_codec_kernels()) {
                INFO(kernels->name << ", " << count << " numbers of " << width << " bits");
                std::vector<std::uint64_t> integers(count);
                kernels->unpack_above(packed, width, base, integers);
                std::vector<std::uint64_t> unfolded(count);
                kernels->unpack_zigzag(packed, width, base, unfolded);
                std::vector<double> products(count);
                kernels->unpack_to_doubles(packed, width, base, product_scale(14, 12), products);
                std::vector<double> quotients(count);
                kernels->unpack_to_doubles(packed, width, base, quotient_scale(3), quotients);
                for (std::size_t i = 0; i < count; ++i) {
                    REQUIRE(integers[i] == base + numbers[i]);
                    const auto distance = zigzag_decode(numbers[i]);
                    REQUIRE(unfolded[i] == base + static_cast<std::uint64_t>(distance));
                    const auto integer =
                        static_cast<double>(static_cast<std::int64_t>(integers[i]));
                    REQUIRE(products[i] == integer * 1e12 * 1e-14);
                    REQUIRE(quotients[i] == integer / 1000);
                }
            }
        }
    }
}

TEST_CASE("all tables add up alike", "[codec]") {
    std::mt19937_64 random(47);
    for (const std::size_t count : kCounts) {
        const auto numbers = random_numbers(random, count, 64);
        const std::uint64_t first = random();
        for (const CodecKernels* kernels : supported_codec_kernels()) {
            INFO(kernels->name << ", " << count << " numbers");
            auto sums = numbers;
            kernels->add_up(first, sums);
            std::uint64_t sum = first;
            std::vector<double> doubles(count);
            kernels->add_up_to_doubles(first, numbers, 1e12, 1e-14, doubles.data());
            for (std::size_t i = 0; i < count; ++i) {
                REQUIRE(sums[i] == (sum += numbers[i]));
                const auto integer = static_cast<std::int64_t>(sum);
                REQUIRE(doubles[i] == static_cast<double>(integer) * 1e12 * 1e-14);
            }
        }
    }
}

TEST_CASE("all tables unpack few bits into half the memory", "[codec]") {
    std::mt19937_64 random(51);
    for (const std::size_t count : kCounts) {
        for (unsigned width = 1; width <= kNarrowWidthLimit; ++width) {
            const auto numbers = random_numbers(random, count, width);
            const auto packed = packed_numbers(numbers, width);
            for (const CodecKernels* kernels : supported_codec_kernels()) {
                INFO(kernels->name << ", " << count << " numbers of " << width << " bits");
                std::vector<std::uint32_t> narrow(count);
                kernels->unpack_narrow(packed, width, narrow);
                for (std::size_t i = 0; i < count; ++i) REQUIRE(narrow[i] == numbers[i]);
            }
        }
    }
}

TEST_CASE("all tables add up small differences alike", "[codec]") {
    std::mt19937_64 random(52);
    constexpr std::int64_t kReach = std::int64_t{1} << 30;
    const std::int64_t firsts[] = {
        0,           -5,        kReach - 1, -kReach,       kReach,
        -kReach - 1, 1LL << 40, -1LL << 50, INT64_MAX - 7, INT64_MIN + 9};
    for (const std::size_t count : kCounts) {
        // The greatest numbers whose sums stay within reach, and small ones.
        const auto most = static_cast<unsigned>(std::bit_width((kReach - 1) / (count + 1)));
        for (const unsigned width : {1U, 7U, most - 2}) {
            std::vector<std::uint32_t> numbers(count);
            for (std::uint32_t& number : numbers) {
                number = static_cast<std::uint32_t>(random()) & ((1U << width) - 1);
            }
            const std::uint64_t base = 0 - (random() & ((std::uint64_t{1} << (width - 1)) - 1));
            for (const bool is_zigzag : {false, true}) {
                const NarrowDeltas deltas{numbers, base, is_zigzag};
                for (const std::int64_t first : firsts) {
                    const auto expected = static_cast<std::uint64_t>(first);
                    for (const CodecKernels* kernels : supported_codec_kernels()) {
                        INFO(kernels->name << ", " << count << " numbers of " << width << " bits");
                        std::vector<std::uint64_t> sums(count);
                        kernels->add_up_narrow(expected, deltas, sums.data());
                        std::vector<double> products(count);
                        kernels->add_up_narrow_to_doubles(expected, deltas, product_scale(14, 12),
                                                          products.data());
                        std::vector<double> quotients(count);
                        kernels->add_up_narrow_to_doubles(expected, deltas, quotient_scale(3),
                                                          quotients.data());
                        std::uint64_t sum = expected;
                        for (std::size_t i = 0; i < count; ++i) {
                            const std::uint64_t number = numbers[i];
                            sum += base + (is_zigzag
                                               ? static_cast<std::uint64_t>(zigzag_decode(number))
                                               : number);
                            REQUIRE(sums[i] == sum);
                            const auto integer =
                                static_cast<double>(static_cast<std::int64_t>(sum));
                            REQUIRE(products[i] == integer * 1e12 * 1e-14);
                            REQUIRE(quotients[i] == integer / 1000);
                        }
                    }
                }
            }
        }
    }
}

TEST_CASE("all tables repeat values up to the next change", "[codec]") {
    std::mt19937_64 random(48);
    for (const std::size_t count : kCounts) {
        if (count == 0) continue;
        for (const unsigned share : {1U, 2U, 9U, 300U}) {
            Mask differs(mask_word_count(count - 1));
            const auto changes = random_numbers(random, count + kExpandPadding, 64);
            std::vector<std::uint64_t> expected = {changes[0]};
            std::size_t change = 0;
            for (std::size_t i = 1; i < count; ++i) {
                set_mask_bit(differs, i - 1, random() % share == 0);
                change += mask_bit(differs, i - 1) ? 1U : 0U;
                expected.push_back(changes[change]);
            }
            for (const CodecKernels* kernels : supported_codec_kernels()) {
                INFO(kernels->name << ", " << count << " values");
                std::vector<std::uint64_t> values(count);
                kernels->expand(differs.data(), std::as_bytes(std::span(changes)).data(),
                                std::as_writable_bytes(std::span(values)));
                REQUIRE(values == expected);
            }
        }
    }
}

}  // namespace tidemark::tests
