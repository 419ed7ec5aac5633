#include "tools/remote_session.h"

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
    const std::string url = "http://127.0.0.1:" + std::to_string(port.port());
    const auto session = RemoteSession::open(url);
    REQUIRE_FALSE(session.has_value());
    CHECK(session.error().message() ==
          url + ": cannot connect: Connection refused; is `tidemark serve` running there?");
}

}  // namespace tidemark::tools
