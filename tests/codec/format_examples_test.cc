#include <bit>
#include <functional>
#include <limits>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/codec/boolean_codec.h"
#include "storage/codec/column_codec.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/string_codec.h"
#include "storage/codec/time_codec.h"
#include "storage/summary/summary.h"
#include "tests/support/format_example.h"

// The examples of FORMAT.md section 4, both ways: the codec writes just these bytes, and they are
// read as the values that the document names.

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;
using Bytes = std::vector<std::byte>;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

template <typename Codec, typename Values>
void check_written(const std::string& heading, std::span<const Codec* const> codecs, CodecId id,
                   const Values& values) {
    INFO(heading);
    const Bytes example = format_example(heading);
    for (const Codec* codec : codecs) {
        if (codec->id != id) continue;
        Bytes written(1, static_cast<std::byte>(id));
        REQUIRE(codec->encode(values, kNoLimit, written));
        CHECK(hex_of(written) == hex_of(example));
    }
}

void check_integers(const std::string& heading, CodecId id,
                    const std::vector<std::int64_t>& integers) {
    const std::vector<std::uint64_t> values(integers.begin(), integers.end());
    check_written(heading, integer_codecs(), id, IntegerColumn{values, IntegerOrder::Signed});
    std::vector<std::int64_t> decoded(integers.size());
    REQUIRE(decode_integers(format_example(heading), decoded).has_value());
    CHECK(decoded == integers);
}

void check_floats(const std::string& heading, CodecId id, const std::vector<double>& values) {
    check_written(heading, float_codecs(), id, std::span<const double>(values));
    std::vector<double> decoded(values.size());
    REQUIRE(decode_floats(format_example(heading), decoded).has_value());
    for (std::size_t i = 0; i < values.size(); ++i) {
        CHECK(std::bit_cast<std::uint64_t>(decoded[i]) == std::bit_cast<std::uint64_t>(values[i]));
    }
}

void check_booleans(const std::string& heading, CodecId id,
                    const std::vector<std::uint8_t>& values) {
    check_written(heading, boolean_codecs(), id, std::span<const std::uint8_t>(values));
    std::vector<std::uint8_t> decoded(values.size());
    REQUIRE(decode_booleans(format_example(heading), decoded).has_value());
    CHECK(decoded == values);
}

void check_strings(const std::string& heading, CodecId id,
                   const std::vector<std::string_view>& values) {
    check_written(heading, string_codecs(), id, std::span<const std::string_view>(values));
    std::vector<std::string_view> decoded(values.size());
    StringArena arena;
    REQUIRE(decode_strings(format_example(heading), decoded, arena).has_value());
    CHECK(decoded == values);
}

void check_times(const std::string& heading, CodecId id, const std::vector<std::int64_t>& times) {
    check_written(heading, time_codecs(), id, std::span<const std::int64_t>(times));
    std::vector<std::int64_t> decoded(times.size());
    REQUIRE(decode_times(format_example(heading), decoded).has_value());
    CHECK(decoded == times);
}

}  // namespace

TEST_CASE("integers are written as FORMAT.md shows", "[codec][format]") {
    check_integers("#### Integers: plain", CodecId::Plain, {1, -2});
    check_integers("#### Integers: constant", CodecId::Constant, {-7, -7, -7});
    check_integers("#### Integers: packed", CodecId::Packed, {100, 103, 101, 107, 100});
    check_integers("#### Integers: patched", CodecId::Patched,
                   {5, 6, 5, 7, 8, 5, 6, 105, 7, 5, 6, 5, 8, 7, 6, 5, 5, 6, 6, 7});
    check_integers("#### Integers: centred", CodecId::Centred, {50, 51, 49, 50, 48, 52});
    check_integers("#### Integers: delta", CodecId::Delta, {1000, 1010, 1021, 1030});
    check_integers("#### Integers: line", CodecId::Line, {100, 110, 122, 136, 152, 170});
    check_integers("#### Integers: dictionary", CodecId::IntegerDictionary,
                   {100, 9, 100, 9, 9, 5000, 100, 9});
    check_integers("#### Integers: sparse", CodecId::Sparse, {4, 4, 4, 9, 9, 9, 9, 9, 9, 4, 4, 4});
    check_integers("#### Integers: multiple", CodecId::Multiple, {4096, 12288, 8192, 4096});
}

TEST_CASE("floats are written as FORMAT.md shows", "[codec][format]") {
    check_floats("#### Floats: plain", CodecId::Plain, {0.1});
    check_floats("#### Floats: constant", CodecId::Constant, {-0.0, -0.0});
    check_floats("#### Floats: decimal", CodecId::Decimal, {70.25, 70.5, -0.0, 71.75});
    check_floats("#### Floats: binary", CodecId::Binary, {0.75, 0.125, 0.5});
    check_floats("#### Floats: split", CodecId::Split, {1.0 / 3, 1.0 / 3, -2.0 / 3, 1.0 / 3});
    check_floats("#### Floats: pattern", CodecId::Pattern,
                 {0.1, -0.7, 0.1, 0.1, 0.1, 0.1, -0.7, 0.1});
    std::vector<double> thirds(16, 1.0 / 3);
    thirds[1] = thirds[15] = -1.0 / 3;
    check_floats("#### Floats: planes", CodecId::Planes, thirds);
}

TEST_CASE("booleans are written as FORMAT.md shows", "[codec][format]") {
    check_booleans("#### Booleans: constant", CodecId::Constant, {1, 1});
    check_booleans("#### Booleans: bitmap", CodecId::Bitmap, {1, 0, 0, 1, 1, 1, 0, 0, 1});
    check_booleans("#### Booleans: runs", CodecId::Runs, {1, 1, 1, 1, 1, 0, 0, 1, 1, 1});
}

TEST_CASE("strings are written as FORMAT.md shows", "[codec][format]") {
    check_strings("#### Strings: constant", CodecId::Constant, {"up", "up"});
    check_strings("#### Strings: plain", CodecId::Plain, {"a", "bcd", ""});
    check_strings("#### Strings: dictionary", CodecId::StringDictionary,
                  {"up", "down", "up", "up"});
}

TEST_CASE("times are written as FORMAT.md shows", "[codec][format]") {
    constexpr std::int64_t kSecond = 1'000'000'000;
    check_times("#### Times: plain", CodecId::Plain, {7});
    check_times("#### Times: regular", CodecId::Regular, {100 * kSecond, 110 * kSecond});
    check_times("#### Times: steps", CodecId::Steps,
                {100 * kSecond, 110 * kSecond, 120 * kSecond, 150 * kSecond});
    constexpr std::int64_t kMillisecond = 1'000'000;
    check_times("#### Times: grid", CodecId::Grid,
                {100'000 * kMillisecond, 110'003 * kMillisecond, 119'998 * kMillisecond,
                 150'001 * kMillisecond});
}

TEST_CASE("summaries are written as FORMAT.md shows", "[codec][format]") {
    const Bytes example = format_example("### 4.8 Summaries");
    const std::vector<std::int64_t> times = {1'000, 1'010, 1'030};
    const ColumnSummary summary = summarise(4, times, std::vector<double>{20.5, 21.25, 19.0});
    const SummarisedRows rows{4, 1'000, 1'040};
    Bytes written;
    write_summary(summary, rows, written);
    CHECK(hex_of(written) == hex_of(example));
    ByteReader reader(example);
    const auto read = read_summary(FieldType::Float, rows, reader);
    REQUIRE(read.has_value());
    CHECK(reader.is_at_end());
    CHECK(read.value().max == Value(21.25));
    CHECK(read.value().integral.rounded() == 20.5 * 10 + 21.25 * 20);
}

}  // namespace tidemark::tests
