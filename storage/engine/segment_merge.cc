#include "storage/engine/segment_merge.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "storage/engine/flush.h"
#include "storage/engine/last_values.h"
#include "storage/engine/row_group_merge.h"

namespace tidemark::storage {
namespace {

using RowGroups = std::vector<std::shared_ptr<const RowGroup>>;

class SegmentMerge {
public:
    SegmentMerge(const MergeOptions& options, const Catalogue& catalogue,
                 const Tombstones& tombstones,
                 const std::vector<std::shared_ptr<const LiveSegment>>& segments,
                 MergeCounts& counts)
        : options_(options),
          catalogue_(catalogue),
          tombstones_(tombstones),
          segments_(segments),
          next_series_(segments.size()),
          counts_(counts) {}

    Status write_to(SegmentWriter& writer) {
        while (const auto id = find_next_series()) {
            TIDEMARK_RETURN_IF_ERROR(write_series(*id, writer));
        }
        // An index that was read as zeros names no series, and none of its rows was missed so far.
        for (const auto& segment : segments_) {
            TIDEMARK_RETURN_IF_ERROR(segment->reader->require_intact());
        }
        return success();
    }

private:
    std::optional<SeriesId> next_of(std::size_t segment) const {
        const SegmentReader& reader = *segments_[segment]->reader;
        if (next_series_[segment] == reader.info().series_count) return std::nullopt;
        return reader.series_id(next_series_[segment]);
    }

    std::optional<SeriesId> find_next_series() const {
        std::optional<SeriesId> first;
        for (std::size_t segment = 0; segment < segments_.size(); ++segment) {
            const auto id = next_of(segment);
            if (id && (!first || *id < *first)) first = id;
        }
        return first;
    }

    Status write_series(SeriesId id, SegmentWriter& writer) {
        RowGroups groups;
        std::string key = catalogue_.series_key(id);
        const bool was_dropped = key.empty() && catalogue_.was_series(id);
        for (std::size_t segment = 0; segment < segments_.size(); ++segment) {
            if (next_of(segment) != id) continue;
            const SegmentReader& reader = *segments_[segment]->reader;
            const std::size_t index = next_series_[segment]++;
            if (was_dropped) continue;
            // A series that the catalogue lost keeps what it has: the key is in the segment.
            if (key.empty()) {
                TIDEMARK_ASSIGN_OR_RETURN(const SegmentSeries series, reader.series(index));
                key = series.series_key;
            }
            TIDEMARK_ASSIGN_OR_RETURN(const RowGroups found,
                                      reader.row_groups_verified_again(index));
            groups.insert(groups.end(), found.begin(), found.end());
        }
        for (const auto& group : groups) counts_.read_row_count += group->info().row_count;
        const PolicyId policy = segments_.front()->entry.database;
        TIDEMARK_RETURN_IF_ERROR(hide_deleted(tombstones_, policy, id, groups));
        if (groups.empty()) return success();
        return write_groups(id, key, std::move(groups), writer);
    }

    Status write_groups(SeriesId id, const std::string& key, RowGroups groups,
                        SegmentWriter& writer) {
        TIDEMARK_RETURN_IF_ERROR(writer.begin_series(id, key));
        if (options_.keeps_last_values_only) {
            TIDEMARK_ASSIGN_OR_RETURN(const auto last, last_values_of(std::move(groups)));
            return write_group(*last, false, writer);
        }
        const std::set<std::shared_ptr<const RowGroup>> known(groups.begin(), groups.end());
        return merge_row_groups(std::move(groups), options_.rows_per_vector,
                                [&](const std::shared_ptr<const RowGroup>& group) {
                                    return write_group(*group, known.contains(group), writer);
                                });
    }

    Status write_group(const RowGroup& group, bool is_copied, SegmentWriter& writer) {
        TIDEMARK_RETURN_IF_ERROR(writer.add_row_group(group));
        counts_.written_row_count += group.info().row_count;
        ++(is_copied ? counts_.copied_vector_count : counts_.encoded_vector_count);
        counts_.written_size_bytes = writer.size_bytes();
        return options_.on_progress ? options_.on_progress(writer.size_bytes()) : success();
    }

    const MergeOptions& options_;
    const Catalogue& catalogue_;
    const Tombstones& tombstones_;
    const std::vector<std::shared_ptr<const LiveSegment>>& segments_;
    std::vector<std::size_t> next_series_;  // Index into each segment's series.
    MergeCounts& counts_;
};

}  // namespace

Result<std::optional<ManifestSegment>> merge_segments(
    FileSystem& file_system, const MergeOptions& options, const Catalogue& catalogue,
    const Tombstones& tombstones, const std::vector<std::shared_ptr<const LiveSegment>>& segments,
    MergeCounts& counts) {
    SegmentMerge merge(options, catalogue, tombstones, segments, counts);
    const auto fill = [&merge](SegmentWriter& writer) { return merge.write_to(writer); };
    TIDEMARK_ASSIGN_OR_RETURN(const auto info,
                              write_segment_file(file_system, options.directory, options.segment_id,
                                                 SegmentWriter::Origin::Segments, fill));
    if (!info) return std::optional<ManifestSegment>();
    counts.written_size_bytes = info->size_bytes;
    const ManifestSegment merged{*info, segments.front()->entry.database, options.rewrite_count,
                                 last_id_of(tombstones)};
    Status status = file_system.sync_directory(options.directory);
    if (status) return std::optional(merged);
    remove_segments(file_system, options.directory, {merged});
    return std::move(status).error();
}

}  // namespace tidemark::storage
