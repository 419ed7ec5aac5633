#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/statement_text.h>

#include "tools/session/statement_runner.h"

namespace tidemark::tools {

/// What names a database holds at the moment, asked with SHOW statements wherever the runner
/// executes them. Whatever goes wrong gives no names: they are for help, not for answers. Not
/// thread-safe.
class SchemaReader {
public:
    /// Both must outlive it. `cancelled` ends what is being asked.
    SchemaReader(StatementRunner& runner, const std::atomic<bool>& cancelled)
        : runner_(runner), cancelled_(cancelled) {}

    /// Names of that kind in a database: tags and fields of the measurements, of all when there are
    /// none. Each once, sorted.
    std::vector<std::string> names(SchemaName kind, const std::string& database,
                                   const std::vector<std::string>& measurements);

    /// Values that begin with `prefix`, at most some hundred, as statements write them: of a tag in
    /// single quotes; true and false of a boolean field.
    std::vector<std::string> values(const std::string& column, std::string_view prefix,
                                    const std::string& database,
                                    const std::vector<std::string>& measurements);

private:
    std::vector<std::string> texts(const std::string& statement, const std::string& database,
                                   std::string_view column);
    bool is_boolean(const std::string& field, const std::string& database,
                    const std::vector<std::string>& measurements);

    StatementRunner& runner_;
    const std::atomic<bool>& cancelled_;
};

}  // namespace tidemark::tools
