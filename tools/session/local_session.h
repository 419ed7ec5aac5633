#pragma once

#include <memory>
#include <string>

#include <tidemark/store.h>

#include "tools/session/statement_runner.h"

namespace tidemark::tools {

/// Opens the store in `directory`, which must be there. The error says what a user can do about it.
Result<std::unique_ptr<Store>> open_local_store(const std::string& directory, bool read_only);

/// Statements on a store that this process has open.
class LocalSession final : public StatementRunner {
public:
    /// Opens the store in `directory`, which must be there; only for reading when the directory
    /// cannot be written to.
    static Result<std::unique_ptr<StatementRunner>> open(const std::string& directory);

    LocalSession(std::string directory, std::unique_ptr<Store> store)
        : directory_(std::move(directory)), store_(std::move(store)) {}

    Result<QueryResult> run(std::string_view text, const std::string& database,
                            const std::atomic<bool>& cancelled) override;
    Result<WriteReport> write(const std::string& lines, const std::string& database,
                              const std::string& policy,
                              const std::atomic<bool>& cancelled) override;
    const std::string& place() const override { return directory_; }

private:
    std::string directory_;
    std::unique_ptr<Store> store_;
};

}  // namespace tidemark::tools
