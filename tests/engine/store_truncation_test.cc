// Segments that somebody makes shorter while they are read. On real files and real mappings.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/base/mapping_guard.h"
#include "storage/engine/store_impl.h"
#include "tests/engine/store_model.h"
#include "tests/support/temporary_directory.h"

namespace fs = std::filesystem;

namespace tidemark::tests {
namespace {

constexpr std::int64_t kRowCount = 20'000;

std::vector<fs::path> segments_of(const std::string& directory) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(directory + "/segments")) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// Incompressible values, so that the segment has many pages.
double value_at(std::int64_t time_ns) {
    const auto mixed = static_cast<std::uint64_t>(time_ns) * 2'862'933'555'777'941'757U;
    return static_cast<double>(mixed >> 11U) / 7;
}

/// Two segments, one for each database.
std::unique_ptr<Store> store_in(const std::string& directory) {
    StoreOptions options = small_options();
    options.rows_per_vector = 256;
    auto store = Store::open(directory, options);
    REQUIRE(store);
    for (const std::string database : {"ops", "spare"}) {
        REQUIRE(store.value()->create_database(database));
        std::vector<PlainPoint> points;
        for (std::int64_t time = 0; time < kRowCount; ++time) {
            points.push_back({"cpu", {}, time, {{"usage", value_at(time)}}});
        }
        write_durably(*store.value(), database, points);
        REQUIRE(store.value()->flush());
    }
    return std::move(store).value();
}

ScanRequest scan_of(const std::string& database) {
    ScanRequest request;
    request.database = database;
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Values}};
    return request;
}

/// Reads to the end, checks what it gets; the error, or how many rows there were.
Result<std::size_t> read_to_end(SeriesCursor& cursor) {
    std::size_t row_count = 0;
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor.next());
        if (piece == nullptr) return row_count;
        for (std::size_t row = 0; row < piece->row_count; ++row) {
            REQUIRE(piece->columns[0].values.floats[row] == value_at(piece->times[row]));
        }
        row_count += piece->row_count;
    }
}

}  // namespace

TEST_CASE("a scan whose segment is made shorter ends with an error, others go on", "[engine]") {
    storage::install_mapping_guard();
    for (const std::uintmax_t size_bytes : {std::uintmax_t{0}, std::uintmax_t{20'000}}) {
        const TemporaryDirectory directory;
        const auto store = store_in(directory.path());
        const auto segments = segments_of(directory.path());
        REQUIRE(segments.size() == 2);
        REQUIRE(fs::file_size(segments[0]) > 60'000);
        const auto scan = store->scan(scan_of("ops"), nullptr);
        REQUIRE(scan);
        auto cursor = scan.value()->open(0);
        REQUIRE(cursor);
        REQUIRE(cursor.value()->next());
        fs::resize_file(segments[0], size_bytes);
        const auto rest = read_to_end(*cursor.value());
        REQUIRE_FALSE(rest);
        CHECK(rest.error().code() == ErrorCode::Corruption);
        // So do all scans that come later, and the store goes on.
        const auto later = store->scan(scan_of("ops"), nullptr);
        REQUIRE(later);
        auto again = later.value()->open(0);
        CHECK_FALSE((again && read_to_end(*again.value())));
        const auto other = store->scan(scan_of("spare"), nullptr);
        REQUIRE(other);
        auto sound = other.value()->open(0);
        REQUIRE(sound);
        const auto row_count = read_to_end(*sound.value());
        REQUIRE(row_count);
        CHECK(row_count.value() == static_cast<std::size_t>(kRowCount));
        write_durably(*store, "ops", {{"cpu", {}, kRowCount, {{"usage", 1.0}}}});
        REQUIRE(store->flush());
    }
}

TEST_CASE("a segment that was made shorter is neither merged nor backed up", "[engine]") {
    storage::install_mapping_guard();
    const TemporaryDirectory directory;
    const auto store = store_in(directory.path());
    write_durably(*store, "ops", {{"cpu", {}, kRowCount, {{"usage", 1.0}}}});
    REQUIRE(store->flush());
    const auto segments = segments_of(directory.path());
    REQUIRE(segments.size() == 3);
    fs::resize_file(segments[0], 20'000);
    const Status merged = store->compact();
    REQUIRE_FALSE(merged);
    CHECK(merged.error().code() == ErrorCode::Corruption);
    CHECK(store->compact());  // What cannot be read is left alone.
    CHECK(segments_of(directory.path()) == segments);
    const std::string backup = directory.path_of("backup");
    const Status backed_up = store->backup(backup);
    REQUIRE_FALSE(backed_up);
    CHECK(backed_up.error().code() == ErrorCode::Corruption);
    CHECK_FALSE(fs::exists(backup));
    CHECK_FALSE(fs::exists(backup + ".unfinished"));
}

TEST_CASE("a segment made shorter under many readers gives each of them right rows or an error",
          "[engine]") {
    storage::install_mapping_guard();
    const TemporaryDirectory directory;
    const auto store = store_in(directory.path());
    std::atomic<int> reading_count{0};
    std::atomic<std::size_t> wrong_count{0};
    std::atomic<std::size_t> failed_count{0};
    std::vector<std::thread> readers;
    readers.reserve(4);
    for (int reader = 0; reader < 4; ++reader) {
        readers.emplace_back([&] {
            while (failed_count == 0) {
                const auto scan = store->scan(scan_of("ops"), nullptr);
                auto cursor = scan.value()->open(0);
                if (!cursor) break;
                ++reading_count;
                while (true) {
                    const auto piece = cursor.value()->next();
                    if (!piece) ++failed_count;
                    if (!piece || piece.value() == nullptr) break;
                    for (std::size_t row = 0; row < piece.value()->row_count; ++row) {
                        const double found = piece.value()->columns[0].values.floats[row];
                        if (found != value_at(piece.value()->times[row])) ++wrong_count;
                    }
                }
            }
            ++failed_count;
        });
    }
    while (reading_count < 8) std::this_thread::yield();
    fs::resize_file(segments_of(directory.path())[0], 8'192);
    for (std::thread& reader : readers) reader.join();
    CHECK(wrong_count == 0);
    CHECK(failed_count > 0);
}

}  // namespace tidemark::tests
