#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "storage/base/file_system.h"
#include "storage/inspection/store_file.h"
#include "storage/line_protocol/line_parser.h"
#include "storage/segment/segment_reader.h"
#include "tests/query/script_runner.h"
#include "tests/support/memory_store.h"
#include "tests/support/temporary_directory.h"

namespace tidemark::tests {
namespace {

namespace fs = std::filesystem;

void load(Store& store, const Script& script) {
    REQUIRE(store.create_database("db"));
    REQUIRE(store.set_nan_accepted("db", true));
    for (const auto& [precision, text] : script.loads) {
        storage::LineParserOptions options;
        options.precision = storage::parse_time_precision(precision).value();
        options.accepts_nan = true;
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
        const QueryResult answer = execute(store, query.text, query_options);
        CHECK(answer_text(query, answer) == expected_text(query));
    }
}

constexpr std::uint32_t kRowsPerTinyVector = 2;

struct VectorCounts {
    std::size_t vectors = 0;
    std::size_t series = 0;
};

// Looks into the segment files of a store: no vector has more rows than it should.
VectorCounts count_tiny_vectors(const std::string& directory) {
    storage::FileSystem& file_system = storage::posix_file_system();
    VectorCounts counts;
    const auto files = storage::list_store_files(file_system, directory);
    REQUIRE(files);
    for (const auto& file : files.value()) {
        if (file.kind != storage::StoreFileKind::Segment) continue;
        std::shared_ptr<const storage::MappedFile> mapped =
            file_system.map(directory + "/" + file.name).value();
        const auto segment = storage::SegmentReader::open(std::move(mapped), file.name).value();
        for (std::size_t index = 0; index < segment->info().series_count; ++index) {
            const auto groups = segment->row_groups(segment->series_id(index)).value();
            for (const auto& group : groups) CHECK(group->info().row_count <= kRowsPerTinyVector);
            counts.vectors += groups.size();
            ++counts.series;
        }
    }
    return counts;
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
    CHECK(query_count >= 620);
}

TEST_CASE("scripts are answered by the engine as they say, from head and segments of tiny vectors",
          "[scripts]") {
    const TemporaryDirectory folder;
    VectorCounts counts;
    for (const fs::path& path : script_paths()) {
        const Script script = read_script(path);
        const ManualClock clock(script.now_ns);
        StoreOptions options = script_store_options(clock);
        options.rows_per_vector = kRowsPerTinyVector;
        const std::string directory = folder.path_of(path.stem().string());
        auto store = Store::open(directory, options);
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
        REQUIRE(store.value()->compact());
        ask(*store.value(), path, script, ScanPath::Cheapest);
        const auto [vectors, series] = count_tiny_vectors(directory);
        counts.vectors += vectors;
        counts.series += series;
    }
    CHECK(counts.vectors > counts.series);  // Otherwise no edge of a vector was crossed.
}

TEST_CASE("a text that is no script is refused with its place", "[scripts]") {
    const TemporaryDirectory folder;
    const std::string path = folder.path_of("bad.script");
    for (const std::string text :
         {"nonsense", "now yesterday", "load x", "load s until 2020-01-01", "load s since noon",
          "  m v=1 0", "load s since 2020-01-01\n  m v=1"}) {
        INFO(text);
        std::ofstream(path) << text << "\n";
        CHECK_THROWS_WITH(read_script(path), Catch::StartsWith(path + ":"));
    }
}

}  // namespace tidemark::tests
