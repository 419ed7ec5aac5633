#include "tools/remote_session.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/support/silent_port.h"

namespace tidemark::tools {

TEST_CASE("URLs name a host and maybe a port", "[remote]") {
    const auto address = [](std::string_view url) { return parse_url(url).value(); };
    CHECK(address("http://127.0.0.1:9000") == ServerAddress{"127.0.0.1", "9000"});
    CHECK(address("http://localhost/") == ServerAddress{"localhost", "8086"});
    CHECK(address("http://[::1]:9000/") == ServerAddress{"::1", "9000"});
    CHECK(address("http://[::1]") == ServerAddress{"::1", "8086"});
    for (const std::string_view url : {"http://", "http://:80", "http://a:b", "http://a/b", "a:1",
                                       "http://a:", "http://u@h:1"}) {
        INFO(url);
        const Result<ServerAddress> refused = parse_url(url);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().message() ==
              "expected a URL such as http://127.0.0.1:8086, found " + std::string(url));
    }
}

TEST_CASE("a server that is not there is an error that asks for it", "[remote]") {
    const tests::SilentPort port;
    const std::string url = port.url();
    const auto session = RemoteSession::open(url);
    REQUIRE_FALSE(session.has_value());
    CHECK(session.error().message() ==
          url + ": cannot connect: Connection refused; is `tidemark serve` running there?");
}

TEST_CASE("a server that does not answer is given up", "[remote]") {
    const tests::SilentPort port(true);
    const auto session = RemoteSession::open(port.url(), std::chrono::milliseconds(20));
    REQUIRE_FALSE(session.has_value());
    CHECK(session.error().code() == ErrorCode::IoError);
    CHECK(session.error().message().starts_with(port.url() + ": cannot read: "));
}

TEST_CASE("lines that a server does not answer for can be cancelled", "[remote]") {
    tests::SilentPort port(true);
    std::atomic<bool> cancelled{false};
    std::thread server([&] {
        port.take_request();
        cancelled = true;
    });
    RemoteSession session(port.url(), parse_url(port.url()).value());
    const Result<WriteReport> report = session.write("m v=1", "db", "", cancelled);
    server.join();
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code() == ErrorCode::Cancelled);
}

TEST_CASE("a statement that is being answered can be cancelled", "[remote]") {
    tests::SilentPort port(true);
    std::atomic<bool> cancelled{false};
    bool has_request = false;
    std::thread server([&] {
        has_request = port.take_request();
        cancelled = true;
    });
    RemoteSession session(port.url(), parse_url(port.url()).value());
    const Result<QueryResult> result = session.run("SELECT v FROM m", "db", cancelled);
    server.join();
    CHECK(has_request);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code() == ErrorCode::Cancelled);
}

}  // namespace tidemark::tools
