#include "tests/server/forwarding_store.h"

#include <chrono>
#include <functional>
#include <new>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/support/failing_allocations.h"

namespace tidemark::tests {
namespace {

void for_each_row(const Store& store, const std::string& database, const std::string& measurement,
                  const std::string& field, const std::function<void(std::int64_t, double)>& row) {
    ScanRequest request;
    request.database = database;
    request.measurement = measurement;
    request.columns = {{field, Need::Values}};
    auto scan = store.scan(request, nullptr);
    REQUIRE(scan.has_value());
    for (std::size_t i = 0; i < (*scan.value()).series().size(); ++i) {
        auto cursor = (*scan.value()).open(i);
        REQUIRE(cursor.has_value());
        for (;;) {
            const auto piece = cursor.value()->next();
            REQUIRE(piece.has_value());
            if (piece.value() == nullptr) break;
            const ColumnValues& values = piece.value()->columns[0].values;
            for (std::size_t r = 0; r < piece.value()->row_count; ++r) {
                if (values.is_valid(r)) row(piece.value()->times[r], values.floats[r]);
            }
        }
    }
}

}  // namespace

Result<WriteResult> ForwardingStore::write(std::string_view database, std::string_view policy,
                                           const WriteBatch& batch) {
    if (fails_to_write) return Error(ErrorCode::StorageFull, "no space left");
    if (runs_out_of_memory) {
        fail_next_allocation(runs_out_of_memory);
        throw std::bad_alloc();
    }
    ++waiting_writes;
    while (writes_wait) std::this_thread::yield();
    --waiting_writes;
    return target_.write(database, policy, batch);
}

Result<std::unique_ptr<Scan>> ForwardingStore::scan(
    const ScanRequest& request, std::shared_ptr<const Snapshot> snapshot) const {
    if (scans_wait_for_cancel && request.stop != nullptr) {
        // Not for ever, so that a test whose query is never cancelled fails and ends.
        const auto patience_end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        ++waiting_scans;
        while (request.stop->check() && std::chrono::steady_clock::now() < patience_end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        --waiting_scans;
        Status stopped = request.stop->check();
        if (stopped) return Error(ErrorCode::IoError, "the query was not cancelled");
        ++cancelled_scans;
        return std::move(stopped).error();
    }
    return target_.scan(request, std::move(snapshot));
}

std::vector<double> stored_floats(const Store& store, const std::string& database,
                                  const std::string& measurement, const std::string& field) {
    std::vector<double> values;
    for_each_row(store, database, measurement, field,
                 [&](std::int64_t, double value) { values.push_back(value); });
    return values;
}

std::vector<std::int64_t> stored_times(const Store& store, const std::string& database,
                                       const std::string& measurement, const std::string& field) {
    std::vector<std::int64_t> times;
    for_each_row(store, database, measurement, field,
                 [&](std::int64_t time_ns, double) { times.push_back(time_ns); });
    return times;
}

}  // namespace tidemark::tests
