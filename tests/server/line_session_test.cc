#include "server/handlers/line_session.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/server/forwarding_store.h"
#include "tests/support/memory_store.h"

using namespace tidemark;
using namespace tidemark::server;
using namespace tidemark::tests;
using storage::TextEnd;

namespace {

struct Fixture {
    MemoryStore memory;
    ForwardingStore store{memory};
    Counters counters;
    std::vector<std::string> complaints;
    RefusalLog refusals{[this](const std::string& message) { complaints.push_back(message); }};

    LineSession session() {
        return LineSession(
            {.store = store, .counters = counters, .refusals = refusals, .troubles = refusals},
            "peer");
    }
    // All of one connection at once.
    void send(const std::string& text) {
        LineSession one = session();
        auto taken = one.feed(text, TextEnd::Complete);
        REQUIRE(taken.has_value());
        CHECK(taken.value() == text.size());
        REQUIRE(one.make_durable().has_value());
    }
    std::vector<std::int64_t> times(const std::string& database) {
        return stored_times(memory, database, "m", "f");
    }
};

}  // namespace

TEST_CASE("lines without a heading go to the database default", "[server]") {
    Fixture fixture;
    fixture.send("m f=1 7\nm f=2 8");
    CHECK(fixture.times("default") == std::vector<std::int64_t>{7, 8});
    CHECK(fixture.counters.points_written == 2);
    CHECK(fixture.complaints.empty());
}

TEST_CASE("nan is taken from the moment its database accepts it", "[server]") {
    Fixture fixture;
    REQUIRE(fixture.memory.create_database("default"));
    LineSession session = fixture.session();
    REQUIRE(session.feed("m f=nan 1\nm f=1 2\n", TextEnd::MayContinue).has_value());
    REQUIRE(fixture.memory.set_nan_accepted("default", true));
    REQUIRE(session.feed("m f=nan 3\nm f=2 4\n", TextEnd::Complete).has_value());
    CHECK(fixture.complaints ==
          std::vector<std::string>{
              "refused from peer: line 1, column 5: expected finite number (ALTER DATABASE .. SET "
              "NAN ACCEPT takes nan as well), found \"nan\""});
    // The NaN is a row that has no value.
    CHECK(fixture.counters.points_written == 3);
}

TEST_CASE("HTTP is told from lines, however it is cut", "[server]") {
    const std::string request = "POST /write?db=ops HTTP/1.1\r\nHost: localhost\r\n\r\nm f=1 7\n";
    for (std::size_t cut = 0; cut < request.size(); ++cut) {
        Fixture fixture;
        LineSession session = fixture.session();
        const auto first = session.feed(request.substr(0, cut), TextEnd::MayContinue);
        REQUIRE(first.has_value());
        REQUIRE(session.feed(request.substr(first.value()), TextEnd::Complete).has_value());
        INFO("cut at " << cut);
        CHECK(session.speaks_http());
        CHECK_FALSE(fixture.memory.has_database("default"));
        CHECK(fixture.complaints ==
              std::vector<std::string>{
                  "refused from peer: line 1: found an HTTP request, expected line protocol"});
    }
    Fixture fixture;
    fixture.send("GET f=1 7\n");
    CHECK(fixture.complaints.empty());
}

TEST_CASE("a connection hears once of times that look like another unit", "[server]") {
    Fixture fixture;
    LineSession session = fixture.session();
    REQUIRE(session.feed("m f=1 1700000000\n", TextEnd::MayContinue).has_value());
    REQUIRE(session.feed("m f=1 1700000001\n", TextEnd::Complete).has_value());
    CHECK(fixture.complaints ==
          std::vector<std::string>{
              "suspicious from peer: line 1: time 1970-01-01T00:00:01.7Z: 1700000000 looks like s "
              "and was taken as ns (send it with precision=s)"});
}

TEST_CASE("a heading sets database, policy and precision", "[server]") {
    Fixture fixture;
    REQUIRE(fixture.memory.create_database("ops"));
    fixture.memory.add_retention_policy("ops", "month", false);
    fixture.send("#tidemark db=ops rp=month precision=ms\r\nm f=1 7\n");
    CHECK(fixture.times("ops").empty());

    ScanRequest request;
    request.database = "ops";
    request.retention_policy = "month";
    request.measurement = "m";
    auto scan = fixture.memory.scan(request, nullptr);
    REQUIRE(scan.has_value());
    CHECK(scan.value()->series().size() == 1);

    fixture.send("#tidemark db=fresh precision=s\nm f=1 7\n");
    CHECK(fixture.times("fresh") == std::vector<std::int64_t>{7'000'000'000});
    fixture.send("#tidemark\nm f=1 9\n");
    CHECK(fixture.times("default") == std::vector<std::int64_t>{9});
    CHECK(fixture.complaints.empty());
}

TEST_CASE("a heading may arrive in pieces", "[server]") {
    Fixture fixture;
    const std::string text = "#tidemark db=ops precision=us\nm f=1 7\nm f=2 8";
    LineSession session = fixture.session();
    std::string pending;
    for (const char byte : text) {
        pending += byte;
        auto taken = session.feed(pending, TextEnd::MayContinue);
        REQUIRE(taken.has_value());
        pending.erase(0, taken.value());
    }
    CHECK(fixture.times("ops") == std::vector<std::int64_t>{7'000});
    REQUIRE(session.feed(pending, TextEnd::Complete).has_value());
    CHECK(fixture.times("ops") == std::vector<std::int64_t>{7'000, 8'000});
}

TEST_CASE("what only resembles a heading is a comment", "[server]") {
    Fixture fixture;
    fixture.send("#tidemarks db=other\nm f=1 7\n");
    fixture.send("# tidemark db=other\nm f=1 8\n");
    fixture.send("#tid");
    CHECK(fixture.memory.databases() == std::vector<std::string>{"default"});
    CHECK(fixture.complaints.empty());
}

TEST_CASE("under a heading that is not understood every line is refused", "[server]") {
    for (const auto& [heading, complaint] : std::vector<std::pair<std::string, std::string>>{
             {"precision=days", "expected precision ns, us, ms, s, m or h, found \"days\""},
             {"database=ops",
              "expected db=NAME, rp=NAME or precision=UNIT after #tidemark, found "
              "\"database=ops\""},
             {"db=", "expected db=NAME, rp=NAME or precision=UNIT after #tidemark, found \"db=\""},
         }) {
        Fixture fixture;
        fixture.send("#tidemark " + heading + "\nm f=1 7\nm f=2 8\n");
        CHECK(fixture.memory.databases().empty());
        CHECK(fixture.counters.lines_refused == 2);
        CHECK(fixture.complaints == std::vector{"refused from peer: line 1: " + complaint +
                                                "; every line of this connection is refused"});
    }
}

TEST_CASE("a heading beyond the limit is refused, however the stream is cut", "[server]") {
    const std::string text =
        "#tidemark " + std::string(4200, ' ') + "db=heading precision=s\nm f=1 7\nm f=2 8\n";
    for (const std::size_t cut : {std::size_t{0}, std::size_t{4095}, std::size_t{4096},
                                  std::size_t{4097}, text.find('\n'), text.find('\n') + 1}) {
        INFO("cut at " << cut);
        Fixture fixture;
        LineSession session = fixture.session();
        const auto first = session.feed(text.substr(0, cut), TextEnd::MayContinue);
        REQUIRE(first.has_value());
        REQUIRE(session.feed(text.substr(first.value()), TextEnd::Complete).has_value());
        CHECK(fixture.memory.databases().empty());
        CHECK(fixture.counters.lines_refused == 2);
        CHECK(fixture.complaints ==
              std::vector<std::string>{
                  "refused from peer: line 1: heading of more than 4096 bytes; every line of this "
                  "connection is refused"});
    }
}

TEST_CASE("the longest heading there may be is read, however the stream is cut", "[server]") {
    std::string text = "#tidemark db=ops";
    text += std::string(4096 - text.size(), ' ') + "\nm f=1 7\n";
    for (const std::size_t cut : {std::size_t{0}, std::size_t{4096}, std::size_t{4097}}) {
        INFO("cut at " << cut);
        Fixture fixture;
        LineSession session = fixture.session();
        const auto first = session.feed(text.substr(0, cut), TextEnd::MayContinue);
        REQUIRE(first.has_value());
        REQUIRE(session.feed(text.substr(first.value()), TextEnd::Complete).has_value());
        CHECK(fixture.times("ops") == std::vector<std::int64_t>{7});
    }
}

TEST_CASE("a first line that is too long to be HTTP is line protocol, however cut", "[server]") {
    const std::string text = "GET /" + std::string(5000, 'x') + " HTTP/1.1\r\nm f=1 7\n";
    for (const std::size_t cut : {std::size_t{0}, std::size_t{4096}, std::size_t{4097}}) {
        INFO("cut at " << cut);
        Fixture fixture;
        LineSession session = fixture.session();
        const auto first = session.feed(text.substr(0, cut), TextEnd::MayContinue);
        REQUIRE(first.has_value());
        REQUIRE(session.feed(text.substr(first.value()), TextEnd::Complete).has_value());
        CHECK_FALSE(session.speaks_http());
        CHECK(fixture.times("default") == std::vector<std::int64_t>{7});
    }
}

TEST_CASE("what a client sends cannot command the terminal that shows the log", "[server]") {
    Fixture fixture;
    fixture.send("#tidemark precision=\x1b[2J\x7f\nm f=1 7\n");
    CHECK(fixture.complaints ==
          std::vector<std::string>{
              "refused from peer: line 1: expected precision ns, us, ms, s, m or h, found "
              "\"\\x1b[2J\\x7f\"; every line of this connection is refused"});
}

TEST_CASE("an unknown policy refuses the lines, the connection goes on", "[server]") {
    Fixture fixture;
    fixture.send("#tidemark db=ops rp=month\nm f=1 7\n");
    CHECK(fixture.counters.lines_refused == 1);
    CHECK(fixture.complaints ==
          std::vector<std::string>{"refused from peer: there is no retention policy \"month\" in "
                                   "database \"ops\"; every line of this connection is refused"});
}

TEST_CASE("refused lines are counted and told with their place", "[server]") {
    Fixture fixture;
    fixture.send("#tidemark db=ops\nm f=1 7\nm f=abc\nm f=\"text\" 8\nm f=2 9\n");
    CHECK(fixture.times("ops") == std::vector<std::int64_t>{7, 9});
    CHECK(fixture.counters.points_written == 2);
    CHECK(fixture.counters.lines_refused == 2);
    REQUIRE(fixture.complaints.size() == 2);
    CHECK(fixture.complaints[0] ==
          "refused from peer: line 3, column 5: expected field value, found \"abc\"");
    CHECK(fixture.complaints[1].starts_with("refused from peer: line 4: "));
}

TEST_CASE("a session says when lines cannot be written or made durable", "[server]") {
    Fixture fixture;
    LineSession session = fixture.session();
    fixture.store.fails_to_be_durable = true;
    REQUIRE(session.feed("m f=1 7\n", TextEnd::Complete).has_value());
    CHECK(session.make_durable().error().message() == "fdatasync failed");
    fixture.store.fails_to_write = true;
    LineSession other = fixture.session();
    CHECK(other.feed("m f=1 7\n", TextEnd::Complete).error().message() == "no space left");
}

TEST_CASE("refused lines are told ten times a second at most", "[server]") {
    std::vector<std::string> said;
    RefusalLog log([&](const std::string& message) { said.push_back(message); });
    for (int i = 0; i < 25; ++i) log.add("bad", 5'000'000'000);
    CHECK(said.size() == RefusalLog::kMessagesPerSecond);
    log.add_unsaid(100);
    log.add("worse", 6'000'000'000);
    REQUIRE(said.size() == RefusalLog::kMessagesPerSecond + 1);
    CHECK(said.back() == "worse (and 115 more complaints before)");
}
