#include "storage/engine/row_group_merge.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "storage/engine/head_rows.h"

namespace tidemark::storage {
namespace {

using RowGroupPointer = std::shared_ptr<const RowGroup>;
using RowGroups = std::vector<RowGroupPointer>;

/// Vectors of rows that may wait to be merged before the first of them are written.
constexpr std::uint32_t kPendingVectorLimit = 32;

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

// The rows [begin, end) of `source`.
DecodedRows rows_between(const DecodedRows& source, std::size_t begin, std::size_t end) {
    DecodedRows rows;
    rows.times.assign(source.times.begin() + static_cast<std::ptrdiff_t>(begin),
                      source.times.begin() + static_cast<std::ptrdiff_t>(end));
    rows.columns.resize(source.columns.size());
    for (std::size_t index = 0; index < source.columns.size(); ++index) {
        rows.columns[index].name = source.columns[index].name;
        rows.columns[index].type = source.columns[index].type;
        for (std::size_t row = begin; row < end; ++row) {
            rows.columns[index].append_row(source.columns[index], row);
        }
    }
    return rows;
}

// What a segment's checksum does not hold for must not get a new one.
Result<DecodedRows> decode_verified(const RowGroup& group) {
    if (group.decoded_rows() == nullptr) TIDEMARK_RETURN_IF_ERROR(group.payload());
    TIDEMARK_ASSIGN_OR_RETURN(DecodedRows rows, decode_row_group(group));
    const bool is_as_told =
        rows.times.front() == group.info().first_ns && rows.times.back() == group.info().last_ns;
    if (is_as_told) return rows;
    return Error(ErrorCode::Corruption, "times of a row group are not those of its directory");
}

class RowGroupMerger {
public:
    RowGroupMerger(std::uint32_t rows_per_vector, const RowGroupSink& sink)
        : rows_per_vector_(rows_per_vector), sink_(sink) {}

    /// Row groups that overlap one another and none of those added before or later, in order of
    /// their first rows; clusters come in order of time.
    Status add_cluster(std::span<const RowGroupPointer> cluster) {
        const bool is_full = cluster.size() == 1 && is_encoded(*cluster.front()) &&
                             cluster.front()->info().row_count >= rows_per_vector_;
        if (is_full && pending_row_count_ * 2 >= rows_per_vector_) {
            TIDEMARK_RETURN_IF_ERROR(write_all());
        }
        if (is_full && pending_.empty()) return sink_(cluster.front());
        pending_limit_ = least_pending_limit();
        for (const RowGroupPointer& group : cluster) {
            TIDEMARK_RETURN_IF_ERROR(write_in_front_of(*group));
            add_pending(group);
        }
        // Too few rows in front of a full row group share its rows, so that what comes behind it
        // stays as it is.
        if (is_full) return write_all();
        return pending_row_count_ >= rows_per_vector_ ? write_full(std::nullopt) : success();
    }

    Status finish() { return write_all(); }

private:
    static bool is_encoded(const RowGroup& group) { return group.decoded_rows() == nullptr; }

    void add_pending(RowGroupPointer group) {
        pending_row_count_ += group->info().row_count;
        pending_.push_back(std::move(group));
    }

    /// Keeps memory bounded where row groups overlap one another without end: rows that no later
    /// row group can have anything to do with need not wait for the end of the cluster.
    Status write_in_front_of(const RowGroup& next) {
        if (pending_row_count_ < pending_limit_) return success();
        TIDEMARK_RETURN_IF_ERROR(write_full(next.info().first_ns));
        // So that what has to stay is not looked at again for every row group.
        pending_limit_ = std::max(least_pending_limit(), pending_row_count_ * 2);
        return success();
    }

    std::size_t least_pending_limit() const {
        return std::size_t{kPendingVectorLimit} * rows_per_vector_;
    }

    /// The pending rows in front of `end_ns` (nothing: all), those of one time merged. What is
    /// behind stays pending, each row group's rows with their own sequences. `info` gets the
    /// sequences of all.
    Result<DecodedRows> take_pending(std::optional<std::int64_t> end_ns, RowGroupInfo& info) {
        std::ranges::stable_sort(pending_, [](const auto& left, const auto& right) {
            return arrived_before(*left, *right);
        });
        const RowGroups taken = std::exchange(pending_, {});
        pending_row_count_ = 0;
        DecodedRows all;
        info = taken.front()->info();
        for (const RowGroupPointer& group : taken) {
            const RowGroupInfo& own = group->info();
            info.first_sequence = std::min(info.first_sequence, own.first_sequence);
            info.last_sequence = std::max(info.last_sequence, own.last_sequence);
            TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, decode_verified(*group));
            if (!end_ns || own.last_ns < *end_ns) {
                append_rows(all, rows);
                continue;
            }
            const auto end = static_cast<std::size_t>(
                std::ranges::lower_bound(rows.times, *end_ns) - rows.times.begin());
            append_rows(all, rows_between(rows, 0, end));
            add_pending(make_decoded_row_group(rows_between(rows, end, rows.row_count()),
                                               own.first_sequence, own.last_sequence));
        }
        return is_strictly_ascending(all.times) ? std::move(all) : sort_and_merge(std::move(all));
    }

    Status write(const DecodedRows& rows, std::size_t begin, std::size_t end,
                 const RowGroupInfo& info) {
        return sink_(make_encoded_row_group(rows, begin, end - begin, info.first_sequence,
                                            info.last_sequence));
    }

    /// Makes full row groups of what is pending in front of `end_ns` (nothing: all); the rows
    /// behind them go on being it.
    Status write_full(std::optional<std::int64_t> end_ns) {
        RowGroupInfo info;
        TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, take_pending(end_ns, info));
        std::size_t begin = 0;
        for (; rows.row_count() - begin >= rows_per_vector_; begin += rows_per_vector_) {
            TIDEMARK_RETURN_IF_ERROR(write(rows, begin, begin + rows_per_vector_, info));
        }
        if (begin == rows.row_count()) return success();
        add_pending(make_decoded_row_group(rows_between(rows, begin, rows.row_count()),
                                           info.first_sequence, info.last_sequence));
        return success();
    }

    /// Makes row groups of about equal size of everything that is pending.
    Status write_all() {
        if (pending_.empty()) return success();
        if (pending_.size() == 1 && is_encoded(*pending_.front())) {
            pending_row_count_ = 0;
            const RowGroups only = std::exchange(pending_, {});
            return sink_(only.front());
        }
        RowGroupInfo info;
        TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, take_pending(std::nullopt, info));
        const std::size_t row_count = rows.row_count();
        const std::size_t part_count = (row_count + rows_per_vector_ - 1) / rows_per_vector_;
        for (std::size_t part = 0; part < part_count; ++part) {
            TIDEMARK_RETURN_IF_ERROR(write(rows, row_count * part / part_count,
                                           row_count * (part + 1) / part_count, info));
        }
        return success();
    }

    const std::uint32_t rows_per_vector_;
    const RowGroupSink& sink_;
    RowGroups pending_;
    std::size_t pending_row_count_ = 0;  // Before rows of equal times have become one.
    std::size_t pending_limit_ = 0;      // Of rows, before some are written in front of others.
};

}  // namespace

bool arrived_before(const RowGroup& left, const RowGroup& right) {
    const auto order = [](const RowGroupInfo& info) {
        return std::pair(info.last_sequence, info.first_sequence);
    };
    return order(left.info()) < order(right.info());
}

Status merge_row_groups(RowGroups groups, std::uint32_t rows_per_vector, const RowGroupSink& sink) {
    TIDEMARK_RETURN_IF_ERROR(check_types(groups));
    // Stable, as the sort by arrival is: of equal sequences the later in the list wins.
    std::ranges::stable_sort(groups, {}, [](const auto& group) { return group->info().first_ns; });
    RowGroupMerger merger(rows_per_vector, sink);
    for (std::size_t begin = 0; begin < groups.size();) {
        std::int64_t last_ns = groups[begin]->info().last_ns;
        std::size_t end = begin + 1;
        for (; end < groups.size() && groups[end]->info().first_ns <= last_ns; ++end) {
            last_ns = std::max(last_ns, groups[end]->info().last_ns);
        }
        TIDEMARK_RETURN_IF_ERROR(merger.add_cluster(std::span(groups).subspan(begin, end - begin)));
        begin = end;
    }
    return merger.finish();
}

}  // namespace tidemark::storage
