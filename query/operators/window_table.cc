#include "query/operators/window_table.h"

#include <algorithm>

namespace tidemark::query {

Result<WindowTable> WindowTable::make(const BucketSpec& spec, const TimeRange& range,
                                      std::size_t bucket_limit) {
    WindowTable table;
    TIDEMARK_ASSIGN_OR_RETURN(table.buckets_, make_time_buckets(spec, range, bucket_limit));
    table.edges_ = window_edges(table.buckets_);
    table.hull_ = window_hull(table.buckets_);
    // How many windows begin less how many end at each edge.
    std::vector<std::ptrdiff_t> open_count(table.edges_.size() + 1, 0);
    table.windows_.reserve(table.buckets_.size());
    table.parts_.reserve(table.buckets_.size());
    table.is_used_.reserve(table.part_count());
    for (const TimeBucket& bucket : table.buckets_) {
        table.windows_.push_back(bucket.window);
        const auto position = [&](std::int64_t time_ns) {
            const auto edge = std::lower_bound(table.edges_.begin(), table.edges_.end(), time_ns);
            return static_cast<std::size_t>(edge - table.edges_.begin());
        };
        Parts parts{0, 0};
        if (!bucket.window.is_empty()) {
            parts = {position(bucket.window.begin_ns), position(bucket.window.end_ns)};
        }
        ++open_count[parts.begin];
        --open_count[parts.end];
        table.parts_.push_back(parts);
    }
    std::ptrdiff_t open = 0;
    for (std::size_t part = 0; part < table.part_count(); ++part) {
        open += open_count[part];
        table.is_used_.push_back(open > 0);
    }
    return table;
}

std::size_t WindowTable::bucket_of(std::int64_t time_ns) const {
    const auto bucket = std::upper_bound(
        windows_.begin(), windows_.end(), time_ns,
        [](std::int64_t ns, const TimeRange& window) { return ns < window.end_ns; });
    return static_cast<std::size_t>(bucket - windows_.begin());
}

std::size_t PartCursor::part_of(std::int64_t time_ns) {
    const std::size_t count = windows_.part_count();
    if (count == 0 || time_ns < windows_.edges().front()) return count;
    if (part_ >= count || time_ns < windows_.part_begin_ns(part_)) part_ = 0;
    if (time_ns >= windows_.part_end_ns(part_)) {
        const auto edge =
            std::upper_bound(windows_.edges().begin() + static_cast<std::ptrdiff_t>(part_),
                             windows_.edges().end(), time_ns);
        part_ = static_cast<std::size_t>(edge - windows_.edges().begin()) - 1;
    }
    return part_ < count ? part_ : count;
}

}  // namespace tidemark::query
