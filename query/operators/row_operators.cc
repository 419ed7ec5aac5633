#include "query/operators/row_operators.h"

#include <algorithm>
#include <utility>

#include "query/column/cell.h"
#include "query/functions/column_access.h"
#include "query/functions/double_double.h"

namespace tidemark::query {
namespace {

/// A number as the value of a column that holds `example`s; integers are cut, as in InfluxDB.
Cell number_like(const Cell& number, const Cell& example) {
    const double as_float = std::visit(
        [](const auto& value) {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_arithmetic_v<T>) return static_cast<double>(value);
            return 0.0;
        },
        number);
    if (std::holds_alternative<double>(example)) return as_float;
    if (std::holds_alternative<std::int64_t>(example)) {
        if (std::holds_alternative<std::int64_t>(number)) return number;
        if (as_float >= -0x1p63 && as_float < 0x1p63) return static_cast<std::int64_t>(as_float);
        return {};
    }
    if (std::holds_alternative<std::uint64_t>(example)) {
        if (const auto* integer = std::get_if<std::int64_t>(&number); integer && *integer >= 0) {
            return static_cast<std::uint64_t>(*integer);
        }
        if (as_float >= 0 && as_float < 0x1p64) return static_cast<std::uint64_t>(as_float);
    }
    return {};
}

/// low + (high - low) * part / whole, exactly, then cut as in InfluxDB. Nothing when it overflows.
template <typename Integer>
Cell interpolated_integer(Integer low, Integer high, WideInteger part, WideInteger whole) {
    WideInteger weighted = 0;
    WideInteger base = 0;
    if (__builtin_mul_overflow(WideInteger{high} - WideInteger{low}, part, &weighted) ||
        __builtin_mul_overflow(WideInteger{low}, whole, &base) ||
        __builtin_add_overflow(weighted, base, &weighted)) {
        return {};
    }
    return static_cast<Integer>(weighted / whole);
}

/// The value at `time_ns` on the line between two points.
Cell interpolated(std::int64_t time_ns, std::int64_t before_ns, const Cell& before,
                  std::int64_t after_ns, const Cell& after) {
    // Wide: buckets may lie further apart than an int64 can say.
    const WideInteger part = WideInteger{time_ns} - before_ns;
    const WideInteger whole = WideInteger{after_ns} - before_ns;
    if (const auto* low = std::get_if<double>(&before)) {
        const double slope = (std::get<double>(after) - *low) / static_cast<double>(whole);
        return float_cell(slope * static_cast<double>(part) + *low);
    }
    if (const auto* low = std::get_if<std::int64_t>(&before)) {
        return interpolated_integer(*low, std::get<std::int64_t>(after), part, whole);
    }
    if (const auto* low = std::get_if<std::uint64_t>(&before)) {
        return interpolated_integer(*low, std::get<std::uint64_t>(after), part, whole);
    }
    return {};
}

void fill_linear(RowTable& rows, std::size_t slot) {
    std::optional<std::size_t> before;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (is_null(rows[i][slot])) continue;
        if (before && rows[*before][slot].index() == rows[i][slot].index()) {
            for (std::size_t gap = *before + 1; gap < i; ++gap) {
                rows[gap][slot] =
                    interpolated(time_of(rows[gap]), time_of(rows[*before]), rows[*before][slot],
                                 time_of(rows[i]), rows[i][slot]);
            }
        }
        before = i;
    }
}

void fill_number(RowTable& rows, std::size_t slot, const Cell& number) {
    const auto example = std::find_if(rows.begin(), rows.end(),
                                      [&](const auto& row) { return !is_null(row[slot]); });
    // A call without any value in the group stays without, as in InfluxDB.
    if (example == rows.end()) return;
    const Cell filled = number_like(number, (*example)[slot]);
    for (const Row row : rows) {
        if (is_null(row[slot])) row[slot] = filled;
    }
}

/// Whether the columns are just what stands in a row already, behind its time.
bool are_cells_of(const std::vector<RowExpression>& columns, ConstRow row) {
    if (1 + columns.size() != row.size()) return false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto* reference = std::get_if<SlotReference>(&columns[i].node);
        if (reference == nullptr || reference->slot != 1 + i) return false;
    }
    return true;
}

/// Nulls first, then by value; cells that cannot be compared by their kind.
bool is_before(const Cell& left, const Cell& right) {
    if (is_null(left) || is_null(right)) return is_null(left) && !is_null(right);
    const auto order = compare_cells(left, right);
    if (order) return *order < 0;
    return left.index() < right.index();
}

}  // namespace

Status FillOperator::read_before() {
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const RowBatch* const batch, before_->next());
        if (batch == nullptr) break;
        std::vector<LastValue>& last = last_before_[{batch->measurement, batch->tag_values}];
        last.resize(plan_.is_count.size());
        for (const ConstRow row : batch->rows) {
            for (std::size_t i = 0; i < last.size(); ++i) {
                const Cell& cell = row[plan_.first_slot + i];
                if (!is_null(cell)) last[i] = {time_of(row), cell};
            }
        }
    }
    before_.reset();
    return success();
}

void FillOperator::fill_previous(RowBatch& batch, std::size_t slot) const {
    LastValue last;
    const auto before = last_before_.find({batch.measurement, batch.tag_values});
    if (before != last_before_.end()) last = before->second[slot - plan_.first_slot];
    for (const Row row : batch.rows) {
        if (!is_null(row[slot])) {
            last = {time_of(row), row[slot]};
        } else if (!is_null(last.cell)) {
            const WideInteger age_ns = WideInteger{time_of(row)} - last.time_ns;
            if (!plan_.longest_ns || age_ns <= *plan_.longest_ns) row[slot] = last.cell;
        }
    }
}

Result<RowBatch*> FillOperator::next() {
    if (before_ != nullptr) TIDEMARK_RETURN_IF_ERROR(read_before());
    TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, input_->next());
    if (batch == nullptr) return nullptr;
    RowTable& rows = batch->rows;
    if (plan_.kind == FillKind::None) {
        rows.erase_if([&](ConstRow row) {
            return std::ranges::all_of(row.subspan(plan_.first_slot), is_null);
        });
        return batch;
    }
    for (std::size_t i = 0; i < plan_.is_count.size(); ++i) {
        const std::size_t slot = plan_.first_slot + i;
        switch (plan_.kind) {
            case FillKind::Null:
                if (plan_.is_count[i]) fill_number(rows, slot, std::int64_t{0});
                break;
            case FillKind::Previous:
                fill_previous(*batch, slot);
                break;
            case FillKind::Linear:
                fill_linear(rows, slot);
                break;
            case FillKind::Number:
                fill_number(rows, slot, plan_.number);
                break;
            case FillKind::None:
                break;
        }
    }
    return batch;
}

Result<RowBatch*> FilterOperator::next() {
    TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, input_->next());
    if (batch == nullptr) return nullptr;
    batch->rows.erase_if([&](ConstRow row) { return !is_true(evaluate(plan_.condition, row)); });
    return batch;
}

Result<RowBatch*> ComputeOperator::next() {
    TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, input_->next());
    if (batch == nullptr) return nullptr;
    if (batch->rows.empty() || are_cells_of(plan_.columns, std::as_const(batch->rows).front())) {
        return batch;
    }
    const MathFunction* lost = nullptr;
    RowTable computed;
    computed.reserve(batch->rows.size(), 1 + plan_.columns.size());
    for (const Row row : batch->rows) {
        const Row to = computed.append(1 + plan_.columns.size());
        to[0] = row[0];
        for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
            to[1 + i] = evaluate(plan_.columns[i], row, &lost);
        }
    }
    batch->rows = std::move(computed);
    if (lost != nullptr) {
        context_.warn(std::string(lost->name) +
                      "() has no finite value in at least one row: null there");
    }
    return batch;
}

void OrderOperator::order(RowBatch& batch) const {
    // Rows come in time order; sorting is stable, so that time decides last.
    batch.rows.stable_sort([&](ConstRow left, ConstRow right) {
        for (const OrderKey& key : plan_.keys) {
            const Cell& a = (key.descending ? right : left)[key.column];
            const Cell& b = (key.descending ? left : right)[key.column];
            if (is_before(a, b)) return true;
            if (is_before(b, a)) return false;
        }
        return false;
    });
}

Status OrderOperator::collect_groups() {
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, input_->next());
        if (batch == nullptr) break;
        groups_.push_back(std::move(*batch));
    }
    return success();
}

Result<RowBatch*> OrderOperator::next() {
    const bool reverses_groups = plan_.keys.front().column == 0 && plan_.keys.front().descending;
    if (!reverses_groups) {
        TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, input_->next());
        if (batch != nullptr) order(*batch);
        return batch;
    }
    if (!has_collected_) TIDEMARK_RETURN_IF_ERROR(collect_groups());
    has_collected_ = true;
    if (groups_.empty()) return nullptr;
    current_ = std::move(groups_.back());
    groups_.pop_back();
    order(current_);
    return &current_;
}

Result<RowBatch*> LimitOperator::next() {
    while (true) {
        if (plan_.series_limit && groups_passed_ == *plan_.series_limit) return nullptr;
        TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, input_->next());
        if (batch == nullptr) return nullptr;
        // HAVING or fill(none) left nothing of the group: it is none of the answer's.
        if (batch->rows.empty()) continue;
        if (groups_skipped_ < plan_.series_offset) {
            ++groups_skipped_;
            continue;
        }
        ++groups_passed_;
        batch->rows.keep(plan_.offset, plan_.limit.value_or(batch->rows.size()));
        return batch;
    }
}

}  // namespace tidemark::query
