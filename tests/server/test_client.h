#pragma once

#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace tidemark::tests {

/// A blocking TCP client that gives up after some seconds instead of hanging.
class TestClient {
public:
    /// Connects to "127.0.0.1:PORT"; the test fails when it cannot.
    explicit TestClient(const std::string& address);

    /// False when the other side has cut the connection.
    bool send(const std::string& text);
    void half_close();
    /// Whatever comes until the other side closes in order; nothing when it resets.
    std::optional<std::string> read_to_end();
    /// Reads until `end` has come, and no further than what came with it.
    std::string read_until(const std::string& end);

private:
    /// Some bytes, or why there are none; timed_out after some seconds of silence.
    void read_some(std::string& text, boost::system::error_code& error);

    boost::asio::io_context io_;
    boost::asio::ip::tcp::socket socket_{io_};
};

/// Sends one HTTP request on a connection of its own and returns the whole answer.
std::string ask_http(const std::string& address, const std::string& request_line,
                     const std::string& headers = "", const std::string& body = "");

}  // namespace tidemark::tests
