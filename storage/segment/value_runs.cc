#include "storage/segment/value_runs.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/codec/column_codec.h"
#include "storage/codec/string_arena.h"
#include "storage/segment/dense_column.h"

namespace tidemark::storage {
namespace {

// A run takes about six bytes. Of a full block of 64 x 1,024 rows this many are a small part of
// what an encoded column takes that changes as often; of fewer rows as many fewer.
constexpr std::uint64_t kMostRuns = 128;
constexpr std::uint64_t kRowsPerRun = 512;
// What a reader is willing to allocate for one column on the word of a file.
constexpr std::uint64_t kMostRunsRead = 65'536;

// A column that takes more has changed too often: a change costs a byte or two, of others only a
// bit map is kept, at a bit for each row.
constexpr std::size_t kMostBitsPerRow = 4;

Error corrupt(const char* message) { return {ErrorCode::Corruption, message}; }

/// -0.0 is another value than +0.0: a summary and a reader of values tell them apart.
bool is_same_value(const Value& left, const Value& right) {
    const auto* left_float = std::get_if<double>(&left);
    const auto* right_float = std::get_if<double>(&right);
    if (left_float == nullptr || right_float == nullptr) return left == right;
    return std::bit_cast<std::uint64_t>(*left_float) == std::bit_cast<std::uint64_t>(*right_float);
}

template <typename T>
Value to_value(const T& stored) {
    return stored;
}
Value to_value(std::uint8_t stored) { return stored != 0; }
Value to_value(std::string_view stored) { return std::string(stored); }

template <typename T>
std::vector<T> values_of(const std::vector<ValueRun>& runs) {
    std::vector<T> values;
    values.reserve(runs.size());
    for (const ValueRun& run : runs) values.push_back(std::get<T>(run.value));
    return values;
}

void encode_values(FieldType type, const std::vector<ValueRun>& runs, std::vector<std::byte>& out) {
    switch (type) {
        case FieldType::Float:
            return encode_floats(values_of<double>(runs), out);
        case FieldType::Integer:
            return encode_integers(values_of<std::int64_t>(runs), out);
        case FieldType::Unsigned:
            return encode_unsigneds(values_of<std::uint64_t>(runs), out);
        case FieldType::Boolean: {
            std::vector<std::uint8_t> values;
            values.reserve(runs.size());
            for (const ValueRun& run : runs) values.push_back(std::get<bool>(run.value) ? 1 : 0);
            return encode_booleans(values, out);
        }
        case FieldType::String: {
            std::vector<std::string_view> values;
            values.reserve(runs.size());
            for (const ValueRun& run : runs) values.push_back(std::get<std::string>(run.value));
            return encode_strings(values, out);
        }
    }
}

/// Decodes one value for each run.
template <typename T, typename Decode>
Status set_values(std::span<const std::byte> bytes, std::vector<ValueRun>& runs, Decode&& decode) {
    std::vector<T> values(runs.size());
    TIDEMARK_RETURN_IF_ERROR(decode(bytes, std::span<T>(values)));
    for (std::size_t index = 0; index < runs.size(); ++index) {
        runs[index].value = to_value(values[index]);
    }
    return success();
}

Status decode_values(FieldType type, std::span<const std::byte> bytes,
                     std::vector<ValueRun>& runs) {
    StringArena arena;
    switch (type) {
        case FieldType::Float:
            return set_values<double>(bytes, runs, decode_floats);
        case FieldType::Integer:
            return set_values<std::int64_t>(bytes, runs, decode_integers);
        case FieldType::Unsigned:
            return set_values<std::uint64_t>(bytes, runs, decode_unsigneds);
        case FieldType::Boolean:
            return set_values<std::uint8_t>(bytes, runs, decode_booleans);
        case FieldType::String:
            return set_values<std::string_view>(
                bytes, runs, [&arena](std::span<const std::byte> encoded, auto values) {
                    return decode_strings(encoded, values, arena);
                });
    }
    return corrupt("column of unknown type");
}

/// Whether the runs are those of all samples of the summary.
bool are_runs_of(const ColumnSummary& summary, const std::vector<ValueRun>& runs) {
    if (runs.front().first_ns != summary.first_ns || runs.back().last_ns != summary.last_ns) {
        return false;
    }
    std::uint64_t sample_count = 0;
    for (std::size_t index = 0; index < runs.size(); ++index) {
        const ValueRun& run = runs[index];
        const bool is_in_order = run.first_ns <= run.last_ns && run.sample_count > 0 &&
                                 (index == 0 || runs[index - 1].last_ns < run.first_ns);
        if (!is_in_order) return false;
        sample_count += run.sample_count;
    }
    return sample_count == summary.non_null_count;
}

}  // namespace

void ValueRunsBuilder::add_run(const ValueRun& run) {
    if (!runs_.empty() && is_same_value(runs_.back().value, run.value)) {
        runs_.back().last_ns = run.last_ns;
        runs_.back().sample_count += run.sample_count;
        return;
    }
    has_too_many_ = runs_.size() == kMostRuns;
    if (has_too_many_) {
        runs_.clear();
    } else {
        runs_.push_back(run);
    }
}

Status ValueRunsBuilder::add(const RowGroup& group, std::size_t column_index,
                             const ColumnSummary& summary) {
    if (!summary.has_values) has_too_many_ = true;
    if (has_too_many_) return success();
    if (is_same_value(summary.min, summary.max)) {
        add_run({summary.first_ns, summary.last_ns,
                 static_cast<std::uint32_t>(summary.non_null_count), summary.first});
        return success();
    }
    TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn encoded, group.encoded_column(column_index));
    if (encoded.values.size() * 8 > kMostBitsPerRow * group.info().row_count) {
        has_too_many_ = true;
        return success();
    }
    TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, decode_row_group_column(group, column_index));
    visit_dense(rows.times, rows.columns.front(), 0, rows.row_count(),
                [this](std::span<const std::int64_t> times, auto values) {
                    for (std::size_t begin = 0; begin < times.size() && !has_too_many_;) {
                        const Value value = to_value(values[begin]);
                        std::size_t end = begin + 1;
                        while (end < times.size() && is_same_value(to_value(values[end]), value)) {
                            ++end;
                        }
                        add_run({times[begin], times[end - 1],
                                 static_cast<std::uint32_t>(end - begin), value});
                        begin = end;
                    }
                });
    return success();
}

void ValueRunsBuilder::write_to(FieldType type, std::uint64_t row_count,
                                std::vector<std::byte>& out) const {
    const bool has_few = !has_too_many_ && runs_.size() <= row_count / kRowsPerRun;
    // A single run is what the summary says already.
    if (!has_few || runs_.size() < 2) return;
    ByteWriter writer(out);
    writer.write_varint(runs_.size());
    std::vector<std::int64_t> first_times;
    std::vector<std::int64_t> last_times;
    std::vector<std::uint64_t> sample_counts;
    first_times.reserve(runs_.size());
    last_times.reserve(runs_.size());
    sample_counts.reserve(runs_.size());
    for (const ValueRun& run : runs_) {
        first_times.push_back(run.first_ns);
        last_times.push_back(run.last_ns);
        sample_counts.push_back(run.sample_count);
    }
    std::vector<std::byte> encoded;
    const auto write_part = [&] {
        writer.write_sized_bytes(encoded);
        encoded.clear();
    };
    encode_times(first_times, encoded);
    write_part();
    encode_times(last_times, encoded);
    write_part();
    encode_unsigneds(sample_counts, encoded);
    write_part();
    encode_values(type, runs_, encoded);
    write_part();
}

Result<std::vector<ValueRun>> read_value_runs(const ColumnSummary& summary,
                                              std::span<const std::byte> bytes) {
    std::vector<ValueRun> runs;
    if (bytes.empty()) return runs;
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t run_count, reader.read_varint());
    if (run_count == 0 || run_count > summary.non_null_count || run_count > kMostRunsRead) {
        return corrupt("runs of values that cannot be so many");
    }
    runs.resize(static_cast<std::size_t>(run_count));
    std::vector<std::int64_t> first_times(runs.size());
    std::vector<std::int64_t> last_times(runs.size());
    std::vector<std::uint64_t> sample_counts(runs.size());
    TIDEMARK_ASSIGN_OR_RETURN(const auto encoded_first_times, reader.read_sized_bytes());
    TIDEMARK_RETURN_IF_ERROR(decode_times(encoded_first_times, first_times));
    TIDEMARK_ASSIGN_OR_RETURN(const auto encoded_last_times, reader.read_sized_bytes());
    TIDEMARK_RETURN_IF_ERROR(decode_times(encoded_last_times, last_times));
    TIDEMARK_ASSIGN_OR_RETURN(const auto encoded_counts, reader.read_sized_bytes());
    TIDEMARK_RETURN_IF_ERROR(decode_unsigneds(encoded_counts, sample_counts));
    for (std::size_t index = 0; index < runs.size(); ++index) {
        if (sample_counts[index] > summary.non_null_count) return corrupt("a run is too long");
        runs[index].first_ns = first_times[index];
        runs[index].last_ns = last_times[index];
        runs[index].sample_count = static_cast<std::uint32_t>(sample_counts[index]);
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto encoded_values, reader.read_sized_bytes());
    TIDEMARK_RETURN_IF_ERROR(decode_values(summary.type, encoded_values, runs));
    if (!reader.is_at_end() || !are_runs_of(summary, runs)) return corrupt("runs of other values");
    return runs;
}

}  // namespace tidemark::storage
