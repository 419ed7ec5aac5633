#include "tests/server/test_client.h"

#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <poll.h>

namespace tidemark::tests {

namespace asio = boost::asio;
using boost::system::error_code;

TestClient::TestClient(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)));
    error_code error;
    socket_.connect({asio::ip::make_address(address.substr(0, colon)), port}, error);
    REQUIRE_FALSE(error);
}

bool TestClient::send(const std::string& text) {
    error_code error;
    asio::write(socket_, asio::buffer(text), error);
    return !error;
}

void TestClient::half_close() {
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void TestClient::read_some(std::string& text, error_code& error) {
    constexpr int kPatienceMs = 20'000;
    pollfd readable{.fd = socket_.native_handle(), .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, kPatienceMs) != 1) {
        error = asio::error::timed_out;
        return;
    }
    std::array<char, 65536> piece{};
    const std::size_t size_bytes = socket_.read_some(asio::buffer(piece), error);
    text.append(piece.data(), size_bytes);
}

std::optional<std::string> TestClient::read_to_end() {
    std::string text;
    for (;;) {
        error_code error;
        read_some(text, error);
        REQUIRE(error != asio::error::timed_out);
        if (error == asio::error::eof) return text;
        if (error) return std::nullopt;
    }
}

std::string TestClient::read_until(const std::string& end) {
    std::string text;
    while (text.find(end) == std::string::npos) {
        error_code error;
        read_some(text, error);
        REQUIRE_FALSE(error);
    }
    return text;
}

std::string ask_http(const std::string& address, const std::string& request_line,
                     const std::string& headers, const std::string& body) {
    TestClient client(address);
    client.send(request_line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const auto answer = client.read_to_end();
    REQUIRE(answer.has_value());
    return *answer;
}

}  // namespace tidemark::tests
