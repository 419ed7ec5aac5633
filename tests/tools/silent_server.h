#pragma once

#include <string>
#include <thread>

#include "tests/support/silent_port.h"

namespace tidemark::tools {

/// A server that answers /ping and nothing else: whoever asks it a query waits until he gives up.
class SilentServer {
public:
    SilentServer();
    ~SilentServer();
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;

    std::string url() const;

    /// Waits for the next query to arrive; the test fails after half a minute.
    void wait_for_query() const;

private:
    void serve() const;

    tests::SilentPort listener_{true};
    int queries_[2] = {-1, -1};  // A pipe that gets a byte per query.
    std::thread thread_;
};

}  // namespace tidemark::tools
