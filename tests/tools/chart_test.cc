#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "tools/render/chart_axis.h"
#include "tools/render/duration_text.h"
#include "tools/render/renderer.h"
#include "tools/render/time_parser.h"

namespace tidemark::tools {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kNoonNs = 1'709'208'000'000'000'000;  // 2024-02-29T12:00:00Z

TimeCell minute(std::int64_t count) { return TimeCell{kNoonNs + count * kMinuteNs}; }

QueryResult one_statement(std::vector<ResultSeries> series) {
    QueryResult result;
    result.statements.emplace_back();
    result.statements.back().series = std::move(series);
    return result;
}

ResultSeries series_of(const std::string& host, const std::string& column,
                       const std::vector<Cell>& cells) {
    ResultSeries series{"cpu", {{"host", host}}, {"time", column}, {}};
    for (std::size_t i = 0; i < cells.size(); ++i) {
        series.rows.push_back({minute(static_cast<std::int64_t>(i)), cells[i]});
    }
    return series;
}

// As `text` would be drawn.
RenderContext context_of(const std::string& text, bool is_utf8, std::size_t width = 60) {
    return {{width, is_utf8, false, false}, column_traits(text)};
}

std::vector<Cell> hill() {
    std::vector<Cell> cells;
    cells.reserve(31);
    for (int i = 0; i <= 30; ++i) cells.emplace_back(90.0 - std::abs(i - 15) * 4.0);
    return cells;
}

// A raw string that begins on a line of its own.
std::string without_first_line(const std::string& text) { return text.substr(1); }

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a line chart has axes, times and the predicate's threshold", "[chart]") {
    const std::string text = "SELECT max(usage), time_in(usage > 80) FROM cpu GROUP BY time(1m)";
    const QueryResult result = one_statement({series_of("a", "max", hill())});
    CHECK(render_chart(result, context_of(text, false)) == without_first_line(R"(
max
100 +
    |                       **
    |                    ***  ***
 80 +------------------**--------*--------------------- > 80
    |               ***           ****
    |            ***                  ***
 60 +         ***                        ***
    |      ***                              ***
 40 +    **                                    **
    | ***                                        ***
    |*                                              *
 20 +
    ++---------------+---------------+--------------+--
     12:00           12:10           12:20
     * max host=a  min 30, max 90, last 30

2024-02-29 12:00 to 2024-02-29 12:31 UTC
)"));
    CHECK(render_chart(result, context_of(text, true)) == without_first_line(R"(
max
100 ┤
    │                       ⣀⢄⡀
    │                    ⢀⡠⠊  ⠈⠢⡀
 80 ┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌⢀⠤⠊⠁╌╌╌╌╌╌⠈⠑⠤⣀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ > 80
    │               ⣀⠔⠁             ⠑⢄⡀
    │            ⣀⠔⠊                  ⠈⠒⢄
 60 ┤         ⢀⠤⠊                        ⠑⠤⣀
    │       ⡠⠊⠁                             ⠉⠢⡀
 40 ┤   ⢀⡠⠔⠊                                  ⠈⠒⢄⡀
    │ ⢀⠔⠁                                        ⠈⠢⢄
    │⠊⠁                                             ⠉⠂
 20 ┤
    └┴───────────────┴───────────────┴──────────────┴──
     12:00           12:10           12:20
     ⠒ max host=a  min 30, max 90, last 30

2024-02-29 12:00 to 2024-02-29 12:31 UTC
)"));
}

TEST_CASE("several series are told apart without colour by their characters", "[chart]") {
    const QueryResult result =
        one_statement({series_of("a", "mean", {1.0, 2.0, 3.0, 4.0}),
                       series_of("b", "mean", {4.0, Cell(), 2.0, std::int64_t{1}})});
    CHECK(render_chart(result, context_of("", true)) == without_first_line(R"(
mean
4 ┤o                                        **
  │                                     ****
  │                                  ***
  │                              ****
3 ┤                          ****
  │                     *****
  │                 ****
2 ┤             ****           oo
  │         ****                 oooo
  │      ***                         ooo
  │  ****                               oooo
1 ┤**                                       oo
  └┴─────────────┴─────────────┴─────────────┴─────────────┴
   12:00         12:01         12:02         12:03
   * mean host=a  min 1, max 4, last 4
   o mean host=b  min 1, max 4, last 1

2024-02-29 12:00:00 to 2024-02-29 12:04:00 UTC
)"));
}

TEST_CASE("several series are told apart by colour where there is one", "[chart]") {
    const QueryResult result =
        one_statement({series_of("a", "mean", {1.0, 2.0}), series_of("b", "mean", {4.0, 3.0})});
    RenderContext context = context_of("", true);
    context.style.has_color = true;
    const std::string chart = render_chart(result, context);
    CHECK(contains(chart, "\x1b[36m"));
    CHECK(contains(chart, "\x1b[33m"));
    CHECK_FALSE(contains(chart, "*"));
}

TEST_CASE("states are bars, and a short outage in a long bar is seen", "[chart]") {
    std::vector<Cell> up(300, Cell(true));
    up[150] = false;
    const QueryResult result = one_statement(
        {series_of("a", "up", up), series_of("b", "up", {true, true, Cell(), false, false})});
    CHECK(render_chart(result, context_of("", false)) == without_first_line(R"(
up
host=a  ##########################.#########################
host=b  #
        '                   '                    '
        12:00               14:00                16:00
        # true  . false  blank: nothing known

2024-02-29 12:00 to 2024-02-29 17:00 UTC
)"));

    std::vector<Cell> states = {std::string("idle"), std::string("busy"), std::string("idle"),
                                std::string("broken")};
    CHECK(render_chart(one_statement({series_of("a", "state", states)}), context_of("", true)) ==
          without_first_line(R"(
state
host=a  ▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░░░░▓▓▓▓▓▓▓▓▓▓▓▓▓█████████████
        '                         '                        '
        12:00                     12:02
        █ broken  ░ busy  ▓ idle  blank: nothing known

2024-02-29 12:00:00 to 2024-02-29 12:04:00 UTC
)"));
}

TEST_CASE("how much of a bucket a predicate was true is a bar, too", "[chart]") {
    const QueryResult uptime = one_statement(
        {series_of("a", "uptime", {1.0, 1.0, 0.5, 0.0, Cell(), 0.999, 1.0, 1.0, 0.2, 1.0})});
    CHECK(render_chart(uptime, context_of("SELECT uptime(up = 1) FROM cpu GROUP BY time(1m)",
                                          false)) == without_first_line(R"(
uptime
100% +******                     ***********          *
     |      *                               *        *
 80% +       *                              *        *
     |        *                              *      *
 60% +         *                             *     *
     |          *                             *    *
     |           *                            *   *
 40% +            *                            * *
     |             *                           * *
 20% +              *                           *
     |               *
  0% +                *
     ++--------------------------+-------------------------+
      12:00                      12:05
      * uptime host=a  min 0%, max 100%, last 100%

uptime
host=a  ##########+====-.....     ++++++#########+----=#####
        '                         '                        '
        12:00                     12:05
        # all  + most  = half  - some  . none  blank: nothing known

2024-02-29 12:00 to 2024-02-29 12:10 UTC
)"));
    // Seconds of a minute.
    const QueryResult time_in = one_statement({series_of("a", "time_in", {60.0, 30.0, 0.0, 60.0})});
    const std::string chart = render_chart(
        time_in, context_of("SELECT time_in(usage > 80) FROM cpu GROUP BY time(1m)", false));
    CHECK(contains(chart, "1m +"));
    CHECK(contains(chart, "# all"));
    // With WINDOW a row speaks of more than its bucket.
    const QueryResult window = one_statement({series_of("a", "time_in", {60.0, 600.0, 60.0})});
    CHECK_FALSE(contains(
        render_chart(window,
                     context_of("SELECT time_in(usage > 80) FROM cpu GROUP BY time(1m)", false)),
        "# all"));
}

TEST_CASE("episodes are bars from their begin to their end", "[chart]") {
    const QueryResult result =
        one_statement({{"cpu",
                        {},
                        {"time", "end", "duration", "inside", "open"},
                        {{minute(0), minute(10), 600.0, 600.0, false},
                         // As answers over HTTP have times.
                         {std::string("2024-02-29T12:30:00Z"), std::string("2024-02-29T13:00:00Z"),
                          1800.0, 1800.0, true}}}});
    CHECK(render_chart(result, context_of("SELECT episodes(usage > 80) FROM cpu", false)) ==
          without_first_line(R"(
episodes
cpu  ##########                 ############################
     '                          '                          '
     12:00                      12:30
     # episode  blank: nothing known

2024-02-29 12:00 to 2024-02-29 13:00 UTC
)"));
}

TEST_CASE("charts over HTTP's texts and over instants are equal", "[chart]") {
    ResultSeries local = series_of("a", "mean", {1.0, 5.0, 2.0});
    ResultSeries remote = local;
    remote.rows[0][0] = std::string("2024-02-29T12:00:00Z");
    remote.rows[1][0] = std::string("2024-02-29T12:01:00Z");
    remote.rows[2][0] = std::string("2024-02-29T12:02:00Z");
    CHECK(render_chart(one_statement({remote}), context_of("", true)) ==
          render_chart(one_statement({local}), context_of("", true)));
}

TEST_CASE("what cannot be drawn says what could", "[chart]") {
    CHECK(render_chart(one_statement({}), {}) == "no rows\n");
    const std::string chart =
        render_chart(one_statement({{"databases", {}, {"name"}, {{std::string("ops")}}}}), {});
    CHECK(chart.starts_with("nothing to draw over time"));
    std::vector<ResultSeries> many;
    many.reserve(20);
    for (int i = 0; i < 20; ++i) many.push_back(series_of(std::to_string(i), "mean", {1.0, 2.0}));
    CHECK(contains(render_chart(one_statement(many), {}), "12 more series of mean are not drawn"));
    std::vector<Cell> texts;
    texts.reserve(20);
    for (int i = 0; i < 20; ++i) texts.emplace_back("state " + std::to_string(i));
    CHECK(contains(render_chart(one_statement({series_of("a", "s", texts)}), {}), "nothing"));
}

TEST_CASE("no values and no times are too strange to draw", "[chart]") {
    constexpr double kHuge = std::numeric_limits<double>::max();
    constexpr double kTiny = std::numeric_limits<double>::denorm_min();
    for (const std::vector<Cell>& cells : std::vector<std::vector<Cell>>{
             {kHuge, -kHuge},
             {kTiny, 0.0},
             {1e16, 1e16 + 2},
             {-0.0, 0.0},
             {5.0},
             {Cell(), Cell()},
             {std::numeric_limits<std::uint64_t>::max(), std::int64_t{-1}},
             {std::numeric_limits<double>::infinity(), 1.0},
             {std::numeric_limits<double>::quiet_NaN(), 1.0}}) {
        ResultSeries series = series_of("a", "v", cells);
        CHECK_FALSE(render_chart(one_statement({series}), {}).empty());
        series.rows.front()[0] = TimeCell{std::numeric_limits<std::int64_t>::min()};
        series.rows.back()[0] = TimeCell{std::numeric_limits<std::int64_t>::max()};
        CHECK_FALSE(render_chart(one_statement({series}), {}).empty());
        series.rows.push_back({TimeCell{std::numeric_limits<std::int64_t>::max() - 1}, true});
        CHECK_FALSE(render_chart(one_statement({series}), {}).empty());
    }
}

TEST_CASE("durations read as people say them", "[chart]") {
    CHECK(duration_text(0) == "0s");
    CHECK(duration_text(5700) == "1h 35m");
    CHECK(duration_text(59.99) == "59.99s");
    CHECK(duration_text(59.999) == "1m");
    CHECK(duration_text(12.5) == "12.5s");
    CHECK(duration_text(0.35) == "350ms");
    CHECK(duration_text(2.5e-6) == "2.5us");
    CHECK(duration_text(1e-12) == "0.001ns");
    CHECK(duration_text(90061) == "1d 1h 1m 1s");
    CHECK(duration_text(-60) == "-1m");
    CHECK(duration_text(1e20) == "1e+20s");
}

TEST_CASE("a threshold far away is told instead of drawn", "[chart]") {
    const QueryResult result = one_statement({series_of("a", "max", {1.0, 2.0, 3.0})});
    const std::string chart = render_chart(
        result, context_of("SELECT max(usage), time_in(usage > 5000) FROM cpu", false));
    CHECK(contains(chart, "beyond the scale: > 5000"));
    CHECK_FALSE(contains(chart, "---- > 5000"));
}

TEST_CASE("times of answers are read back", "[chart]") {
    CHECK(parse_rfc3339("2024-02-29T12:00:00Z") == TimeCell{kNoonNs});
    CHECK(parse_rfc3339("2024-02-29T12:00:00.000000001Z") == TimeCell{kNoonNs + 1});
    CHECK(parse_rfc3339("1969-12-31T23:59:59.5Z") == TimeCell{-500'000'000});
    const auto berlin = parse_rfc3339("2024-02-29T13:00:00+01:00");
    REQUIRE(berlin.has_value());
    CHECK(berlin->ns == kNoonNs);
    CHECK(berlin->offset_seconds == 3600);
    for (const std::string_view text :
         {"", "2024-02-30T12:00:00Z", "2024-02-29 12:00:00Z", "2024-02-29T12:00:00",
          "2024-02-29T12:00:00Zx", "2024-02-29T25:00:00Z", "+024-02-29T12:00:00Z",
          "2024-02-29T12:00:00.Z1", "9999-02-28T12:00:00Z", "not a time at all, no"}) {
        INFO(text);
        CHECK_FALSE(parse_rfc3339(text).has_value());
    }
}

TEST_CASE("a time axis is marked where clocks are read", "[chart]") {
    const ChartRange day{kNoonNs, kNoonNs + 1440 * kMinuteNs, 3600};
    const TimeAxis axis = make_time_axis(day, 60);
    CHECK(axis.labels.find("18:00") != std::string::npos);
    CHECK(range_text(day) == "2024-02-29 13:00 to 2024-03-01 13:00 +01:00");
}

}  // namespace tidemark::tools
