#include "server/server.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/server/server_fixture.h"

using namespace tidemark;
using namespace tidemark::server;
using namespace tidemark::tests;

namespace {

using Fixture = ServerFixture;

// printf 'm f=1 7\n' | gzip -n
std::string gzipped_line() {
    const unsigned char bytes[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff,
                                   0xcb, 0x55, 0x48, 0xb3, 0x35, 0x54, 0x30, 0xe7, 0x02, 0x00,
                                   0xe1, 0x53, 0x65, 0x66, 0x08, 0x00, 0x00, 0x00};
    return {reinterpret_cast<const char*>(bytes), sizeof bytes};
}

}  // namespace

TEST_CASE("the server names the ports it was given", "[server]") {
    Fixture fixture;
    CHECK(fixture.server->line_address().starts_with("127.0.0.1:"));
    CHECK(fixture.server->http_address().starts_with("127.0.0.1:"));
    CHECK_FALSE(fixture.server->line_address().ends_with(":0"));
}

TEST_CASE("an endpoint that is none, not loopback or taken is refused", "[server]") {
    Fixture fixture;
    const auto message = [&](const std::string& endpoint) {
        auto started =
            Server::start(fixture.store, {.line_endpoint = endpoint, .http_endpoint = ""});
        REQUIRE_FALSE(started.has_value());
        return started.error().message();
    };
    for (const char* endpoint : {"0.0.0.0:0", "192.168.1.1:9009", "[::]:0"}) {
        CHECK(message(endpoint).starts_with(std::string("refused to listen on ") + endpoint +
                                            ": only loopback addresses"));
    }
    for (const char* endpoint : {"9009", "127.0.0.1:", "127.0.0.1:70000", "host:1", ":9009"}) {
        CHECK(message(endpoint) == std::string("expected HOST:PORT such as 127.0.0.1:8086, found "
                                               "\"") +
                                       endpoint + "\"");
    }
    const std::string taken = fixture.server->line_address();
    CHECK(message(taken).starts_with("listen on " + taken + ": Address already in use"));
}

TEST_CASE("the orderly close of a half-closed connection means durable", "[server]") {
    Fixture fixture;
    CHECK(fixture.send_lines("#tidemark db=ops\n" + many_lines(50'000)) == "");
    CHECK(fixture.row_count("ops") == 50'000);
    CHECK(fixture.store.durable_calls == 1);
    CHECK(fixture.send_lines("") == "");
}

TEST_CASE("lines that cannot be made durable are told by a reset", "[server]") {
    Fixture fixture;
    fixture.store.fails_to_be_durable = true;
    CHECK(fixture.send_lines(many_lines(10)) == std::nullopt);
    fixture.store.fails_to_be_durable = false;
    fixture.store.fails_to_write = true;
    CHECK(fixture.send_lines(many_lines(10)) == std::nullopt);
    fixture.store.fails_to_write = false;
    CHECK(fixture.send_lines(many_lines(10)) == "");
}

TEST_CASE("bad lines do not close a connection", "[server]") {
    Fixture fixture;
    CHECK(fixture.send_lines("nonsense\nm f=1 1\n\xff\xfe\nm f=x 2\nm f=2 3\n" +
                             std::string(3'000'000, 'x') + "\nm f=3 4") == "");
    CHECK(fixture.row_count("default") == 3);
    CHECK(fixture.server->counters().lines_refused == 4);
    CHECK(fixture.server->counters().points_written == 3);
}

TEST_CASE("many clients write at the same time", "[server]") {
    Fixture fixture;
    std::vector<std::thread> clients;
    std::atomic<int> acknowledged{0};
    for (int c = 0; c < 12; ++c) {
        clients.emplace_back([&, c] {
            const std::string heading = "#tidemark db=d" + std::to_string(c) + "\n";
            if (fixture.send_lines(heading + many_lines(2000)) == "") ++acknowledged;
        });
    }
    for (std::thread& client : clients) client.join();
    CHECK(acknowledged == 12);
    for (int c = 0; c < 12; ++c) CHECK(fixture.row_count("d" + std::to_string(c)) == 2000);
}

TEST_CASE("stopping resets clients that may still send, and acknowledges the others", "[server]") {
    Fixture fixture;
    TestClient open(fixture.server->line_address());
    REQUIRE(open.send("m f=1 1\nm f=2 2\n"));
    while (fixture.server->counters().points_written < 2) std::this_thread::yield();
    TestClient closed(fixture.server->line_address());
    REQUIRE(closed.send("m f=3 3\n"));
    closed.half_close();
    while (fixture.server->counters().connections_accepted < 2) std::this_thread::yield();
    fixture.server->stop();
    CHECK(open.read_to_end() == std::nullopt);
    CHECK(closed.read_to_end() == "");
    CHECK(fixture.row_count("default") == 3);
    CHECK(fixture.store.durable_calls == 2);
    fixture.server->stop();
}

TEST_CASE("HTTP writes and queries go through real sockets", "[server]") {
    Fixture fixture;
    const std::string address = fixture.server->http_address();
    CHECK(
        ask_http(address, "POST /query?q=CREATE+DATABASE+ops").starts_with("HTTP/1.1 200 OK\r\n"));
    const std::string written = ask_http(address, "POST /write?db=ops", "", "m f=1 7\n");
    CHECK(written.starts_with("HTTP/1.1 204 No Content\r\n"));
    CHECK(written.find("X-Influxdb-Version: 1.8.10\r\n") != std::string::npos);
    const std::string answer = ask_http(address, "GET /query?db=ops&epoch=ns&q=SELECT+f+FROM+m");
    CHECK(answer.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(answer.ends_with("\"values\":[[7,1]]}]}]}\n"));
    CHECK(ask_http(address, "HEAD /ping").starts_with("HTTP/1.1 204"));
    CHECK(ask_http(address, "GET /nothing").starts_with("HTTP/1.1 404"));
    CHECK(
        ask_http(address, "POST /write?db=none", "", "m f=1 7\n")
            .ends_with(
                "\r\n\r\n{\"error\":\"database not found: \\\"none\\\" (CREATE DATABASE makes one, "
                "SHOW DATABASES lists them)\"}\n"));
}

TEST_CASE("a body may be packed with gzip", "[server]") {
    Fixture fixture;
    REQUIRE(fixture.memory.create_database("ops"));
    const std::string address = fixture.server->http_address();
    const std::string gzip = "Content-Encoding: gzip\r\n";
    CHECK(
        ask_http(address, "POST /write?db=ops", gzip, gzipped_line()).starts_with("HTTP/1.1 204"));
    CHECK(stored_times(fixture.memory, "ops", "m", "f") == std::vector<std::int64_t>{7});
    CHECK(ask_http(address, "POST /write?db=ops", gzip, gzipped_line().substr(0, 15))
              .find("gzip body: cut short") != std::string::npos);
    CHECK(ask_http(address, "POST /write?db=ops", gzip, "m f=1 7\n").starts_with("HTTP/1.1 400"));
    CHECK(ask_http(address, "POST /write?db=ops", "Content-Encoding: br\r\n", "x")
              .starts_with("HTTP/1.1 415"));
}

TEST_CASE("a body beyond the limit is refused with 413", "[server]") {
    Fixture fixture({.body_size_limit_bytes = 1000});
    REQUIRE(fixture.memory.create_database("ops"));
    const std::string address = fixture.server->http_address();
    CHECK(
        ask_http(address, "POST /write?db=ops", "", many_lines(1000)).starts_with("HTTP/1.1 413"));
    CHECK(ask_http(address, "POST /write?db=ops", "", "m f=1 7\n").starts_with("HTTP/1.1 204"));
}

TEST_CASE("connections are kept alive, and asked to go on where clients want it", "[server]") {
    Fixture fixture;
    REQUIRE(fixture.memory.create_database("ops"));
    TestClient client(fixture.server->http_address());
    for (int i = 0; i < 3; ++i) {
        REQUIRE(client.send("GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 204"));
    }
    REQUIRE(
        client.send("POST /write?db=ops HTTP/1.1\r\nHost: localhost\r\n"
                    "Expect: 100-continue\r\nContent-Length: 8\r\n\r\n"));
    CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
    REQUIRE(client.send("m f=1 7\n"));
    CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 204"));
    CHECK(fixture.server->counters().http_requests == 4);
}

TEST_CASE("what is no HTTP is answered with 400", "[server]") {
    Fixture fixture;
    TestClient client(fixture.server->http_address());
    client.send("cpu,host=a usage=1 1700000000000000000\r\n\r\n");
    const auto answer = client.read_to_end();
    REQUIRE(answer.has_value());
    CHECK(answer->starts_with("HTTP/1.1 400"));
}
