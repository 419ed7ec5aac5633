#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "server/server.h"
#include "tests/server/forwarding_store.h"
#include "tests/server/test_client.h"
#include "tests/support/memory_store.h"

namespace tidemark::tests {

/// A server on free ports, of a store in memory that can be made to fail or to wait.
struct ServerFixture {
    MemoryStore memory;
    ForwardingStore store{memory};
    std::unique_ptr<server::Server> server;

    explicit ServerFixture(server::ServerOptions options = {});

    /// Sends lines as a client does that wants to know that they are durable.
    std::optional<std::string> send_lines(const std::string& text);
    /// Of the field f of m.
    std::size_t row_count(const std::string& database);
};

/// Lines of m with the field f, of ten hosts, a nanosecond apart.
std::string many_lines(int count);

}  // namespace tidemark::tests
