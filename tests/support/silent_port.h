#pragma once

#include <string>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tidemark::tests {

/// A TCP port of 127.0.0.1 that is taken while this lives, and where nothing is answered.
class SilentPort {
public:
    /// When nobody listens, connections are refused; else they are made.
    explicit SilentPort(bool listens = false) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(socket_, generic, size) == 0);
        REQUIRE(::getsockname(socket_, generic, &size) == 0);
        port_ = ntohs(address.sin_port);
        if (listens) REQUIRE(::listen(socket_, 8) == 0);
    }
    ~SilentPort() {
        if (connection_ >= 0) ::close(connection_);
        ::close(socket_);
    }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;

    int port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// Waits for a client and the beginning of what it asks; false when it asks nothing. The
    /// connection stays open.
    bool take_request() {
        connection_ = ::accept(socket_, nullptr, nullptr);
        char byte = 0;
        return ::recv(connection_, &byte, 1, 0) == 1;
    }

    int descriptor() const { return socket_; }

private:
    int socket_;
    int port_ = 0;
    int connection_ = -1;
};

}  // namespace tidemark::tests
