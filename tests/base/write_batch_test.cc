#include <catch2/catch.hpp>

#include <tidemark/write_batch.h>

using namespace tidemark;

TEST_CASE("a batch gives back the points it was given", "[write_batch]") {
    WriteBatch batch;
    batch.begin_point("cpu");
    batch.add_tag("host", "a");
    batch.add_float("usage", 70.5);
    batch.add_string("state", "busy");
    batch.end_point(7);
    batch.begin_point("lost");
    batch.add_integer("x", 1);
    batch.abandon_point();
    batch.begin_point("probe");
    batch.add_boolean("up", true);
    batch.end_point(std::nullopt);

    REQUIRE(batch.point_count() == 2);
    const WriteBatch::Point cpu = batch.point(0);
    const SeriesKeyParts parts = series_key_parts(cpu.raw_series_key);
    CHECK(parts.measurement == "cpu");
    REQUIRE(parts.tags.size() == 1);
    CHECK(parts.tags[0].first == "host");
    CHECK(parts.tags[0].second == "a");
    CHECK(cpu.time_ns == 7);
    REQUIRE(cpu.field_count == 2);
    CHECK(batch.field(0, 0).float_value == 70.5);
    CHECK(batch.field(0, 1).text == "busy");
    CHECK(batch.field(1, 0).name == "up");
    CHECK_FALSE(batch.point(1).time_ns.has_value());
}
