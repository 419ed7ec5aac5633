#include "tests/engine/store_model.h"

#include <algorithm>
#include <limits>

#include <catch2/catch.hpp>

#include "storage/engine/series_key.h"
#include "storage/engine/store_impl.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;

std::string series_key_of(const PlainPoint& point) {
    TagSet tags = point.tags;
    std::sort(tags.begin(), tags.end());
    return storage::make_series_key(point.measurement, tags);
}

void read_piece(const ScanPiece& piece, const ScanRequest& request, const std::string& series_key,
                Samples& samples) {
    for (std::size_t column = 0; column < piece.columns.size(); ++column) {
        const ColumnValues& values = piece.columns[column].values;
        for (std::size_t row = 0; row < piece.row_count; ++row) {
            if (!values.is_valid(row)) continue;
            const SampleKey key{series_key, request.columns[column].field, piece.times[row]};
            INFO(series_key << " " << request.columns[column].field << " at " << piece.times[row]);
            const bool is_first = samples.emplace(key, values.value_at(row)).second;
            REQUIRE(is_first);
        }
    }
}

void read_measurement(const Store& store, const ScanRequest& request,
                      const std::shared_ptr<const Snapshot>& snapshot, Samples& samples) {
    const auto scan = store.scan(request, snapshot);
    REQUIRE(scan);
    for (std::size_t index = 0; index < scan.value()->series().size(); ++index) {
        const TagSet& tags = scan.value()->series()[index].tags;
        const std::string key = storage::make_series_key(request.measurement, tags);
        auto cursor = scan.value()->open(index);
        REQUIRE(cursor);
        while (true) {
            const auto piece = cursor.value()->next();
            REQUIRE(piece);
            if (piece.value() == nullptr) break;
            read_piece(*piece.value(), request, key, samples);
        }
    }
}

}  // namespace

void add_to(WriteBatch& batch, const PlainPoint& point) {
    batch.begin_point(point.measurement);
    for (const Tag& tag : point.tags) batch.add_tag(tag.key, tag.value);
    for (const auto& [name, value] : point.fields) batch.add_value(name, value);
    batch.end_point(point.time_ns);
}

WriteBatch batch_of(const std::vector<PlainPoint>& points) {
    WriteBatch batch;
    for (const PlainPoint& point : points) add_to(batch, point);
    return batch;
}

void apply_point(Samples& samples, const PlainPoint& point) {
    const std::string key = series_key_of(point);
    for (const auto& [name, value] : point.fields) samples[{key, name, point.time_ns}] = value;
}

Samples read_all(const Store& store, const std::string& database,
                 const std::shared_ptr<const Snapshot>& snapshot) {
    Samples samples;
    const auto same = snapshot == nullptr ? store.snapshot() : snapshot;
    for (const std::string& measurement : store.measurements(database)) {
        ScanRequest request;
        request.database = database;
        request.measurement = measurement;
        for (const FieldKey& field : store.field_keys(database, measurement)) {
            request.columns.push_back({field.name, Need::Values});
        }
        read_measurement(store, request, same, samples);
    }
    return samples;
}

StoreOptions small_options() {
    StoreOptions options;
    options.rows_per_vector = 8;
    options.partition_width_ns = kHourNs;
    options.future_limit_ns = kHoldForever;
    options.idle_flush_ns = 0;
    options.compaction_bytes_per_second = 0;
    return options;
}

std::unique_ptr<Store> open_small(storage::FileSystem& files, const StoreOptions& options) {
    auto store = storage::open_store(files, kStorePath, options);
    if (!store) FAIL(store.error().message());
    return std::move(store).value();
}

Sequence write_points(Store& store, const std::string& database,
                      const std::vector<PlainPoint>& points) {
    const auto result = store.write(database, "", batch_of(points));
    if (!result) FAIL(result.error().message());
    for (const RejectedPoint& rejected : result.value().rejected) FAIL(rejected.reason);
    CHECK(result.value().accepted_count == points.size());
    return result.value().sequence;
}

void write_durably(Store& store, const std::string& database,
                   const std::vector<PlainPoint>& points) {
    REQUIRE(store.wait_durable(write_points(store, database, points)));
}

}  // namespace tidemark::tests
