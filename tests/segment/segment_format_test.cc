#include <catch2/catch.hpp>

#include "storage/segment/segment_reader.h"
#include "tests/segment/random_rows.h"
#include "tests/segment/segment_file.h"
#include "tests/support/format_example.h"

namespace tidemark::tests {
namespace {

storage::DecodedRows example_rows() {
    storage::DecodedRows rows;
    storage::DecodedColumn& load = rows.column("load", FieldType::Integer);
    load.append(std::int64_t{3});
    load.append_null();
    load.append(std::int64_t{5});
    rows.times = {1'000, 2'000, 3'000};
    return rows;
}

}  // namespace

TEST_CASE("the example of FORMAT.md is what the segment writer writes", "[segment]") {
    const auto example = format_example("## 3 Segment");
    const auto bytes = segment_bytes([](storage::SegmentWriter& writer) {
        REQUIRE(writer.begin_series(7, "cpu").has_value());
        const auto group = storage::make_encoded_row_group(example_rows(), 0, 3, 5, 6);
        REQUIRE(writer.add_row_group(*group).has_value());
    });
    CHECK(hex_of(bytes) == hex_of(example));

    const auto reader =
        storage::SegmentReader::open(std::make_shared<MappedBytes>(example), "example");
    REQUIRE(reader.has_value());
    CHECK(reader.value()->verify().has_value());
    const auto groups = reader.value()->row_groups(7);
    REQUIRE(groups.has_value());
    REQUIRE(groups.value().size() == 1);
    const auto rows = decode_row_group(*groups.value()[0]);
    REQUIRE(rows.has_value());
    CHECK(describe_rows(rows.value()) == describe_rows(example_rows()));
}

}  // namespace tidemark::tests
