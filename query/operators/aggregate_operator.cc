#include "query/operators/aggregate_operator.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "query/column/cell.h"
#include "query/operators/beside_stage.h"

namespace tidemark::query {
namespace {

/// The time of the first row of the series that satisfies WHERE and has a value in one of the first
/// `asked_count` columns: the others are there for the condition.
Result<std::optional<std::int64_t>> first_sample_ns(const SourceScans& scans,
                                                    const GroupMember& member, RowFilter filter,
                                                    std::size_t asked_count) {
    const auto has_value = [&](const ScanPiece& piece, std::size_t row) {
        const auto asked = std::span(piece.columns).first(asked_count);
        return std::any_of(asked.begin(), asked.end(),
                           [&](const ColumnPiece& column) { return column.values.is_valid(row); });
    };
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans.open_cursor(member));
    if (!filter.is_needed()) return first_value_ns(*cursor);
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) return std::optional<std::int64_t>();
        for (std::size_t row = 0; row < piece->row_count; ++row) {
            if (!filter.passes(*piece, row) || !has_value(*piece, row)) continue;
            return std::optional(piece->times[row]);
        }
    }
}

}  // namespace

Result<RowBatch*> AggregateOperator::next() {
    if (!has_computed_) TIDEMARK_RETURN_IF_ERROR(compute_all());
    has_computed_ = true;
    while (next_batch_ < batches_.size()) {
        RowBatch& batch = batches_[next_batch_++];
        if (!batch.rows.empty()) return &batch;
    }
    return nullptr;
}

Status AggregateOperator::compute_all() {
    if (plan_.frame.range.is_empty()) return success();
    TimeRange range = plan_.frame.range;
    if (needs_first_samples()) {
        TIDEMARK_RETURN_IF_ERROR(find_first_samples());
        std::int64_t first_ns = std::numeric_limits<std::int64_t>::max();
        for (const auto& members : first_samples_ns_) {
            for (const auto& member : members)
                first_ns = std::min(first_ns, member.value_or(first_ns));
        }
        range.begin_ns = first_ns;
        if (range.is_empty()) return success();
    }
    TIDEMARK_ASSIGN_OR_RETURN(windows_,
                              WindowTable::make(plan_.frame.buckets, range, context_.row_limit()));
    TIDEMARK_RETURN_IF_ERROR(open_stages());
    batches_.resize(groups_.size());
    if (groups_.empty()) return success();
    holds_.reserve(groups_.size());
    for (std::size_t i = 0; i < groups_.size(); ++i) holds_.emplace_back(context_.guard());
    // Many groups are shared out among the threads; few groups share out their series.
    const unsigned thread_count = context_.thread_count();
    const unsigned threads_per_group = std::max(
        1U,
        thread_count / static_cast<unsigned>(std::min<std::size_t>(groups_.size(), thread_count)));
    TIDEMARK_RETURN_IF_ERROR(for_each_parallel(
        groups_.size(), thread_count,
        [&](std::size_t index) { return compute_group(index, threads_per_group); }));
    coverage_.report(plan_.hold_ns, context_);
    if (states_) states_->report(context_);
    if (has_excluded_rows_ && !has_counted_rows_) context_.warn(std::string(kAllExcludedText));
    return success();
}

Status AggregateOperator::open_stages() {
    const auto any = [&](bool (*computes)(const BoundCall&)) {
        return std::any_of(plan_.calls.begin(), plan_.calls.end(), computes);
    };
    if (any(SampleStage::computes)) {
        TIDEMARK_ASSIGN_OR_RETURN(SampleStage stage, SampleStage::open(plan_, *windows_, context_));
        samples_.emplace(std::move(stage));
    }
    if (any(StateStage::computes)) {
        TIDEMARK_ASSIGN_OR_RETURN(StateStage stage, StateStage::open(plan_, *windows_, context_));
        states_.emplace(std::move(stage));
    }
    if (any(IntegralStage::computes)) {
        TIDEMARK_ASSIGN_OR_RETURN(IntegralStage stage,
                                  IntegralStage::open(plan_, *windows_, context_));
        integrals_.emplace(std::move(stage));
    }
    if (any(CounterStage::computes)) {
        TIDEMARK_ASSIGN_OR_RETURN(CounterStage stage,
                                  CounterStage::open(plan_, *windows_, context_));
        counters_.emplace(std::move(stage));
    }
    if (any(HeldStage::computes)) {
        TIDEMARK_ASSIGN_OR_RETURN(HeldStage stage, HeldStage::open(plan_, *windows_, context_));
        held_.emplace(std::move(stage));
    }
    if (any(TrendStage::computes)) {
        TIDEMARK_ASSIGN_OR_RETURN(TrendStage stage, TrendStage::open(plan_, *windows_, context_));
        trends_.emplace(std::move(stage));
    }
    if (any(PairStage::computes)) {
        TIDEMARK_ASSIGN_OR_RETURN(PairStage stage, PairStage::open(plan_, *windows_, context_));
        pairs_.emplace(std::move(stage));
    }
    if (groups_.empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(const SourceScans scans,
                                  SourceScans::open(plan_.series, ScanRequest(), context_));
        groups_ = group_series(plan_.series, scans);
    }
    return success();
}

/// Without a lower bound buckets, and what is known of a series, begin with its first sample.
bool AggregateOperator::needs_first_samples() const {
    return !plan_.frame.has_lower &&
           (plan_.frame.buckets.step ||
            std::any_of(plan_.calls.begin(), plan_.calls.end(),
                        [](const BoundCall& call) { return call.info().needs_carry_in(); }));
}

Status AggregateOperator::find_first_samples() {
    ScanRequest request;
    request.range = plan_.frame.range;
    for (const BoundCall& call : plan_.calls) {
        if (!call.field.empty()) column_of(request.columns, call.field, Need::Summary);
    }
    for (const BoundPredicate& predicate : plan_.predicates) {
        for (const PredicateLeaf& leaf : predicate.leaves()) {
            column_of(request.columns, leaf.field, Need::Summary);
        }
    }
    const std::size_t asked_count = request.columns.size();
    if (plan_.series.where.has_field_condition()) {
        for (ColumnRequest& column : request.columns) column.need = Need::Values;
        add_condition_columns(plan_.series.where, request.columns);
    }
    TIDEMARK_ASSIGN_OR_RETURN(const SourceScans scans,
                              SourceScans::open(plan_.series, request, context_));
    groups_ = group_series(plan_.series, scans);
    first_samples_ns_.resize(groups_.size());
    return for_each_parallel(
        groups_.size(), context_.thread_count(), [&](std::size_t index) -> Status {
            for (const GroupMember& member : groups_[index].members) {
                RowFilter filter(plan_.series.where, request.columns, *member.tags);
                TIDEMARK_ASSIGN_OR_RETURN(
                    const auto first_ns,
                    first_sample_ns(scans, member, std::move(filter), asked_count));
                first_samples_ns_[index].push_back(first_ns);
            }
            return success();
        });
}

std::int64_t AggregateOperator::row_time_ns(const GroupCells& cells, std::size_t window) const {
    if (plan_.keeps_sample_time && cells.sample_times_ns[window]) {
        return *cells.sample_times_ns[window];
    }
    if (plan_.frame.buckets.step) return windows_->buckets()[window].label_ns;
    return plan_.frame.has_lower ? plan_.frame.range.begin_ns : 0;
}

void AggregateOperator::warn_of(const GroupCells& cells) const {
    for (std::size_t i = 0; i < plan_.calls.size(); ++i) {
        const std::string& text = plan_.calls[i].text;
        if (cells.is_out_of_range[i]) {
            context_.warn(text + " leaves the range of a double in at least one row: null there");
        }
        if (cells.has_left_out[i]) {
            context_.warn(text +
                          " takes whole numbers from 0 to 10: at least one row has left "
                          "other samples out");
        }
    }
}

Status AggregateOperator::compute_group(std::size_t index, unsigned thread_count) {
    const SeriesGroup& group = groups_[index];
    const std::size_t window_count = windows_->windows().size();
    // Its cells, and the rows that are made of them.
    const std::size_t cells_per_row = 1 + plan_.beside.size() + plan_.calls.size();
    const std::size_t row_bytes = cells_per_row * sizeof(Cell);
    TIDEMARK_RETURN_IF_ERROR(holds_[index].hold(2 * window_count * row_bytes));
    GroupCells cells(plan_.calls.size(), window_count);
    if (samples_) TIDEMARK_RETURN_IF_ERROR(samples_->run(group, thread_count, cells));
    if (cells.has_excluded_rows) has_excluded_rows_ = true;
    if (cells.has_counted_rows) has_counted_rows_ = true;
    std::span<const std::optional<std::int64_t>> first_samples;
    std::size_t first_window = 0;
    if (!first_samples_ns_.empty()) {
        first_samples = first_samples_ns_[index];
        std::int64_t first_ns = std::numeric_limits<std::int64_t>::max();
        for (const auto& sample : first_samples)
            first_ns = std::min(first_ns, sample.value_or(first_ns));
        first_window = windows_->bucket_of(first_ns);
    }
    if (integrals_) {
        TIDEMARK_RETURN_IF_ERROR(integrals_->run(group, first_samples, coverage_, cells));
    }
    if (pairs_) TIDEMARK_RETURN_IF_ERROR(pairs_->run(group, cells));
    if (trends_) TIDEMARK_RETURN_IF_ERROR(trends_->run(group, cells));
    if (counters_) TIDEMARK_RETURN_IF_ERROR(counters_->run(group, cells));
    if (held_) TIDEMARK_RETURN_IF_ERROR(held_->run(group, first_samples, coverage_, cells));
    if (states_) {
        TIDEMARK_RETURN_IF_ERROR(
            states_->run(group, first_samples, thread_count, coverage_, cells));
    }
    if (!cells.has_value) return success();
    warn_of(cells);
    std::vector<std::vector<Cell>> beside;
    if (!plan_.beside.empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(beside, read_beside(plan_, group, cells, context_));
    }
    if ((row_count_ += window_count) > context_.held_row_limit()) {
        return Error(ErrorCode::LimitExceeded,
                     "there are more than " + std::to_string(context_.held_row_limit()) +
                         " buckets: use a shorter time range or wider buckets");
    }
    RowBatch& batch = batches_[index];
    batch.measurement = group.measurement;
    batch.tag_values = group.tag_values;
    batch.rows.reserve(window_count - first_window, cells_per_row);
    for (std::size_t window = first_window; window < window_count; ++window) {
        const Row row = batch.rows.append(cells_per_row);
        row.front() = TimeCell{row_time_ns(cells, window)};
        auto cell = row.begin() + 1;
        if (!beside.empty()) cell = std::ranges::move(beside[window], cell).out;
        for (auto& of_call : cells.of_call) *cell++ = std::move(of_call[window]);
    }
    return holds_[index].hold(window_count * row_bytes);
}

}  // namespace tidemark::query
