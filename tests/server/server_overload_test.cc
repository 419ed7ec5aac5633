#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "server/server.h"
#include "tests/server/server_fixture.h"
#include "tests/support/failing_allocations.h"

// What a server does when it has too much to do, too little memory, or is stopped meanwhile.

using namespace tidemark;
using namespace tidemark::server;
using namespace tidemark::tests;

namespace {

constexpr std::size_t kLargeBytes = std::size_t{8} << 20;

const std::string kQuery =
    "GET /query?db=ops&q=SELECT+f+FROM+m HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string kWrite =
    "POST /write?db=ops HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nm f=1 7\n";

// Waits until `is_true()`; the test fails when that takes very long.
template <typename Condition>
void wait_until(const Condition& is_true) {
    const auto patience_end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_true() && std::chrono::steady_clock::now() < patience_end) {
        std::this_thread::yield();
    }
    REQUIRE(is_true());
}

// 8,000 bytes of "m f=1 7\n" lines.
std::string gzipped_lines() {
    const unsigned char bytes[] = {
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xed, 0xc5, 0x21, 0x01, 0x00,
        0x30, 0x08, 0x00, 0x30, 0xff, 0x14, 0x54, 0xb8, 0x42, 0x51, 0x07, 0x47, 0x7f, 0x4b, 0x10,
        0x36, 0xb3, 0x89, 0xae, 0x1f, 0xf9, 0xc6, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d,
        0xdb, 0xb6, 0xed, 0xc3, 0x2f, 0xc6, 0xd2, 0x42, 0x36, 0x40, 0x1f, 0x00, 0x00};
    return {reinterpret_cast<const char*>(bytes), sizeof bytes};
}

struct OpsFixture : ServerFixture {
    explicit OpsFixture(const ServerOptions& options = {}) : ServerFixture(options) {
        REQUIRE(send_lines("#tidemark db=ops\nm f=1 7\n") == "");
    }
};

}  // namespace

TEST_CASE("ping and health do not queue behind queries", "[server]") {
    OpsFixture fixture;
    fixture.store.scans_wait_for_cancel = true;
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(std::make_unique<TestClient>(fixture.server->http_address()));
        REQUIRE(clients.back()->send(kQuery));
    }
    wait_until([&] { return fixture.store.waiting_scans >= 4; });
    const std::string address = fixture.server->http_address();
    CHECK(ask_http(address, "GET /ping").starts_with("HTTP/1.1 204"));
    CHECK(ask_http(address, "GET /health").starts_with("HTTP/1.1 200"));
    CHECK(ask_http(address, "GET /nothing").starts_with("HTTP/1.1 404"));
    CHECK(fixture.store.cancelled_scans == 0);
}

TEST_CASE("a client that leaves cancels its query", "[server]") {
    OpsFixture fixture;
    fixture.store.scans_wait_for_cancel = true;
    {
        TestClient client(fixture.server->http_address());
        REQUIRE(client.send(kQuery));
        wait_until([&] { return fixture.store.waiting_scans == 1; });
        CHECK(fixture.store.cancelled_scans == 0);
    }
    wait_until([&] { return fixture.store.cancelled_scans == 1; });
}

TEST_CASE("KILL QUERY ends a query also when no thread is free", "[server]") {
    OpsFixture fixture;
    fixture.store.scans_wait_for_cancel = true;
    const std::string address = fixture.server->http_address();
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(std::make_unique<TestClient>(address));
        REQUIRE(clients.back()->send(kQuery));
    }
    wait_until([&] { return fixture.store.waiting_scans >= 4; });
    CHECK(ask_http(address, "GET /query?q=SHOW+QUERIES").find("SELECT f FROM m") !=
          std::string::npos);
    CHECK(ask_http(address, "GET /query?q=KILL+QUERY+1").find("use a POST request") !=
          std::string::npos);
    CHECK(ask_http(address, "POST /query?q=KILL+QUERY+1000").find("no such query id: 1000") !=
          std::string::npos);
    CHECK(fixture.store.cancelled_scans == 0);
    CHECK(ask_http(address, "POST /query?q=KILL+QUERY+1").starts_with("HTTP/1.1 200"));
    wait_until([&] { return fixture.store.cancelled_scans == 1; });
    std::size_t killed_count = 0;
    fixture.server->stop();
    for (auto& client : clients) {
        const auto answer = client->read_to_end();
        if (!answer || answer->find("ended by KILL QUERY") == std::string::npos) continue;
        ++killed_count;
    }
    CHECK(killed_count == 1);
}

TEST_CASE("a query ends when its time is over", "[server]") {
    OpsFixture fixture({.query_limits = {.seconds = 1}});
    fixture.store.scans_wait_for_cancel = true;
    const std::string answer =
        ask_http(fixture.server->http_address(), "GET /query?db=ops&q=SELECT+f+FROM+m");
    CHECK(fixture.store.cancelled_scans == 1);
    CHECK(answer.find("takes longer than 1s: narrow the time range") != std::string::npos);
    CHECK(answer.find("--max-query-seconds") != std::string::npos);
}

TEST_CASE("stopping cancels a query that runs, and answers it", "[server]") {
    OpsFixture fixture;
    fixture.store.scans_wait_for_cancel = true;
    TestClient client(fixture.server->http_address());
    REQUIRE(client.send(kQuery));
    wait_until([&] { return fixture.store.waiting_scans == 1; });
    fixture.server->stop();
    CHECK(fixture.store.cancelled_scans == 1);
    const auto answer = client.read_to_end();
    REQUIRE(answer.has_value());
    CHECK(answer->starts_with("HTTP/1.1 200"));
    CHECK(answer->find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(answer->find("\"error\":\"") != std::string::npos);
}

TEST_CASE("stopping waits for a write that is under way", "[server]") {
    OpsFixture fixture;
    TestClient idle(fixture.server->http_address());
    REQUIRE(idle.send("GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    REQUIRE(idle.read_until("\r\n\r\n").starts_with("HTTP/1.1 204"));
    fixture.store.writes_wait = true;
    TestClient client(fixture.server->http_address());
    REQUIRE(client.send(kWrite));
    wait_until([&] { return fixture.store.waiting_writes == 1; });
    std::thread stopping([&] { fixture.server->stop(); });
    const auto idle_end = idle.read_to_end();  // Closed: the server is stopping.
    fixture.store.writes_wait = false;
    stopping.join();
    CHECK(idle_end == "");
    const auto answer = client.read_to_end();
    REQUIRE(answer.has_value());
    CHECK(answer->starts_with("HTTP/1.1 204"));
}

TEST_CASE("a client that goes on streaming does not keep the server from stopping", "[server]") {
    OpsFixture fixture;
    TestClient client(fixture.server->line_address());
    std::string lines = "m f=1 8\n";
    while (lines.size() < 100'000) lines += "# a comment, which costs the store nothing\n";
    std::thread streaming([&] {
        while (client.send(lines)) {
        }
    });
    wait_until([&] { return fixture.server->counters().points_written > 2; });
    fixture.server->stop();
    streaming.join();  // Cut off, else it would go on for ever.
    CHECK_FALSE(client.send(lines));
}

TEST_CASE("limits are refused with their size and how to raise them", "[server]") {
    OpsFixture fixture({.line_size_limit_bytes = 100,
                        .body_size_limit_bytes = 1000,
                        .query_size_limit_bytes = 500});
    const std::string address = fixture.server->http_address();
    const auto check = [&](const std::string& answer, const std::string& status,
                           const std::string& message) {
        INFO(answer);
        CHECK(answer.starts_with("HTTP/1.1 " + status));
        CHECK(answer.find(message) != std::string::npos);
    };
    const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
    const std::string gzip = "Content-Encoding: gzip\r\n";
    const std::string small = "500 bytes: ask for less, or serve with a larger --max-query-bytes";
    check(ask_http(address, "POST /write?db=ops", "", many_lines(100)), "413",
          "body of more than 1000 bytes: send smaller batches, or serve with a larger "
          "--max-body-bytes");
    check(ask_http(address, "POST /write?db=ops", gzip, gzipped_lines()), "413",
          "gzip body: unpacks to more than 1000 bytes: send smaller batches, or serve with a "
          "larger --max-body-bytes");
    const std::string query = "q=SHOW+DATABASES&x=" + std::string(600, 'x');
    check(ask_http(address, "POST /query", form, query), "413", "body of more than " + small);
    check(ask_http(address, "POST /query", form + gzip, gzipped_lines()), "413",
          "gzip body: unpacks to more than " + small);
    check(ask_http(address, "POST /nothing", "", query), "413", "body of more than " + small);
    check(ask_http(address, "POST /write?db=ops", "", "m f=1 " + std::string(600, '1') + "\n"),
          "400",
          "expected line of at most 100 bytes, found a longer one (--max-line-bytes sets it)");
}

TEST_CASE("a header beyond the limit is refused with 431", "[server]") {
    OpsFixture fixture;
    const std::string answer = ask_http(fixture.server->http_address(),
                                        "GET /query?q=" + std::string(std::size_t{2} << 20, 'x'));
    CHECK(answer.starts_with("HTTP/1.1 431"));
    CHECK(answer.find("send long statements with POST") != std::string::npos);
}

TEST_CASE("the limit of connections holds for each port by itself", "[server]") {
    OpsFixture fixture({.connection_limit = 1});
    const auto accepted = [&] { return fixture.server->counters().connections_accepted.load(); };
    TestClient line(fixture.server->line_address());
    wait_until([&] { return accepted() == 2; });
    CHECK(ask_http(fixture.server->http_address(), "GET /ping").starts_with("HTTP/1.1 204"));
    // Beyond the limit it is cut; an orderly close would say that its lines are durable.
    TestClient second(fixture.server->line_address());
    CHECK(second.read_to_end() == std::nullopt);
}

TEST_CASE("a connection that there is no memory for is cut, the next one is taken", "[server]") {
    OpsFixture fixture({.line_size_limit_bytes = kLargeBytes});
    {
        const LargeAllocationsFail scarce(kLargeBytes);
        TestClient client(fixture.server->line_address());
        CHECK(client.read_to_end() == std::nullopt);
    }
    CHECK(fixture.send_lines(many_lines(10)) == "");
}

TEST_CASE("a request that there is no memory for ends its connection and no more", "[server]") {
    OpsFixture fixture({.connection_limit = 1});
    const std::string address = fixture.server->http_address();
    SECTION("while it is read") {
        const LargeAllocationsFail scarce(kLargeBytes);
        TestClient client(address);
        REQUIRE(
            client.send("POST /write?db=ops HTTP/1.1\r\nHost: localhost\r\n"
                        "Expect: 100-continue\r\nContent-Length: 20000000\r\n\r\n"));
        REQUIRE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
        REQUIRE(client.send("m f=1 7\n"));
        client.read_to_end();
    }
    SECTION("while it is answered, the answer included") {
        fixture.store.runs_out_of_memory = true;
        TestClient client(address);
        REQUIRE(client.send(kWrite));
        CHECK(client.read_to_end() == "");
        fixture.store.runs_out_of_memory = false;
    }
    // The only connection there may be is free again.
    CHECK(ask_http(address, "GET /ping").starts_with("HTTP/1.1 204"));
}

TEST_CASE("lines that there is no memory for cut their connection", "[server]") {
    OpsFixture fixture;
    fixture.store.runs_out_of_memory = true;
    CHECK(fixture.send_lines(many_lines(10)) == std::nullopt);
    fixture.store.runs_out_of_memory = false;
    CHECK(fixture.send_lines(many_lines(10)) == "");
}
