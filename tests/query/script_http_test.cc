#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <catch2/catch.hpp>

#include <tidemark/query.h>
#include <tidemark/store.h>

#include "server/server.h"
#include "tests/query/script_runner.h"
#include "tests/server/test_client.h"
#include "tests/support/memory_store.h"
#include "tests/support/temporary_directory.h"
#include "tools/remote_session.h"
#include "tools/render/time_parser.h"

// Scripts again, the way a client sees them: written, asked and answered over HTTP.

namespace tidemark::tests {
namespace {

void write_over_http(const std::string& address, const Script& script) {
    for (const auto& [precision, lines] : script.loads) {
        const std::string answer =
            ask_http(address, "POST /write?db=db&precision=" + precision, "", lines);
        INFO(answer);
        CHECK(answer.starts_with("HTTP/1.1 204 "));
    }
}

// JSON has no times: they came as the text that answers spell, in the local time of a tz().
void restore_times(QueryResult& result) {
    for (StatementResult& statement : result.statements) {
        for (ResultSeries& series : statement.series) {
            for (const Row row : series.rows) {
                for (Cell& cell : row) {
                    const auto* text = std::get_if<std::string>(&cell);
                    if (text == nullptr) continue;
                    if (const auto time = tools::parse_rfc3339(*text)) cell = *time;
                }
            }
        }
    }
}

void ask_over_http(const std::string& address, const std::filesystem::path& path,
                   const Script& script) {
    const std::string url = "http://" + address;
    tools::RemoteSession session(url, tools::parse_url(url).value());
    const std::atomic<bool> cancelled{false};
    for (const ScriptQuery& query : script.queries) {
        INFO(path.filename().string() << ":" << query.line << ": " << query.text);
        Result<QueryResult> answer = session.run(query.text, "db", cancelled);
        REQUIRE(answer);
        restore_times(answer.value());
        CHECK(answer_text(query, answer.value()) == expected_text(query));
    }
}

}  // namespace

TEST_CASE("scripts are answered over HTTP as they say", "[scripts]") {
    const TemporaryDirectory folder;
    for (const auto& path : script_paths()) {
        const Script script = read_script(path);
        const ManualClock clock(script.now_ns);
        auto store = Store::open(folder.path_of(path.stem().string()), script_store_options(clock));
        REQUIRE(store);
        REQUIRE(store.value()->create_database("db"));
        REQUIRE(store.value()->set_nan_accepted("db", true));
        const auto server = server::Server::start(
            *store.value(), {.line_endpoint = "", .http_endpoint = "127.0.0.1:0"});
        REQUIRE(server);
        const std::string address = server.value()->http_address();
        write_over_http(address, script);
        ask_over_http(address, path, script);
    }
}

}  // namespace tidemark::tests
