#include "tests/tools/silent_server.h"

#include <string_view>

#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tidemark::tools {
namespace {

constexpr int kPatienceMs = 30'000;

// Up to the end of the headers; less when the other side closes.
std::string read_request(int connection) {
    std::string request;
    char buffer[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t count = ::read(connection, buffer, sizeof buffer);
        if (count <= 0) break;
        request.append(buffer, static_cast<std::size_t>(count));
    }
    return request;
}

void wait_for_close(int connection) {
    char buffer[4096];
    while (::read(connection, buffer, sizeof buffer) > 0) {
    }
}

}  // namespace

SilentServer::SilentServer() {
    REQUIRE(::pipe(queries_) == 0);
    thread_ = std::thread([this] { serve(); });
}

SilentServer::~SilentServer() {
    ::shutdown(listener_.descriptor(), SHUT_RDWR);
    thread_.join();
    ::close(queries_[0]);
    ::close(queries_[1]);
}

std::string SilentServer::url() const {
    return "http://127.0.0.1:" + std::to_string(listener_.port());
}

void SilentServer::serve() const {
    constexpr std::string_view kPong = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    while (true) {
        const int connection = ::accept(listener_.descriptor(), nullptr, nullptr);
        if (connection < 0) return;
        const std::string request = read_request(connection);
        bool is_told = true;
        if (request.starts_with("GET /ping")) {
            is_told = ::write(connection, kPong.data(), kPong.size()) > 0;
        } else if (!request.empty()) {
            is_told = ::write(queries_[1], "q", 1) == 1;
            wait_for_close(connection);
        }
        ::close(connection);
        if (!is_told) return;
    }
}

void SilentServer::wait_for_query() const {
    pollfd watched{queries_[0], POLLIN, 0};
    REQUIRE(::poll(&watched, 1, kPatienceMs) == 1);
    char byte = 0;
    REQUIRE(::read(queries_[0], &byte, 1) == 1);
}

}  // namespace tidemark::tools
