#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "storage/line_protocol/line_parser.h"
#include "tests/query/script_runner.h"
#include "tests/support/memory_store.h"
#include "tests/support/temporary_directory.h"

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
        REQUIRE(store.wait_durable(written.value().sequence));  // Then they are visible.
    }
}

void ask(Store& store, const fs::path& path, const Script& script, ScanPath scan_path) {
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

std::set<fs::path> script_paths() {
    std::set<fs::path> paths;
    for (const auto& entry :
         fs::directory_iterator(fs::path(TIDEMARK_SOURCE_DIR) / "tests" / "scripts")) {
        if (entry.path().extension() == ".script") paths.insert(entry.path());
    }
    return paths;
}

}  // namespace

TEST_CASE("scripts are answered as they say, by values, by pieces and by summaries", "[scripts]") {
    std::size_t query_count = 0;
    for (const fs::path& path : script_paths()) {
        const Script script = read_script(path);
        query_count += script.queries.size();
        const ManualClock clock(script.now_ns);
        const auto run = [&](std::size_t rows_per_piece, bool gives_summaries, ScanPath scan_path) {
            MemoryStore store({.clock = &clock,
                               .future_limit_ns = kHoldForever,
                               .gives_summaries = gives_summaries,
                               .rows_per_piece = rows_per_piece});
            load(store, script);
            ask(store, path, script, scan_path);
        };
        run(1000, false, ScanPath::Cheapest);
        run(2, false, ScanPath::Decoded);
        run(2, true, ScanPath::Cheapest);
    }
    CHECK(query_count >= 60);
}

TEST_CASE("scripts are answered by the engine as they say, from head and segments", "[scripts]") {
    const TemporaryDirectory folder;
    for (const fs::path& path : script_paths()) {
        const Script script = read_script(path);
        const ManualClock clock(script.now_ns);
        StoreOptions options;
        options.rows_per_vector = 2;
        options.future_limit_ns = kHoldForever;
        options.clock = &clock;
        options.idle_flush_ns = 0;
        auto store = Store::open(folder.path_of(path.stem().string()), options);
        REQUIRE(store);
        load(*store.value(), script);
        for (const ScanPath scan_path :
             {ScanPath::Cheapest, ScanPath::NoSummaries, ScanPath::Decoded}) {
            ask(*store.value(), path, script, scan_path);
        }
        REQUIRE(store.value()->flush());
        for (const ScanPath scan_path :
             {ScanPath::Cheapest, ScanPath::NoSummaries, ScanPath::Decoded}) {
            ask(*store.value(), path, script, scan_path);
        }
    }
}

}  // namespace tidemark::tests
