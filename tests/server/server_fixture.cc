#include "tests/server/server_fixture.h"

#include <catch2/catch.hpp>

namespace tidemark::tests {

ServerFixture::ServerFixture(server::ServerOptions options) {
    options.line_endpoint = "127.0.0.1:0";
    options.http_endpoint = "localhost:0";
    auto started = server::Server::start(store, options);
    REQUIRE(started.has_value());
    server = std::move(started).value();
}

std::optional<std::string> ServerFixture::send_lines(const std::string& text) {
    TestClient client(server->line_address());
    client.send(text);
    client.half_close();
    return client.read_to_end();
}

std::size_t ServerFixture::row_count(const std::string& database) {
    return stored_times(memory, database, "m", "f").size();
}

std::string many_lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "m,host=h" + std::to_string(i % 10) + " f=" + std::to_string(i) + " " +
                std::to_string(i) + "\n";
    }
    return text;
}

}  // namespace tidemark::tests
