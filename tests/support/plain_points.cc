#include "tests/support/plain_points.h"

#include <algorithm>
#include <bit>

#include "storage/engine/series_key.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;

std::string series_key_of(const PlainPoint& point) {
    TagSet tags = point.tags;
    std::ranges::sort(tags);
    return storage::make_series_key(point.measurement, tags);
}

Status take_piece(const ScanPiece& piece, const ScanRequest& request, const std::string& series_key,
                  Samples& samples) {
    for (std::size_t column = 0; column < piece.columns.size(); ++column) {
        const ColumnValues& values = piece.columns[column].values;
        for (std::size_t row = 0; row < piece.row_count; ++row) {
            if (!values.is_valid(row)) continue;
            const SampleKey key{series_key, request.columns[column].field, piece.times[row]};
            if (samples.emplace(key, values.value_at(row)).second) continue;
            return Error(ErrorCode::Corruption, describe_key(key) + " came twice");
        }
    }
    return success();
}

Status read_measurement(const Store& store, const ScanRequest& request,
                        const std::shared_ptr<const Snapshot>& snapshot, ReadSamples& read) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto scan, store.scan(request, snapshot));
    for (std::string& message : scan->messages()) read.messages.push_back(std::move(message));
    for (std::size_t index = 0; index < scan->series().size(); ++index) {
        const std::string key =
            storage::make_series_key(request.measurement, scan->series()[index].tags);
        TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scan->open(index));
        while (true) {
            TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
            if (piece == nullptr) break;
            TIDEMARK_RETURN_IF_ERROR(take_piece(*piece, request, key, read.samples));
        }
    }
    return success();
}

}  // namespace

StoreOptions small_options() {
    StoreOptions options;
    options.rows_per_vector = 8;
    options.partition_width_ns = kHourNs;
    options.future_limit_ns = kHoldForever;
    options.idle_flush_ns = 0;
    options.compaction_bytes_per_second = 0;
    return options;
}

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

bool is_same_value(const Value& left, const Value& right) {
    const auto* left_float = std::get_if<double>(&left);
    const auto* right_float = std::get_if<double>(&right);
    if (left_float == nullptr || right_float == nullptr) return left == right;
    return std::bit_cast<std::uint64_t>(*left_float) == std::bit_cast<std::uint64_t>(*right_float);
}

bool are_same_samples(const Samples& left, const Samples& right) {
    return std::ranges::equal(left, right, [](const auto& one, const auto& other) {
        return one.first == other.first && is_same_value(one.second, other.second);
    });
}

std::string describe_key(const SampleKey& key) {
    return std::get<0>(key) + ' ' + std::get<1>(key) + " at " + std::to_string(std::get<2>(key));
}

Result<ReadSamples> read_samples(const Store& store, const std::string& database,
                                 const std::string& policy,
                                 const std::shared_ptr<const Snapshot>& snapshot) {
    ReadSamples read;
    const auto same = snapshot == nullptr ? store.snapshot() : snapshot;
    for (const std::string& measurement : store.measurements(database)) {
        ScanRequest request;
        request.database = database;
        request.retention_policy = policy;
        request.measurement = measurement;
        for (const FieldKey& field : store.field_keys(database, measurement)) {
            request.columns.push_back({field.name, Need::Values});
        }
        TIDEMARK_RETURN_IF_ERROR(read_measurement(store, request, same, read));
    }
    return read;
}

}  // namespace tidemark::tests
