#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/rows.h>
#include <tidemark/scan.h>
#include <tidemark/store.h>
#include <tidemark/types.h>

namespace tidemark {

/// One group of rows, in InfluxDB's shape.
struct ResultSeries {
    std::string name;
    std::vector<std::pair<std::string, std::string>> tags;  ///< Of GROUP BY, sorted by key.
    std::vector<std::string> columns;
    RowTable rows;  ///< Each as wide as `columns`.
};

/// A remark on an answer: the answer stands, but the reader should know.
struct ResultMessage {
    std::string level;  ///< "warning" or "info"
    std::string text;
};

/// The answer to one statement.
struct StatementResult {
    std::vector<ResultSeries> series;
    std::vector<ResultMessage> messages;
    std::optional<Error> error;  ///< The statement failed; series is empty.
};

/// Where in a statement's text something is wrong. Lines and columns count from 1, in bytes.
struct SourceLocation {
    std::size_t line = 1;
    std::size_t column = 1;
};

/// The text could not be understood. `message` is one line, without the place; render() shows the
/// line of the text with a caret below the place.
struct SyntaxError {
    SourceLocation location;
    std::string message;

    std::string render(std::string_view text) const;
};

/// A statement that is being executed.
struct RunningQuery {
    std::uint64_t id = 0;
    std::string text;      ///< As the parser understood it, without passwords.
    std::string database;  ///< What it refers to where it names none.
    std::int64_t age_ns = 0;
    bool is_killed = false;  ///< It is told to end, and has not yet.
};

/// The statements that execute() is at, for SHOW QUERIES and KILL QUERY: one for all who share a
/// store, given by QueryOptions::running. Thread-safe.
class RunningQueries {
public:
    /// In order of their begin.
    std::vector<RunningQuery> list() const;

    /// Ends a statement with Cancelled when it next looks, which it does before each piece that it
    /// reads. False when none has this id.
    bool kill(std::uint64_t id);

    struct Begun {
        std::uint64_t id;
        std::shared_ptr<const std::atomic<bool>> is_killed;
    };
    /// execute() calls these. Ids are never used again.
    Begun begin(std::string text, std::string database);
    void end(std::uint64_t id);

    /// How many statements there have been, with those that are running.
    std::uint64_t begun_count() const;

private:
    struct Entry {
        std::string text;
        std::string database;
        std::chrono::steady_clock::time_point begin;
        std::shared_ptr<std::atomic<bool>> is_killed;
    };

    mutable std::mutex mutex_;
    std::map<std::uint64_t, Entry> entries_;  // Guarded by mutex_, as is next_id_.
    std::uint64_t next_id_ = 1;
};

/// A parameter's value that is a length of time, as a statement spells it: "1h30m", "-10s", "1mo".
struct DurationParameter {
    std::string text;
};

/// A parameter's value that is a regex, without its slashes.
struct RegexParameter {
    std::string pattern;
};

/// A parameter's value that is a name: of a field, a tag, a measurement, a database.
struct NameParameter {
    std::string name;
};

/// What stands for `$name` in a statement. It is one literal, or one name, whatever it holds: no
/// value can become another piece of syntax.
using QueryParameter = std::variant<double, std::int64_t, std::uint64_t, bool, std::string,
                                    DurationParameter, RegexParameter, NameParameter>;

/// What a program counts, for SHOW STATS: figures under the name of the part that they are of.
struct StatisticsModule {
    std::string name;
    std::vector<std::pair<std::string, std::uint64_t>> figures;
};

struct QueryOptions {
    std::string database;          ///< What statements refer to that name none.
    std::string retention_policy;  ///< Empty: the database's default one.
    ScanPath path = ScanPath::Cheapest;
    /// What `now()` is for this text; nothing: the store's clock, read once.
    std::optional<std::int64_t> now_ns;
    /// Who asks: kept with the calendars and maintenance windows that the statements change.
    std::string author;
    /// False refuses what writes (DROP, DELETE, INTO, KILL QUERY, ..), and warns of CREATE
    /// DATABASE: HTTP GET, as in InfluxDB.
    bool may_write = true;
    /// By name, without the $. A `$name` that has none here is a syntax error; one that the text
    /// does not name is none. An error tells of a value that is no duration, or not finite.
    std::map<std::string, QueryParameter, std::less<>> parameters{};
    const std::atomic<bool>* cancelled = nullptr;  ///< Ends the statement with Cancelled.
    /// Rows of all statements together; the statement that goes beyond it fails (LimitExceeded).
    std::size_t row_limit = 2'000'000;
    /// For each statement; beyond it, it fails with LimitExceeded.
    std::chrono::nanoseconds time_limit = std::chrono::minutes(5);
    /// Of the samples and rows that a statement holds at a time, as far as they are counted; beyond
    /// it, it fails with LimitExceeded. What answers statements before it is not counted.
    std::size_t memory_limit_bytes = std::size_t{2} << 30;
    RunningQueries* running = nullptr;  ///< Null: SHOW QUERIES shows itself alone.
    /// What SHOW STATS shows besides the store's own figures; null: nothing. Called by the thread
    /// that executes.
    std::function<std::vector<StatisticsModule>()> statistics{};
    unsigned thread_limit = 0;  ///< 0: as many as there are processors.
};

/// Either what every statement of a text answered, or why the text was not understood.
struct QueryResult {
    std::vector<StatementResult> statements;
    std::optional<SyntaxError> syntax_error;  ///< Nothing was executed.
};

/// Executes the statements of `text` (separated by ';') one after the other. A statement that fails
/// does not stop the next ones (InfluxDB stops there). Thread-safe: many at a time on one store.
///
///     const std::string_view text = "SELECT uptime(up = 1) FROM probe GROUP BY host";
///     QueryOptions options;
///     options.database = "ops";
///     const QueryResult result = execute(store, text, options);
///     if (result.syntax_error) {
///         return Error(ErrorCode::InvalidArgument, result.syntax_error->render(text));
///     }
///     const StatementResult& answer = result.statements.front();
///     if (answer.error) return *answer.error;
///     for (const ResultSeries& series : answer.series) {
///         const auto* uptime = std::get_if<double>(&series.rows.front()[1]);  // Null: unknown.
///         if (uptime != nullptr) std::printf("%s %.4f\n", series.name.c_str(), *uptime);
///     }
QueryResult execute(Store& store, std::string_view text, const QueryOptions& options);

/// Whether `text` holds SHOW QUERIES and KILL QUERY only, which never wait: a server answers them
/// also when all its threads are busy with queries, since that is when they are needed.
bool is_about_running_queries(std::string_view text);

}  // namespace tidemark
