#include "query/operators/subquery_rows.h"

#include <algorithm>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include "query/column/cell.h"
#include "query/operators/build_operators.h"

namespace tidemark::query {
namespace {

template <typename Number>
constexpr bool kIsNumber = std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>;

std::optional<double> as_float(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> std::optional<double> {
            using T = std::decay_t<decltype(value)>;
            if constexpr (kIsNumber<T>) return static_cast<double>(value);
            return std::nullopt;
        },
        cell);
}

/// Floats are cut; nothing when the number does not fit.
template <typename Integer>
std::optional<Integer> as_integer(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> std::optional<Integer> {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, double>) {
                constexpr double kLow = std::is_signed_v<Integer> ? -0x1p63 : 0;
                constexpr double kHigh = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;
                if (value >= kLow && value < kHigh) return static_cast<Integer>(value);
            } else if constexpr (kIsNumber<T>) {
                if (std::in_range<Integer>(value)) return static_cast<Integer>(value);
            }
            return std::nullopt;
        },
        cell);
}

template <typename Stored>
bool append_value(std::vector<Stored>& values, std::optional<Stored> value) {
    const bool is_valid = value.has_value();
    values.push_back(is_valid ? *std::move(value) : Stored());
    return is_valid;
}

TagSet tag_set(const std::vector<std::string>& keys, std::vector<std::string>& values) {
    TagSet tags;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!values[i].empty()) tags.push_back({keys[i], std::move(values[i])});
    }
    return tags;
}

/// Which columns of the answer are handed on: not time, and none that is always null.
std::vector<std::size_t> column_positions(const SelectPlan& plan) {
    std::vector<std::size_t> positions;
    for (std::size_t i = 1; i < plan.column_names.size(); ++i) {
        if (plan.column_types[i]) positions.push_back(i);
    }
    return positions;
}

void append_rows(RowTable& rows, const std::vector<std::size_t>& positions,
                 SubquerySeries& series) {
    // ORDER BY of the subquery decides what LIMIT keeps; a scan is in order of time.
    rows.stable_sort([](ConstRow left, ConstRow right) { return time_of(left) < time_of(right); });
    series.times_ns.reserve(rows.size());
    for (const Row row : rows) {
        series.times_ns.push_back(time_of(row));
        for (std::size_t i = 0; i < positions.size(); ++i) {
            series.columns[i].append(std::move(row[positions[i]]));
        }
    }
}

std::size_t memory_size_bytes(const SubquerySeries& series) {
    std::size_t byte_count = series.times_ns.capacity() * sizeof(series.times_ns[0]);
    for (const SubqueryColumn& column : series.columns) byte_count += column.memory_size_bytes();
    return byte_count;
}

}  // namespace

std::size_t SubqueryColumn::memory_size_bytes() const {
    std::size_t byte_count = is_valid_.capacity() + floats_.capacity() * sizeof(floats_[0]) +
                             integers_.capacity() * sizeof(integers_[0]) +
                             unsigneds_.capacity() * sizeof(unsigneds_[0]) + booleans_.capacity() +
                             strings_.capacity() * sizeof(std::string);
    for (const std::string& text : strings_) byte_count += text.capacity();
    return byte_count;
}

void SubqueryColumn::append(Cell cell) {
    if (const auto* time = std::get_if<TimeCell>(&cell)) cell = time->ns;
    bool is_valid = false;
    switch (type_) {
        case FieldType::Float:
            is_valid = append_value(floats_, as_float(cell));
            break;
        case FieldType::Integer:
            is_valid = append_value(integers_, as_integer<std::int64_t>(cell));
            break;
        case FieldType::Unsigned:
            is_valid = append_value(unsigneds_, as_integer<std::uint64_t>(cell));
            break;
        case FieldType::Boolean: {
            const bool* truth = std::get_if<bool>(&cell);
            is_valid = truth != nullptr;
            booleans_.push_back(is_valid && *truth ? 1 : 0);
            break;
        }
        case FieldType::String: {
            auto* text = std::get_if<std::string>(&cell);
            is_valid = text != nullptr;
            strings_.push_back(is_valid ? std::move(*text) : std::string());
            break;
        }
    }
    is_valid_.push_back(is_valid ? 1 : 0);
}

Result<std::shared_ptr<const SubqueryRows>> compute_subquery(const SelectPlan& plan,
                                                             ExecutionContext& context) {
    const std::size_t row_limit = context.held_row_limit();
    const std::vector<std::size_t> positions = column_positions(plan);
    auto rows = std::make_shared<SubqueryRows>(context.guard());
    rows->column_names.reserve(positions.size());
    rows->column_types.reserve(positions.size());
    for (const std::size_t position : positions) {
        rows->column_names.push_back(plan.column_names[position]);
        rows->column_types.push_back(*plan.column_types[position]);
    }
    std::map<std::pair<std::string, TagSet>, SubquerySeries> all_series;
    const OperatorPtr root = build_operators(plan.root, context);
    std::size_t row_count = 0;
    std::size_t byte_count = 0;
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, root->next());
        if (batch == nullptr) break;
        row_count += batch->rows.size();
        if (row_count > row_limit) {
            return Error(ErrorCode::LimitExceeded,
                         "a subquery has more than " + std::to_string(row_limit) +
                             " rows: narrow its time range or use wider buckets");
        }
        if (batch->rows.empty()) continue;
        SubquerySeries series{
            batch->measurement, tag_set(plan.group_tags, batch->tag_values), {}, {}};
        series.columns.reserve(positions.size());
        for (const FieldType type : rows->column_types) series.columns.emplace_back(type);
        append_rows(batch->rows, positions, series);
        batch->rows = RowTable();
        byte_count += memory_size_bytes(series);
        TIDEMARK_RETURN_IF_ERROR(rows->hold.hold(byte_count));
        std::pair<std::string, TagSet> key(series.measurement, series.tags);
        all_series.emplace(std::move(key), std::move(series));
    }
    rows->series.reserve(all_series.size());
    for (auto& [key, series] : all_series) rows->series.push_back(std::move(series));
    return std::shared_ptr<const SubqueryRows>(std::move(rows));
}

}  // namespace tidemark::query
