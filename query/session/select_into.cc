#include "query/session/select_into.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "query/operators/query_guard.h"
#include "query/plan/schema.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

// A batch counts its bytes in 32 bits; the log takes one in a piece.
constexpr std::size_t kBatchLimitBytes = std::size_t{1} << 30;

/// Where rows go. Nothing for a measurement: each row to the one of its own name.
struct Target {
    std::string database;
    std::string policy;
    std::optional<std::string> measurement;
};

Result<Target> resolve_target(const IntoTarget& into, const StatementContext& context) {
    const bool is_elsewhere = !into.database.empty();
    Target target{is_elsewhere ? into.database : context.options.database,
                  !into.policy.empty() ? into.policy
                  : is_elsewhere       ? std::string()
                                       : context.options.retention_policy,
                  into.measurement};
    TIDEMARK_RETURN_IF_ERROR(check_database(context.store, target.database));
    TIDEMARK_RETURN_IF_ERROR(check_policy(context.store, target.database, target.policy));
    return target;
}

std::optional<Value> value_of(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> std::optional<Value> {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return std::nullopt;
            } else if constexpr (std::is_same_v<T, TimeCell>) {
                return Value(value.ns);
            } else {
                return Value(value);
            }
        },
        cell);
}

/// Fills one batch with the rows of an answer.
class RowWriter {
public:
    RowWriter(const Target& target, const Store& store, QueryGuard& guard)
        : target_(target), store_(store), guard_(guard), memory_(guard) {}

    Status add(const ResultSeries& series) {
        const std::string measurement = target_.measurement.value_or(series.name);
        std::vector<Column> columns = columns_of(series);
        for (const ConstRow row : series.rows) {
            begin_point(measurement, series);
            bool has_field = false;
            for (Column& column : columns) {
                const std::optional<Value> value = value_of(row[column.index]);
                if (!value) continue;
                if (const FieldType type = value_type(*value); column.type != type) {
                    TIDEMARK_RETURN_IF_ERROR(check_type(measurement, column.name, type));
                    column.type = type;
                }
                batch_.add_value(column.name, *value);
                has_field = true;
            }
            if (!has_field) {
                batch_.abandon_point();
                continue;
            }
            batch_.end_point(std::get<TimeCell>(row.front()).ns);
            constexpr std::size_t kRowsPerCheck = 1024;
            if (batch_.point_count() % kRowsPerCheck == 0) TIDEMARK_RETURN_IF_ERROR(check_limits());
        }
        return check_limits();
    }

    const WriteBatch& batch() const { return batch_; }

private:
    void begin_point(const std::string& measurement, const ResultSeries& series) {
        batch_.begin_point(measurement);
        for (const auto& [key, value] : series.tags) {
            if (!value.empty()) batch_.add_tag(key, value);
        }
    }

    /// A column that becomes a field.
    struct Column {
        std::size_t index;
        std::string_view name;
        std::optional<FieldType> type;  ///< Of its last value, which was checked.
    };

    /// All but time. Of columns with one name the last one is written, as by InfluxDB.
    static std::vector<Column> columns_of(const ResultSeries& series) {
        std::map<std::string_view, std::size_t> last;
        for (std::size_t i = 1; i < series.columns.size(); ++i) last[series.columns[i]] = i;
        std::vector<Column> columns;
        columns.reserve(last.size());
        for (const auto& [name, index] : last) columns.push_back({index, name, std::nullopt});
        return columns;
    }

    /// InfluxDB's words. An integer becomes a float where there is a float already.
    Status check_type(const std::string& measurement, std::string_view field, FieldType type) {
        const auto known = fields_of(measurement).emplace(field, type).first->second;
        if (known == type) return success();
        if (known == FieldType::Float && type == FieldType::Integer) return success();
        return invalid("field type conflict: input field " + print_identifier(field) +
                       " on measurement " + print_identifier(measurement) + " is type " +
                       std::string(field_type_name(type)) + ", already exists as type " +
                       std::string(field_type_name(known)) + ": nothing was written");
    }

    std::map<std::string, FieldType>& fields_of(const std::string& measurement) {
        const auto [fields, is_new] = fields_.try_emplace(measurement);
        if (!is_new) return fields->second;
        for (FieldKey& key : store_.field_keys(target_.database, measurement)) {
            fields->second.emplace(std::move(key.name), key.type);
        }
        return fields->second;
    }

    Status check_limits() {
        TIDEMARK_RETURN_IF_ERROR(guard_.check());
        TIDEMARK_RETURN_IF_ERROR(memory_.hold(batch_.size_bytes()));
        if (batch_.size_bytes() <= kBatchLimitBytes) return success();
        return Error(ErrorCode::LimitExceeded,
                     "SELECT INTO writes at most 1 GiB at once: narrow the time range; nothing was "
                     "written");
    }

    const Target& target_;
    const Store& store_;
    QueryGuard& guard_;
    MemoryHold memory_;
    WriteBatch batch_;
    std::map<std::string, std::map<std::string, FieldType>> fields_;  // By measurement.
};

/// Makes the rows durable. The error tells of rows that were refused.
Status write(const Target& target, const WriteBatch& batch, Store& store) {
    if (batch.is_empty()) return success();
    TIDEMARK_ASSIGN_OR_RETURN(const WriteResult written,
                              store.write(target.database, target.policy, batch));
    TIDEMARK_RETURN_IF_ERROR(store.wait_durable(written.sequence));
    if (written.rejected_count == 0) return success();
    std::string reason = written.rejected.empty() ? "" : written.rejected.front().reason + "; ";
    return invalid("partial write: " + reason + std::to_string(written.accepted_count) +
                   " rows were written, dropped=" + std::to_string(written.rejected_count));
}

/// InfluxDB's answer.
StatementResult count_result(std::size_t row_count, StatementResult answer) {
    StatementResult result;
    result.messages = std::move(answer.messages);
    result.series.push_back({"result",
                             {},
                             {"time", "written"},
                             {{Cell(TimeCell{0}), Cell(static_cast<std::int64_t>(row_count))}}});
    return result;
}

}  // namespace

StatementResult run_select_into(const SelectStatement& select, const StatementContext& context) {
    const auto target = resolve_target(*select.into, context);
    if (!target) return failed(target.error());
    StatementResult answer = run_select(select, context);
    if (answer.error) return answer;
    QueryGuard guard(context.options, context.is_killed);
    RowWriter writer(target.value(), context.store, guard);
    for (const ResultSeries& series : answer.series) {
        Status added = writer.add(series);
        if (!added) return failed(std::move(added).error());
    }
    Status written = write(target.value(), writer.batch(), context.store);
    if (!written) return failed(std::move(written).error());
    return count_result(writer.batch().point_count(), std::move(answer));
}

}  // namespace tidemark::query
