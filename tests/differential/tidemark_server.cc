#include "tests/differential/tidemark_server.h"

#include <catch2/catch.hpp>

#include "tests/query/script_runner.h"

namespace tidemark::tests {

TidemarkServer::TidemarkServer(std::int64_t now_ns) : clock_(now_ns) {
    auto store = Store::open(directory_.path_of("store"), script_store_options(clock_));
    REQUIRE(store.has_value());
    store_ = std::move(store).value();
    server::ServerOptions server_options;
    server_options.line_endpoint.clear();
    server_options.http_endpoint = "127.0.0.1:0";
    auto server = server::Server::start(*store_, server_options);
    REQUIRE(server.has_value());
    server_ = std::move(server).value();
}

}  // namespace tidemark::tests
