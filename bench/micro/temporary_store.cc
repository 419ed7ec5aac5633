#include "bench/micro/temporary_store.h"

#include <algorithm>
#include <limits>

#include "bench/micro/measures.h"

namespace tidemark::bench {

StoreOptions TemporaryStore::quiet_options() {
    constexpr std::int64_t kTenYearsNs = 3650LL * 86'400 * 1'000'000'000;
    StoreOptions options;
    options.head_row_limit = std::numeric_limits<std::uint64_t>::max();
    options.head_size_limit_bytes = std::numeric_limits<std::uint64_t>::max();
    options.future_limit_ns = kHoldForever;
    options.partition_width_ns = kTenYearsNs;
    options.idle_flush_ns = 0;
    options.compaction_bytes_per_second = 0;
    return options;
}

TemporaryStore::TemporaryStore(const StoreOptions& options)
    : directory_(std::make_unique<tests::TemporaryDirectory>()), options_(options) {
    open();
    must(store_->create_database(kDatabase));
}

void TemporaryStore::open() { store_ = must(Store::open(directory_->path(), options_)); }

void TemporaryStore::close() {
    must(store_->close());
    store_.reset();
}

void TemporaryStore::write(const WriteBatch& batch) {
    const WriteResult written = must(store_->write(kDatabase, "", batch));
    if (written.rejected_count > 0) {
        must<WriteResult>(Error(ErrorCode::InvalidArgument, written.rejected.front().reason));
    }
    last_sequence_ = std::max(last_sequence_, written.sequence);
}

void TemporaryStore::wait_durable() { must(store_->wait_durable(last_sequence_)); }

void add_point(const Workload& workload, const KpiMeasurement& measurement, std::size_t host,
               std::size_t tick, WriteBatch& batch) {
    if (!workload.has_line(measurement, host, tick)) return;
    batch.begin_point(measurement.name);
    batch.add_tag("host", host_name(host));
    batch.add_tag("region", region_name(host));
    batch.add_tag("service", service_name(host));
    for (std::size_t field = 0; field < measurement.fields.size(); ++field) {
        const KpiField& shape = measurement.fields[field];
        const double value = workload.samples(measurement.first_column + field, host)[tick];
        if (shape.type == FieldType::Integer) {
            batch.add_integer(shape.name, static_cast<std::int64_t>(value));
        } else {
            batch.add_float(shape.name, value);
        }
    }
    batch.end_point(workload.time_s(tick) * 1'000'000'000);
}

}  // namespace tidemark::bench
