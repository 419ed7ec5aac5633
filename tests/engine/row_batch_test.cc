#include "storage/engine/row_batch.h"

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"

namespace tidemark::tests {
namespace {

using storage::BatchRow;
using storage::HeadField;
using storage::RowBatchReader;
using storage::RowBatchWriter;

struct PlainRow {
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
    {7, 1'700'000'000'000'000'000, {float_field(0, 70.5), integer_field(1, -3)}},
    {3, 1'700'000'000'000'000'000, {float_field(0, -0.0), integer_field(1, 9)}},
    // The differences of these times do not fit in 64 bits.
    {4'000'000'000,
     std::numeric_limits<std::int64_t>::min() + 2,
     {{5, FieldType::Boolean, 1, {}, {}}}},
    {0,
     std::numeric_limits<std::int64_t>::max() - 1,
     {{900'000, FieldType::String, 0, "text", {}}}},
    {0,
     0,
     {{2, FieldType::Unsigned, std::numeric_limits<std::uint64_t>::max(), {}, {}},
      {3, FieldType::String, 0, "", {}}}},
    {1, 1, {float_field(0, 1.0), integer_field(1, std::numeric_limits<std::int64_t>::min())}},
};

std::vector<std::byte> payload_of(const std::vector<PlainRow>& rows) {
    RowBatchWriter writer;
    for (const PlainRow& row : rows) writer.add_row(row.id, row.time_ns, row.fields);
    return writer.take();
}

}  // namespace

TEST_CASE("rows of a write come back from the payload of their frame", "[engine]") {
    const auto payload = payload_of(kRows);
    RowBatchReader reader(payload);
    BatchRow row;
    for (const PlainRow& expected : kRows) {
        const auto is_row = reader.next(row);
        REQUIRE(is_row);
        REQUIRE(is_row.value());
        CHECK(equal(expected, row));
    }
    const auto is_row = reader.next(row);
    REQUIRE(is_row);
    CHECK_FALSE(is_row.value());
}

TEST_CASE("a payload that is cut short is corruption, never a crash", "[engine]") {
    const auto payload = payload_of(kRows);
    for (std::size_t size_bytes = 0; size_bytes < payload.size(); ++size_bytes) {
        const std::span<const std::byte> cut = std::span(payload).first(size_bytes);
        RowBatchReader reader(cut);
        BatchRow row;
        std::size_t row_count = 0;
        auto is_row = reader.next(row);
        while (is_row && is_row.value()) {
            REQUIRE(row_count < kRows.size());
            CHECK(equal(kRows[row_count++], row));
            is_row = reader.next(row);
        }
        if (!is_row) CHECK(is_row.error().code() == ErrorCode::Corruption);
    }
}

TEST_CASE("random changes to a payload are read without crash", "[engine]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto payload = payload_of(kRows);
    for (unsigned round = 0; round < 20'000; ++round) {
        auto bytes = payload;
        for (unsigned change = 0; change < 1 + round % 3; ++change) {
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        }
        RowBatchReader reader(bytes);
        BatchRow row;
        std::size_t row_count = 0;
        for (auto is_row = reader.next(row); is_row && is_row.value(); is_row = reader.next(row)) {
            ++row_count;
        }
        CHECK(row_count <= bytes.size());
    }
}

}  // namespace tidemark::tests
