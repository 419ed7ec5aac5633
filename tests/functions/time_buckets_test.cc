#include "query/functions/time_buckets.h"

#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <date/date.h>

namespace tidemark::query {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

/// An instant in UTC.
std::int64_t utc(int year, unsigned month, unsigned day, std::int64_t hours = 0,
                 std::int64_t minutes = 0) {
    const date::sys_days days(date::year(year) / date::month(month) / date::day(day));
    return days.time_since_epoch().count() * kDay + hours * kHour + minutes * kMinute;
}

TimeZone zone(std::string_view name) {
    auto found = TimeZone::find(name);
    REQUIRE(found.has_value());
    return found.value();
}

std::vector<TimeBucket> buckets_of(const BucketSpec& spec, const TimeRange& range) {
    auto buckets = make_time_buckets(spec, range, 100'000);
    REQUIRE(buckets.has_value());
    return std::move(buckets).value();
}

BucketSpec every(std::int64_t count, StepUnit unit = StepUnit::Nanosecond) {
    return {BucketStep{count, unit}, 0, {}, {}};
}

BucketSpec local_days(std::string_view name) {
    return {BucketStep{1, StepUnit::Day}, 0, {}, zone(name)};
}

void check_tiles(const std::vector<TimeBucket>& buckets, const TimeRange& range) {
    REQUIRE_FALSE(buckets.empty());
    CHECK(buckets.front().window.begin_ns == range.begin_ns);
    CHECK(buckets.back().window.end_ns == range.end_ns);
    for (std::size_t i = 0; i + 1 < buckets.size(); ++i) {
        CHECK(buckets[i].window.end_ns == buckets[i + 1].window.begin_ns);
        CHECK(buckets[i + 1].window.begin_ns == buckets[i + 1].label_ns);
        CHECK_FALSE(buckets[i].window.is_empty());
    }
}

TEST_CASE("fixed buckets are aligned to the epoch and cut by the range", "[functions]") {
    const auto buckets = buckets_of(every(10), {5, 31});
    REQUIRE(buckets.size() == 4);
    CHECK(buckets[0].label_ns == 0);
    CHECK(buckets[0].window == TimeRange{5, 10});
    CHECK(buckets[1].window == TimeRange{10, 20});
    CHECK(buckets[3].window == TimeRange{30, 31});
    CHECK(buckets_of(every(10), {-15, -5})[0].label_ns == -20);
}

TEST_CASE("an offset shifts the grid", "[functions]") {
    BucketSpec spec = every(10);
    for (const std::int64_t offset : {3, -7, 13}) {
        spec.offset_ns = offset;
        const auto buckets = buckets_of(spec, {0, 14});
        REQUIRE(buckets.size() == 3);
        CHECK(buckets[0].label_ns == -7);
        CHECK(buckets[1].label_ns == 3);
        CHECK(buckets[2].label_ns == 13);
    }
}

TEST_CASE("without a step the range is the one bucket", "[functions]") {
    const auto buckets = buckets_of({}, {5, 31});
    REQUIRE(buckets.size() == 1);
    CHECK(buckets[0].window == TimeRange{5, 31});
    CHECK(buckets_of(every(10), {5, 5}).empty());
}

TEST_CASE("without a zone days are 24 hours and weeks begin with the epoch's Thursday",
          "[functions]") {
    CHECK(buckets_of(every(7 * kDay), {utc(2025, 3, 30), utc(2025, 3, 31)})[0].label_ns ==
          utc(2025, 3, 27));
    CHECK(buckets_of(every(1, StepUnit::Week), {utc(2025, 3, 30), utc(2025, 3, 31)})[0].label_ns ==
          utc(2025, 3, 24));
}

TEST_CASE("local days have the lengths of R12", "[functions]") {
    struct Case {
        const char* zone;
        std::int64_t begin_ns;  // Of the day.
        std::int64_t length_ns;
    };
    const Case cases[] = {
        {"Europe/Berlin", utc(2025, 3, 29, 23), 23 * kHour},
        {"Europe/Berlin", utc(2025, 10, 25, 22), 25 * kHour},
        // The clocks of Lord Howe move by half an hour.
        {"Australia/Lord_Howe", utc(2025, 4, 5, 13), 24 * kHour + 30 * kMinute},
        {"Australia/Lord_Howe", utc(2025, 10, 4, 13, 30), 23 * kHour + 30 * kMinute},
        // Midnight does not exist: the day begins at 01:00 local.
        {"America/Sao_Paulo", utc(2018, 11, 4, 3), 23 * kHour},
        // The hour before midnight is repeated.
        {"America/Sao_Paulo", utc(2018, 2, 17, 2), 25 * kHour},
        // Midnight is repeated: the day begins with the first one.
        {"America/Havana", utc(2018, 11, 4, 4), 25 * kHour},
        {"Asia/Kathmandu", utc(2025, 6, 14, 18, 15), 24 * kHour},
    };
    for (const Case& day : cases) {
        INFO(day.zone << " " << day.begin_ns);
        const TimeRange around{day.begin_ns - kHour, day.begin_ns + 30 * kHour};
        const auto buckets = buckets_of(local_days(day.zone), around);
        check_tiles(buckets, around);
        CHECK(buckets[1].label_ns == day.begin_ns);
        CHECK(buckets[2].label_ns - buckets[1].label_ns == day.length_ns);
    }
}

TEST_CASE("a day that does not exist has no row", "[functions]") {
    // Apia went from 29 to 31 December 2011, from UTC-10 to UTC+14.
    const TimeRange range{utc(2011, 12, 28, 10), utc(2012, 1, 1, 10)};
    const auto buckets = buckets_of(local_days("Pacific/Apia"), range);
    check_tiles(buckets, range);
    REQUIRE(buckets.size() == 4);
    CHECK(buckets[1].label_ns == utc(2011, 12, 29, 10));
    CHECK(buckets[2].label_ns == utc(2011, 12, 30, 10));  // The 31st.
    CHECK(buckets[3].label_ns == utc(2011, 12, 31, 10));
}

TEST_CASE("days of a month tile the month in every zone of R12", "[functions][property]") {
    for (const char* name : {"Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo",
                             "Pacific/Apia", "Asia/Kathmandu", "America/Havana", "UTC"}) {
        INFO(name);
        for (int year = 2010; year <= 2026; year += 1) {
            const TimeRange range{utc(year, 1, 1), utc(year, 12, 31)};
            const auto months =
                buckets_of({BucketStep{1, StepUnit::Month}, 0, {}, zone(name)}, range);
            check_tiles(months, range);
            const auto days = buckets_of(local_days(name), range);
            check_tiles(days, range);
            std::size_t day = 0;
            for (std::size_t month = 1; month < months.size(); ++month) {
                while (day < days.size() && days[day].label_ns < months[month].label_ns) ++day;
                REQUIRE(day < days.size());
                CHECK(days[day].label_ns == months[month].label_ns);
            }
        }
    }
}

TEST_CASE("weeks begin on Monday, months and years count from 1970", "[functions]") {
    const TimeRange range{utc(2025, 10, 26), utc(2025, 10, 28)};
    const auto weeks =
        buckets_of({BucketStep{1, StepUnit::Week}, 0, {}, zone("Europe/Berlin")}, range);
    CHECK(weeks[0].label_ns == utc(2025, 10, 19, 22));
    CHECK(weeks[1].label_ns == utc(2025, 10, 26, 23));
    CHECK(buckets_of(every(2, StepUnit::Month), {utc(2025, 2, 15), utc(2025, 2, 16)})[0].label_ns ==
          utc(2025, 1, 1));
    CHECK(buckets_of(every(1, StepUnit::Quarter), {utc(2025, 8, 1), utc(2025, 8, 2)})[0].label_ns ==
          utc(2025, 7, 1));
    CHECK(buckets_of(every(10, StepUnit::Year), {utc(2025, 8, 1), utc(2025, 8, 2)})[0].label_ns ==
          utc(2020, 1, 1));
    CHECK(buckets_of(every(1, StepUnit::Year), {utc(1969, 8, 1), utc(1969, 8, 2)})[0].label_ns ==
          utc(1969, 1, 1));
    CHECK(buckets_of(every(3, StepUnit::Day), {utc(1970, 1, 5), utc(1970, 1, 6)})[0].label_ns ==
          utc(1970, 1, 4));
}

TEST_CASE("an offset moves the local start of calendar buckets", "[functions]") {
    BucketSpec spec = local_days("Europe/Berlin");
    spec.offset_ns = 6 * kHour;
    const auto buckets = buckets_of(spec, {utc(2025, 3, 29, 12), utc(2025, 3, 30, 12)});
    REQUIRE(buckets.size() == 2);
    CHECK(buckets[0].label_ns == utc(2025, 3, 29, 5));
    CHECK(buckets[1].label_ns == utc(2025, 3, 30, 4));
}

TEST_CASE("days of InfluxDB's own time zone case", "[functions]") {
    const TimeRange range{utc(2000, 4, 2, 8), utc(2000, 4, 4, 7)};
    const auto buckets = buckets_of(local_days("America/Los_Angeles"), range);
    REQUIRE(buckets.size() == 2);
    CHECK(buckets[0].window == TimeRange{utc(2000, 4, 2, 8), utc(2000, 4, 3, 7)});
    CHECK(buckets[1].window == TimeRange{utc(2000, 4, 3, 7), utc(2000, 4, 4, 7)});
}

TEST_CASE("steps below a day follow the local clock as in InfluxDB 1.8", "[functions]") {
    const TimeRange range{utc(2025, 3, 29, 23), utc(2025, 3, 30, 22)};
    BucketSpec spec = every(6 * kHour);
    spec.zone = zone("Europe/Berlin");
    const auto quarters = buckets_of(spec, range);
    check_tiles(quarters, range);
    REQUIRE(quarters.size() == 4);
    CHECK(quarters[0].label_ns == utc(2025, 3, 29, 23));
    CHECK(quarters[1].label_ns == utc(2025, 3, 30, 4));  // 06:00 summer time, 5 h later.
    CHECK(quarters[2].label_ns == utc(2025, 3, 30, 10));

    // An hour is not longer than the change itself: nothing moves.
    BucketSpec hourly = every(kHour);
    hourly.zone = zone("Europe/Berlin");
    CHECK(buckets_of(hourly, range).size() == 23);
    BucketSpec nepal = every(kHour);
    nepal.zone = zone("Asia/Kathmandu");
    CHECK(buckets_of(nepal, {utc(2025, 6, 1), utc(2025, 6, 2)})[1].label_ns ==
          utc(2025, 6, 1, 0, 15));
}

TEST_CASE("fixed steps tile time over every clock change", "[functions][property]") {
    for (const char* name : {"Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"}) {
        for (const std::int64_t step : {kMinute * 20, kHour, 3 * kHour, 12 * kHour, 36 * kHour}) {
            INFO(name << " " << step);
            BucketSpec spec = every(step);
            spec.zone = zone(name);
            const TimeRange range{utc(2011, 9, 1), utc(2012, 5, 1)};
            check_tiles(buckets_of(spec, range), range);
        }
    }
}

TEST_CASE("WINDOW widens buckets backwards, and never starts early", "[functions]") {
    BucketSpec spec = every(10);
    spec.window = BucketStep{30};
    const auto buckets = buckets_of(spec, {5, 48});
    REQUIRE(buckets.size() == 5);
    CHECK(buckets[0].label_ns == 0);
    CHECK(buckets[0].window == TimeRange{-15, 10});  // Not before 5 - (30 - 10).
    CHECK(buckets[1].window == TimeRange{-10, 20});
    CHECK(buckets[3].window == TimeRange{10, 40});
    CHECK(buckets[4].window == TimeRange{20, 48});  // Not after the range.
}

TEST_CASE("a WINDOW shorter than the step looks at the end of each bucket", "[functions]") {
    BucketSpec spec = every(10);
    spec.window = BucketStep{4};
    const auto buckets = buckets_of(spec, {8, 25});
    REQUIRE(buckets.size() == 3);
    CHECK(buckets[0].window == TimeRange{8, 10});
    CHECK(buckets[1].window == TimeRange{16, 20});
    CHECK(buckets[2].window.is_empty());  // [26, 30) lies behind the range.
}

TEST_CASE("WINDOW of the step's width is no WINDOW", "[functions][property]") {
    for (const BucketStep step : {BucketStep{kHour * 6}, BucketStep{1, StepUnit::Day},
                                  BucketStep{1, StepUnit::Month}, BucketStep{2, StepUnit::Week}}) {
        for (const std::int64_t cut : {std::int64_t{0}, 5 * kHour}) {
            BucketSpec plain{step, 0, {}, zone("Europe/Berlin")};
            BucketSpec widened = plain;
            widened.window = step;
            const TimeRange range{utc(2025, 1, 31) + cut, utc(2025, 11, 2)};
            const auto expected = buckets_of(plain, range);
            const auto actual = buckets_of(widened, range);
            REQUIRE(actual.size() == expected.size());
            for (std::size_t i = 0; i < actual.size(); ++i) {
                CHECK(actual[i].window == expected[i].window);
            }
        }
    }
}

TEST_CASE("WINDOW 7d under a zone is seven local days", "[functions]") {
    BucketSpec spec = local_days("Europe/Berlin");
    spec.window = BucketStep{7, StepUnit::Day};
    const auto buckets = buckets_of(spec, {utc(2025, 3, 24, 23), utc(2025, 4, 6, 22)});
    for (const TimeBucket& bucket : buckets) {
        const bool has_change = bucket.window.contains(utc(2025, 3, 30, 1)) &&
                                bucket.window.begin_ns < utc(2025, 3, 30, 1);
        CHECK(bucket.window.end_ns - bucket.window.begin_ns == 7 * kDay - (has_change ? kHour : 0));
    }
    // Sao Paulo's day without a midnight keeps all of its first window.
    BucketSpec sao_paulo = local_days("America/Sao_Paulo");
    sao_paulo.window = BucketStep{2, StepUnit::Day};
    const auto days = buckets_of(sao_paulo, {utc(2018, 11, 4, 3), utc(2018, 11, 6, 2)});
    CHECK(days[0].window == TimeRange{utc(2018, 11, 3, 3), utc(2018, 11, 5, 2)});
}

TEST_CASE("an hourly step with a window of local days", "[functions]") {
    BucketSpec spec = every(kHour);
    spec.zone = zone("Europe/Berlin");
    spec.window = BucketStep{1, StepUnit::Day};
    const auto buckets = buckets_of(spec, {utc(2025, 3, 30, 10), utc(2025, 3, 30, 12)});
    REQUIRE(buckets.size() == 2);
    CHECK(buckets[0].window == TimeRange{utc(2025, 3, 29, 12), utc(2025, 3, 30, 11)});
    CHECK(buckets[1].window == TimeRange{utc(2025, 3, 29, 13), utc(2025, 3, 30, 12)});
}

TEST_CASE("edges and hull cover all windows", "[functions]") {
    BucketSpec spec = every(10);
    spec.window = BucketStep{20};
    const auto buckets = buckets_of(spec, {0, 30});
    CHECK(window_edges(buckets) == std::vector<std::int64_t>{-10, 0, 10, 20, 30});
    CHECK(window_hull(buckets) == TimeRange{-10, 30});
    CHECK(window_hull({}).is_empty());
}

TEST_CASE("unknown zones, bad steps and too many buckets are errors", "[functions]") {
    const auto nowhere = TimeZone::find("Europe/Nowhere");
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().message().find("unable to find time zone 'Europe/Nowhere'") == 0);
    CHECK_FALSE(TimeZone::find("").has_value());
    CHECK_FALSE(make_time_buckets(every(0), {0, 10}, 10).has_value());
    const auto many = make_time_buckets(every(1), {0, 1'000'000}, 1000);
    REQUIRE_FALSE(many.has_value());
    CHECK(many.error().code() == ErrorCode::LimitExceeded);
    BucketSpec no_step;
    no_step.window = BucketStep{10};
    CHECK_FALSE(make_time_buckets(no_step, {0, 10}, 10).has_value());
}

TEST_CASE("buckets at the ends of time saturate", "[functions]") {
    constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
    for (const StepUnit unit : {StepUnit::Day, StepUnit::Year}) {
        for (const bool has_zone : {false, true}) {
            BucketSpec spec = every(1, unit);
            if (has_zone) spec.zone = zone("Europe/Berlin");
            spec.window = BucketStep{3, unit};
            const TimeRange first{kEarliest, kEarliest + kDay};
            const TimeRange last{kLatest - kDay, kLatest};
            CHECK(buckets_of(spec, first).front().window.begin_ns == kEarliest);
            CHECK(buckets_of(spec, last).back().window.end_ns == kLatest);
        }
    }
    CHECK(buckets_of(every(kDay), {kEarliest, kEarliest + 1})[0].label_ns == kEarliest);
}

}  // namespace
}  // namespace tidemark::query
