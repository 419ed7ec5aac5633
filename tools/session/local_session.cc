#include "tools/session/local_session.h"

#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "server/handlers/http_handler.h"
#include "server/handlers/query_parameters.h"
#include "tools/session/answer_parser.h"

namespace tidemark::tools {
namespace {

// What to do about it, for the errors that users meet.
std::string advice(ErrorCode code) {
    switch (code) {
        case ErrorCode::Busy:
            return "; if a server has it open, ask the server: --at http://127.0.0.1:8086";
        case ErrorCode::NotFound:
            return "; `tidemark serve --data DIR` makes one";
        default:
            return {};
    }
}

}  // namespace

Result<std::unique_ptr<Store>> open_local_store(const std::string& directory, bool read_only) {
    std::error_code failure;
    if (!std::filesystem::is_directory(directory, failure)) {
        return Error(ErrorCode::NotFound, "open " + directory + ": there is no such directory" +
                                              advice(ErrorCode::NotFound));
    }
    StoreOptions options;
    options.create_if_missing = false;
    options.read_only = read_only;
    Result<std::unique_ptr<Store>> store = Store::open(directory, options);
    if (!store) {
        const Error error = std::move(store).error();
        return Error(error.code(), error.message() + advice(error.code()));
    }
    return store;
}

Result<std::unique_ptr<StatementRunner>> LocalSession::open(const std::string& directory) {
    const bool read_only = ::access(directory.c_str(), W_OK) != 0;
    TIDEMARK_ASSIGN_OR_RETURN(auto store, open_local_store(directory, read_only));
    return std::unique_ptr<StatementRunner>(
        std::make_unique<LocalSession>(directory, std::move(store)));
}

Result<QueryResult> LocalSession::run(std::string_view text, const std::string& database,
                                      const std::atomic<bool>& cancelled) {
    QueryOptions options;
    options.database = database;
    options.cancelled = &cancelled;
    if (!parameters_json().empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(options.parameters,
                                  server::parse_query_parameters(parameters_json()));
    }
    return execute(*store_, text, options);
}

// The server's handler, so that both places refuse lines in the same words.
Result<WriteReport> LocalSession::write(const std::string& lines, const std::string& database,
                                        const std::string& policy,
                                        const std::atomic<bool>& cancelled) {
    server::Counters counters;
    const server::HandlerContext context{*store_, counters, cancelled};
    const server::HttpResponse response = server::handle_write(
        context, {.parameters = {{"db", database}, {"rp", policy}}, .body = lines});
    return read_write_answer(response.status, response.body);
}

}  // namespace tidemark::tools
