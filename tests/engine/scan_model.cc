#include "tests/engine/scan_model.h"

#include <cmath>
#include <compare>
#include <type_traits>
#include <variant>

namespace tidemark::tests {
namespace {

// The 64 bits of a long double's mantissa hold every integer and double exactly.
long double as_number(const Value& value) {
    return std::visit(
        [](const auto& held) -> long double {
            if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
                return 0;
            } else {
                return static_cast<long double>(held);
            }
        },
        value);
}

std::partial_ordering compare(const Value& left, const Value& right) {
    if (std::holds_alternative<std::string>(left)) {
        return std::get<std::string>(left) <=> std::get<std::string>(right);
    }
    return as_number(left) <=> as_number(right);
}

bool is_too_far(std::int64_t first_ns, std::int64_t second_ns, std::int64_t hold_ns) {
    return hold_ns != kHoldForever && second_ns - first_ns > hold_ns;
}

}  // namespace

bool is_leaf_true(const PredicateLeaf& leaf, const Value& value) {
    if (leaf.op == CompareOp::Matches) return leaf.matches(std::get<std::string>(value));
    const std::partial_ordering order = compare(value, leaf.constant);
    switch (leaf.op) {
        case CompareOp::Equal:
            return order == 0;
        case CompareOp::NotEqual:
            return order != 0;
        case CompareOp::Less:
            return order < 0;
        case CompareOp::LessEqual:
            return order <= 0;
        case CompareOp::Greater:
            return order > 0;
        case CompareOp::GreaterEqual:
            return order >= 0;
        case CompareOp::Matches:
            break;
    }
    return false;
}

bool is_nan(const Value& value) {
    const double* number = std::get_if<double>(&value);
    return number != nullptr && std::isnan(*number);
}

std::string describe_run(const std::optional<LeafRun>& run) {
    if (!run) return "no run";
    return std::to_string(run->first_ns) + ".." + std::to_string(run->last_ns) +
           (run->is_true ? " true, " : " false, ") + std::to_string(run->sample_count) + " samples";
}

std::vector<LeafRun> join_runs(const std::vector<LeafRun>& runs, std::int64_t hold_ns) {
    std::vector<LeafRun> joined;
    for (const LeafRun& run : runs) {
        const bool goes_on = !joined.empty() && joined.back().is_true == run.is_true &&
                             joined.back().sample_count > 0 && run.sample_count > 0 &&
                             !is_too_far(joined.back().last_ns, run.first_ns, hold_ns);
        if (goes_on) {
            joined.back().last_ns = run.last_ns;
            joined.back().sample_count += run.sample_count;
        } else {
            joined.push_back(run);
        }
    }
    return joined;
}

void ScanModel::add(const storage::DecodedRows& rows) {
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
        Row& target = rows_[rows.times[row]];
        for (const storage::DecodedColumn& column : rows.columns) {
            if (column.is_valid(row)) target[column.name] = column.value(row);
        }
    }
}

std::vector<std::pair<std::int64_t, ScanModel::Row>> ScanModel::rows(
    const ScanRequest& request) const {
    std::vector<std::pair<std::int64_t, Row>> selected;
    for (const auto& [time_ns, row] : rows_) {
        if (!request.range.contains(time_ns)) continue;
        bool is_asked_for = request.columns.empty() && request.leaves.empty();
        for (const auto& column : request.columns) is_asked_for |= row.contains(column.field);
        for (const auto& leaf : request.leaves) is_asked_for |= row.contains(leaf.field);
        if (is_asked_for) selected.emplace_back(time_ns, row);
    }
    return selected;
}

std::vector<LeafRun> ScanModel::runs_between(const ScanRequest& request, const PredicateLeaf& leaf,
                                             std::int64_t begin_ns, std::int64_t end_ns) const {
    std::vector<LeafRun> samples;
    for (const auto& [time_ns, row] : rows_) {
        const auto value = row.find(leaf.field);
        if (time_ns < begin_ns || time_ns >= end_ns || value == row.end()) continue;
        if (is_nan(value->second)) {
            samples.push_back({time_ns, time_ns, 0, false});
        } else {
            samples.push_back({time_ns, time_ns, 1, is_leaf_true(leaf, value->second)});
        }
    }
    return join_runs(samples, request.hold_ns);
}

std::vector<LeafRun> ScanModel::runs(const ScanRequest& request, const PredicateLeaf& leaf) const {
    return runs_between(request, leaf, request.range.begin_ns, request.range.end_ns);
}

std::optional<CarriedValue> ScanModel::last_before(const std::string& field,
                                                   std::int64_t time_ns) const {
    std::optional<CarriedValue> last;
    for (const auto& [row_ns, row] : rows_) {
        const auto value = row.find(field);
        if (row_ns >= time_ns || value == row.end()) continue;
        if (!is_nan(value->second)) {
            last = {row_ns, value->second};
        } else if (last) {
            last->is_ended = true;
        }
    }
    return last;
}

std::optional<LeafRun> ScanModel::carried_run(const ScanRequest& request,
                                              const PredicateLeaf& leaf) const {
    const auto last = last_before(leaf.field, request.range.begin_ns);
    if (!last || last->is_ended) return std::nullopt;
    if (request.carry_in == CarryIn::RunStart) {
        return runs_between(request, leaf, INT64_MIN, request.range.begin_ns).back();
    }
    return LeafRun{last->time_ns, last->time_ns, 1, is_leaf_true(leaf, last->value)};
}

CarriedValues ScanModel::carried(const ScanRequest& request) const {
    CarriedValues carried;
    carried.columns.resize(request.columns.size());
    carried.leaves.resize(request.leaves.size());
    if (request.carry_in == CarryIn::None) return carried;
    for (std::size_t index = 0; index < request.columns.size(); ++index) {
        const auto last = last_before(request.columns[index].field, request.range.begin_ns);
        if (!last) continue;
        const bool is_young = request.hold_ns == kHoldForever ||
                              request.range.begin_ns - last->time_ns < request.hold_ns;
        const bool is_in_force = !last->is_ended && is_young;
        if (is_in_force || request.carry_in == CarryIn::LastValue) carried.columns[index] = last;
    }
    for (std::size_t index = 0; index < request.leaves.size(); ++index) {
        const auto run = carried_run(request, request.leaves[index]);
        // A run whose value ends at the very start goes on if a sample stands there.
        const bool reaches =
            run && (request.carry_in == CarryIn::LastValue ||
                    !is_too_far(run->last_ns, request.range.begin_ns, request.hold_ns));
        if (reaches) carried.leaves[index] = run;
    }
    return carried;
}

}  // namespace tidemark::tests
