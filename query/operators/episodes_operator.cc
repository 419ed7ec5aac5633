#include "query/operators/episodes_operator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "query/column/cell.h"

namespace tidemark::query {
namespace {

double to_double(const Cell& cell) {
    return std::visit(
        [](const auto& value) {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_arithmetic_v<T>) return static_cast<double>(value);
            return 0.0;
        },
        cell);
}

}  // namespace

Result<RowBatch*> EpisodesOperator::next() {
    if (!has_computed_) TIDEMARK_RETURN_IF_ERROR(compute_all());
    has_computed_ = true;
    while (next_batch_ < batches_.size()) {
        RowBatch& batch = batches_[next_batch_++];
        if (!batch.rows.empty()) return &batch;
    }
    return nullptr;
}

Status EpisodesOperator::compute_all() {
    range_ = plan_.frame.range;
    range_.end_ns = plan_.frame.as_of_ns;
    if (range_.is_empty()) return success();
    TIDEMARK_ASSIGN_OR_RETURN(
        SeriesStates states,
        SeriesStates::open(plan_.series, plan_.predicates, {question_of(plan_.call)},
                           std::span(&range_, 1), plan_.frame.as_of_ns, plan_.hold_ns, context_));
    states_.emplace(std::move(states));
    ScanRequest request;
    request.range = range_;
    for (const BoundPredicate& predicate : plan_.predicates) {
        for (const PredicateLeaf& leaf : predicate.leaves()) {
            column_of(request.columns, leaf.field, Need::Summary);
        }
    }
    TIDEMARK_ASSIGN_OR_RETURN(first_sample_scans_,
                              SourceScans::open(plan_.series, request, context_));
    const std::vector<SeriesGroup> groups = group_series(plan_.series, *first_sample_scans_);
    std::vector<std::vector<RowTable>> rows(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) rows[i].resize(groups[i].members.size());
    TIDEMARK_RETURN_IF_ERROR(for_each_member_parallel(
        groups, context_.thread_count(), [&](std::size_t group, std::size_t member) {
            return list_series(groups[group].members[member], rows[group][member]);
        }));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        RowBatch batch{groups[i].measurement, groups[i].tag_values, {}};
        for (RowTable& part : rows[i]) batch.rows.append(std::move(part));
        batch.rows.stable_sort(
            [](ConstRow left, ConstRow right) { return time_of(left) < time_of(right); });
        batches_.push_back(std::move(batch));
    }
    coverage_.report(plan_.hold_ns, context_);
    return success();
}

/// Without a lower bound the window of a series begins at its first sample.
Result<TimeRange> EpisodesOperator::window_of(const GroupMember& member) const {
    TimeRange window = plan_.frame.range;
    if (plan_.frame.has_lower) return window;
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, first_sample_scans_->open_cursor(member));
    TIDEMARK_ASSIGN_OR_RETURN(const auto first_ns, first_value_ns(*cursor));
    window.begin_ns = first_ns.value_or(window.end_ns);
    return window;
}

Status EpisodesOperator::list_series(const GroupMember& member, RowTable& rows) {
    TIDEMARK_ASSIGN_OR_RETURN(const TimeRange window, window_of(member));
    if (window.is_empty()) return success();
    TIDEMARK_ASSIGN_OR_RETURN(const std::vector<SeriesState> states, states_->read(member));
    const SeriesState& state = states.front();
    if (!state.has_samples) return success();
    StateWindows totals(state.timeline, plan_.frame.as_of_ns, state.excluded);
    coverage_.add(member, totals.totals(window), state.pace);

    const auto first =
        std::find_if(state.runs.runs.begin(), state.runs.runs.end(),
                     [&](const TrueRun& run) { return run.end_ns > window.begin_ns; });
    if (first == state.runs.runs.end()) return success();
    std::vector<std::int64_t> times;
    std::vector<double> values;
    HeldSamples samples;
    const bool has_number = plan_.predicates[*plan_.call.predicate].numeric_field().has_value();
    if (has_number) {
        TIDEMARK_RETURN_IF_ERROR(read_samples(member, first->begin_ns, times, values));
        samples = {times, values, plan_.hold_ns, state.excluded};
    }
    for (const Episode& episode :
         episodes_of_window(state.runs, window, has_number ? &samples : nullptr)) {
        if (episode.mean && !std::isfinite(*episode.mean)) {
            context_.warn(
                "the mean of at least one episode leaves the range of a double: null there");
        }
        std::vector<Cell> row{TimeCell{episode.begin_ns}};
        TIDEMARK_ASSIGN_OR_RETURN(std::vector<Cell> cells,
                                  episode_cells(episode, plan_.call.unit_ns));
        std::move(cells.begin(), cells.end(), std::back_inserter(row));
        for (const std::string& tag : plan_.tag_columns) {
            const std::string_view value = tag_value(*member.tags, tag);
            row.push_back(value.empty() ? Cell() : Cell(std::string(value)));
        }
        if (plan_.yields_ns) {
            row.emplace_back(saturated_length_ns(episode.begin_ns, episode.end_ns));
            row.emplace_back(episode.inside_ns);
            row.emplace_back(episode.unknown_ns);
        }
        rows.push_back(std::move(row));
    }
    return success();
}

Status EpisodesOperator::read_samples(const GroupMember& member, std::int64_t begin_ns,
                                      std::vector<std::int64_t>& times,
                                      std::vector<double>& values) const {
    ScanRequest request;
    request.columns = {{*plan_.predicates[*plan_.call.predicate].numeric_field(), Need::Values}};
    request.range = {begin_ns, plan_.frame.as_of_ns};
    request.carry_in = CarryIn::WithinHold;
    request.hold_ns = plan_.hold_ns;
    TIDEMARK_ASSIGN_OR_RETURN(const Scan* scan,
                              open_series_scan(plan_.series, member, std::move(request), context_));
    for (std::size_t i = 0; i < scan->series().size(); ++i) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scan->open(i));
        if (const auto& carried = cursor->carried().columns[0]) {
            times.push_back(carried->time_ns);
            values.push_back(to_double(to_cell(carried->value)));
        }
        while (true) {
            TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
            if (piece == nullptr) break;
            for (std::size_t row = 0; row < piece->row_count; ++row) {
                const ColumnValues& column = piece->columns[0].values;
                const bool ends_hold = column.ends_hold(row);
                if (!ends_hold && !column.is_valid(row)) continue;
                times.push_back(piece->times[row]);
                values.push_back(ends_hold ? std::numeric_limits<double>::quiet_NaN()
                                           : to_double(cell_at(column, row)));
            }
        }
    }
    return success();
}

}  // namespace tidemark::query
