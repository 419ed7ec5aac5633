// Calendars and maintenance windows: when calendars are open, and what time without them, and the
// samples in it, come to, against evaluators that look at every minute and every edge.

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "query/functions/calendar.h"
#include "tests/oracle/naive_calendar.h"
#include "tests/oracle/naive_functions.h"
#include "tests/properties/random_case.h"

namespace tidemark::properties {
namespace {

using oracle::NaiveCalendar;

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kDayNs = 1440 * kMinuteNs;

std::int64_t floor_to(std::int64_t time_ns, std::int64_t step_ns) {
    const std::int64_t rest = time_ns % step_ns;
    return rest < 0 ? time_ns - rest - step_ns : time_ns - rest;
}

NaiveCalendar random_calendar(Random& random, const std::string& zone, int longest_minutes,
                              std::int64_t near_ns) {
    NaiveCalendar calendar{zone, {}, {}};
    const std::int64_t count = random.between(1, 10);
    for (std::int64_t i = 0; i < count; ++i) {
        const auto begin = static_cast<int>(random.between(0, 1439));
        const auto end = begin + static_cast<int>(random.between(1, longest_minutes));
        calendar.hours.push_back({static_cast<int>(random.below(7)), begin, end});
    }
    if (random.chance(30)) {
        calendar.except_days.push_back(floor_to(near_ns, kDayNs) / kDayNs + random.between(-1, 1));
    }
    return calendar;
}

query::TimeRanges open_minutes(const NaiveCalendar& calendar, const TimeRange& range) {
    return query::complement(query::normalised(oracle::closed_minutes(calendar, range)), range);
}

void must(const StatementResult& result) {
    if (result.error) FAIL(result.error->message());
}

TEST_CASE("calendars are open when their clocks say so, clock changes included", "[properties]") {
    struct Place {
        const char* zone;
        std::int64_t change_ns;  // In UTC.
    };
    const std::int64_t second = 1'000'000'000;
    const std::vector<Place> places = {
        {"Europe/Rome", 1'774'746'000 * second},          // 2026-03-29, an hour is skipped.
        {"Europe/Rome", 1'792'890'000 * second},          // 2026-10-25, an hour comes twice.
        {"Australia/Lord_Howe", 1'743'865'200 * second},  // 2025-04-05T15:00Z, half an hour.
        {"America/Sao_Paulo", 1'541'300'400 * second},    // 2018-11-04 begins at 01:00.
        {"Pacific/Apia", 1'325'239'200 * second},         // 2011-12-30 does not exist.
        {"Asia/Kathmandu", 1'700'000'000 * second},      {"UTC", -1 * second},
    };
    for (std::uint64_t seed = 1; seed <= case_count(60); ++seed) {
        Random random(seed);
        const Place& place = random.pick(places);
        const NaiveCalendar naive = random_calendar(random, place.zone, 1439, place.change_ns);
        const std::string clauses = oracle::clauses_of(naive);
        INFO("case " << seed << ": " << clauses);
        const std::int64_t middle_ns = floor_to(place.change_ns, kMinuteNs);
        const TimeRange range{middle_ns - random.between(1, 3000) * kMinuteNs,
                              middle_ns + random.between(1, 3000) * kMinuteNs};
        const auto quoted = [&](std::size_t number) {
            std::size_t begin = 0;
            for (std::size_t i = 0; i < 2 * number + 1; ++i) begin = clauses.find('\'', begin) + 1;
            return clauses.substr(begin, clauses.find('\'', begin) - begin);
        };
        std::vector<std::string> dates;
        if (!naive.except_days.empty()) dates.push_back(quoted(2));
        const auto calendar = query::Calendar::make(quoted(0), quoted(1), dates);
        REQUIRE(calendar);
        CHECK(calendar.value().open_within(range) == open_minutes(naive, range));
    }
}

/// Time that is taken out: as the statements say it, and as the naive evaluator sees it.
struct RandomExclusions {
    std::vector<std::string> statements;
    std::string clauses;
    std::vector<Query::ExcludedTime> excluded;
};

/// With room for the longest WINDOW in front of the data.
TimeRange range_of(const RandomData& data) {
    const std::int64_t margin_ns = 100 * data.step_ns;
    const std::int64_t front_ns = 6 * (data.end_ns - data.begin_ns + margin_ns);
    return {floor_to(data.begin_ns - front_ns, kMinuteNs),
            floor_to(data.end_ns + margin_ns, kMinuteNs) + kMinuteNs};
}

void add_calendars(Random& random, const RandomData& data, RandomExclusions& made) {
    const std::vector<std::string> zones = {"UTC", "Europe/Rome", "Asia/Kathmandu",
                                            "America/Sao_Paulo"};
    const TimeRange range = range_of(data);
    std::vector<std::string> during;
    std::vector<std::string> except;
    query::TimeRanges open;
    const std::uint64_t count = random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
        const NaiveCalendar calendar =
            random_calendar(random, random.pick(zones), 300, data.begin_ns);
        const std::string name = "c" + std::to_string(i);
        made.statements.push_back("CREATE CALENDAR " + name + " " + oracle::clauses_of(calendar));
        const query::TimeRanges here = open_minutes(calendar, range);
        if (random.chance(70)) {
            during.push_back(name);
            open = query::union_of(open, here);
        } else {
            except.push_back(name);
            for (const TimeRange& one : here) made.excluded.push_back({{}, one});
        }
    }
    const auto list = [](const std::vector<std::string>& names) {
        std::string text;
        for (const std::string& name : names) text += (text.empty() ? " " : ", ") + name;
        return text;
    };
    if (!during.empty()) {
        made.clauses += " DURING" + list(during);
        for (const TimeRange& one : query::complement(open, range)) {
            made.excluded.push_back({{}, one});
        }
    }
    made.clauses += " EXCEPT MAINTENANCE";
    for (const std::string& name : except) made.clauses += ", " + name;
}

RandomExclusions random_exclusions(Random& random, const RandomData& data) {
    RandomExclusions made;
    add_calendars(random, data, made);
    const std::vector<std::pair<std::string, TagSet>> series = {
        {"*", {}},
        {"host = 'a'", {{"host", "a"}}},
        {"host = 'b' AND dc = 'x'", {{"dc", "x"}, {"host", "b"}}},
        {"dc = 'x'", {{"dc", "x"}}},
        {"dc = 'y' AND host = 'a'", {{"dc", "y"}, {"host", "a"}}}};
    const TimeRange whole{data.begin_ns - 20 * data.step_ns, data.end_ns + 20 * data.step_ns};
    const std::uint64_t count = random.below(12);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto& [text, tags] = random.pick(series);
        std::int64_t begin_ns = random.between(whole.begin_ns, whole.end_ns);
        if (random.chance(40) && !data.points.empty()) begin_ns = random.pick(data.points).time_ns;
        const std::int64_t end_ns = begin_ns + random.between(1, 12 * data.step_ns);
        made.statements.push_back("CREATE MAINTENANCE ON " + text + " FROM " +
                                  std::to_string(begin_ns) + " TO " + std::to_string(end_ns) +
                                  " REASON 'x'");
        made.excluded.push_back({tags, {begin_ns, end_ns}});
    }
    return made;
}

/// Statements take no time out of what compares neighbouring samples.
bool may_leave_time_out(const Call& call) {
    static const std::set<std::string> kRefusing = {"increase", "rate", "resets", "trend",
                                                    "correlate"};
    return !kRefusing.contains(call.function);
}

Query random_query_without(Random& random, const RandomData& data, const RandomExclusions& made) {
    Query query = random_query(random, data);
    std::erase_if(query.calls, [](const Call& call) { return !may_leave_time_out(call); });
    if (query.calls.empty() || random.chance(30)) {
        query.calls.push_back({"excluded", "", {random_predicate(random, data, 1)}, {}, 0, {}, 1});
    }
    query.excluded = made.excluded;
    query.exclusion_clauses = made.clauses;
    return query;
}

TEST_CASE("answers without some of the time are the naive evaluator's", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(40); ++seed) {
        INFO("case " << seed);
        Random random(seed);
        const RandomData data = random_data(random);
        const RandomExclusions made = random_exclusions(random, data);
        std::vector<Query> queries;
        for (int i = 0; i < 5; ++i) queries.push_back(random_query_without(random, data, made));
        bool is_made = false;
        for_each_stage(
            random, data,
            [&](const std::string& stage, Product& product, const std::vector<Point>& arrivals) {
                INFO(stage);
                if (!std::exchange(is_made, true)) {
                    for (const std::string& statement : made.statements) {
                        INFO(statement);
                        must(product.ask(statement, 0));
                    }
                }
                for (const Query& query : queries) check_answer(product, arrivals, query);
            });
    }
}

TEST_CASE("the five parts add up to a window exactly, and splitting it is additive",
          "[properties]") {
    int excluded_count = 0;
    for (std::uint64_t seed = 1; seed <= case_count(60); ++seed) {
        INFO("case " << seed);
        Random random(seed);
        const RandomData data = random_data(random);
        const RandomExclusions made = random_exclusions(random, data);
        Product product(random_store_options(random, data));
        product.write(data.points);
        if (random.chance(50)) product.flush();
        product.write(data.late);
        for (const std::string& statement : made.statements) must(product.ask(statement, 0));
        Query query = random_range(random, data);
        query.exclusion_clauses = made.clauses;
        query.group_tags = {"dc", "host"};
        const Predicate predicate = random_predicate(random, data, 2);
        for (const char* name : {"time_in", "time_out", "unknown", "excluded", "future"}) {
            query.calls.push_back({name, "", {predicate}, {}, 0, {}, 1});
        }
        const auto parts_of = [&](std::int64_t begin_ns, std::int64_t end_ns) {
            Query part = query;
            part.begin_ns = begin_ns;
            part.end_ns = end_ns;
            const std::string statement = oracle::text(part, "m");
            INFO(statement);
            const StatementResult result = product.ask(statement, query.now_ns);
            must(result);
            std::map<std::string, std::vector<std::int64_t>> parts;
            for (const ResultSeries& series : result.series) {
                std::int64_t sum_ns = 0;
                for (std::size_t i = 1; i < series.rows[0].size(); ++i) {
                    const auto ns = std::get<std::int64_t>(series.rows[0][i]);
                    parts[series.tags.at(1).second].push_back(ns);
                    sum_ns += ns;
                }
                CHECK(sum_ns == end_ns - begin_ns);
            }
            return parts;
        };
        const auto whole = parts_of(query.begin_ns, query.end_ns);
        const std::int64_t middle_ns = random.between(query.begin_ns, query.end_ns);
        if (middle_ns == query.begin_ns || middle_ns == query.end_ns) continue;
        auto left = parts_of(query.begin_ns, middle_ns);
        auto right = parts_of(middle_ns, query.end_ns);
        for (const auto& [host, parts] : whole) {
            excluded_count += parts.at(3) > 0 ? 1 : 0;
            // A series without samples in a part of the range has no row there.
            if (!left.contains(host) || !right.contains(host)) continue;
            // The present is the end of the range if that is earlier: then there is no future.
            if (query.now_ns < query.end_ns) continue;
            for (std::size_t i = 0; i < parts.size(); ++i) {
                CHECK(left[host][i] + right[host][i] == parts[i]);
            }
        }
    }
    CHECK(excluded_count > 20);
}

TEST_CASE("episodes without some of the time are the naive evaluator's", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(30); ++seed) {
        INFO("case " << seed);
        Random random(seed);
        const RandomData data = random_data(random);
        const RandomExclusions made = random_exclusions(random, data);
        Product product(random_store_options(random, data));
        product.write(data.points);
        if (random.chance(50)) product.flush();
        for (const std::string& statement : made.statements) must(product.ask(statement, 0));
        Query query = random_range(random, data);
        query.excluded = made.excluded;
        query.exclusion_clauses = made.clauses;
        query.group_tags = {"dc", "host"};
        Call call{"episodes", "", {oracle::compare("i", CompareOp::Greater, std::int64_t{0})},
                  {},         0,  {},
                  1};
        call.life.keep_ns = random.pick<std::int64_t>({0, data.step_ns, 7 * data.step_ns});
        query.calls = {call};
        for (oracle::Series series : oracle::series_of(data.points)) {
            oracle::exclude(query, series);
            const auto expected = oracle::episodes_of(series, call, "i", query);
            const StatementResult got =
                product.ask(oracle::text(query, "m"), query.now_ns, random.pick(paths()).second);
            must(got);
            RowTable rows;
            for (const ResultSeries& one : got.series) {
                if (one.tags.at(1).second == series.tag("host")) rows = one.rows;
            }
            INFO(oracle::text(query, "m") << "\n" << oracle::text(got));
            REQUIRE(rows.size() == expected.size());
            for (std::size_t i = 0; i < rows.size(); ++i) {
                CHECK(rows[i][0] == Cell(TimeCell{expected[i].begin_ns}));
                CHECK(rows[i][1] == Cell(TimeCell{expected[i].end_ns}));
                CHECK(rows[i][3] == Cell(expected[i].inside_ns));
                CHECK(oracle::agrees(expected[i].mean, rows[i][6]));
                CHECK(rows[i][7] == Cell(expected[i].unknown_ns));
            }
        }
    }
}

}  // namespace
}  // namespace tidemark::properties
