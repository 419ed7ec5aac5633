#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/scan.h>

#include "query/functions/time_ranges.h"
#include "query/operators/execution_context.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// One series of a group.
struct GroupMember {
    std::size_t source_index;  ///< Of the selection's sources.
    std::size_t series_index;  ///< Of the source's scans: all of them select the same series.
    const TagSet* tags;        ///< Lives as long as the execution context.
};

struct SeriesGroup {
    std::string measurement;
    std::vector<std::string> tag_values;  ///< Of the group tags, empty where a series has none.
    std::vector<GroupMember> members;     ///< In series-key order.
};

/// Sends a request to the measurement of a source, or to the rows of its subquery. Database, policy
/// and measurement are filled in.
Result<const Scan*> open_scan(const ResolvedSource& source, ScanRequest request,
                              ExecutionContext& context);

/// The same for one series alone.
Result<const Scan*> open_series_scan(const SeriesSelection& selection, const GroupMember& member,
                                     ScanRequest request, ExecutionContext& context);

/// The same request, sent to every source of a selection.
class SourceScans {
public:
    /// Database, measurement and series conditions are filled into `request` from the selection.
    static Result<SourceScans> open(const SeriesSelection& selection, const ScanRequest& request,
                                    ExecutionContext& context);

    const std::vector<const Scan*>& scans() const { return scans_; }

    Result<std::unique_ptr<SeriesCursor>> open_cursor(const GroupMember& member) const {
        return scans_[member.source_index]->open(member.series_index);
    }

    /// The type of a requested column: of the first source that has it.
    std::optional<FieldType> column_type(std::size_t column) const;

private:
    std::vector<const Scan*> scans_;
};

/// The time of the first value in the columns of a cursor that was not moved; nothing when there is
/// none. Leaves the cursor anywhere.
Result<std::optional<std::int64_t>> first_value_ns(SeriesCursor& cursor);

/// The groups that the series of `scans` fall into, by measurement, then tag values.
std::vector<SeriesGroup> group_series(const SeriesSelection& selection, const SourceScans& scans);

/// The part of `range` that DURING and EXCEPT take out for a series, in normal form.
TimeRanges excluded_time(const SeriesSelection& selection, const GroupMember& member,
                         const TimeRange& range);

/// Ascending times at which no piece may be cut across: `cuts`, and where `range` is cut by DURING
/// and EXCEPT.
std::vector<std::int64_t> with_exclusion_edges(const SeriesSelection& selection,
                                               std::vector<std::int64_t> cuts,
                                               const TimeRange& range);

/// Calls work(i, j) for member j of group i, for all of them, as for_each_parallel does.
Status for_each_member_parallel(const std::vector<SeriesGroup>& groups, unsigned thread_count,
                                const std::function<Status(std::size_t, std::size_t)>& work);

/// Decides for the rows of a piece whether they satisfy the condition of WHERE.
///
/// Not thread-safe: one per cursor.
class RowFilter {
public:
    /// `columns` are those of the scan request; the fields of the condition must be among them.
    RowFilter(const WhereClause& where, const std::vector<ColumnRequest>& columns,
              const TagSet& tags);

    /// False when every row passes: conditions on tags alone have chosen the series already.
    bool is_needed() const { return where_.has_field_condition(); }

    bool passes(const ScanPiece& piece, std::size_t row);

private:
    const WhereClause& where_;
    std::vector<std::optional<std::size_t>> column_of_input_;
    std::vector<Cell> cells_;
};

/// Adds the fields that the condition of WHERE reads to the columns of a request.
void add_condition_columns(const WhereClause& where, std::vector<ColumnRequest>& columns);

/// The position of `field` among `columns`, where it is put when it is not there yet. Values wins
/// over Summary.
std::size_t column_of(std::vector<ColumnRequest>& columns, const std::string& field, Need need);

}  // namespace tidemark::query
