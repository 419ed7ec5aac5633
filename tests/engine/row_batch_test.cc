#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/engine/row_batch_reader.h"
#include "storage/engine/row_batch_writer.h"

namespace tidemark::tests {
namespace {

using storage::BatchRow;
using storage::HeadField;
using storage::MeasurementId;
using storage::RowBatchReader;
using storage::RowBatchWriter;

struct PlainRow {
    MeasurementId measurement;
    SeriesId id;
    std::int64_t time_ns;
    std::vector<HeadField> fields;
};

bool equal(const HeadField& left, const HeadField& right) {
    return left.index == right.index && left.type == right.type && left.text == right.text &&
           (left.type == FieldType::String || left.bits == right.bits);
}

bool equal(const PlainRow& left, const BatchRow& right) {
    return left.id == right.id && left.time_ns == right.time_ns &&
           std::equal(left.fields.begin(), left.fields.end(), right.fields.begin(),
                      right.fields.end(),
                      [](const HeadField& a, const HeadField& b) { return equal(a, b); });
}

HeadField float_field(std::uint32_t index, double value) {
    return {index, FieldType::Float, std::bit_cast<std::uint64_t>(value), {}, "name"};
}
HeadField integer_field(std::uint32_t index, std::int64_t value) {
    return {index, FieldType::Integer, static_cast<std::uint64_t>(value), {}, "name"};
}

const std::vector<PlainRow> kRows = {
    {1, 7, 1'700'000'000'000'000'000, {float_field(0, 70.5), integer_field(1, -3)}},
    {1, 3, 1'700'000'000'000'000'000, {float_field(0, -0.0), integer_field(1, 9)}},
    // The differences of these times do not fit in 64 bits.
    {2,
     4'000'000'000,
     std::numeric_limits<std::int64_t>::min() + 2,
     {{5, FieldType::Boolean, 1, {}, {}}}},
    {3,
     0,
     std::numeric_limits<std::int64_t>::max() - 1,
     {{900'000, FieldType::String, 0, "text", {}}}},
    {3,
     0,
     0,
     {{2, FieldType::Unsigned, std::numeric_limits<std::uint64_t>::max(), {}, {}},
      {3, FieldType::String, 0, "", {}}}},
    {1, 1, 1, {float_field(0, 1.0), integer_field(1, std::numeric_limits<std::int64_t>::min())}},
};

/// Counts the rows of any bytes, all of which are looked at.
std::size_t rows_of(std::span<const std::byte> payload) {
    RowBatchReader reader(payload);
    BatchRow row;
    std::size_t row_count = 0;
    auto is_row = reader.next(row);
    for (; is_row && is_row.value(); is_row = reader.next(row)) ++row_count;
    if (!is_row) CHECK(is_row.error().code() == ErrorCode::Corruption);
    return row_count;
}

std::vector<std::byte> payload_of(const std::vector<PlainRow>& rows) {
    RowBatchWriter writer;
    for (const PlainRow& row : rows)
        writer.add_row(row.measurement, row.id, row.time_ns, row.fields);
    return writer.take();
}

void check_round_trip(const std::vector<PlainRow>& rows, std::span<const std::byte> payload) {
    RowBatchReader reader(payload);
    BatchRow row;
    for (const PlainRow& expected : rows) {
        const auto is_row = reader.next(row);
        REQUIRE(is_row);
        REQUIRE(is_row.value());
        REQUIRE(equal(expected, row));
    }
    const auto is_row = reader.next(row);
    REQUIRE(is_row);
    CHECK_FALSE(is_row.value());
}

/// Rows as any sender may send them: measurements of one to four fields, series in order or not,
/// values that are mostly alike in a field.
class RandomRows {
public:
    explicit RandomRows(std::uint64_t seed) : random_(seed) {}

    std::vector<PlainRow> make() {
        std::vector<PlainRow> rows;
        const std::size_t row_count = 1 + below(400);
        const SeriesId series_count = static_cast<SeriesId>(1 + below(40));
        SeriesId id = 0;
        std::int64_t time_ns = static_cast<std::int64_t>(random_());
        for (std::size_t row = 0; row < row_count; ++row) {
            id = below(10) == 0 ? static_cast<SeriesId>(below(series_count))
                                : (id + 1) % series_count;
            if (below(8) == 0) time_ns += static_cast<std::int64_t>(below(100)) * 1'000'000;
            if (below(50) == 0) time_ns = static_cast<std::int64_t>(random_());
            const MeasurementId measurement = id % 5;
            rows.push_back({measurement, id, time_ns, fields_of(measurement)});
        }
        return rows;
    }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    std::vector<HeadField> fields_of(MeasurementId measurement) {
        std::vector<HeadField> fields;
        const std::uint32_t field_count = 1 + measurement % 4;
        for (std::uint32_t index = 0; index < field_count; ++index) {
            if (fields.empty() || below(20) != 0) fields.push_back(field_of(measurement, index));
        }
        if (below(30) == 0) std::ranges::reverse(fields);
        return fields;
    }

    HeadField field_of(MeasurementId measurement, std::uint32_t index) {
        switch ((measurement + index) % 7) {
            case 0:
                return {index, FieldType::Boolean, below(2), {}, {}};
            case 1:
                return {index, FieldType::String, 0, text(), {}};
            case 2:
                return {
                    index, FieldType::Unsigned, below(10) == 0 ? random_() : below(1000), {}, {}};
            case 3:
                return integer_field(
                    index,
                    static_cast<std::int64_t>(below(10) == 0 ? random_() : 1'000'000 + below(100)));
            case 4:
                return {index, FieldType::Float, random_(), {}, {}};
            default:
                return float_field(index, decimal());
        }
    }

    double decimal() {
        constexpr std::array kOdd = {-0.0, 1.0 / 3, 1e300, -1e-300, 0.1 + 0.2};
        if (below(30) == 0) return kOdd[below(kOdd.size())];
        if (below(100) == 0) return std::numeric_limits<double>::quiet_NaN();
        return (static_cast<double>(below(20'000)) - 5'000) / 100;
    }

    std::string_view text() { return texts_.emplace_back(std::string(below(20), 'a')); }

    std::mt19937_64 random_;
    std::deque<std::string> texts_;  // Addresses stay.
};

}  // namespace

TEST_CASE("rows of a write come back from the payload of their frame", "[engine]") {
    check_round_trip(kRows, payload_of(kRows));
}

TEST_CASE("random rows come back bit by bit, in the order they came", "[engine]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    RandomRows random(seed);
    RowBatchWriter writer;
    std::vector<std::byte> payload;
    for (unsigned round = 0; round < 500; ++round) {
        const std::vector<PlainRow> rows = random.make();
        for (const PlainRow& row : rows) {
            writer.add_row(row.measurement, row.id, row.time_ns, row.fields);
        }
        payload = writer.take(std::move(payload));
        check_round_trip(rows, payload);
    }
}

TEST_CASE("rows that were given up are in no payload", "[engine]") {
    RowBatchWriter writer;
    writer.add_row(9, 9, 9, kRows.front().fields);
    writer.clear();
    for (const PlainRow& row : kRows) {
        writer.add_row(row.measurement, row.id, row.time_ns, row.fields);
    }
    CHECK(writer.take() == payload_of(kRows));
}

TEST_CASE("samples with few digits take few bytes", "[engine]") {
    std::mt19937_64 random(42);
    std::vector<PlainRow> rows;
    for (std::int64_t tick = 0; tick < 10; ++tick) {
        for (SeriesId id = 1; id <= 100; ++id) {
            const auto digits = static_cast<double>(random() % 10'000);
            rows.push_back({1,
                            id,
                            1'700'000'000'000'000'000 + tick * 10'000'000'000,
                            {float_field(0, digits / 100), integer_field(1, 5'000'000 + tick)}});
        }
    }
    const auto payload = payload_of(rows);
    check_round_trip(rows, payload);
    // Two bytes for four random digits, next to nothing for all the rest.
    CHECK(payload.size() < rows.size() * 5 / 2);
}

TEST_CASE("values that are no decimals take eight bytes and little more", "[engine]") {
    std::mt19937_64 random(42);
    std::vector<PlainRow> rows;
    for (SeriesId id = 1; id <= 1000; ++id) {
        rows.push_back({1,
                        id,
                        1'000,
                        {float_field(0, std::ldexp(static_cast<double>(random() >> 11), -53)),
                         {1, FieldType::Unsigned, random(), {}, {}}}});
    }
    const auto payload = payload_of(rows);
    check_round_trip(rows, payload);
    CHECK(payload.size() < rows.size() * 17);
}

TEST_CASE("a payload that is cut short is corruption, never a crash", "[engine]") {
    for (const auto& payload : {payload_of(kRows), payload_of(RandomRows(1).make())}) {
        for (std::size_t size_bytes = 0; size_bytes < payload.size(); ++size_bytes) {
            const std::vector<std::byte> cut(
                payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size_bytes));
            RowBatchReader reader(cut);
            BatchRow row;
            const auto is_row = reader.next(row);
            REQUIRE_FALSE(is_row);
            CHECK(is_row.error().code() == ErrorCode::Corruption);
            CHECK_THAT(is_row.error().message(), Catch::Contains("byte "));
        }
    }
}

TEST_CASE("a payload with more than its rows is corruption", "[engine]") {
    auto payload = payload_of({kRows.front()});
    REQUIRE(payload.front() == std::byte{2});  // Not compressed, so it has no size of its own.
    payload.push_back(std::byte{0});
    CHECK(rows_of(payload) == 0);
}

TEST_CASE("random changes to a payload are read without crash", "[engine]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    RandomRows random_rows(seed);
    std::vector<std::byte> payload = payload_of(kRows);
    for (unsigned round = 0; round < 40'000; ++round) {
        if (round % 100 == 50) payload = payload_of(random_rows.make());
        auto bytes = payload;
        for (unsigned change = 0; change < 1 + round % 3; ++change) {
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        }
        // A byte of an LZ4 block stands for 255 at most, and a row takes one at least.
        CHECK(rows_of(bytes) <= 255 * bytes.size());
    }
}

}  // namespace tidemark::tests
