#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "query/functions/percentile_rows.h"
#include "query/functions/sample_fold.h"
#include "query/operators/series_groups.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The calls of an AggregateWindows that are computed from samples: folds, percentiles, shares of
/// points. One scan for all of them.
///
/// Thread-safe once open: groups may be run in parallel.
class SampleStage {
public:
    static bool computes(const BoundCall& call);

    /// All arguments must outlive the stage.
    static Result<SampleStage> open(const AggregateWindows& plan, const WindowTable& windows,
                                    ExecutionContext& context);

    /// Fills in the cells of its calls. Reads the series of the group on up to `thread_count`
    /// threads where their parts can be merged (percentiles need all rows in one place).
    Status run(const SeriesGroup& group, unsigned thread_count, GroupCells& cells) const;

private:
    enum class Kind : std::uint8_t { Fold, Percentile, ShareOfRuns, ShareOfRows };

    /// A predicate whose truth is looked at row by row.
    struct RowPredicate {
        std::size_t predicate;  ///< Position in the plan.
        std::vector<std::size_t>
            leaf_columns;  ///< Of the request: the column of each leaf's field.
    };

    struct StageCall {
        std::size_t call;  ///< Position in the plan.
        Kind kind;
        std::size_t column = 0;  ///< Fold, Percentile: of the request.
        bool needs_time = false;
        std::vector<std::size_t> leaves;       ///< ShareOfRuns: of the request.
        std::vector<RowPredicate> predicates;  ///< ShareOfRows.
    };

    struct GroupState;

    SampleStage(const AggregateWindows& plan, const WindowTable& windows, QueryGuard& guard)
        : plan_(plan), windows_(windows), guard_(guard) {}

    void plan_call(std::size_t index);
    void plan_share(const BoundCall& call, StageCall& planned);
    Result<TimeRange> extent_of_rows(ExecutionContext& context) const;
    Result<GroupState> empty_state(const SeriesGroup& group) const;
    void merge(GroupState& target, GroupState&& source) const;
    Status read_member(const GroupMember& member, std::size_t rank, GroupState& state) const;
    Status add_piece(const ScanPiece& piece, RowFilter& filter, PartCursor& cursor,
                     GroupState& state) const;
    static void add_percentile_rows(const ScanPiece& piece, std::size_t begin, std::size_t end,
                                    GroupState& state);
    Status add_rows(const ScanPiece& piece, std::size_t begin, std::size_t end, std::size_t part,
                    GroupState& state) const;
    void add_points(const ScanPiece& piece, std::size_t begin, std::size_t end,
                    const RowPredicate& predicate, const std::vector<PredicateStep>& steps,
                    ShareFold& share) const;
    Result<std::unique_ptr<SampleFold>> make_fold(const StageCall& call,
                                                  const GroupState& state) const;
    Status finish_fold(std::size_t position, const GroupState& state, GroupCells& cells) const;
    void finish_percentiles(GroupState& state, GroupCells& cells) const;
    void finish_share(std::size_t position, const GroupState& state, GroupCells& cells) const;

    const AggregateWindows& plan_;
    const WindowTable& windows_;
    QueryGuard& guard_;
    ScanRequest request_;
    std::vector<StageCall> calls_;
    bool takes_whole_pieces_ = false;  ///< Instead of cutting them at the edges of parts.
    std::optional<SourceScans> scans_;
};

}  // namespace tidemark::query
