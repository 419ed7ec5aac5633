#include "storage/engine/row_group_merge.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "storage/engine/head_rows.h"

namespace tidemark::storage {
namespace {

using RowGroupPointer = std::shared_ptr<const RowGroup>;
using RowGroups = std::vector<RowGroupPointer>;

// Merging, and the segment writer, take it for granted.
Status check_types(const RowGroups& groups) {
    std::map<std::string_view, FieldType> types;
    for (const RowGroupPointer& group : groups) {
        for (const RowGroupColumn& column : group->columns()) {
            if (types.try_emplace(column.name, column.type).first->second == column.type) continue;
            return Error(ErrorCode::Corruption,
                         "field " + std::string(column.name) + " has two types in one series");
        }
    }
    return success();
}

class RowGroupMerger {
public:
    explicit RowGroupMerger(std::uint32_t rows_per_vector) : rows_per_vector_(rows_per_vector) {}

    /// Row groups that overlap one another and none of those added before or later; clusters come
    /// in order of time.
    Status add_cluster(RowGroups cluster) {
        const bool is_full = cluster.size() == 1 && is_encoded(*cluster.front()) &&
                             cluster.front()->info().row_count >= rows_per_vector_;
        if (is_full && pending_row_count_ * 2 >= rows_per_vector_) {
            TIDEMARK_RETURN_IF_ERROR(write_all());
        }
        if (is_full && pending_.empty()) {
            merged_.push_back(std::move(cluster.front()));
            return success();
        }
        for (RowGroupPointer& group : cluster) add_pending(std::move(group));
        // Too few rows in front of a full row group share its rows, so that what comes behind it
        // stays as it is.
        if (is_full) return write_all();
        return pending_row_count_ >= rows_per_vector_ ? write_full() : success();
    }

    Result<RowGroups> finish() {
        TIDEMARK_RETURN_IF_ERROR(write_all());
        return std::move(merged_);
    }

private:
    static bool is_encoded(const RowGroup& group) { return group.decoded_rows() == nullptr; }

    void add_pending(RowGroupPointer group) {
        pending_row_count_ += group->info().row_count;
        pending_.push_back(std::move(group));
    }

    Result<DecodedRows> take_pending(RowGroupInfo& info) {
        std::ranges::stable_sort(pending_, [](const auto& left, const auto& right) {
            return arrived_before(*left, *right);
        });
        DecodedRows all;
        info = pending_.front()->info();
        for (const RowGroupPointer& group : pending_) {
            TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, decode_row_group(*group));
            const bool is_as_told = rows.times.front() == group->info().first_ns &&
                                    rows.times.back() == group->info().last_ns;
            if (!is_as_told) {
                return Error(ErrorCode::Corruption,
                             "times of a row group are not those of its directory");
            }
            append_rows(all, rows);
            info.first_sequence = std::min(info.first_sequence, group->info().first_sequence);
            info.last_sequence = std::max(info.last_sequence, group->info().last_sequence);
        }
        pending_.clear();
        pending_row_count_ = 0;
        return is_strictly_ascending(all.times) ? std::move(all) : sort_and_merge(std::move(all));
    }

    void write(const DecodedRows& rows, std::size_t begin, std::size_t end,
               const RowGroupInfo& info) {
        merged_.push_back(make_encoded_row_group(rows, begin, end - begin, info.first_sequence,
                                                 info.last_sequence));
    }

    /// Makes full row groups of what is pending; the rows behind them go on being it.
    Status write_full() {
        RowGroupInfo info;
        TIDEMARK_ASSIGN_OR_RETURN(DecodedRows rows, take_pending(info));
        std::size_t begin = 0;
        for (; rows.row_count() - begin >= rows_per_vector_; begin += rows_per_vector_) {
            write(rows, begin, begin + rows_per_vector_, info);
        }
        if (begin == rows.row_count()) return success();
        add_pending(make_decoded_row_group(rows_from(rows, begin), info.first_sequence,
                                           info.last_sequence));
        return success();
    }

    /// Makes row groups of about equal size of everything that is pending.
    Status write_all() {
        if (pending_.empty()) return success();
        if (pending_.size() == 1 && is_encoded(*pending_.front())) {
            merged_.push_back(std::move(pending_.front()));
            pending_.clear();
            pending_row_count_ = 0;
            return success();
        }
        RowGroupInfo info;
        TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, take_pending(info));
        const std::size_t row_count = rows.row_count();
        const std::size_t part_count = (row_count + rows_per_vector_ - 1) / rows_per_vector_;
        for (std::size_t part = 0; part < part_count; ++part) {
            write(rows, row_count * part / part_count, row_count * (part + 1) / part_count, info);
        }
        return success();
    }

    static DecodedRows rows_from(const DecodedRows& source, std::size_t begin) {
        DecodedRows rows;
        rows.times.assign(source.times.begin() + static_cast<std::ptrdiff_t>(begin),
                          source.times.end());
        rows.columns.resize(source.columns.size());
        for (std::size_t index = 0; index < source.columns.size(); ++index) {
            rows.columns[index].name = source.columns[index].name;
            rows.columns[index].type = source.columns[index].type;
            for (std::size_t row = begin; row < source.row_count(); ++row) {
                rows.columns[index].append_row(source.columns[index], row);
            }
        }
        return rows;
    }

    const std::uint32_t rows_per_vector_;
    RowGroups pending_;
    std::size_t pending_row_count_ = 0;  // Before rows of equal times have become one.
    RowGroups merged_;
};

}  // namespace

bool arrived_before(const RowGroup& left, const RowGroup& right) {
    const auto order = [](const RowGroupInfo& info) {
        return std::pair(info.last_sequence, info.first_sequence);
    };
    return order(left.info()) < order(right.info());
}

Result<RowGroups> merge_row_groups(RowGroups groups, std::uint32_t rows_per_vector) {
    TIDEMARK_RETURN_IF_ERROR(check_types(groups));
    // Stable, as the sort by arrival is: of equal sequences the later in the list wins.
    std::ranges::stable_sort(groups, {}, [](const auto& group) { return group->info().first_ns; });
    RowGroupMerger merger(rows_per_vector);
    for (std::size_t begin = 0; begin < groups.size();) {
        std::int64_t last_ns = groups[begin]->info().last_ns;
        std::size_t end = begin + 1;
        for (; end < groups.size() && groups[end]->info().first_ns <= last_ns; ++end) {
            last_ns = std::max(last_ns, groups[end]->info().last_ns);
        }
        TIDEMARK_RETURN_IF_ERROR(
            merger.add_cluster({groups.begin() + static_cast<std::ptrdiff_t>(begin),
                                groups.begin() + static_cast<std::ptrdiff_t>(end)}));
        begin = end;
    }
    return merger.finish();
}

}  // namespace tidemark::storage
