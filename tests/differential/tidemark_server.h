#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <tidemark/store.h>

#include "server/server.h"
#include "tests/support/memory_store.h"
#include "tests/support/temporary_directory.h"

namespace tidemark::tests {

/// A Tidemark server on a free port of 127.0.0.1, with its data in a temporary directory, whose
/// clock stands still. It takes points however far in the future: InfluxDB does.
class TidemarkServer {
public:
    explicit TidemarkServer(std::int64_t now_ns);

    std::string address() const { return server_->http_address(); }

private:
    TemporaryDirectory directory_;
    ManualClock clock_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<server::Server> server_;
};

}  // namespace tidemark::tests
