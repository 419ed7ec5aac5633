#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kNowNs = 1'700'000'000'000'000'000;  // 2023-11-14T22:13:20Z
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kMinuteNs = 60 * kSecondNs;

std::unique_ptr<Store> store_with_ops(CrashingFileSystem& files,
                                      const StoreOptions& options = small_options()) {
    auto store = open_small(files, options);
    REQUIRE(store->create_database("ops"));
    return store;
}

PlainPoint usage(const std::string& host, std::int64_t time_ns, Value value) {
    return {"cpu", {{"host", host}}, time_ns, {{"usage", std::move(value)}}};
}

// The reason why `point` alone is refused; "taken" when it is not.
std::string refusal(Store& store, const PlainPoint& point) {
    const auto result = store.write("ops", "", batch_of({point}));
    REQUIRE(result);
    return result.value().rejected.empty() ? "taken" : result.value().rejected.front().reason;
}

}  // namespace

TEST_CASE("points of every type come back as they were written", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    const std::vector<PlainPoint> points = {
        {"all",
         {{"b", "2"}, {"a", "1"}},
         5,
         {{"f", 0.1},
          {"i", std::numeric_limits<std::int64_t>::min()},
          {"u", std::numeric_limits<std::uint64_t>::max()},
          {"b", true},
          {"s", std::string("gr\xc3\xbc\xc3\x9f")}}},
        {"all", {{"a", "1"}, {"b", "2"}}, -5, {{"s", std::string()}}},
        {"all", {}, 5, {{"f", -0.0}}},
    };
    Samples expected;
    for (const PlainPoint& point : points) apply_point(expected, point);
    write_durably(*store, "ops", points);
    CHECK(read_all(*store, "ops") == expected);
    CHECK(store->statistics().series_count == 2);
    CHECK(store->field_keys("ops", "all") == std::vector<FieldKey>{{"b", FieldType::Boolean},
                                                                   {"f", FieldType::Float},
                                                                   {"i", FieldType::Integer},
                                                                   {"s", FieldType::String},
                                                                   {"u", FieldType::Unsigned}});
    CHECK(std::signbit(std::get<double>(read_all(*store, "ops").at({"all", "f", 5}))));
}

TEST_CASE("points are visible at the latest when they are durable, and all together", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    const auto before = store->snapshot();
    write_durably(*store, "ops", {usage("a", 1, 1.0), usage("b", 1, 2.0)});
    CHECK(read_all(*store, "ops", before).empty());
    CHECK(read_all(*store, "ops").size() == 2);
    CHECK(store->snapshot()->sequence() == store->statistics().written_sequence);
}

TEST_CASE("the type of a field is decided by the first arrival", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    CHECK(refusal(*store, usage("a", 1, 1.5)) == "taken");
    CHECK(refusal(*store, usage("b", 1, std::string("x"))) ==
          "field usage of cpu is a float, got a string");
    CHECK(refusal(*store, usage("a", 1, true)) == "field usage of cpu is a float, got a boolean");
    CHECK(refusal(*store, usage("a", 1, std::uint64_t{1})) ==
          "field usage of cpu is a float, got an unsigned");
    CHECK(refusal(*store, {"cpu", {}, 1, {{"count", std::int64_t{1}}}}) == "taken");
    CHECK(refusal(*store, {"cpu", {}, 1, {{"count", 1.0}}}) ==
          "field count of cpu is an integer, got a float");
    // Another measurement is another field.
    CHECK(refusal(*store, {"disk", {}, 1, {{"usage", true}}}) == "taken");
}

TEST_CASE("an integer for a float field is widened where that is exact", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    constexpr std::int64_t kLimit = std::int64_t{1} << 53;
    CHECK(refusal(*store, usage("a", 1, 1.5)) == "taken");
    CHECK(refusal(*store, usage("a", 2, kLimit)) == "taken");
    CHECK(refusal(*store, usage("a", 3, -kLimit)) == "taken");
    CHECK(refusal(*store, usage("a", 4, kLimit + 1)) ==
          "field usage of cpu is a float, which cannot hold the integer 9007199254740993 exactly "
          "(limit 2^53)");
    REQUIRE(store->wait_durable(store->statistics().written_sequence));
    CHECK(read_all(*store, "ops").at({"cpu,host=a", "usage", 2}) == Value(9007199254740992.0));
}

TEST_CASE("where NaN is accepted it takes the place of a value, and no other does", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    REQUIRE(store->set_nan_accepted("ops", true));
    CHECK(refusal(*store, usage("a", 1, 1.5)) == "taken");
    CHECK(refusal(*store, usage("a", 2, 2.5)) == "taken");
    CHECK(refusal(*store, usage("a", 2, std::nan("17"))) == "taken");
    CHECK(refusal(*store, usage("a", 3, HUGE_VAL)) == "field usage is not a finite number");
    CHECK(refusal(*store, {"cpu", {}, 1, {{"count", std::int64_t{1}}}}) == "taken");
    CHECK(refusal(*store, {"cpu", {}, 1, {{"count", std::nan("")}}}) ==
          "field count of cpu is an integer, got a float");
    REQUIRE(store->wait_durable(store->statistics().written_sequence));

    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.tags.push_back({"host", CompareOp::Equal, "a", {}});
    request.columns.push_back({"usage", Need::Values});
    for (const bool is_flushed : {false, true}) {
        INFO("flushed " << is_flushed);
        if (is_flushed) REQUIRE(store->flush());
        const auto scan = store->scan(request, nullptr);
        REQUIRE(scan);
        REQUIRE(scan.value()->series().size() == 1);
        const auto cursor = scan.value()->open(0);
        REQUIRE(cursor);
        const auto piece = cursor.value()->next();
        REQUIRE((piece && piece.value() != nullptr));
        REQUIRE(piece.value()->row_count == 2);
        const ColumnValues& values = piece.value()->columns[0].values;
        CHECK(values.is_valid(0));
        CHECK_FALSE(values.ends_hold(0));
        CHECK_FALSE(values.is_valid(1));
        CHECK(values.ends_hold(1));
    }
    REQUIRE(store->set_nan_accepted("ops", false));
    CHECK(refusal(*store, usage("a", 4, std::nan(""))).starts_with("field usage is NaN"));
}

TEST_CASE("a point that is refused leaves no trace", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    CHECK(refusal(*store, usage("a", 1, std::nan(""))) ==
          "field usage is NaN (ALTER DATABASE .. SET NAN ACCEPT takes it)");
    CHECK(refusal(*store, usage("a", 1, HUGE_VAL)) == "field usage is not a finite number");
    CHECK(refusal(*store, {"cpu", {}, 1, {}}) == "a point needs a field");
    CHECK(refusal(*store, {"cpu", {}, 1, {{"", 1.0}}}) == "a field's name is empty");
    CHECK(refusal(*store, {"cpu", {}, 1, {{"good", 1.0}, {"time", 1.0}}}) ==
          "'time' cannot be a field's name");
    CHECK(refusal(*store, {"cpu", {{"time", "x"}}, 1, {{"usage", 1.0}}}) ==
          "'time' cannot be a tag key");
    CHECK(refusal(*store, {"cpu", {}, 1, {{"s", std::string("\xff")}}}) ==
          "the string of field s is not valid UTF-8");
    CHECK(refusal(*store, {"cpu", {}, 1, {{"a", 1.0}, {"a", true}}}) ==
          "field a of cpu is a float, got a boolean");
    const std::int64_t too_early = std::numeric_limits<std::int64_t>::min();
    CHECK(refusal(*store, usage("a", too_early, 1.0)) ==
          "the time -9223372036854775808 is out of range");
    CHECK(store->measurements("ops").empty());
    CHECK(store->statistics().series_count == 0);
    CHECK(store->statistics().written_sequence == 0);
}

TEST_CASE("refused points are all counted, and only so many described", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    std::vector<PlainPoint> points(kDescribedPointLimit + 5, usage("a", 1, true));
    points.front() = usage("a", 1, 1.0);
    const auto result = store->write("ops", "", batch_of(points));
    REQUIRE(result);
    CHECK(result.value().accepted_count == 1);
    CHECK(result.value().rejected_count == kDescribedPointLimit + 4);
    REQUIRE(result.value().rejected.size() == kDescribedPointLimit);
    CHECK(result.value().rejected.back().point_index == kDescribedPointLimit);
}

TEST_CASE("a batch keeps its good points and says which were refused", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    const auto result = store->write(
        "ops", "autogen",
        batch_of({usage("a", 1, 1.0), usage("a", 2, true), usage("a", 3, 3.0), {"x", {}, 4, {}}}));
    REQUIRE(result);
    CHECK(result.value().accepted_count == 2);
    REQUIRE(result.value().rejected.size() == 2);
    CHECK(result.value().rejected[0].point_index == 1);
    CHECK(result.value().rejected[1].point_index == 3);
    REQUIRE(store->wait_durable(result.value().sequence));
    CHECK(read_all(*store, "ops").size() == 2);
}

TEST_CASE("of a field given twice in one point the later counts", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    for (const std::int64_t time_ns : {1, 2}) {  // First as new, then as known field.
        write_durably(*store, "ops", {{"m", {}, time_ns, {{"a", 1.0}, {"b", 5.0}, {"a", 2.0}}}});
        CHECK(read_all(*store, "ops").at({"m", "a", time_ns}) == Value(2.0));
        CHECK(read_all(*store, "ops").at({"m", "b", time_ns}) == Value(5.0));
    }
}

TEST_CASE("points without time get the store's clock", "[engine]") {
    CrashingFileSystem files;
    const StandingClock clock(kNowNs);
    StoreOptions options = small_options();
    options.clock = &clock;
    const auto store = store_with_ops(files, options);
    WriteBatch batch;
    batch.begin_point("cpu");
    batch.add_float("usage", 1.0);
    batch.end_point(std::nullopt);
    const auto result = store->write("ops", "", batch);
    REQUIRE(result);
    REQUIRE(store->wait_durable(result.value().sequence));
    CHECK(read_all(*store, "ops").count({"cpu", "usage", kNowNs}) == 1);
}

TEST_CASE("a point too far in the future is refused with the likely mistake", "[engine]") {
    CrashingFileSystem files;
    const StandingClock clock(kNowNs);
    StoreOptions options = small_options();
    options.clock = &clock;
    options.future_limit_ns = 10 * kMinuteNs;
    const auto store = store_with_ops(files, options);
    CHECK(refusal(*store, usage("a", kNowNs + 10 * kMinuteNs, 1.0)) == "taken");
    CHECK(refusal(*store, usage("a", kNowNs / 1'000'000, 1.0)) == "taken");
    CHECK(refusal(*store, usage("a", kNowNs + 120 * kMinuteNs + kSecondNs, 1.0)) ==
          "the time 2023-11-15T00:13:21Z is 2 h in the future (limit 10 min): looks like local "
          "time, expected UTC");
    CHECK(refusal(*store, usage("a", kNowNs + 37 * kMinuteNs, 1.0)) ==
          "the time 2023-11-14T22:50:20Z is 37 min in the future (limit 10 min): looks like a "
          "wrong clock of the sender");
    CHECK(refusal(*store, usage("a", 5 * kNowNs, 1.0)) ==
          "the time 2239-05-10T15:06:40Z is 215 years in the future (limit 10 min): looks like a "
          "wrong precision, say which unit times are in (precision=s, ms, u or ns)");
}

TEST_CASE("unknown databases and policies are not found", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    const WriteBatch batch = batch_of({usage("a", 1, 1.0)});
    const auto no_database = store->write("nope", "", batch);
    REQUIRE_FALSE(no_database);
    CHECK(no_database.error().code() == ErrorCode::NotFound);
    CHECK(no_database.error().message() == "database not found: nope");
    const auto no_policy = store->write("ops", "weekly", batch);
    REQUIRE_FALSE(no_policy);
    CHECK(no_policy.error().code() == ErrorCode::NotFound);
    const auto reserved = store->write("ops", "kpi", batch);
    REQUIRE_FALSE(reserved);
    CHECK(reserved.error().message() == "retention policy kpi is reserved");
    CHECK(store->has_retention_policy("ops", "autogen"));
    CHECK_FALSE(store->has_retention_policy("ops", "kpi"));
    CHECK_FALSE(store->has_retention_policy("nope", "autogen"));
    ScanRequest request;
    request.database = "nope";
    const auto scan = store->scan(request, nullptr);
    REQUIRE_FALSE(scan);
    CHECK(scan.error().code() == ErrorCode::NotFound);
}

TEST_CASE("waiting for what was never written is an error, not a wait", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    const Status status = store->wait_durable(1);
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == ErrorCode::InvalidArgument);
    CHECK(store->wait_durable(0));
}

TEST_CASE("the schema of a store is sorted", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    REQUIRE(store->create_database("aux"));
    write_durably(*store, "ops",
                  {usage("b", 1, 1.0), usage("a", 1, 1.0), {"app", {}, 1, {{"up", true}}}});
    CHECK(store->databases() == std::vector<std::string>{"aux", "ops"});
    CHECK(store->measurements("ops") == std::vector<std::string>{"app", "cpu"});
    CHECK(store->tag_keys("ops", "cpu") == std::vector<std::string>{"host"});
    CHECK(store->tag_values("ops", "cpu", "host") == std::vector<std::string>{"a", "b"});
    CHECK(store->measurements("nope").empty());
    CHECK(store->field_keys("ops", "nope").empty());
    const auto series = store->series("ops", "cpu", {{"host", CompareOp::NotEqual, "a", {}}});
    REQUIRE(series.size() == 1);
    CHECK(series[0].tags == TagSet{{"host", "b"}});
}

TEST_CASE("a scan selects series by tags and filter, and knows its types", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    write_durably(*store, "ops", {usage("b", 1, 1.0), usage("a", 1, 1.0), usage("c", 1, 1.0)});
    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Values}, {"nope", Need::Values}};
    request.tags = {{"host", CompareOp::NotEqual, "b", {}}};
    request.series_filter = [](const TagSet& tags) { return tags[0].value != "a"; };
    const auto scan = store->scan(request, nullptr);
    REQUIRE(scan);
    REQUIRE(scan.value()->series().size() == 1);
    CHECK(scan.value()->series()[0].tags == TagSet{{"host", "c"}});
    REQUIRE(scan.value()->column_types().size() == 2);
    CHECK(scan.value()->column_types()[0] == FieldType::Float);
    CHECK_FALSE(scan.value()->column_types()[1]);
    CHECK(scan.value()->messages().empty());
    request.tags = {{"host", CompareOp::Less, "b", {}}};
    CHECK_FALSE(store->scan(request, nullptr));
    request.tags.clear();
    request.measurement = "unknown";
    const auto unknown = store->scan(request, nullptr);
    REQUIRE(unknown);
    CHECK(unknown.value()->series().empty());
}

}  // namespace tidemark::tests
