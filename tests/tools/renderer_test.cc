#include "tools/render/renderer.h"

#include <catch2/catch.hpp>

#include "tools/render/cell_text.h"

namespace tidemark::tools {
namespace {

constexpr std::int64_t kNoonNs = 1'709'208'000'000'000'000;  // 2024-02-29T12:00:00Z

QueryResult one_statement(std::vector<ResultSeries> series) {
    QueryResult result;
    result.statements.emplace_back();
    result.statements.back().series = std::move(series);
    return result;
}

QueryResult two_hosts() {
    const std::vector<std::string> columns = {"time", "mean", "state"};
    return one_statement({
        {"cpu",
         {{"host", "a"}, {"region", "x"}},
         columns,
         {{TimeCell{kNoonNs}, 81.5, std::string("busy")}, {TimeCell{kNoonNs + 1}, {}, {}}}},
        {"cpu", {{"host", "b"}, {"region", "x"}}, columns, {{TimeCell{0}, 100.0, std::string()}}},
    });
}

}  // namespace

TEST_CASE("a table aligns columns below the series' name and tags", "[render]") {
    CHECK(render_table(two_hosts()) ==
          "cpu {host=a, region=x}\n"
          "time                            mean  state\n"
          "------------------------------  ----  -----\n"
          "2024-02-29T12:00:00Z            81.5  busy\n"
          "2024-02-29T12:00:00.000000001Z\n"
          "\n"
          "cpu {host=b, region=x}\n"
          "time                  mean  state\n"
          "--------------------  ----  -----\n"
          "1970-01-01T00:00:00Z   100\n");
}

TEST_CASE("a table says when there are no rows, and leaves failures out", "[render]") {
    QueryResult result = one_statement({});
    result.statements.emplace_back();
    result.statements.back().error = Error(ErrorCode::NotFound, "database not found: x");
    CHECK(render_table(result) == "no rows\n");
}

TEST_CASE("stored text can neither break a table nor command the terminal", "[render]") {
    CHECK(printable("a\nb\tc\x1b[2J\x7f") == "a\\nb\\tc\\x1b[2J\\x7f");
    CHECK(display_width("Stra\xc3\x9f"
                        "e") == 6);
    const QueryResult result =
        one_statement({{"", {}, {"name", "n"}, {{std::string("\xc3\xa4\n"), std::int64_t{5}}}}});
    CHECK(render_table(result) == "name  n\n----  -\n\xc3\xa4\\n   5\n");
}

TEST_CASE("cells keep every digit", "[render]") {
    CHECK(cell_text(0.1 + 0.2) == "0.30000000000000004");
    CHECK(cell_text(1e21) == "1e+21");
    CHECK(cell_text(2.0) == "2");
    CHECK(cell_text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(cell_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(cell_text(true) == "true");
    CHECK(cell_text(Cell()).empty());
}

TEST_CASE("CSV repeats its header only where the columns change", "[render]") {
    QueryResult result = two_hosts();
    result.statements[0].series.push_back(
        {"mem,\"x\"", {}, {"time", "a,b"}, {{TimeCell{0}, std::string("say \"hi\", you")}}});
    CHECK(render_csv(result) ==
          "name,tags,time,mean,state\n"
          "cpu,\"host=a,region=x\",2024-02-29T12:00:00Z,81.5,busy\n"
          "cpu,\"host=a,region=x\",2024-02-29T12:00:00.000000001Z,,\n"
          "cpu,\"host=b,region=x\",1970-01-01T00:00:00Z,100,\n"
          "\n"
          "name,tags,time,\"a,b\"\n"
          "\"mem,\"\"x\"\"\",,1970-01-01T00:00:00Z,\"say \"\"hi\"\", you\"\n");
}

TEST_CASE("CSV is the server's but for its times, and has no errors", "[render]") {
    QueryResult result = one_statement({{" m",
                                         {{"a b", "c,d=e"}, {"none", ""}},
                                         {"time", "v"},
                                         {{TimeCell{kNoonNs, 3600}, 1e21}}}});
    result.statements.emplace_back();
    result.statements.back().error = Error(ErrorCode::NotFound, "database not found: x");
    CHECK(render_csv(result) ==
          "name,tags,time,v\n"
          "\" m\",\"a\\ b=c\\,d\\=e\",2024-02-29T13:00:00+01:00,1000000000000000000000\n");
}

TEST_CASE("JSON is what the server answers", "[render]") {
    const QueryResult result = one_statement({{"m", {}, {"time", "v"}, {{TimeCell{0}, 1.5}}}});
    CHECK(render_json(result) ==
          R"({"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","v"],)"
          R"("values":[["1970-01-01T00:00:00Z",1.5]]}]}]})"
          "\n");
}

TEST_CASE("JSON lines have an object per row, columns before tags before the name", "[render]") {
    CHECK(render_jsonl(two_hosts()) ==
          R"({"name":"cpu","host":"a","region":"x","time":"2024-02-29T12:00:00Z","mean":81.5,)"
          R"("state":"busy"})"
          "\n"
          R"({"name":"cpu","host":"a","region":"x","time":"2024-02-29T12:00:00.000000001Z",)"
          R"("mean":null,"state":null})"
          "\n"
          R"({"name":"cpu","host":"b","region":"x","time":"1970-01-01T00:00:00Z","mean":100,)"
          R"("state":""})"
          "\n");
    const QueryResult shadowed = one_statement(
        {{"m", {{"name", "tag"}, {"host", "tag"}}, {"time", "host"}, {{TimeCell{0}, true}}}});
    CHECK(render_jsonl(shadowed) == R"({"name":"tag","time":"1970-01-01T00:00:00Z","host":true})"
                                    "\n");
}

TEST_CASE("Markdown tables keep bars inside of their cells", "[render]") {
    const QueryResult result = one_statement(
        {{"cpu", {{"host", "a|b"}}, {"time", "v", "s"}, {{TimeCell{0}, 1.5, std::string("x|y")}}}});
    CHECK(render_markdown(result) ==
          "**cpu {host=a|b}**\n\n"
          "| time | v | s |\n"
          "| --- | ---: | --- |\n"
          "| 1970-01-01T00:00:00Z | 1.5 | x\\|y |\n");
    CHECK(render_markdown(two_hosts()).find("|\n\n**cpu {host=b, region=x}**") !=
          std::string::npos);
}

TEST_CASE("lines have a value each, rows apart by an empty one", "[render]") {
    CHECK(render_lines(two_hosts()) ==
          "  name = cpu\n"
          "  host = a\n"
          "region = x\n"
          "  time = 2024-02-29T12:00:00Z\n"
          "  mean = 81.5\n"
          " state = busy\n"
          "\n"
          "  name = cpu\n"
          "  host = a\n"
          "region = x\n"
          "  time = 2024-02-29T12:00:00.000000001Z\n"
          "  mean =\n"
          " state =\n"
          "\n"
          "  name = cpu\n"
          "  host = b\n"
          "region = x\n"
          "  time = 1970-01-01T00:00:00Z\n"
          "  mean = 100\n"
          " state =\n");
}

TEST_CASE("durations are made readable unless their unit was asked for", "[render]") {
    const QueryResult result =
        one_statement({{"",
                        {},
                        {"time", "time_in", "longest"},
                        {{TimeCell{0}, 5700.0, 95.0}, {TimeCell{1}, {}, {}}}}});
    RenderContext context{
        {}, column_traits("SELECT time_in(usage > 80), longest(usage > 80, 1m) FROM cpu")};
    CHECK(
        render_table(result, context).find("1970-01-01T00:00:00Z               5700       95\n") !=
        std::string::npos);
    context.style.humanises = true;
    CHECK(render_table(result, context) ==
          "time                            time_in  longest\n"
          "------------------------------  -------  -------\n"
          "1970-01-01T00:00:00Z             1h 35m       95\n"
          "1970-01-01T00:00:00.000000001Z\n");
    CHECK(render_csv(result, context).find("5700,95") != std::string::npos);
}

TEST_CASE("renderers are found by name", "[render]") {
    CHECK(renderer_names() == "table, csv, json, jsonl, markdown, line, chart");
    for (const Renderer& renderer : renderers()) {
        CHECK(find_renderer(renderer.name) == &renderer);
    }
    CHECK(find_renderer("xml") == nullptr);
}

}  // namespace tidemark::tools
