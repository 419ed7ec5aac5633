#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <tidemark/types.h>

#include "storage/engine/catalogue_record.h"

namespace tidemark::storage {

/// A sample is rewritten at most so often, except to take deleted rows out of its segment.
inline constexpr std::uint8_t kMaxRewriteCount = 3;
/// Stands in place of the number where only the last values of dropped rows are left.
inline constexpr std::uint8_t kLastValuesOnly = 255;

/// What planning looks at of a live segment.
struct PlannedSegment {
    std::uint64_t segment_id = 0;
    PolicyId policy = 0;
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
    Sequence first_sequence = 0;
    Sequence last_sequence = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t row_count = 0;
    std::uint64_t row_group_count = 0;
    std::uint8_t rewrite_count = 0;  ///< How often its samples were rewritten, at most.
    /// What ends in different windows of this width is not merged, so that it can expire apart. 0:
    /// its policy keeps it for ever.
    std::int64_t window_ns = 0;
    bool is_pinned = false;   ///< Must stay as it is: damaged, or about to be dropped.
    bool is_expired = false;  ///< All of it is older than its policy keeps.
    bool has_deleted_rows = false;
};

struct CompactionRules {
    std::int64_t partition_width_ns = 0;
    std::uint32_t rows_per_vector = 1024;
    std::int64_t now_ns = 0;
    bool is_idle = false;  ///< Nothing is being written: merge earlier.
};

/// Segments to be replaced by one with their rows.
struct CompactionPlan {
    std::vector<std::uint64_t> segment_ids;  ///< In order of arrival.
    std::uint8_t rewrite_count = 0;          ///< Of the segment to be made.
    std::uint64_t size_bytes = 0;            ///< Of those to be read.
    bool operator==(const CompactionPlan&) const = default;
};

/// What should be merged next, or nothing. docs/decisions/0006-compaction.md has the reasons.
///
/// Segments of one partition stand in order of arrival; only neighbours are merged, so that what
/// arrived later still stands later (R9). The last ones, none of them rewritten more than n < 3
/// times, become one segment, rewritten n + 1 times at most, as soon as there are so many of n:
/// 16 while data is being written; when the store is idle as many as segments stand in front of
/// them plus one, from 2 to 16; and all of a partition that lies in the past, once. So there are
/// few segments at any time, and no sample is rewritten a fourth time. Where a policy drops what is
/// old, all this holds for its windows of time instead of partitions. Segments that are large,
/// have full vectors already and overlap no others stay as they are, as pinned ones do, and nothing
/// is merged across them.
///
/// When nothing is to be merged, a segment with deleted rows is rewritten alone. Before anything
/// else, what has expired in a policy gives way to one segment of last values.
std::optional<CompactionPlan> plan_compaction(std::span<const PlannedSegment> segments,
                                              const CompactionRules& rules);

}  // namespace tidemark::storage
