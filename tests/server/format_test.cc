#include <cstdint>
#include <limits>
#include <string>

#include <catch2/catch.hpp>

#include "server/format/json_writer.h"
#include "server/format/query_csv.h"
#include "server/format/query_json.h"
#include "server/format/time_text.h"

using namespace tidemark;
using namespace tidemark::server;

namespace {

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(text, out);
    return out;
}

std::string rfc3339(std::int64_t time_ns) {
    std::string out;
    append_rfc3339(time_ns, out);
    return out;
}

// One of everything an answer may hold.
QueryResult sample_result() {
    QueryResult result;
    StatementResult& first = result.statements.emplace_back();
    first.series.push_back({.name = "cpu",
                            .tags = {{"host", "a b"}, {"region", ""}},
                            .columns = {"time", "usage", "count", "since"},
                            .rows = {{TimeCell{1'500'000'000}, 0.5, std::int64_t{-1}, TimeCell{0}},
                                     {TimeCell{2'000'000'000}, Cell(), std::uint64_t{7}, true}}});
    first.messages.push_back({"warning", "did you mean 'a'?"});
    result.statements.emplace_back();
    result.statements.emplace_back().error = Error(ErrorCode::NotFound, "no such thing");
    return result;
}

}  // namespace

TEST_CASE("JSON strings are escaped as Go escapes them", "[server]") {
    CHECK(json_string("plain \u00e9 \U0001f600") == "\"plain \u00e9 \U0001f600\"");
    CHECK(json_string("\"\\\n\r\t") == R"("\"\\\n\r\t")");
    CHECK(json_string(std::string("\0\x1f\x08", 3)) == R"("\u0000\u001f\u0008")");
    CHECK(json_string("<a href='x'>&</a>") == R"("\u003ca href='x'\u003e\u0026\u003c/a\u003e")");
    CHECK(json_string("\u2028\u2029") == R"("\u2028\u2029")");
    CHECK(json_string("a\xff\xe2\x82"
                      "b") == R"("a\ufffd\ufffd\ufffdb")");
}

TEST_CASE("an answer that several threads write is what one writes", "[server]") {
    QueryResult result;
    StatementResult& statement = result.statements.emplace_back();
    std::string expected;
    for (int host = 0; host < 40; ++host) {
        ResultSeries series{"cpu", {{"host", std::to_string(host)}}, {"time", "v"}, {}};
        // Some without rows, one with more than all others together.
        const int row_count = host == 7 ? 100'000 : (host % 9) * 500;
        for (int row = 0; row < row_count; ++row) {
            series.rows.push_back({TimeCell{row}, row * 0.5});
        }
        statement.series.push_back(series);
        QueryResult alone;
        alone.statements.emplace_back().series.push_back(std::move(series));
        const std::string text = query_json(alone, storage::TimePrecision::Nanoseconds, false);
        const std::size_t begin = text.find("{\"name\"");
        const std::size_t end = text.rfind("]}]}");
        expected += (host == 0 ? "" : ",") + text.substr(begin, end - begin);
    }
    CHECK(query_json(result, storage::TimePrecision::Nanoseconds, false) ==
          "{\"results\":[{\"statement_id\":0,\"series\":[" + expected + "]}]}\n");
}

TEST_CASE("numbers are written as Go writes them", "[server]") {
    std::string out;
    JsonWriter json(out, false);
    json.begin_array();
    for (const double value : {1.0, 0.1, 1e20, 1e21, 1e-6, 1e-7, -2.5}) json.number(value);
    json.number(std::numeric_limits<double>::infinity());
    json.integer(std::numeric_limits<std::int64_t>::min());
    json.unsigned_integer(std::numeric_limits<std::uint64_t>::max());
    json.boolean(false);
    json.end_array();
    CHECK(out ==
          "[1,0.1,100000000000000000000,1e+21,0.000001,1e-7,-2.5,null,-9223372036854775808,"
          "18446744073709551615,false]");
}

TEST_CASE("integers of every length are written with all their digits", "[server]") {
    std::uint64_t power = 1;
    for (int digits = 1; digits <= 20; ++digits) {
        for (const std::uint64_t value : {power - 1, power, power + 1, power / 7 * 9, ~power}) {
            const auto integer = static_cast<std::int64_t>(value);
            std::string out;
            JsonWriter json(out, false);
            json.begin_array();
            json.unsigned_integer(value);
            json.integer(integer);
            json.end_array();
            CHECK(out == "[" + std::to_string(value) + "," + std::to_string(integer) + "]");
        }
        power *= 10;
    }
}

TEST_CASE("instants are written as RFC 3339 without trailing zeros", "[server]") {
    CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
    CHECK(rfc3339(1'500'000'000) == "1970-01-01T00:00:01.5Z");
    CHECK(rfc3339(1'709'210'096'000'000'001) == "2024-02-29T12:34:56.000000001Z");
    CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999999999Z");
    CHECK(rfc3339(std::numeric_limits<std::int64_t>::max()) == "2262-04-11T23:47:16.854775807Z");
    CHECK(rfc3339(std::numeric_limits<std::int64_t>::min()) == "1677-09-21T00:12:43.145224192Z");
}

TEST_CASE("an answer has InfluxDB's JSON shape", "[server]") {
    CHECK(
        query_json(sample_result(), {}, false) ==
        R"({"results":[{"statement_id":0,"series":[{"name":"cpu","tags":{"host":"a b","region":""},)"
        R"("columns":["time","usage","count","since"],"values":[)"
        R"(["1970-01-01T00:00:01.5Z",0.5,-1,"1970-01-01T00:00:00Z"],)"
        R"(["1970-01-01T00:00:02Z",null,7,true]]}],)"
        R"("messages":[{"level":"warning","text":"did you mean 'a'?"}]},)"
        R"({"statement_id":1},{"statement_id":2,"error":"no such thing"}]})"
        "\n");
}

TEST_CASE("an epoch makes times integers in its unit", "[server]") {
    const std::string json = query_json(sample_result(), storage::TimePrecision::Seconds, false);
    CHECK(json.find(R"("values":[[1,0.5,-1,0],[2,null,7,true]])") != std::string::npos);
    CHECK(in_unit(-1'500'000, storage::TimePrecision::Milliseconds) == -1);
}

TEST_CASE("pretty JSON is indented by four spaces", "[server]") {
    QueryResult result;
    result.statements.emplace_back().series.push_back(
        {.name = "m", .tags = {}, .columns = {"time"}, .rows = {{TimeCell{0}}}});
    CHECK(query_json(result, storage::TimePrecision::Nanoseconds, true) ==
          R"({
    "results": [
        {
            "statement_id": 0,
            "series": [
                {
                    "name": "m",
                    "columns": [
                        "time"
                    ],
                    "values": [
                        [
                            0
                        ]
                    ]
                }
            ]
        }
    ]
}
)");
    CHECK(error_json("x", true) == "{\n    \"error\": \"x\"\n}\n");
}

TEST_CASE("an answer has InfluxDB's CSV shape", "[server]") {
    QueryResult result = sample_result();
    result.statements[0].series.push_back({.name = "cpu",
                                           .tags = {},
                                           .columns = {"time", "text"},
                                           .rows = {{TimeCell{3}, std::string("a,\"b\"")}}});
    CHECK(query_csv(result, {}) ==
          "name,tags,time,usage,count,since\n"
          "cpu,host=a\\ b,1500000000,0.5,-1,0\n"
          "cpu,host=a\\ b,2000000000,,7,true\n"
          "\n"
          "name,tags,time,text\n"
          "cpu,,3,\"a,\"\"b\"\"\"\n"
          "\n"
          "error\n"
          "no such thing\n");
    CHECK(
        query_csv(result, {.epoch = storage::TimePrecision::Milliseconds}).find("a\\ b,1500,0.5") !=
        std::string::npos);
}
