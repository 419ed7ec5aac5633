#include <random>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/summary/summary.h"
#include "tests/summary/summary_samples.h"

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;

SummarisedRows rows_of(const ColumnSummary& summary) {
    return {summary.row_count, summary.first_ns, summary.last_ns};
}

std::vector<std::byte> bytes_of(const ColumnSummary& summary, const SummarisedRows& rows) {
    std::vector<std::byte> bytes;
    write_summary(summary, rows, bytes);
    return bytes;
}

}  // namespace

TEST_CASE("a summary that was written is read bit by bit", "[summary]") {
    std::mt19937_64 random(31);
    for (const SampleColumn& column : sample_columns()) {
        const std::size_t begin = random() % column.size();
        const std::size_t end = begin + random() % (column.size() - begin + 1);
        const ColumnSummary part = summarise_part(column, begin, end, random() % 4);
        // The rows reach further than the values, and end where the next column begins.
        const SummarisedRows rows{part.row_count, column.times.front(), column.times.back()};
        std::vector<std::byte> bytes = bytes_of(part, rows);
        bytes.push_back(std::byte{0xee});
        ByteReader reader(bytes);
        const auto read = read_summary(column.type, rows, reader);
        REQUIRE(read.has_value());
        CHECK(reader.remaining_size_bytes() == 1);
        if (part.non_null_count != 0)
            check_same(read.value(), part);
        else
            CHECK(read.value().row_count == part.row_count);
    }
}

TEST_CASE("a summary is small", "[summary]") {
    std::vector<std::int64_t> times;
    std::vector<double> usage;
    std::vector<std::uint8_t> up;
    for (int i = 0; i < 1'024; ++i) {
        times.push_back(1'700'000'000'000'000'000 + i * 10'000'000'000);
        usage.push_back(static_cast<double>(i * 7'919 % 10'000) / 100);
        up.push_back(1);
    }
    const ColumnSummary floats = summarise(1'024, times, usage);
    CHECK(bytes_of(floats, rows_of(floats)).size() <= 52);
    const ColumnSummary booleans = summarise(1'024, times, up);
    CHECK(bytes_of(booleans, rows_of(booleans)).size() <= 16);
    const ColumnSummary nothing = summarise(1'024, {}, std::span<const double>());
    CHECK(bytes_of(nothing, {1'024, 1, 2}).size() == 2);
}

TEST_CASE("every cut and every flipped bit of a summary is corruption or a summary", "[summary]") {
    std::size_t corruption_count = 0;
    for (const SampleColumn& column : sample_columns()) {
        if (column.size() > 10) continue;
        const ColumnSummary summary = summarise_part(column, 0, column.size());
        const SummarisedRows rows = rows_of(summary);
        const std::vector<std::byte> bytes = bytes_of(summary, rows);
        for (std::size_t size_bytes = 0; size_bytes < bytes.size(); ++size_bytes) {
            // A copy of its own, so that a read behind the end is seen.
            const std::vector<std::byte> cut(
                bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size_bytes));
            ByteReader reader(cut);
            const auto read = read_summary(column.type, rows, reader);
            REQUIRE_FALSE(read.has_value());
            CHECK(read.error().code() == ErrorCode::Corruption);
        }
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            std::vector<std::byte> flipped = bytes;
            flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            ByteReader reader(flipped);
            const auto read = read_summary(column.type, rows, reader);
            if (read) {
                CHECK(read.value().first_ns <= read.value().last_ns);
                CHECK(read.value().largest_gap_ns >= 0);
            } else {
                CHECK(read.error().code() == ErrorCode::Corruption);
                ++corruption_count;
            }
        }
    }
    CHECK(corruption_count > 0);
}

}  // namespace tidemark::tests
