#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include <catch2/catch.hpp>

#include "storage/codec/boolean_codec.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/mask.h"
#include "storage/codec/string_codec.h"
#include "storage/codec/time_codec.h"
#include "tests/codec/sample_columns.h"

// Walks the tables, so a codec is tested the moment it has a row: alone, without the choice of the
// smallest, on every column that it can hold.

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;
using Bytes = std::vector<std::byte>;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// Encodes without a limit, then with just enough and with one byte too little.
template <typename Encode>
bool encode_checking_limit(Encode encode, Bytes& encoded) {
    encoded.assign(2, std::byte{0x77});
    if (!encode(kNoLimit, encoded)) {
        CHECK(encoded.size() == 2);
        return false;
    }
    const std::size_t size_bytes = encoded.size() - 2;
    Bytes again(2, std::byte{0x77});
    // A limit may lead a codec that nests to another encoding, or to give up, never beyond it.
    if (encode(size_bytes, again))
        CHECK(again.size() <= encoded.size());
    else
        CHECK(again.size() == 2);
    again.resize(2);
    if (size_bytes > 0 && encode(size_bytes - 1, again))
        CHECK(again.size() - 2 < size_bytes);
    else
        CHECK(again.size() == 2);
    encoded.erase(encoded.begin(), encoded.begin() + 2);
    return true;
}

const std::set<std::string_view> kHoldEverything = {"plain", "bitmap"};

/// Encodes each column with each codec of a table and calls check(codec, column, encoded) for those
/// that the codec can hold.
template <typename Codecs, typename Column, typename Check>
void check_table(const Codecs& codecs, const std::vector<Column>& columns, Check check) {
    for (const auto* codec : codecs) {
        std::size_t held_count = 0;
        for (const Column& column : columns) {
            Bytes encoded;
            const auto encode = [&](std::size_t limit, Bytes& out) {
                return codec->encode(column, limit, out);
            };
            if (!encode_checking_limit(encode, encoded)) continue;
            ++held_count;
            INFO(codec->name << ", column " << (&column - columns.data()));
            check(*codec, column, encoded);
        }
        INFO(codec->name);
        CHECK(held_count > 0);
        if (kHoldEverything.contains(codec->name)) CHECK(held_count == columns.size());
    }
}

}  // namespace

TEST_CASE("every integer codec restores and matches what it encoded", "[codec]") {
    const auto bits = sample_integer_columns();
    for (const IntegerOrder order : {IntegerOrder::Signed, IntegerOrder::Unsigned}) {
        std::vector<IntegerColumn> columns;
        columns.reserve(bits.size());
        for (const auto& column : bits) columns.emplace_back(column, order);
        const auto check = [](const IntegerCodec& codec, const IntegerColumn& column,
                              const Bytes& encoded) {
            const auto values = column.values();
            std::vector<std::uint64_t> decoded(values.size());
            REQUIRE(codec.decode(encoded, decoded).has_value());
            REQUIRE(std::ranges::equal(decoded, values));
            for (const FloatScale& scale :
                 {product_scale(14, 12), quotient_scale(3), FloatScale{0x1p-20, 1, 1}}) {
                std::vector<double> scaled(values.size());
                REQUIRE(codec.decode_scaled(encoded, scale, scaled).has_value());
                for (std::size_t i = 0; i < values.size(); ++i) {
                    REQUIRE(scaled[i] == scale.value(static_cast<std::int64_t>(values[i])));
                }
            }
            const std::uint64_t low = values.empty() ? 1 : values[values.size() / 2];
            for (const std::uint64_t distance : {std::uint64_t{0}, std::uint64_t{500},
                                                 std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
                std::vector<std::uint64_t> mask(mask_word_count(values.size()), 0x33);
                REQUIRE(codec.match(encoded, values.size(), {low, distance}, mask).has_value());
                for (std::size_t i = 0; i < values.size(); ++i) {
                    REQUIRE(mask_bit(mask, i) == (values[i] - low <= distance));
                }
            }
        };
        check_table(integer_codecs(), columns, check);
    }
}

TEST_CASE("every float codec restores and matches what it encoded", "[codec]") {
    check_table(
        float_codecs(), sample_float_columns(),
        [](const FloatCodec& codec, const std::vector<double>& column, const Bytes& encoded) {
            std::vector<double> decoded(column.size());
            REQUIRE(codec.decode(encoded, decoded).has_value());
            const double middle = column.empty() ? 0 : column[column.size() / 2];
            const FloatInterval interval{middle, middle + 30};
            std::vector<std::uint64_t> mask(mask_word_count(column.size()), 0x33);
            REQUIRE(codec.match(encoded, column.size(), interval, mask).has_value());
            for (std::size_t i = 0; i < column.size(); ++i) {
                REQUIRE(std::bit_cast<std::uint64_t>(decoded[i]) ==
                        std::bit_cast<std::uint64_t>(column[i]));
                REQUIRE(mask_bit(mask, i) == interval.contains(column[i]));
            }
        });
}

TEST_CASE("every boolean codec restores and matches what it encoded", "[codec]") {
    const auto check = [](const BooleanCodec& codec, const std::vector<std::uint8_t>& column,
                          const Bytes& encoded) {
        std::vector<std::uint8_t> decoded(column.size());
        REQUIRE(codec.decode(encoded, decoded).has_value());
        REQUIRE(decoded == column);
        for (const BooleanTest test : {BooleanTest{false, true}, BooleanTest{true, false},
                                       BooleanTest{true, true}, BooleanTest{false, false}}) {
            std::vector<std::uint64_t> mask(mask_word_count(column.size()), 0x33);
            REQUIRE(codec.match(encoded, column.size(), test, mask).has_value());
            for (std::size_t i = 0; i < column.size(); ++i) {
                REQUIRE(mask_bit(mask, i) == test.passes(column[i] != 0));
            }
        }
    };
    check_table(boolean_codecs(), sample_boolean_columns(), check);
}

TEST_CASE("every string codec restores what it encoded", "[codec]") {
    const auto texts = sample_string_columns();
    std::vector<std::vector<std::string_view>> columns;
    columns.reserve(texts.size());
    for (const auto& column : texts) columns.emplace_back(column.begin(), column.end());
    const auto check = [](const StringCodec& codec, const std::vector<std::string_view>& column,
                          const Bytes& encoded) {
        StringArena arena;
        std::vector<std::string_view> decoded(column.size());
        REQUIRE(codec.decode(encoded, decoded, arena).has_value());
        REQUIRE(decoded == column);
    };
    check_table(string_codecs(), columns, check);
}

TEST_CASE("every time codec restores what it encoded", "[codec]") {
    const auto check = [](const TimeCodec& codec, const std::vector<std::int64_t>& column,
                          const Bytes& encoded) {
        std::vector<std::int64_t> decoded(column.size());
        REQUIRE(codec.decode(encoded, decoded).has_value());
        REQUIRE(decoded == column);
    };
    check_table(time_codecs(), sample_time_columns(), check);
}

TEST_CASE("codecs that nest themselves without end are refused", "[codec]") {
    // Delta in delta in delta, each of an id and a first value.
    Bytes bytes;
    for (int depth = 0; depth < 100'000; ++depth) {
        bytes.insert(bytes.end(), {static_cast<std::byte>(CodecId::Delta), std::byte{0}});
    }
    std::vector<std::uint64_t> values(10);
    const Status status = decode_integer_column(bytes, kAnyRank, values);
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().code() == ErrorCode::Corruption);
}

}  // namespace tidemark::tests
