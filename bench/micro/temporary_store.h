#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <tidemark/store.h>
#include <tidemark/write_batch.h>

#include "bench/support/kpi_shapes.h"
#include "tests/support/temporary_directory.h"

namespace tidemark::bench {

/// A store in a temporary directory, with one database.
class TemporaryStore {
public:
    static constexpr const char* kDatabase = "ops";

    /// Of a store that flushes when told to, and never because of its size or of idleness; all data
    /// of some years lies in one partition.
    static StoreOptions quiet_options();

    explicit TemporaryStore(const StoreOptions& options = quiet_options());

    Store& store() { return *store_; }
    const std::string& path() const { return directory_->path(); }

    /// Writes all points, none of which may be refused.
    void write(const WriteBatch& batch);
    void wait_durable();

    /// Closes the store and opens it again, which brings in what its log holds.
    void close();
    void open();

private:
    std::unique_ptr<tests::TemporaryDirectory> directory_;  // Its address moves with the store.
    StoreOptions options_;
    std::unique_ptr<Store> store_;
    Sequence last_sequence_ = 0;
};

/// Adds the host's line of that tick, when there is one.
void add_point(const Workload& workload, const KpiMeasurement& measurement, std::size_t host,
               std::size_t tick, WriteBatch& batch);

/// Calls `consume` with batches of 5,000 points or little more: the workload's lines of these
/// measurements, tick after tick, as they come in live traffic.
template <typename Measurements, typename Consume>
void for_each_batch(const Workload& workload, const Measurements& measurements,
                    const Consume& consume) {
    constexpr std::size_t kPointsPerBatch = 5000;
    WriteBatch batch;
    for (std::size_t tick = 0; tick < workload.options().tick_count; ++tick) {
        for (std::size_t host = 0; host < workload.options().host_count; ++host) {
            for (const KpiMeasurement& measurement : measurements) {
                add_point(workload, measurement, host, tick, batch);
            }
        }
        if (batch.point_count() < kPointsPerBatch) continue;
        consume(batch);
        batch.clear();
    }
    if (!batch.is_empty()) consume(batch);
}

}  // namespace tidemark::bench
