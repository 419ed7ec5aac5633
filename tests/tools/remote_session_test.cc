#include "tools/remote_session.h"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tidemark::tools {
namespace {

// A port that is bound but answers nothing: nobody accepts.
class SilentPort {
public:
    SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(socket_, generic, size) == 0);
        REQUIRE(::getsockname(socket_, generic, &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    ~SilentPort() { ::close(socket_); }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;

    int port() const { return port_; }

private:
    int socket_;
    int port_ = 0;
};

}  // namespace

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
    const SilentPort port;  // Bound and not listening: connections are refused.
    const std::string url = "http://127.0.0.1:" + std::to_string(port.port());
    const auto session = RemoteSession::open(url);
    REQUIRE_FALSE(session.has_value());
    CHECK(session.error().message() ==
          url + ": cannot connect: Connection refused; is `tidemark serve` running there?");
}

}  // namespace tidemark::tools
