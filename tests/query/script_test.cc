#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "storage/line_protocol/line_parser.h"
#include "tests/query/script_runner.h"
#include "tests/support/memory_store.h"

namespace tidemark::tests {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += "  " + line + "\n";
    return text;
}

void load(Store& store, const Script& script) {
    REQUIRE(store.create_database("db"));
    for (const auto& [precision, text] : script.loads) {
        storage::LineParserOptions options;
        options.precision = storage::parse_time_precision(precision).value();
        const auto lines = storage::parse_lines(text, options);
        for (const auto& refused : lines.rejected) FAIL_CHECK(refused.message());
        auto written = store.write("db", "", lines.batch);
        REQUIRE(written);
        for (const auto& refused : written.value().rejected) FAIL_CHECK(refused.reason);
    }
}

void run(const fs::path& path, const Script& script, const MemoryStoreOptions& options,
         ScanPath scan_path) {
    MemoryStore store(options);
    load(store, script);
    for (const ScriptQuery& query : script.queries) {
        INFO(path.filename().string() << ":" << query.line << ": " << query.text);
        QueryOptions query_options;
        query_options.database = "db";
        query_options.path = scan_path;
        const bool with_messages =
            std::any_of(query.expected.begin(), query.expected.end(),
                        [](const std::string& line) { return line.starts_with("message "); });
        const auto answer = render_answer(execute(store, query.text, query_options), with_messages);
        CHECK(joined(answer) == joined(query.expected));
    }
}

}  // namespace

TEST_CASE("every script is answered as it says, by values, by pieces and by summaries",
          "[scripts]") {
    std::set<fs::path> paths;
    for (const auto& entry :
         fs::directory_iterator(fs::path(TIDEMARK_SOURCE_DIR) / "tests" / "scripts")) {
        if (entry.path().extension() == ".script") paths.insert(entry.path());
    }
    std::size_t query_count = 0;
    for (const fs::path& path : paths) {
        const Script script = read_script(path);
        query_count += script.queries.size();
        const ManualClock clock(script.now_ns);
        MemoryStoreOptions options{.clock = &clock, .future_limit_ns = kHoldForever};
        run(path, script, options, ScanPath::Cheapest);
        options.rows_per_piece = 2;
        run(path, script, options, ScanPath::Decoded);
        options.gives_summaries = true;
        run(path, script, options, ScanPath::Cheapest);
    }
    std::cout << paths.size() << " scripts with " << query_count << " queries\n";
    CHECK(query_count >= 60);
}

}  // namespace tidemark::tests
