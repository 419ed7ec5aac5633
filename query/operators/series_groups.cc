#include "query/operators/series_groups.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "query/column/cell.h"

namespace tidemark::query {

Result<const Scan*> open_scan(const ResolvedSource& source, ScanRequest request,
                              ExecutionContext& context) {
    request.database = source.database;
    request.retention_policy = source.policy;
    request.measurement = source.measurement;
    if (source.subquery != nullptr) {
        return context.scan_subquery(*source.subquery, std::move(request));
    }
    return context.scan(std::move(request));
}

Result<const Scan*> open_series_scan(const SeriesSelection& selection, const GroupMember& member,
                                     ScanRequest request, ExecutionContext& context) {
    for (const Tag& tag : *member.tags) {
        request.tags.push_back({tag.key, CompareOp::Equal, tag.value, {}});
    }
    request.series_filter = [&member](const TagSet& tags) { return tags == *member.tags; };
    return open_scan(selection.sources[member.source_index], std::move(request), context);
}

Result<SourceScans> SourceScans::open(const SeriesSelection& selection, const ScanRequest& request,
                                      ExecutionContext& context) {
    SourceScans scans;
    for (const ResolvedSource& source : selection.sources) {
        ScanRequest filled = request;
        filled.tags = selection.where.tag_matchers;
        if (selection.where.condition) {
            filled.series_filter = [&where = selection.where](const TagSet& tags) {
                return may_hold(where, tags);
            };
        }
        TIDEMARK_ASSIGN_OR_RETURN(const Scan* scan, open_scan(source, std::move(filled), context));
        scans.scans_.push_back(scan);
    }
    return scans;
}

std::optional<FieldType> SourceScans::column_type(std::size_t column) const {
    for (const Scan* scan : scans_) {
        if (scan->column_types()[column]) return scan->column_types()[column];
    }
    return std::nullopt;
}

std::vector<SeriesGroup> group_series(const SeriesSelection& selection, const SourceScans& scans) {
    std::map<std::pair<std::string, std::vector<std::string>>, std::vector<GroupMember>> groups;
    for (std::size_t i = 0; i < selection.sources.size(); ++i) {
        const auto series = scans.scans()[i]->series();
        for (std::size_t j = 0; j < series.size(); ++j) {
            std::vector<std::string> tag_values;
            for (const std::string& tag : selection.group_tags) {
                tag_values.emplace_back(tag_value(series[j].tags, tag));
            }
            groups[{selection.sources[i].measurement, std::move(tag_values)}].push_back(
                {i, j, &series[j].tags});
        }
    }
    std::vector<SeriesGroup> ordered;
    ordered.reserve(groups.size());
    for (auto& [key, members] : groups) {
        ordered.push_back({key.first, key.second, std::move(members)});
    }
    return ordered;
}

TimeRanges excluded_time(const SeriesSelection& selection, const GroupMember& member,
                         const TimeRange& range) {
    if (selection.exclusions == nullptr) return {};
    return selection.exclusions->excluded(*member.tags, range);
}

std::vector<std::int64_t> with_exclusion_edges(const SeriesSelection& selection,
                                               std::vector<std::int64_t> cuts,
                                               const TimeRange& range) {
    if (selection.exclusions == nullptr) return cuts;
    std::vector<std::int64_t> all;
    std::ranges::set_union(cuts, selection.exclusions->edges(range), std::back_inserter(all));
    return all;
}

Status for_each_member_parallel(const std::vector<SeriesGroup>& groups, unsigned thread_count,
                                const std::function<Status(std::size_t, std::size_t)>& work) {
    std::vector<std::pair<std::size_t, std::size_t>> tasks;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        for (std::size_t j = 0; j < groups[i].members.size(); ++j) tasks.emplace_back(i, j);
    }
    return for_each_parallel(tasks.size(), thread_count, [&](std::size_t index) {
        return work(tasks[index].first, tasks[index].second);
    });
}

RowFilter::RowFilter(const WhereClause& where, const std::vector<ColumnRequest>& columns,
                     const TagSet& tags)
    : where_(where), cells_(where.inputs.size()) {
    for (std::size_t i = 0; i < where.inputs.size(); ++i) {
        const InputColumn& input = where.inputs[i];
        const auto column =
            std::find_if(columns.begin(), columns.end(),
                         [&](const ColumnRequest& request) { return request.field == input.name; });
        if (input.is_tag) {
            cells_[i] = std::string(tag_value(tags, input.name));
            column_of_input_.emplace_back();
        } else {
            column_of_input_.emplace_back(column - columns.begin());
        }
    }
}

bool RowFilter::passes(const ScanPiece& piece, std::size_t row) {
    if (!is_needed()) return true;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        if (!column_of_input_[i]) continue;
        cells_[i] = cell_at(piece.columns[*column_of_input_[i]].values, row);
    }
    return is_true(evaluate(*where_.condition, cells_));
}

Result<std::optional<std::int64_t>> first_value_ns(SeriesCursor& cursor) {
    std::optional<std::int64_t> first_ns;
    const auto note = [&](std::int64_t time_ns) {
        first_ns = std::min(first_ns.value_or(time_ns), time_ns);
    };
    while (!first_ns) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor.next());
        if (piece == nullptr) break;
        for (const ColumnPiece& column : piece->columns) {
            if (column.summary != nullptr) {
                if (column.summary->non_null_count > 0) note(column.summary->first_ns);
                continue;
            }
            std::size_t row = 0;
            while (row < piece->row_count && !column.values.is_valid(row)) ++row;
            if (row < piece->row_count) note(piece->times[row]);
        }
    }
    return first_ns;
}

void add_condition_columns(const WhereClause& where, std::vector<ColumnRequest>& columns) {
    for (const InputColumn& input : where.inputs) {
        if (!input.is_tag) column_of(columns, input.name, Need::Values);
    }
}

std::size_t column_of(std::vector<ColumnRequest>& columns, const std::string& field, Need need) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].field != field) continue;
        if (need == Need::Values) columns[i].need = Need::Values;
        return i;
    }
    columns.push_back({field, need});
    return columns.size() - 1;
}

}  // namespace tidemark::query
