#include "storage/engine/flush.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "storage/base/assert.h"
#include "storage/engine/segment_set.h"

namespace tidemark::storage {
namespace {

using RowGroupPointer = std::shared_ptr<const RowGroup>;

/// What is flushed, and how.
struct FlushTask {
    const FlushOptions& options;
    const Head& head;
    const Catalogue& catalogue;

    Result<std::vector<RowGroupPointer>> arranged(SeriesId series) const {
        return arrange_for_segments(head.all_groups(series), options.rows_per_vector,
                                    options.partition_width_ns);
    }
};

/// A row group and where it goes. Where all rows of a series go to one place there is no group:
/// they are encoded when it is their turn, lest those of a million series take memory together.
struct PlacedGroup {
    DatabaseId database;
    SeriesId series;
    std::int64_t partition;
    RowGroupPointer group;

    auto place() const { return std::tuple(database, partition); }
    auto order() const {
        const std::int64_t first_ns = group == nullptr ? 0 : group->info().first_ns;
        return std::tuple(database, partition, series, first_ns);
    }
};

bool is_within_partition(const RowGroup& group, std::int64_t partition_width_ns) {
    return partition_of(group.info().first_ns, partition_width_ns) ==
           partition_of(group.info().last_ns, partition_width_ns);
}

bool is_before(const RowGroupPointer& left, const RowGroupPointer& right) {
    return left->info().last_ns < right->info().first_ns;
}

// All rows in order of arrival.
Result<DecodedRows> decode_all(const std::vector<HeadGroup>& groups) {
    DecodedRows all;
    for (const HeadGroup& group : groups) {
        if (group.rows != nullptr) {
            append_rows(all, group.rows->decoded());
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, decode_row_group(*group.sealed));
        append_rows(all, rows);
    }
    return all;
}

// The end of the row group that begins at `begin`: at most so many rows, all of one partition.
std::size_t end_of_group(const DecodedRows& rows, std::size_t begin, std::size_t row_limit,
                         std::int64_t partition_width_ns) {
    const std::int64_t partition = partition_of(rows.times[begin], partition_width_ns);
    std::size_t end = begin + 1;
    while (end < rows.row_count() && end - begin < row_limit &&
           partition_of(rows.times[end], partition_width_ns) == partition) {
        ++end;
    }
    return end;
}

struct Sequences {
    Sequence first;
    Sequence last;
};

/// Row groups of at most so many of the rows, which are in order, each of one partition.
void append_groups(const DecodedRows& rows, std::size_t row_limit, std::int64_t partition_width_ns,
                   const Sequences& sequences, std::vector<RowGroupPointer>& groups) {
    for (std::size_t begin = 0; begin < rows.row_count();) {
        const std::size_t end = end_of_group(rows, begin, row_limit, partition_width_ns);
        groups.push_back(
            make_encoded_row_group(rows, begin, end - begin, sequences.first, sequences.last));
        begin = end;
    }
}

/// Only row groups across an edge are encoded again, in parts; the others stay as they are, so that
/// a flush of several partitions takes little memory beside the head's.
Result<std::vector<RowGroupPointer>> split_by_partition(const std::vector<RowGroupPointer>& groups,
                                                        std::int64_t partition_width_ns) {
    std::vector<RowGroupPointer> split;
    split.reserve(groups.size());
    for (const RowGroupPointer& group : groups) {
        if (is_within_partition(*group, partition_width_ns)) {
            split.push_back(group);
            continue;
        }
        const RowGroupInfo& info = group->info();
        TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, decode_row_group(*group));
        append_groups(rows, info.row_count, partition_width_ns,
                      {info.first_sequence, info.last_sequence}, split);
    }
    return split;
}

/// The partition that all rows are of, if there is one.
std::optional<std::int64_t> common_partition(const std::vector<HeadGroup>& groups,
                                             std::int64_t partition_width_ns) {
    std::optional<std::int64_t> common;
    for (const HeadGroup& group : groups) {
        const auto span = group.time_span();
        const std::int64_t partition = partition_of(span.first, partition_width_ns);
        if (partition_of(span.second, partition_width_ns) != partition) return std::nullopt;
        if (common.value_or(partition) != partition) return std::nullopt;
        common = partition;
    }
    return common;
}

Result<std::vector<PlacedGroup>> place_groups(const FlushTask& task) {
    std::vector<PlacedGroup> placed;
    const std::int64_t partition_width_ns = task.options.partition_width_ns;
    const SeriesId id_limit = task.head.series_id_limit();
    for (SeriesId id = 0; id < id_limit; ++id) {
        const auto head_groups = task.head.all_groups(id);
        const auto home = task.catalogue.home_of(id);
        if (head_groups.empty() || !home) continue;
        if (const auto partition = common_partition(head_groups, partition_width_ns)) {
            placed.push_back({home->policy, id, *partition, nullptr});
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(auto groups, task.arranged(id));
        for (RowGroupPointer& group : groups) {
            const std::int64_t partition = partition_of(group->info().first_ns, partition_width_ns);
            placed.push_back({home->policy, id, partition, std::move(group)});
        }
    }
    std::ranges::sort(placed, {}, &PlacedGroup::order);
    return placed;
}

Status add_groups(const FlushTask& task, const PlacedGroup& placed, SegmentWriter& writer) {
    if (placed.group != nullptr) return writer.add_row_group(*placed.group);
    TIDEMARK_ASSIGN_OR_RETURN(const auto groups, task.arranged(placed.series));
    for (const RowGroupPointer& group : groups) {
        TIDEMARK_RETURN_IF_ERROR(writer.add_row_group(*group));
    }
    return success();
}

Status write_groups(const FlushTask& task, std::span<const PlacedGroup> groups,
                    SegmentWriter& writer) {
    const PlacedGroup* before = nullptr;
    for (const PlacedGroup& placed : groups) {
        if (before == nullptr || before->series != placed.series) {
            const std::string key = task.catalogue.series_key(placed.series);
            TIDEMARK_RETURN_IF_ERROR(writer.begin_series(placed.series, key));
        }
        TIDEMARK_RETURN_IF_ERROR(add_groups(task, placed, writer));
        before = &placed;
    }
    return success();
}

Result<std::optional<SegmentInfo>> write_temporary_file(
    FileSystem& file_system, const std::string& path, std::uint64_t segment_id,
    SegmentWriter::Origin origin, const std::function<Status(SegmentWriter& writer)>& fill) {
    TIDEMARK_ASSIGN_OR_RETURN(auto writer,
                              SegmentWriter::create(file_system, path, segment_id, origin));
    TIDEMARK_RETURN_IF_ERROR(fill(*writer));
    if (!writer->has_rows()) return std::optional<SegmentInfo>();
    TIDEMARK_ASSIGN_OR_RETURN(const SegmentInfo info, writer->finish());
    return std::optional(info);
}

Status write_all(FileSystem& file_system, const FlushTask& task,
                 std::span<const PlacedGroup> placed, std::uint64_t& next_segment_id,
                 std::vector<ManifestSegment>& segments) {
    const std::string& directory = task.options.directory;
    while (!placed.empty()) {
        const auto end = std::ranges::find_if(placed, [&placed](const PlacedGroup& group) {
            return group.place() != placed.front().place();
        });
        const auto groups = placed.first(static_cast<std::size_t>(end - placed.begin()));
        const auto fill = [&](SegmentWriter& writer) { return write_groups(task, groups, writer); };
        TIDEMARK_ASSIGN_OR_RETURN(const auto info,
                                  write_segment_file(file_system, directory, next_segment_id++,
                                                     SegmentWriter::Origin::Head, fill));
        TIDEMARK_ASSERT(info.has_value(), "a place has row groups");
        segments.push_back(ManifestSegment{*info, groups.front().database});
        placed = placed.subspan(groups.size());
    }
    return file_system.sync_directory(directory);
}

}  // namespace

std::int64_t partition_of(std::int64_t time_ns, std::int64_t partition_width_ns) {
    const std::int64_t quotient = time_ns / partition_width_ns;
    return quotient - (time_ns % partition_width_ns < 0 ? 1 : 0);
}

Result<std::vector<RowGroupPointer>> arrange_for_segments(const std::vector<HeadGroup>& groups,
                                                          std::uint32_t rows_per_vector,
                                                          std::int64_t partition_width_ns) {
    std::vector<RowGroupPointer> arranged;
    arranged.reserve(groups.size());
    for (const HeadGroup& group : groups) arranged.push_back(group.encoded());
    std::ranges::sort(arranged, {},
                      [](const RowGroupPointer& group) { return group->info().first_ns; });
    const bool is_in_order =
        std::ranges::adjacent_find(arranged, std::not_fn(is_before)) == arranged.end();
    if (is_in_order) return split_by_partition(arranged, partition_width_ns);

    TIDEMARK_ASSIGN_OR_RETURN(DecodedRows all, decode_all(groups));
    const Sequences sequences{groups.front().first_sequence, groups.back().last_sequence};
    arranged.clear();
    append_groups(sort_and_merge(std::move(all)), rows_per_vector, partition_width_ns, sequences,
                  arranged);
    return arranged;
}

Result<std::optional<SegmentInfo>> write_segment_file(
    FileSystem& file_system, const std::string& directory, std::uint64_t segment_id,
    SegmentWriter::Origin origin, const std::function<Status(SegmentWriter& writer)>& fill) {
    const std::string path = join_path(directory, segment_file_name(segment_id));
    const std::string temporary_path = path + kTemporarySuffix;
    auto info = write_temporary_file(file_system, temporary_path, segment_id, origin, fill);
    Status status = success();
    if (info && info.value()) {
        status = file_system.rename(temporary_path, path);
        if (status) return info;
    }
    static_cast<void>(file_system.remove(temporary_path));
    if (!status) return std::move(status).error();
    return info;
}

Result<std::vector<ManifestSegment>> write_segments(FileSystem& file_system,
                                                    const FlushOptions& options, const Head& head,
                                                    const Catalogue& catalogue,
                                                    std::uint64_t& next_segment_id) {
    const FlushTask task{options, head, catalogue};
    TIDEMARK_ASSIGN_OR_RETURN(const auto placed, place_groups(task));
    std::vector<ManifestSegment> segments;
    Status status = write_all(file_system, task, placed, next_segment_id, segments);
    if (status) return segments;
    remove_segments(file_system, options.directory, segments);
    return std::move(status).error();
}

void remove_segments(FileSystem& file_system, const std::string& directory,
                     const std::vector<ManifestSegment>& segments) {
    for (const ManifestSegment& segment : segments) {
        const std::string name = segment_file_name(segment.info.segment_id);
        static_cast<void>(file_system.remove(join_path(directory, name)));
    }
}

}  // namespace tidemark::storage
