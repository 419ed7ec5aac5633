#include "query/operators/sample_stage.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "query/column/cell.h"
#include "query/functions/sliding_merge.h"
#include "query/operators/leaf_truth.h"
#include "query/plan/time_expression.h"
#include "storage/base/assert.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kNoBegin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();

bool has_valid_row(const ColumnValues& values, std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
        if (values.is_valid(row)) return true;
    }
    return false;
}

}  // namespace

/// What has been collected of one group.
struct SampleStage::GroupState {
    explicit GroupState(QueryGuard& guard) : hold(guard) {}

    /// Asks for the memory of what has been collected.
    Status hold_memory() {
        std::size_t byte_count = fold_bytes;
        for (const auto& [column, kept] : rows) byte_count += kept.memory_size_bytes();
        return hold.hold(byte_count);
    }

    std::vector<std::optional<FieldType>> column_types;
    /// [stage call][part]; a fold is made when its first sample comes.
    std::vector<std::vector<std::unique_ptr<SampleFold>>> folds;
    std::vector<std::vector<ShareFold>> shares;  ///< [stage call][part]
    std::map<std::size_t, PercentileRows> rows;  ///< By column.
    std::size_t rank = 0;
    bool has_excluded_rows = false;
    bool has_counted_rows = false;
    /// [stage call][its predicate], of the series being read.
    std::vector<std::vector<std::vector<PredicateStep>>> steps;
    std::size_t fold_bytes = 0;  ///< What the folds hold together.
    MemoryHold hold;
};

bool SampleStage::computes(const BoundCall& call) {
    switch (call.info().function_class) {
        case FunctionClass::Aggregate:
        case FunctionClass::Selector:
        case FunctionClass::Quantile:
        case FunctionClass::PointShare:
            return true;
        case FunctionClass::Trend:
        case FunctionClass::Pairs:
        case FunctionClass::TimeMean:
        case FunctionClass::Counter:
        case FunctionClass::HeldValue:
        case FunctionClass::State:
        case FunctionClass::Table:
        case FunctionClass::Columns:
        case FunctionClass::RowPicker:
        case FunctionClass::Transformation:
            return false;
    }
    return false;
}

Result<SampleStage> SampleStage::open(const AggregateWindows& plan, const WindowTable& windows,
                                      ExecutionContext& context) {
    SampleStage stage(plan, windows, context.guard());
    for (std::size_t i = 0; i < plan.calls.size(); ++i) {
        if (computes(plan.calls[i])) stage.plan_call(i);
    }
    const bool are_all_percentiles = std::ranges::all_of(
        stage.calls_, [](const StageCall& call) { return call.kind == Kind::Percentile; });
    stage.takes_whole_pieces_ = are_all_percentiles && !windows.has_gaps();
    add_condition_columns(plan.series.where, stage.request_.columns);
    const bool may_be_summarized =
        std::any_of(stage.request_.columns.begin(), stage.request_.columns.end(),
                    [](const ColumnRequest& column) { return column.need == Need::Summary; });
    // Rows that come as values are split at the edges here; a summary or a run cannot be.
    if (may_be_summarized || !stage.request_.leaves.empty()) {
        stage.request_.cuts = windows.edges();
    }
    stage.request_.range = windows.hull();
    if (plan.series.exclusions != nullptr) {
        const bool is_bounded =
            stage.request_.range.begin_ns != kNoBegin && stage.request_.range.end_ns != kNoEnd;
        if (!is_bounded) {
            TIDEMARK_ASSIGN_OR_RETURN(stage.request_.range, stage.extent_of_rows(context));
        }
        // So that all of a piece counts, or nothing of it.
        stage.request_.cuts =
            with_exclusion_edges(plan.series, windows.edges(), stage.request_.range);
    }
    TIDEMARK_ASSIGN_OR_RETURN(stage.scans_,
                              SourceScans::open(plan.series, stage.request_, context));
    return stage;
}

/// The range without what is in front of all rows and behind them: calendars have hours on every
/// day of it.
Result<TimeRange> SampleStage::extent_of_rows(ExecutionContext& context) const {
    const TimeRange& range = request_.range;
    TIDEMARK_ASSIGN_OR_RETURN(const SourceScans scans,
                              SourceScans::open(plan_.series, request_, context));
    TimeRange extent{range.end_ns, range.begin_ns};
    for (const Scan* scan : scans.scans()) {
        for (std::size_t i = 0; i < scan->series().size(); ++i) {
            TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scan->open(i));
            while (true) {
                TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
                if (piece == nullptr) break;
                extent.begin_ns = std::min(extent.begin_ns, piece->first_ns);
                extent.end_ns = std::max(extent.end_ns, saturating_add(piece->last_ns, 1));
            }
        }
    }
    return extent.is_empty() ? TimeRange{range.begin_ns, range.begin_ns} : extent;
}

void SampleStage::plan_call(std::size_t index) {
    const BoundCall& call = plan_.calls[index];
    const FunctionInfo& info = call.info();
    StageCall planned{index, Kind::Fold, 0, false, {}, {}};
    if (info.function_class == FunctionClass::Quantile) {
        planned.kind = Kind::Percentile;
        planned.column = column_of(request_.columns, call.field, Need::Values);
    } else if (info.function_class == FunctionClass::PointShare) {
        plan_share(call, planned);
    } else {
        const bool is_filtered = plan_.series.where.has_field_condition();
        planned.needs_time =
            info.is_selector && index == 0 && (plan_.keeps_sample_time || !plan_.beside.empty());
        auto example =
            make_sample_fold(call.function, FieldType::Float, planned.needs_time, call.percentile);
        const bool takes_summaries = !is_filtered && example && example.value()->takes_summaries();
        planned.column =
            column_of(request_.columns, call.field, takes_summaries ? Need::Summary : Need::Values);
    }
    calls_.push_back(std::move(planned));
}

/// The points of both of apdex's predicates go into one share, which is then the mean of theirs.
void SampleStage::plan_share(const BoundCall& call, StageCall& planned) {
    std::vector<std::size_t> predicates{*call.predicate};
    if (call.tolerated) predicates.push_back(*call.tolerated);
    const bool is_filtered = plan_.series.where.has_field_condition();
    const bool are_leaves = std::all_of(
        predicates.begin(), predicates.end(),
        [this](std::size_t predicate) { return plan_.predicates[predicate].is_single_leaf(); });
    planned.kind = are_leaves && !is_filtered ? Kind::ShareOfRuns : Kind::ShareOfRows;
    for (const std::size_t predicate : predicates) {
        const std::vector<PredicateLeaf>& leaves = plan_.predicates[predicate].leaves();
        if (planned.kind == Kind::ShareOfRuns) {
            planned.leaves.push_back(request_.leaves.size());
            request_.leaves.push_back(leaves.front());
            continue;
        }
        RowPredicate& by_row = planned.predicates.emplace_back(RowPredicate{predicate, {}});
        for (const PredicateLeaf& leaf : leaves) {
            by_row.leaf_columns.push_back(column_of(request_.columns, leaf.field, Need::Values));
        }
    }
}

Result<SampleStage::GroupState> SampleStage::empty_state(const SeriesGroup& group) const {
    GroupState state(guard_);
    state.column_types.resize(request_.columns.size());
    for (const GroupMember& member : group.members) {
        const auto types = scans_->scans()[member.source_index]->column_types();
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (types[i] && state.column_types[i] && types[i] != state.column_types[i]) {
                return Error(ErrorCode::InvalidArgument,
                             "field " + request_.columns[i].field +
                                 " has different types in the measurements of this query");
            }
            if (types[i]) state.column_types[i] = types[i];
        }
    }
    state.folds.resize(calls_.size());
    state.shares.resize(calls_.size());
    state.steps.resize(calls_.size());
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        switch (calls_[i].kind) {
            case Kind::Fold:
                state.folds[i].resize(windows_.part_count());
                break;
            case Kind::Percentile:
                if (const auto type = state.column_types[calls_[i].column]) {
                    state.rows.try_emplace(calls_[i].column, *type);
                }
                break;
            case Kind::ShareOfRuns:
            case Kind::ShareOfRows:
                state.shares[i].resize(windows_.part_count());
                break;
        }
    }
    return state;
}

void SampleStage::merge(GroupState& target, GroupState&& source) const {
    target.has_excluded_rows = target.has_excluded_rows || source.has_excluded_rows;
    target.has_counted_rows = target.has_counted_rows || source.has_counted_rows;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        for (std::size_t part = 0; part < target.folds[i].size(); ++part) {
            std::unique_ptr<SampleFold>& fold = source.folds[i][part];
            if (fold == nullptr) continue;
            if (target.folds[i][part] == nullptr) {
                target.folds[i][part] = std::move(fold);
            } else {
                target.folds[i][part]->merge(*fold);
            }
        }
        for (std::size_t part = 0; part < target.shares[i].size(); ++part) {
            target.shares[i][part].merge(source.shares[i][part]);
        }
    }
}

Status SampleStage::run(const SeriesGroup& group, unsigned thread_count, GroupCells& cells) const {
    const bool can_split = std::none_of(calls_.begin(), calls_.end(), [](const StageCall& call) {
        return call.kind == Kind::Percentile;
    });
    const std::size_t member_count = group.members.size();
    const std::size_t split = can_split ? std::min<std::size_t>(thread_count, member_count) : 1;
    std::vector<GroupState> states;
    for (std::size_t i = 0; i < split; ++i) {
        TIDEMARK_ASSIGN_OR_RETURN(GroupState state, empty_state(group));
        states.push_back(std::move(state));
    }
    const auto read_members = [&](std::size_t i) -> Status {
        for (std::size_t rank = i * member_count / split; rank < (i + 1) * member_count / split;
             ++rank) {
            TIDEMARK_RETURN_IF_ERROR(read_member(group.members[rank], rank, states[i]));
        }
        return success();
    };
    TIDEMARK_RETURN_IF_ERROR(for_each_parallel(split, thread_count, read_members));
    GroupState& state = states.front();
    for (std::size_t i = 1; i < split; ++i) merge(state, std::move(states[i]));
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        if (calls_[i].kind == Kind::Fold) TIDEMARK_RETURN_IF_ERROR(finish_fold(i, state, cells));
        if (!state.shares[i].empty()) finish_share(i, state, cells);
    }
    finish_percentiles(state, cells);
    cells.has_excluded_rows = state.has_excluded_rows;
    cells.has_counted_rows = state.has_counted_rows;
    return success();
}

Status SampleStage::read_member(const GroupMember& member, std::size_t rank,
                                GroupState& state) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    RowFilter filter(plan_.series.where, request_.columns, *member.tags);
    PartCursor part_cursor(windows_);
    state.rank = rank;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        state.steps[i].clear();
        for (const RowPredicate& predicate : calls_[i].predicates) {
            state.steps[i].push_back(plan_.predicates[predicate.predicate].steps_for(*member.tags));
        }
    }
    const TimeRanges excluded = excluded_time(plan_.series, member, request_.range);
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) return success();
        if (contains(excluded, piece->first_ns)) {
            state.has_excluded_rows = true;
            continue;
        }
        state.has_counted_rows = true;
        TIDEMARK_RETURN_IF_ERROR(add_piece(*piece, filter, part_cursor, state));
        TIDEMARK_RETURN_IF_ERROR(state.hold_memory());
    }
}

Status SampleStage::add_piece(const ScanPiece& piece, RowFilter& filter, PartCursor& cursor,
                              GroupState& state) const {
    if (!request_.cuts.empty() || piece.times.empty()) {
        // The piece lies in one part.
        const std::size_t part = cursor.part_of(piece.first_ns);
        if (part == windows_.part_count() || !windows_.is_part_of_window(part)) return success();
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            for (const std::size_t leaf : calls_[i].leaves) {
                state.shares[i][part].add_runs(piece.leaves[leaf]);
            }
        }
        if (!filter.is_needed() || piece.times.empty()) {
            return add_rows(piece, 0, piece.row_count, part, state);
        }
    }
    if (takes_whole_pieces_ && !filter.is_needed()) {
        // They look for the rows of their windows themselves.
        add_percentile_rows(piece, 0, piece.row_count, state);
        return success();
    }
    std::size_t begin = 0;
    while (begin < piece.row_count) {
        const std::size_t part = cursor.part_of(piece.times[begin]);
        std::size_t end = begin + 1;
        if (part == windows_.part_count() || !windows_.is_part_of_window(part)) {
            begin = end;
            continue;
        }
        if (filter.is_needed() && !filter.passes(piece, begin)) {
            begin = end;
            continue;
        }
        const std::int64_t part_end_ns = windows_.part_end_ns(part);
        if (filter.is_needed()) {
            while (end < piece.row_count && piece.times[end] < part_end_ns &&
                   filter.passes(piece, end)) {
                ++end;
            }
        } else {
            const auto last =
                std::lower_bound(piece.times.begin() + static_cast<std::ptrdiff_t>(end),
                                 piece.times.end(), part_end_ns);
            end = static_cast<std::size_t>(last - piece.times.begin());
        }
        TIDEMARK_RETURN_IF_ERROR(add_rows(piece, begin, end, part, state));
        begin = end;
    }
    return success();
}

void SampleStage::add_percentile_rows(const ScanPiece& piece, std::size_t begin, std::size_t end,
                                      GroupState& state) {
    for (auto& [column, rows] : state.rows) {
        rows.add_values(piece.times, piece.columns[column].values, begin, end);
    }
}

Status SampleStage::add_rows(const ScanPiece& piece, std::size_t begin, std::size_t end,
                             std::size_t part, GroupState& state) const {
    add_percentile_rows(piece, begin, end, state);
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        const StageCall& call = calls_[i];
        for (std::size_t j = 0; j < call.predicates.size(); ++j) {
            add_points(piece, begin, end, call.predicates[j], state.steps[i][j],
                       state.shares[i][part]);
        }
        if (call.kind != Kind::Fold || !state.column_types[call.column]) continue;
        const ColumnPiece& column = piece.columns[call.column];
        const bool has_samples = column.summary != nullptr
                                     ? column.summary->non_null_count > 0
                                     : has_valid_row(column.values, begin, end);
        if (!has_samples) continue;
        std::unique_ptr<SampleFold>& fold = state.folds[i][part];
        if (fold == nullptr) {
            TIDEMARK_ASSIGN_OR_RETURN(fold, make_fold(call, state));
        }
        fold->begin_series(state.rank);
        if (column.summary != nullptr) {
            fold->add_summary(*column.summary);
        } else {
            const std::size_t bytes_before = fold->memory_size_bytes();
            fold->add_values(piece.times, column.values, begin, end);
            state.fold_bytes += fold->memory_size_bytes() - bytes_before;
        }
    }
    return success();
}

void SampleStage::add_points(const ScanPiece& piece, std::size_t begin, std::size_t end,
                             const RowPredicate& by_row, const std::vector<PredicateStep>& steps,
                             ShareFold& share) const {
    const BoundPredicate& predicate = plan_.predicates[by_row.predicate];
    std::vector<Truth> truths(predicate.leaves().size());
    for (std::size_t row = begin; row < end; ++row) {
        // A row that another call asked for is no point of this predicate's fields.
        bool is_point = false;
        for (std::size_t leaf = 0; leaf < truths.size(); ++leaf) {
            const ColumnValues& values = piece.columns[by_row.leaf_columns[leaf]].values;
            is_point = is_point || values.is_valid(row);
            truths[leaf] = leaf_truth(predicate.leaves()[leaf], values, row);
        }
        if (!is_point) continue;
        const Truth truth = combine_truths(steps, truths);
        if (truth == Truth::Unknown) continue;
        ++share.known_count;
        if (truth == Truth::True) ++share.true_count;
    }
}

Result<std::unique_ptr<SampleFold>> SampleStage::make_fold(const StageCall& call,
                                                           const GroupState& state) const {
    const BoundCall& bound = plan_.calls[call.call];
    return make_sample_fold(bound.function, *state.column_types[call.column], call.needs_time,
                            bound.percentile);
}

Status SampleStage::finish_fold(std::size_t position, const GroupState& state,
                                GroupCells& cells) const {
    const StageCall& call = calls_[position];
    const auto& folds = state.folds[position];
    using FoldPtr = std::unique_ptr<SampleFold>;
    // Every fold is of the same kind, so that making another one cannot fail.
    const auto merge_folds = [&](FoldPtr& target, const FoldPtr& source) {
        if (source == nullptr) return;
        if (target == nullptr) {
            target = make_fold(call, state).value();
        }
        target->merge(*source);
    };
    SlidingMerge sliding(std::span<const FoldPtr>(folds), merge_folds);
    for (std::size_t window = 0; window < windows_.windows().size(); ++window) {
        const WindowTable::Parts parts = windows_.parts(window);
        FoldPtr merged;
        if (parts.end - parts.begin > 1) merged = sliding.merged(parts.begin, parts.end);
        const SampleFold* whole = merged.get();
        if (parts.end - parts.begin == 1) whole = folds[parts.begin].get();
        if (whole == nullptr) continue;
        TIDEMARK_ASSIGN_OR_RETURN(FoldResult result, whole->finish());
        cells.has_value = true;
        if (call.call == 0) cells.sample_times_ns[window] = result.time_ns;
        if (result.is_out_of_range) cells.is_out_of_range[call.call] = true;
        if (result.has_left_out) cells.has_left_out[call.call] = true;
        if (plan_.calls[call.call].counts_tag) result.cell = std::int64_t{0};
        cells.of_call[call.call][window] = std::move(result.cell);
    }
    return success();
}

void SampleStage::finish_percentiles(GroupState& state, GroupCells& cells) const {
    for (auto& [column, rows] : state.rows) {
        std::vector<PercentileRequest> requests;
        std::vector<std::size_t> calls;
        for (const StageCall& call : calls_) {
            if (call.kind != Kind::Percentile || call.column != column) continue;
            requests.push_back(*plan_.calls[call.call].percentile);
            calls.push_back(call.call);
        }
        std::vector<FoldResult> results = rows.evaluate(windows_.windows(), requests);
        TIDEMARK_ASSERT(results.size() == requests.size() * windows_.windows().size(),
                        "one result per window and request");
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (is_null(results[i].cell)) continue;
            const std::size_t window = i / requests.size();
            const std::size_t call = calls[i % requests.size()];
            cells.has_value = true;
            if (call == 0) cells.sample_times_ns[window] = results[i].time_ns;
            cells.of_call[call][window] = std::move(results[i].cell);
        }
    }
}

void SampleStage::finish_share(std::size_t position, const GroupState& state,
                               GroupCells& cells) const {
    const auto add_shares = [](ShareFold& target, const ShareFold& source) {
        target.merge(source);
    };
    SlidingMerge sliding(std::span<const ShareFold>(state.shares[position]), add_shares);
    for (std::size_t window = 0; window < windows_.windows().size(); ++window) {
        const WindowTable::Parts parts = windows_.parts(window);
        const ShareFold whole = sliding.merged(parts.begin, parts.end);
        Cell cell = whole.finish();
        if (is_null(cell)) continue;
        cells.has_value = true;
        cells.of_call[calls_[position].call][window] = std::move(cell);
    }
}

}  // namespace tidemark::query
