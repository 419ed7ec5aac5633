#include <algorithm>
#include <cstdint>
#include <new>
#include <string>
#include <utility>
#include <variant>

#include <tidemark/query.h>

#include "query/plan/messages.h"
#include "query/session/bound_parameters.h"
#include "query/session/calendars.h"
#include "query/session/deletions.h"
#include "query/session/policies.h"
#include "query/session/select_into.h"
#include "query/session/select_runner.h"
#include "query/session/show.h"
#include "query/syntax/parser.h"
#include "query/syntax/printer.h"

namespace tidemark {
namespace query {
namespace {

StatementResult unsupported(std::string message) {
    return failed(Error(ErrorCode::Unsupported, std::move(message)));
}

class StatementRunner {
public:
    explicit StatementRunner(const StatementContext& context) : context_(context) {}

    StatementResult operator()(const SelectStatement& statement) const {
        if (!statement.into) return run_select(statement, context_);
        if (context_.options.may_write) return run_select_into(statement, context_);
        return needs_post("SELECT INTO");
    }
    StatementResult operator()(const ExplainStatement& statement) const {
        return run_explain(statement, context_);
    }
    StatementResult operator()(const CreateDatabase& statement) const {
        StatementResult result = change(statement, context_);
        if (!context_.options.may_write) warn_of_read_only(statement, result);
        return result;
    }
    StatementResult operator()(const DropDatabase& statement) const {
        return changed("DROP DATABASE", statement);
    }
    StatementResult operator()(const CreateRetentionPolicy& statement) const {
        return changed("CREATE RETENTION POLICY", statement);
    }
    StatementResult operator()(const AlterRetentionPolicy& statement) const {
        return changed("ALTER RETENTION POLICY", statement);
    }
    StatementResult operator()(const DropRetentionPolicy& statement) const {
        return changed("DROP RETENTION POLICY", statement);
    }
    StatementResult operator()(const SetStale& statement) const {
        return changed(statement.measurement ? "ALTER MEASUREMENT" : "ALTER DATABASE", statement);
    }
    StatementResult operator()(const SetNan& statement) const {
        return changed("ALTER DATABASE", statement);
    }
    StatementResult operator()(const DropMeasurement& statement) const {
        return changed("DROP MEASUREMENT", statement);
    }
    StatementResult operator()(const DropSeries& statement) const {
        return changed("DROP SERIES", statement);
    }
    StatementResult operator()(const DeleteStatement& statement) const {
        return changed("DELETE", statement);
    }
    StatementResult operator()(const Backup& statement) const {
        return changed("BACKUP", statement);
    }
    StatementResult operator()(const CreateCalendar& statement) const {
        return changed("CREATE CALENDAR", statement);
    }
    StatementResult operator()(const DropCalendar& statement) const {
        return changed("DROP CALENDAR", statement);
    }
    StatementResult operator()(const CreateMaintenance& statement) const {
        return changed("CREATE MAINTENANCE", statement);
    }
    StatementResult operator()(const DropMaintenance& statement) const {
        return changed("DROP MAINTENANCE", statement);
    }
    StatementResult operator()(const KillQuery& statement) const {
        if (!context_.options.may_write) return needs_post("KILL QUERY");
        if (context_.running.kill(statement.id)) return {};
        // InfluxDB's words.
        return failed(
            Error(ErrorCode::NotFound, "no such query id: " + std::to_string(statement.id) +
                                           "; SHOW QUERIES lists those that are running"));
    }
    StatementResult operator()(const ForeignStatement& statement) const {
        switch (statement.topic) {
            case ForeignTopic::UserList:
                return no_users();
            case ForeignTopic::Users:
            case ForeignTopic::Grants:
                return unsupported(
                    "there are no users: the server answers on loopback addresses only");
            case ForeignTopic::ContinuousQueries:
                return unsupported(
                    "continuous queries are not supported: ask with GROUP BY time(..) when the "
                    "answer is needed");
            case ForeignTopic::Subscriptions:
                return unsupported(
                    "subscriptions are not supported: send the lines to both places");
            case ForeignTopic::Shards:
                return unsupported("there are no shards to manage: segments manage themselves");
        }
        return unsupported("not supported");
    }
    // As InfluxDB without users.
    static StatementResult no_users() {
        StatementResult result;
        result.series.push_back({"", {}, {"user", "admin"}, {}});
        return result;
    }
    template <typename Show>
    StatementResult operator()(const Show& statement) const {
        return show(statement, context_);
    }

private:
    // InfluxDB's words: clients know them.
    static void warn_of_read_only(const CreateDatabase& statement, StatementResult& result) {
        warn(result.messages, "deprecated use of '" + print(Statement{{}, statement}) +
                                  "' in a read only context, please use a POST request instead");
    }
    template <typename Change>
    StatementResult changed(const std::string& name, const Change& statement) const {
        if (context_.options.may_write) return change(statement, context_);
        return needs_post(name);
    }
    static StatementResult needs_post(const std::string& name) {
        return failed(
            Error(ErrorCode::InvalidArgument, name + " changes something: use a POST request"));
    }

    const StatementContext& context_;
};

// Lists a statement for as long as it lives.
class ListedQuery {
public:
    ListedQuery(const Statement& statement, const StatementContext& context)
        : running_(context.running),
          entry_(running_.begin(print(statement), context.options.database)) {}
    ~ListedQuery() { running_.end(entry_.id); }

    const std::atomic<bool>& is_killed() const { return *entry_.is_killed; }

    ListedQuery(const ListedQuery&) = delete;
    ListedQuery& operator=(const ListedQuery&) = delete;

private:
    RunningQueries& running_;
    const RunningQueries::Begun entry_;
};

StatementResult run(const Statement& statement, StatementContext context) {
    if (context.options.cancelled != nullptr && context.options.cancelled->load()) {
        return failed(Error(ErrorCode::Cancelled, "the query was cancelled"));
    }
    // These are refused at once, and their text may hold a password.
    if (const auto* foreign = std::get_if<ForeignStatement>(&statement.node)) {
        return StatementRunner(context)(*foreign);
    }
    const ListedQuery listed(statement, context);
    context.is_killed = &listed.is_killed();
    return std::visit(StatementRunner(context), statement.node);
}

std::size_t row_count(const StatementResult& answer) {
    std::size_t count = 0;
    for (const ResultSeries& series : answer.series) count += series.rows.size();
    return count;
}

// Takes the rows of an answer off `rows_left`, or the answer away when there are not so many left.
void hold_to_row_limit(StatementResult& answer, const QueryOptions& options,
                       std::size_t& rows_left) {
    const std::size_t taken = row_count(answer);
    const std::size_t rows_before = options.row_limit - rows_left;
    if (taken > rows_left) {
        answer = failed(row_limit_error(rows_left));
    } else {
        rows_left -= taken;
    }
    const bool is_refused = answer.error && answer.error->code() == ErrorCode::LimitExceeded;
    if (!is_refused || rows_before == 0) return;
    answer.error =
        std::move(*answer.error)
            .within("after " + std::to_string(rows_before) + " rows of the statements before, of " +
                    std::to_string(options.row_limit) + " for all");
}

}  // namespace
}  // namespace query

QueryResult execute(Store& store, std::string_view text, const QueryOptions& options) {
    QueryResult result;
    try {
        const auto parameters = query::bound_parameters(options.parameters);
        if (!parameters) {
            result.syntax_error = SyntaxError{{}, parameters.error().message()};
            return result;
        }
        auto parsed = query::parse_statements(text, parameters.value());
        if (auto* error = std::get_if<SyntaxError>(&parsed)) {
            result.syntax_error = std::move(*error);
            return result;
        }
        const std::int64_t now_ns = options.now_ns.value_or(store.clock().now_ns());
        QueryOptions options_left = options;
        RunningQueries alone;
        RunningQueries& running = options.running != nullptr ? *options.running : alone;
        for (const query::Statement& statement : std::get<0>(parsed)) {
            const query::StatementContext context{store, options_left, running, now_ns};
            StatementResult answer = query::run(statement, context);
            query::hold_to_row_limit(answer, options, options_left.row_limit);
            result.statements.push_back(std::move(answer));
        }
    } catch (const std::bad_alloc&) {
        result.statements.push_back(query::failed(
            Error(ErrorCode::LimitExceeded, "out of memory while answering the statement")));
    }
    return result;
}

bool is_about_running_queries(std::string_view text) {
    const auto parsed = query::parse_statements(text);
    const auto* statements = std::get_if<0>(&parsed);
    return statements != nullptr && !statements->empty() &&
           std::all_of(statements->begin(), statements->end(), [](const auto& statement) {
               return std::holds_alternative<query::ShowQueries>(statement.node) ||
                      std::holds_alternative<query::KillQuery>(statement.node);
           });
}

}  // namespace tidemark
