#include "storage/codec/column_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <random>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "tests/codec/sample_columns.h"

// The whole of the codec room, through its door: what comes out is what went in, matching encoded
// columns gives the answer of matching values, and damage never does harm.

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;

using Bytes = std::vector<std::byte>;

std::vector<std::string_view> views_of(const std::vector<std::string>& strings) {
    return {strings.begin(), strings.end()};
}

std::vector<std::uint64_t> bits_of(std::span<const double> values) {
    std::vector<std::uint64_t> bits;
    for (const double value : values) bits.push_back(std::bit_cast<std::uint64_t>(value));
    return bits;
}

std::vector<std::int64_t> signed_of(const std::vector<std::uint64_t>& values) {
    return {values.begin(), values.end()};
}

PredicateLeaf make_leaf(CompareOp op, Value constant) {
    return PredicateLeaf{"field", op, std::move(constant), {}};
}

constexpr CompareOp kOrderings[] = {CompareOp::Equal,   CompareOp::NotEqual,
                                    CompareOp::Less,    CompareOp::LessEqual,
                                    CompareOp::Greater, CompareOp::GreaterEqual};

std::vector<std::uint64_t> masks_of(const Bytes& encoded, std::size_t count, const LeafTest& test) {
    // Set bits must be cleared where no value passes, behind the last value too.
    std::vector<std::uint64_t> mask(mask_word_count(count), ~std::uint64_t{0});
    const auto outcome = match_column(encoded, count, test, mask);
    REQUIRE(outcome.has_value());
    return mask;
}

template <typename T>
void check_matches(FieldType type, const Bytes& encoded, const std::vector<T>& values,
                   const std::vector<Value>& constants) {
    for (const CompareOp op : kOrderings) {
        for (const Value& constant : constants) {
            const auto test = LeafTest::make(type, make_leaf(op, constant));
            REQUIRE(test.has_value());
            std::vector<std::uint64_t> expected(mask_word_count(values.size()));
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (test.value().matches(values[i])) set_mask_bit(expected, i, true);
            }
            REQUIRE(masks_of(encoded, values.size(), test.value()) == expected);
            std::vector<std::uint64_t> decoded(mask_word_count(values.size()), ~std::uint64_t{0});
            match_values(test.value(), std::span<const T>(values), decoded);
            REQUIRE(decoded == expected);
        }
    }
}

/// Constants near and among the values, and at the ends of every type.
template <typename T>
std::vector<Value> number_constants(const std::vector<T>& values) {
    std::vector<Value> constants = {0.0,
                                    -0.0,
                                    0.5,
                                    -1e300,
                                    std::numeric_limits<double>::infinity(),
                                    std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max(),
                                    std::numeric_limits<std::uint64_t>::max(),
                                    9223372036854775808.0};
    for (const std::size_t i : {values.size() / 3, values.size() / 2, values.size() - 1}) {
        if (i >= values.size()) continue;
        const auto value = static_cast<double>(values[i]);
        constants.insert(constants.end(), {value, std::nextafter(value, 1e308), value + 0.25});
        if constexpr (std::is_integral_v<T>) constants.emplace_back(values[i]);
    }
    return constants;
}

}  // namespace

TEST_CASE("floats come back bit by bit and match as their values do", "[codec]") {
    for (const auto& column : sample_float_columns()) {
        Bytes encoded;
        encode_floats(column, encoded);
        INFO(column.size() << " floats as "
                           << describe_column(FieldType::Float, encoded, column.size()));
        CHECK(encoded.size() <= 1 + column.size() * sizeof(double));
        std::vector<double> decoded(column.size());
        REQUIRE(decode_floats(encoded, decoded).has_value());
        REQUIRE(bits_of(decoded) == bits_of(column));
        check_matches(FieldType::Float, encoded, column, number_constants(column));
    }
}

TEST_CASE("integers come back and match as their values do", "[codec]") {
    for (const auto& patterns : sample_integer_columns()) {
        const std::vector<std::int64_t> column = signed_of(patterns);
        Bytes encoded;
        encode_integers(column, encoded);
        INFO(column.size() << " integers as "
                           << describe_column(FieldType::Integer, encoded, column.size()));
        CHECK(encoded.size() <= 1 + column.size() * sizeof(std::int64_t));
        std::vector<std::int64_t> decoded(column.size());
        REQUIRE(decode_integers(encoded, decoded).has_value());
        REQUIRE(decoded == column);
        check_matches(FieldType::Integer, encoded, column, number_constants(column));
    }
}

TEST_CASE("unsigned integers come back and match as their values do", "[codec]") {
    for (const auto& column : sample_integer_columns()) {
        Bytes encoded;
        encode_unsigneds(column, encoded);
        INFO(column.size() << " integers as "
                           << describe_column(FieldType::Unsigned, encoded, column.size()));
        std::vector<std::uint64_t> decoded(column.size());
        REQUIRE(decode_unsigneds(encoded, decoded).has_value());
        REQUIRE(decoded == column);
        check_matches(FieldType::Unsigned, encoded, column, number_constants(column));
    }
}

TEST_CASE("booleans come back and match as their values do", "[codec]") {
    for (const auto& column : sample_boolean_columns()) {
        Bytes encoded;
        encode_booleans(column, encoded);
        INFO(column.size() << " booleans as "
                           << describe_column(FieldType::Boolean, encoded, column.size()));
        CHECK(encoded.size() <= 1 + (column.size() + 7) / 8);
        std::vector<std::uint8_t> decoded(column.size());
        REQUIRE(decode_booleans(encoded, decoded).has_value());
        REQUIRE(decoded == column);
        for (const CompareOp op : {CompareOp::Equal, CompareOp::NotEqual}) {
            for (const bool constant : {false, true}) {
                const auto test = LeafTest::make(FieldType::Boolean, make_leaf(op, constant));
                std::vector<std::uint64_t> expected(mask_word_count(column.size()));
                for (std::size_t i = 0; i < column.size(); ++i) {
                    const bool is_equal = (column[i] != 0) == constant;
                    set_mask_bit(expected, i, is_equal == (op == CompareOp::Equal));
                }
                REQUIRE(masks_of(encoded, column.size(), test.value()) == expected);
                std::vector<std::uint64_t> plain(mask_word_count(column.size()));
                match_values(test.value(), std::span<const std::uint8_t>(column), plain);
                REQUIRE(plain == expected);
            }
        }
    }
}

TEST_CASE("strings come back and match as their values do", "[codec]") {
    PredicateLeaf regex = make_leaf(CompareOp::Matches, std::string());
    regex.matches = [](std::string_view text) { return text.find('1') != text.npos; };
    for (const auto& strings : sample_string_columns()) {
        const std::vector<std::string_view> column = views_of(strings);
        Bytes encoded;
        encode_strings(column, encoded);
        INFO(column.size() << " strings as "
                           << describe_column(FieldType::String, encoded, column.size()));
        StringArena arena;
        std::vector<std::string_view> decoded(column.size());
        REQUIRE(decode_strings(encoded, decoded, arena).has_value());
        REQUIRE(decoded == column);
        std::vector<Value> constants = {std::string(), std::string("state-3"), std::string("zzz")};
        if (!strings.empty()) constants.emplace_back(strings.front());
        check_matches(FieldType::String, encoded, column, constants);
        const auto test = LeafTest::make(FieldType::String, regex);
        std::vector<std::uint64_t> expected(mask_word_count(column.size()));
        match_values(test.value(), std::span<const std::string_view>(column), expected);
        REQUIRE(masks_of(encoded, column.size(), test.value()) == expected);
    }
}

TEST_CASE("times come back", "[codec]") {
    for (const auto& column : sample_time_columns()) {
        Bytes encoded;
        encode_times(column, encoded);
        INFO(column.size() << " times as " << describe_times(encoded, column.size()));
        CHECK(encoded.size() <= 1 + column.size() * sizeof(std::int64_t));
        std::vector<std::int64_t> decoded(column.size());
        REQUIRE(decode_times(encoded, decoded).has_value());
        REQUIRE(decoded == column);
    }
}

TEST_CASE("times on a grid take no more than their steps would", "[codec]") {
    std::mt19937_64 random(62);
    constexpr std::int64_t kMillisecond = 1'000'000;
    constexpr std::int64_t kUnits[] = {1, 1000, kMillisecond, 1000 * kMillisecond,
                                       60'000 * kMillisecond};
    for (const std::int64_t step_ms : {1, 100, 1000, 10'000, 15'000, 60'000, 300'000}) {
        for (int round = 0; round < 40; ++round) {
            const std::int64_t unit = kUnits[random() % std::size(kUnits)];
            const std::uint64_t lost_share = 2 + random() % 200;
            const std::uint64_t outage = 1 + random() % 1000;
            const std::uint64_t stride = random() % 4 == 0 ? 100 : 1;
            std::vector<std::int64_t> times = {1'767'571'203'456'789'012 / unit * unit};
            std::vector<std::uint64_t> steps;
            const std::size_t count = 60 + random() % 1000;
            while (times.size() < count) {
                const std::uint64_t lost = random() % lost_share == 0 ? random() % outage : 0;
                const std::uint64_t ticks = stride + lost;
                steps.push_back(ticks * static_cast<std::uint64_t>(step_ms * kMillisecond));
                times.push_back(times.back() + static_cast<std::int64_t>(steps.back()));
            }
            Bytes encoded;
            encode_times(times, encoded);
            Bytes encoded_steps;
            encode_unsigneds(steps, encoded_steps);
            std::int64_t longest_unit = 1;
            for (const std::int64_t candidate : kUnits) {
                if (times.front() % candidate == 0) longest_unit = candidate;
            }
            const std::size_t head_bytes = 2 + zigzag_size_bytes(times.front() / longest_unit);
            INFO(count << " times each " << step_ms << " ms, from " << times.front() << ": "
                       << describe_times(encoded, count));
            REQUIRE(encoded.size() <= head_bytes + encoded_steps.size());
        }
    }
}

TEST_CASE("an encoded column is appended behind what is there", "[codec]") {
    Bytes bytes(3, std::byte{0x55});
    encode_floats(std::vector<double>{1.5, 2.5, 4.0}, bytes);
    const std::size_t end_of_floats = bytes.size();
    encode_times(std::vector<std::int64_t>{1, 2, 9}, bytes);
    CHECK(bytes[2] == std::byte{0x55});
    std::vector<double> floats(3);
    REQUIRE(decode_floats(std::span(bytes).subspan(3, end_of_floats - 3), floats).has_value());
    CHECK(floats == std::vector<double>{1.5, 2.5, 4.0});
}

TEST_CASE("typical columns are matched in their encoded form", "[codec]") {
    std::mt19937_64 random(6);
    std::vector<double> usage;
    std::vector<std::string> states;
    for (int i = 0; i < 1024; ++i) {
        usage.push_back(static_cast<double>(random() % 10'000) / 100);
        states.push_back(random() % 10 == 0 ? "down" : "up");
    }
    std::vector<std::uint64_t> mask(16);
    Bytes floats;
    encode_floats(usage, floats);
    CHECK(describe_column(FieldType::Float, floats, 1024) == "decimal packed");
    const auto above = LeafTest::make(FieldType::Float, make_leaf(CompareOp::Greater, 80.0));
    CHECK(match_column(floats, 1024, above.value(), mask).value().was_encoded);

    Bytes strings;
    encode_strings(views_of(states), strings);
    int call_count = 0;
    PredicateLeaf leaf = make_leaf(CompareOp::Matches, std::string());
    leaf.matches = [&](std::string_view text) { return ++call_count > 0 && text == "down"; };
    const auto is_down = LeafTest::make(FieldType::String, leaf);
    CHECK(match_column(strings, 1024, is_down.value(), mask).value().was_encoded);
    CHECK(call_count == 2);

    Bytes plain;
    std::vector<double> noise(100);
    for (double& value : noise) value = std::bit_cast<double>(random());
    encode_floats(noise, plain);
    CHECK(describe_column(FieldType::Float, plain, 100) == "plain");
    CHECK_FALSE(match_column(plain, 100, above.value(), mask).value().was_encoded);
}

namespace {

/// Decodes and matches bytes that may be anything. That it returns is the test; what the
/// sanitizers would say is the other half.
void read_anything(FieldType type, std::span<const std::byte> bytes, std::size_t count) {
    // A copy of its own, so that a read behind the end is seen.
    const Bytes copy(bytes.begin(), bytes.end());
    std::vector<std::uint64_t> mask(mask_word_count(count));
    const Value constant = type == FieldType::Boolean  ? Value(true)
                           : type == FieldType::String ? Value(std::string("up"))
                                                       : Value(3.5);
    const auto test = LeafTest::make(type, make_leaf(CompareOp::Equal, constant));
    const auto outcome = match_column(copy, count, test.value(), mask);
    Status status = success();
    std::vector<double> floats(count);
    std::vector<std::uint64_t> integers(count);
    std::vector<std::uint8_t> booleans(count);
    std::vector<std::string_view> strings(count);
    StringArena arena;
    switch (type) {
        case FieldType::Float:
            status = decode_floats(copy, floats);
            break;
        case FieldType::Integer:
        case FieldType::Unsigned:
            status = decode_unsigneds(copy, integers);
            break;
        case FieldType::Boolean:
            status = decode_booleans(copy, booleans);
            break;
        case FieldType::String:
            status = decode_strings(copy, strings, arena);
            if (status) {
                std::size_t total = 0;
                for (const std::string_view text : strings) {
                    total += static_cast<std::size_t>(std::ranges::count(text, 'x'));
                }
                CHECK(total < (std::size_t{1} << 40));
            }
            break;
    }
    if (!status) CHECK(status.error().code() == ErrorCode::Corruption);
    if (!outcome) CHECK(outcome.error().code() == ErrorCode::Corruption);
    CHECK_FALSE(describe_column(type, copy, count).empty());
}

void damage(FieldType type, const Bytes& encoded, std::size_t count) {
    for (std::size_t size_bytes = 0; size_bytes < encoded.size(); ++size_bytes) {
        read_anything(type, std::span(encoded).first(size_bytes), count);
    }
    Bytes flipped = encoded;
    for (std::size_t bit = 0; bit < encoded.size() * 8; ++bit) {
        const auto flag = static_cast<std::byte>(1U << (bit % 8));
        flipped[bit / 8] ^= flag;
        read_anything(type, flipped, count);
        flipped[bit / 8] ^= flag;
    }
    read_anything(type, encoded, count + 1);
    read_anything(type, encoded, count == 0 ? 0 : count - 1);
    read_anything(type, encoded, 0);
}

// Every shape at one size is enough, and keeps the number of bits to flip in bounds.
template <typename Column>
bool is_small(const Column& column) {
    return column.size() <= 100;
}

}  // namespace

TEST_CASE("every cut and every flipped bit is corruption or some values", "[codec]") {
    for (const auto& column : sample_float_columns()) {
        if (!is_small(column)) continue;
        Bytes encoded;
        encode_floats(column, encoded);
        damage(FieldType::Float, encoded, column.size());
    }
    for (const auto& column : sample_integer_columns()) {
        if (!is_small(column)) continue;
        Bytes encoded;
        encode_unsigneds(column, encoded);
        damage(FieldType::Unsigned, encoded, column.size());
    }
    for (const auto& column : sample_boolean_columns()) {
        Bytes encoded;
        encode_booleans(column, encoded);
        damage(FieldType::Boolean, encoded, column.size());
    }
    for (const auto& column : sample_string_columns()) {
        if (!is_small(column)) continue;
        Bytes encoded;
        encode_strings(views_of(column), encoded);
        damage(FieldType::String, encoded, column.size());
    }
}

TEST_CASE("damaged times are corruption or ascend", "[codec]") {
    for (const auto& column : sample_time_columns()) {
        if (!is_small(column)) continue;
        Bytes encoded;
        encode_times(column, encoded);
        for (std::size_t bit = 0; bit < encoded.size() * 8; ++bit) {
            Bytes flipped = encoded;
            flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            std::vector<std::int64_t> decoded(column.size());
            if (decode_times(flipped, decoded)) {
                CHECK(std::ranges::adjacent_find(decoded, std::greater_equal<>{}) == decoded.end());
            }
            flipped.resize(bit / 8);
            std::vector<std::int64_t> cut(column.size());
            CHECK((!decode_times(flipped, cut) || column.size() < 2));
        }
    }
}

TEST_CASE("random bytes are corruption or some values", "[codec]") {
    std::mt19937_64 random(7);
    for (int round = 0; round < 20'000; ++round) {
        Bytes bytes(random() % 40);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
        // Ids that exist, and small numbers behind them, get further than noise.
        constexpr unsigned kIds[] = {0,  1,  2,  3,  4,  5,  6,  7,  8, 9,
                                     32, 33, 34, 35, 36, 48, 49, 64, 82};
        if (!bytes.empty()) bytes[0] = static_cast<std::byte>(kIds[random() % std::size(kIds)]);
        for (std::size_t i = 1; i < std::min<std::size_t>(bytes.size(), 6); ++i) {
            bytes[i] = static_cast<std::byte>(random() % 9);
        }
        const auto type = static_cast<FieldType>(random() % 5 + 1);
        const std::size_t count = random() % 30;
        read_anything(type, bytes, count);
        CHECK_FALSE(describe_column(type, bytes, count).empty());
        static_cast<void>(column_bit_width(type, bytes, count));  // Ends well, whatever it says.
    }
}

TEST_CASE("a column tells its codecs and the width of its numbers", "[codec]") {
    const auto bytes_of = [](std::initializer_list<unsigned> values) {
        Bytes bytes;
        for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
        return bytes;
    };
    // FORMAT.md: integers packed, floats decimal. Then times in steps of a multiple.
    const Bytes packed = bytes_of({0x02, 0xc8, 0x01, 0x03, 0x58, 0x0e});
    CHECK(describe_column(FieldType::Integer, packed, 5) == "packed");
    CHECK(column_bit_width(FieldType::Integer, packed, 5) == 3U);
    const Bytes decimal = bytes_of({0x20, 0x0e, 0x0c, 0x01, 0x02, 0,    0,    0,    0,    0,   0,
                                    0,    0x80, 0x02, 0xe2, 0x6d, 0x08, 0x00, 0x19, 0x19, 0x96});
    CHECK(describe_column(FieldType::Float, decimal, 4) == "decimal packed");
    CHECK(column_bit_width(FieldType::Float, decimal, 4) == 8U);
    const Bytes steps = bytes_of({0x51, 0x03, 0xc8, 0x01, 0x07, 0x80, 0x90, 0xdf, 0xc0, 0x4a, 0x80,
                                  0x90, 0xdf, 0xc0, 0x4a, 0x02, 0x00, 0x01, 0x04});
    CHECK(describe_times(steps, 4) == "steps multiple packed");
    CHECK(times_bit_width(steps, 4) == 1U);
    const Bytes constant = bytes_of({0x01, 0x75, 0x70});
    CHECK(describe_column(FieldType::String, constant, 2) == "constant");
    CHECK(column_bit_width(FieldType::String, constant, 2) == std::nullopt);
}

}  // namespace tidemark::tests
