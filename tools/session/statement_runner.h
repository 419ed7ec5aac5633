#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/result.h>

namespace tidemark::tools {

/// The database of who names none.
inline constexpr const char* kDefaultDatabase = "default";

/// What became of lines of line protocol.
struct WriteReport {
    std::uint64_t refused_count = 0;    ///< All others are durable.
    std::vector<std::string> refusals;  ///< "line 3, column 12: ..", at most ten thousand.
};

/// Where statements are executed: a store in this process or a server. Not thread-safe.
class StatementRunner {
public:
    virtual ~StatementRunner() = default;

    /// The values for $names of the statements that follow, as parameters_json() gives them.
    void bind_parameters(std::string json) { parameters_json_ = std::move(json); }

    /// Executes the statements of `text`, as execute() does. An error means that the place could
    /// not be asked: nothing is known about the statements. `cancelled` ends them early when it
    /// becomes true; it is only read.
    virtual Result<QueryResult> run(std::string_view text, const std::string& database,
                                    const std::atomic<bool>& cancelled) = 0;

    /// Writes line protocol with times in ns into a retention policy; empty: the default one. An
    /// error means that nothing was taken: there is no such database or policy, or the place could
    /// not be asked; Cancelled, after which nothing is known about the lines, as run() says.
    virtual Result<WriteReport> write(const std::string& lines, const std::string& database,
                                      const std::string& policy,
                                      const std::atomic<bool>& cancelled) = 0;

    /// The directory or URL.
    virtual const std::string& place() const = 0;

protected:
    const std::string& parameters_json() const { return parameters_json_; }

private:
    std::string parameters_json_;
};

/// Opens `place`: the server at an http:// URL, else the store in that directory. The error says
/// what a user can do about it.
Result<std::unique_ptr<StatementRunner>> open_place(const std::string& place);

}  // namespace tidemark::tools
