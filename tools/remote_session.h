#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tools/session/statement_runner.h"

namespace tidemark::tools {

/// HOST and PORT of `http://HOST[:PORT][/]`; the port is 8086 unless given.
struct ServerAddress {
    std::string host;
    std::string port;
    bool operator==(const ServerAddress&) const = default;
};

Result<ServerAddress> parse_url(std::string_view url);

/// Statements on a server, over HTTP; one connection per call.
class RemoteSession final : public StatementRunner {
public:
    /// Asks the server for a sign of life first, and waits no longer than `timeout` for it.
    static Result<std::unique_ptr<StatementRunner>> open(
        const std::string& url, std::chrono::milliseconds timeout = std::chrono::seconds(5));

    RemoteSession(std::string url, ServerAddress address)
        : url_(std::move(url)), address_(std::move(address)) {}

    Result<QueryResult> run(std::string_view text, const std::string& database,
                            const std::atomic<bool>& cancelled) override;
    Result<WriteReport> write(const std::string& lines, const std::string& database,
                              const std::string& policy,
                              const std::atomic<bool>& cancelled) override;
    const std::string& place() const override { return url_; }

private:
    std::string url_;
    ServerAddress address_;
};

}  // namespace tidemark::tools
