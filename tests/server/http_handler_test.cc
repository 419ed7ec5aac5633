#include "server/handlers/http_handler.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "server/format/query_json.h"
#include "tests/server/forwarding_store.h"
#include "tests/support/memory_store.h"

using namespace tidemark;
using namespace tidemark::server;
using namespace tidemark::tests;

namespace {

struct Fixture {
    MemoryStore memory;
    ForwardingStore store{memory};
    Counters counters;
    std::atomic<bool> cancelled{false};

    Fixture() { REQUIRE(memory.create_database("ops")); }

    HttpResponse ask(HttpRequest request) {
        if (request.host.empty()) request.host = "127.0.0.1:8086";
        return handle_request({.store = store, .counters = counters, .cancelled = cancelled},
                              request);
    }
    HttpResponse write(const std::string& parameters, const std::string& body) {
        return ask({.method = "POST",
                    .path = "/write",
                    .parameters = parse_form(parameters),
                    .body = body});
    }
    HttpResponse query(const std::string& method, const std::string& parameters) {
        return ask({.method = method, .path = "/query", .parameters = parse_form(parameters)});
    }
};

std::string header(const HttpResponse& response, std::string_view name) {
    return std::string(parameter_or_empty(response.headers, name));
}

}  // namespace

TEST_CASE("forms are unescaped", "[server]") {
    CHECK(
        parse_form("q=SELECT+%2A&db=a%26b&empty=&flag&q=second") ==
        Parameters{{"q", "SELECT *"}, {"db", "a&b"}, {"empty", ""}, {"flag", ""}, {"q", "second"}});
    CHECK(parse_form("%41=%4&b=%zz%") == Parameters{{"A", "%4"}, {"b", "%zz%"}});
    CHECK(parse_form("").empty());
    CHECK(parse_form("&&").empty());
}

TEST_CASE("points are written, durable, and answered with 204", "[server]") {
    Fixture fixture;
    const HttpResponse response = fixture.write("db=ops&precision=ms", "m f=1 7\nm f=2 8\n");
    CHECK(response.status == 204);
    CHECK(response.body.empty());
    CHECK(fixture.store.durable_calls == 1);
    CHECK(stored_times(fixture.memory, "ops", "m", "f") ==
          std::vector<std::int64_t>{7'000'000, 8'000'000});
    CHECK(fixture.write("db=ops&rp=autogen", "m f=1 9\n").status == 204);
    CHECK(fixture.write("db=ops", "").status == 204);
    CHECK(fixture.counters.points_written == 3);
}

TEST_CASE("nan is written where its database accepts it", "[server]") {
    Fixture fixture;
    CHECK(fixture.write("db=ops", "m f=nan 7\n").status == 400);
    REQUIRE(fixture.memory.set_nan_accepted("ops", true));
    CHECK(fixture.write("db=ops", "m f=nan 7\nm f=2 8\n").status == 204);
    const HttpResponse answer = fixture.query("GET", "db=ops&epoch=ns&q=SELECT+f+FROM+m");
    CHECK(answer.body.find("\"values\":[[8,2]]") != std::string::npos);
}

TEST_CASE("a write names what is missing", "[server]") {
    Fixture fixture;
    const auto check = [&](const std::string& parameters, unsigned status,
                           const std::string& body) {
        const HttpResponse response = fixture.write(parameters, "m f=1\n");
        CHECK(response.status == status);
        CHECK(response.body == body + "\n");
    };
    check("", 400, R"({"error":"database is required: /write?db=NAME"})");
    check("db=x", 404,
          "{\"error\":\"database not found: \\\"x\\\" (CREATE DATABASE makes one, SHOW DATABASES "
          "lists them)\"}");
    check("db=ops&rp=x", 404,
          "{\"error\":\"retention policy not found: \\\"x\\\" (CREATE RETENTION POLICY makes one, "
          "SHOW RETENTION POLICIES lists them)\"}");
    check("db=ops&precision=d", 400,
          "{\"error\":\"invalid precision \\\"d\\\" (use ns, us, ms, s, m or h)\"}");
    CHECK(fixture.memory.measurements("ops").empty());
}

TEST_CASE("times that look like another unit are taken and hinted at", "[server]") {
    Fixture fixture;
    const HttpResponse taken = fixture.write("db=ops", "m f=1 1700000000000\n");
    CHECK(taken.status == 204);
    CHECK(header(taken, "X-Tidemark-Warning") ==
          "line 1: time 1970-01-01T00:28:20Z: 1700000000000 looks like ms and was taken as ns "
          "(send it with precision=ms)");
    CHECK(stored_times(fixture.memory, "ops", "m", "f") ==
          std::vector<std::int64_t>{1700000000000});
    for (const std::string line :
         {"m f=1", "m f=1 7", "m f=1 -1700000000000", "m f=1 1700000000000000000"}) {
        INFO(line);
        CHECK(header(fixture.write("db=ops", line), "X-Tidemark-Warning").empty());
    }
}

TEST_CASE("a partial write lists every refused line and keeps the others", "[server]") {
    Fixture fixture;
    const HttpResponse response =
        fixture.write("db=ops", "m f=1 7\nm f=x 8\nm f=\"text\" 9\nm\nm f=2 10\n");
    CHECK(response.status == 400);
    CHECK(response.body.starts_with(
        R"({"error":"partial write: line 2, column 5: expected field value, found \"x\"\nline 3: )"));
    CHECK(response.body.ends_with(
        "\\nline 4, column 2: expected tags or fields after the measurement, found end of line "
        "dropped=3\"}\n"));
    CHECK(stored_times(fixture.memory, "ops", "m", "f") == std::vector<std::int64_t>{7, 10});
    CHECK(fixture.store.durable_calls == 1);
    CHECK(fixture.counters.lines_refused == 3);
}

TEST_CASE("of very many refused lines the first ones are listed, in line order", "[server]") {
    Fixture fixture;
    std::string body = "m f=1 1\n";
    // Every second one is refused by the store, the others by the parser.
    const std::size_t line_count = kDescribedPointLimit + 500;
    for (std::size_t i = 0; i < line_count; ++i) body += i % 2 == 0 ? "m f=t 2\n" : "m f=x 2\n";
    const HttpResponse response = fixture.write("db=ops", body);
    CHECK(response.status == 400);
    for (std::size_t line = 2; line < kDescribedPointLimit + 2; line += 999) {
        INFO(line);
        const std::string here = "line " + std::to_string(line) + (line % 2 == 0 ? ":" : ",");
        const std::string next = "line " + std::to_string(line + 1) + (line % 2 == 0 ? "," : ":");
        const std::size_t at = response.body.find(here);
        REQUIRE(at != std::string::npos);
        CHECK(response.body.find(next) > at);
    }
    const std::string last = "line " + std::to_string(kDescribedPointLimit + 1) + ",";
    const std::string beyond = "line " + std::to_string(kDescribedPointLimit + 2);
    CHECK(response.body.find(last) != std::string::npos);
    CHECK(response.body.find(beyond) == std::string::npos);
    CHECK(response.body.ends_with("\\nand 500 more lines dropped=" + std::to_string(line_count) +
                                  "\"}\n"));
    CHECK(fixture.counters.lines_refused == line_count);
}

TEST_CASE("more parameters than anyone needs are refused", "[server]") {
    std::string many;
    for (std::size_t i = 0; i < 3 * kParameterLimit; ++i) many += "a&";
    CHECK(parse_form(many).size() == kParameterLimit + 1);
    Fixture fixture;
    const HttpResponse by_url = fixture.query("GET", many + "q=SHOW+DATABASES");
    CHECK(by_url.status == 400);
    CHECK(by_url.body == "{\"error\":\"the URL has more than 1000 parameters\"}\n");
    const HttpResponse by_form = fixture.ask({.method = "POST",
                                              .path = "/query",
                                              .content_type = "application/x-www-form-urlencoded",
                                              .body = "q=SHOW+DATABASES&" + many});
    CHECK(by_form.status == 400);
    CHECK(by_form.body == "{\"error\":\"the form has more than 1000 parameters\"}\n");
}

TEST_CASE("a write that fails is no success", "[server]") {
    Fixture fixture;
    fixture.store.fails_to_be_durable = true;
    CHECK(fixture.write("db=ops", "m f=1\n").status == 500);
    fixture.store.fails_to_write = true;
    const HttpResponse full = fixture.write("db=ops", "m f=1\n");
    CHECK(full.status == 507);
    CHECK(full.body == "{\"error\":\"no space left\"}\n");
}

TEST_CASE("a query is answered from the URL or a form", "[server]") {
    Fixture fixture;
    const std::string expected =
        R"({"results":[{"statement_id":0,"series":[{"name":"databases","columns":["name"],)"
        R"("values":[["ops"]]}]}]})"
        "\n";
    const HttpResponse from_url = fixture.query("GET", "q=SHOW+DATABASES");
    CHECK(from_url.status == 200);
    CHECK(from_url.content_type == "application/json");
    CHECK(from_url.body == expected);
    const HttpResponse from_form = fixture.ask({.method = "POST",
                                                .path = "/query",
                                                .parameters = parse_form("q=nonsense&chunked=true"),
                                                .content_type = "application/x-www-form-urlencoded",
                                                .body = "q=SHOW%20DATABASES"});
    CHECK(from_form.body == expected);
}

TEST_CASE("a query that is not understood is answered with 400 and the place", "[server]") {
    Fixture fixture;
    const HttpResponse nothing = fixture.query("GET", "db=ops");
    CHECK(nothing.status == 400);
    CHECK(nothing.body == "{\"error\":\"missing required parameter \\\"q\\\"\"}\n");
    const HttpResponse wrong = fixture.query("GET", "q=FOO");
    CHECK(wrong.status == 400);
    CHECK(wrong.body.starts_with("{\"error\":\"error parsing query: "));
    CHECK(wrong.body.find(" at line 1, char 1") != std::string::npos);
    CHECK(fixture.query("GET", "q=SHOW+DATABASES&epoch=x").status == 400);
}

TEST_CASE("DROP needs POST, and CREATE DATABASE without it is warned of", "[server]") {
    Fixture fixture;
    const HttpResponse by_get = fixture.query("GET", "q=CREATE+DATABASE+fresh");
    CHECK(by_get.body ==
          "{\"results\":[{\"statement_id\":0,\"messages\":[{\"level\":\"warning\",\"text\":"
          "\"deprecated use of 'CREATE DATABASE fresh' in a read only context, please use a POST "
          "request instead\"}]}]}\n");
    CHECK(fixture.memory.has_database("fresh"));
    CHECK(fixture.query("GET", "q=DROP+DATABASE+fresh").body.find("\"error\":") !=
          std::string::npos);
    CHECK(fixture.memory.has_database("fresh"));
    const HttpResponse by_post = fixture.query("POST", "q=DROP+DATABASE+fresh");
    CHECK(by_post.body == "{\"results\":[{\"statement_id\":0}]}\n");
    CHECK_FALSE(fixture.memory.has_database("fresh"));
}

TEST_CASE("SELECT INTO needs POST", "[server]") {
    Fixture fixture;
    REQUIRE(fixture.write("db=ops", "m f=1.5 7\nm f=2 8\n").status == 204);
    const std::string statement = "db=ops&epoch=ns&q=SELECT+f+INTO+n+FROM+m";
    CHECK(
        fixture.query("GET", statement).body ==
        R"({"results":[{"statement_id":0,"error":"SELECT INTO changes something: use a POST request"}]})"
        "\n");
    CHECK(fixture.memory.measurements("ops") == std::vector<std::string>{"m"});
    CHECK(
        fixture.query("POST", statement).body ==
        R"({"results":[{"statement_id":0,"series":[{"name":"result","columns":["time","written"],"values":[[0,2]]}]}]})"
        "\n");
    CHECK(fixture.memory.measurements("ops") == std::vector<std::string>{"m", "n"});
}

TEST_CASE("SELECT INTO tells of the rows that the target's policy refuses", "[server]") {
    Fixture fixture;
    REQUIRE(fixture
                .query("POST",
                       "q=CREATE+RETENTION+POLICY+tight+ON+ops+DURATION+INF+REPLICATION+1+"
                       "PAST+LIMIT+1h")
                .status == 200);
    REQUIRE(fixture.write("db=ops", "m f=1.5 7\nm f=2 8\nm f=3\n").status == 204);
    const std::string body =
        fixture.query("POST", "db=ops&q=SELECT+f+INTO+ops.tight.n+FROM+m").body;
    INFO(body);
    CHECK(body.find("\"error\":\"partial write: ") != std::string::npos);
    CHECK(body.find("; 1 rows were written, dropped=2\"") != std::string::npos);
    CHECK(fixture.query("GET", "db=ops&q=SELECT+count(f)+FROM+ops.tight.n").body.find(",1]]") !=
          std::string::npos);
}

TEST_CASE("epoch, pretty and CSV shape the answer", "[server]") {
    Fixture fixture;
    REQUIRE(fixture.write("db=ops", "m f=1.5 7000000\n").status == 204);
    const std::string select = "db=ops&q=SELECT+f+FROM+m";
    CHECK(fixture.query("GET", select).body.find(R"(["1970-01-01T00:00:00.007Z",1.5])") !=
          std::string::npos);
    CHECK(fixture.query("GET", select + "&epoch=ms").body.find("[7,1.5]") != std::string::npos);
    CHECK(fixture.query("GET", select + "&pretty=true").body.starts_with("{\n    \"results\""));
    const HttpResponse csv = fixture.ask(
        {.path = "/query", .parameters = parse_form(select), .accept = "application/csv"});
    CHECK(csv.content_type == "text/csv");
    CHECK(csv.body == "name,tags,time,f\nm,,7000000,1.5\n");
}

TEST_CASE("an answer comes in chunks of rows", "[server]") {
    Fixture fixture;
    REQUIRE(
        fixture.write("db=ops", "m,h=a f=1 1\nm,h=a f=2 2\nm,h=a f=3 3\nm,h=b f=4 4\n").status ==
        204);
    const std::string parameters = "db=ops&epoch=ns&chunked=true&q=SELECT+f+FROM+m+GROUP+BY+h";
    const auto series = [](const std::string& host, const std::string& values) {
        return R"({"name":"m","tags":{"h":")" + host + R"("},"columns":["time","f"],"values":)" +
               values;
    };
    const std::string begin = R"({"results":[{"statement_id":0,"series":[)";
    CHECK(fixture.query("GET", parameters + "&chunk_size=2").body ==
          begin + series("a", "[[1,1],[2,2]]") + R"(,"partial":true}],"partial":true}]})" + "\n" +
              begin + series("a", "[[3,3]]") + R"(}],"partial":true}]})" + "\n" + begin +
              series("b", "[[4,4]]") + "}]}]}\n");
    const std::string by_series = begin + series("a", "[[1,1],[2,2],[3,3]]") +
                                  R"(}],"partial":true}]})" + "\n" + begin +
                                  series("b", "[[4,4]]") + "}]}]}\n";
    for (const std::string size : {"", "&chunk_size=", "&chunk_size=0", "&chunk_size=-1",
                                   "&chunk_size=many", "&chunk_size=3"}) {
        INFO(size);
        CHECK(fixture.query("GET", parameters + size).body == by_series);
    }
    const std::string not_chunked = fixture.query("GET", "chunked=1&" + parameters).body;
    CHECK(std::count(not_chunked.begin(), not_chunked.end(), '\n') == 1);
}

TEST_CASE("statements without rows are chunks as well", "[server]") {
    Fixture fixture;
    REQUIRE(fixture.write("db=ops", "m f=1 1\n").status == 204);
    CHECK(
        fixture
            .query("GET",
                   "db=ops&epoch=ns&chunked=true&q=SELECT+f+FROM+m+WHERE+time+>+'2020-01-01';"
                   "SELECT+meen(f)+FROM+m;SELECT+f+FROM+m")
            .body ==
        R"({"results":[{"statement_id":0}]})"
        "\n"
        R"({"results":[{"statement_id":1,"error":"undefined function meen(), did you mean mean()?"}]})"
        "\n"
        R"({"results":[{"statement_id":2,"series":[{"name":"m","columns":["time","f"],"values":[[1,1]]}]}]})"
        "\n");
    // Remarks stand in the last chunk; CSV has no chunks.
    REQUIRE(fixture.write("db=ops", "m f=2 2\n").status == 204);
    const std::string body =
        fixture.query("GET", "db=ops&chunked=true&chunk_size=1&q=SELECT+sqrt(f-2)+FROM+m").body;
    CHECK(body.find("\"messages\"") > body.find('\n'));
    CHECK(body.find("\"messages\"") != std::string::npos);
    const HttpRequest csv{.path = "/query",
                          .parameters = parse_form("db=ops&epoch=ns&chunked=true&chunk_size=1&"
                                                   "q=SELECT+f+FROM+m"),
                          .accept = "application/csv"};
    CHECK(fixture.ask(csv).body == "name,tags,time,f\nm,,1,1\nm,,2,2\n");
}

TEST_CASE("params binds values to names", "[server]") {
    Fixture fixture;
    REQUIRE(fixture.write("db=ops", "m,h=a f=1,s=\"x\" 1\nm,h=b f=2 2\nm,h=' f=3 3\n").status ==
            204);
    const auto ask = [&](const std::string& text, const std::string& params) {
        return fixture.ask(
            {.path = "/query",
             .parameters = {{"db", "ops"}, {"epoch", "ns"}, {"q", text}, {"params", params}}});
    };
    const auto values = [&](const std::string& text, const std::string& params) {
        const std::string body = ask(text, params).body;
        const std::size_t begin = body.find("\"values\":");
        if (begin == std::string::npos) return body;
        return body.substr(begin + 9, body.find('}', begin) - begin - 9);
    };
    CHECK(values("SELECT f FROM m WHERE h = $h", R"({"h": "b"})") == "[[2,2]]");
    CHECK(values("SELECT f FROM m WHERE h = $h", R"({"h": "'"})") == "[[3,3]]");
    CHECK(values("SELECT f FROM m WHERE f > $low", R"({"low": 1.5})") == "[[2,2],[3,3]]");
    CHECK(values("SELECT f FROM m WHERE f = $one", R"({"one": 1})") == "[[1,1]]");
    CHECK(values("SELECT f FROM m WHERE f = $one", R"({"one": {"float": 1}})") == "[[1,1]]");
    CHECK(values("SELECT f FROM m WHERE f = $one", R"({"one": {"integer": 1.9}})") == "[[1,1]]");
    CHECK(values("SELECT f FROM m WHERE h =~ $re", R"({"re": {"regex": "^[ab]$"}})") ==
          "[[1,1],[2,2]]");
    CHECK(values("SELECT $what FROM m WHERE time < 2", R"({"what": {"identifier": "f"}})") ==
          "[[1,1]]");
    CHECK(values("SELECT f FROM m WHERE time >= '1970-01-01' + $since",
                 R"({"since": {"duration": "3ns"}, "unused": 1})") == "[[3,3]]");
    CHECK(values("SELECT f FROM m WHERE time >= '1970-01-01' + $since",
                 R"({"since": {"duration": 2}})") == "[[2,2],[3,3]]");
    // Whatever a value holds, it is one literal.
    const std::string attack = R"({"h": "b' OR h = 'a"})";
    CHECK(ask("SELECT f FROM m WHERE h = $h", attack).body ==
          "{\"results\":[{\"statement_id\":0}]}\n");
    CHECK(
        ask("SELECT $what FROM m", R"({"what": {"identifier": "f FROM m; DROP MEASUREMENT m --"}})")
            .body.find("there is no field") != std::string::npos);
    CHECK(values("SELECT count(f) FROM m", "{}") == "[[0,3]]");
}

TEST_CASE("a parameter that cannot be bound is named", "[server]") {
    Fixture fixture;
    const std::pair<std::string, std::string> cases[] = {
        {"{", "error parsing query parameters: params is no JSON: incomplete JSON"},
        {"[1]",
         "error parsing query parameters: params must be a JSON object of values by name, such as "
         "{\"host\": \"a\"}"},
        {R"({"x": null})",
         "error parsing query parameters: parameter $x: found null, expected a text, a number, "
         "true, false, or an object such as {\"duration\": \"10m\"}"},
        {R"({"x": {"duration": "10m", "regex": "a"}})",
         "error parsing query parameters: parameter $x: found an object with 2 members, expected "
         "one, which says what the value is: duration, regex, identifier, string, integer, float"},
        {R"({"x": {"time": "10m"}})",
         "error parsing query parameters: parameter $x: there is no type \"time\", expected one of "
         "duration, regex, identifier, string, integer, float"},
        {R"({"x": {"regex": 1}})",
         "error parsing query parameters: parameter $x: regex takes a text, found 1"},
        {R"({"x": {"duration": "ten"}})",
         "error parsing query: parameter $x: found \"ten\", expected a duration such as 1h30m at "
         "line 1, char 1"},
        {"{}", "error parsing query: no value is bound to the parameter $x at line 1, char 27"},
        {R"({"y": 1})",
         "error parsing query: no value is bound to the parameter $x at line 1, char 27"},
    };
    for (const auto& [params, message] : cases) {
        INFO(params);
        const HttpResponse response = fixture.ask(
            {.path = "/query",
             .parameters = {
                 {"db", "ops"}, {"q", "SELECT f FROM m WHERE f > $x"}, {"params", params}}});
        CHECK(response.status == 400);
        CHECK(response.body == error_json(message));
    }
}

TEST_CASE("ping and health say that the server is there", "[server]") {
    Fixture fixture;
    const HttpResponse ping = fixture.ask({.path = "/ping"});
    CHECK(ping.status == 204);
    CHECK(header(ping, "X-Influxdb-Version") == "1.8.10");
    CHECK(header(ping, "X-Influxdb-Build") == "OSS");
    const HttpResponse verbose =
        fixture.ask({.path = "/ping", .parameters = parse_form("verbose=true")});
    CHECK(verbose.status == 200);
    CHECK(verbose.body == "{\"version\":\"1.8.10\"}\n");
    CHECK(fixture.ask({.path = "/health"}).body ==
          R"({"name":"influxdb","message":"ready for queries and writes","status":"pass",)"
          R"("checks":[],"version":"1.8.10"})"
          "\n");
}

TEST_CASE("unknown paths and methods are refused", "[server]") {
    Fixture fixture;
    CHECK(fixture.ask({.path = "/metrics"}).status == 404);
    CHECK(fixture.ask({.path = "/write"}).status == 405);
    CHECK(header(fixture.ask({.method = "PUT", .path = "/query"}), "Allow") == "GET, POST");
    CHECK(fixture.ask({.method = "DELETE", .path = "/ping"}).status == 405);
}

TEST_CASE("requests through a foreign name or from a foreign page are refused", "[server]") {
    for (const char* host : {"localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8086", "[::1]",
                             "[::1]:8086", "127.0.0.2:8086", "127.255.255.255"}) {
        INFO(host);
        CHECK(is_local_host(host));
    }
    for (const char* host :
         {"", "example.com", "localhost.example.com", "127.0.0.1.example.com",
          "localhost:80.example.com", "10.0.0.1:8086", "::1", "[::1]x", "[::1", "user@localhost",
          "127.evil.com", "127.0.0.1.", "127.0.0", "127.0.0.256", "127.0.0.1.1", "128.0.0.1",
          "0127.0.0.1", "127..0.1", "127.0.0.-1"}) {
        INFO(host);
        CHECK_FALSE(is_local_host(host));
    }
    Fixture fixture;
    CHECK(fixture.ask({.path = "/ping", .host = "evil.example"}).status == 403);
    CHECK(fixture.ask({.path = "/ping", .origin = "http://evil.example"}).status == 403);
    CHECK(fixture.ask({.path = "/ping", .origin = "http://localhost:3000"}).status == 204);
}
