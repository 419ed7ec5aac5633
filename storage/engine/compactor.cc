#include "storage/engine/compactor.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include "storage/engine/retention_policy.h"

namespace tidemark::storage {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
/// A full disk is asked again after so long, then after twice that, up to the longest: a merge
/// that cannot succeed takes what space is left as long as it tries.
constexpr std::int64_t kRetryDelayNs = 10 * kSecondNs;
constexpr std::int64_t kLongestRetryDelayNs = 640 * kSecondNs;
/// Time alone makes work too: partitions end, rows expire.
constexpr std::int64_t kLookAgainNs = 30 * kSecondNs;
/// So much more than a policy's duration stays on the disk at most, in parts of it; fewer windows
/// would keep more, more of them would make shorter vectors.
constexpr std::int64_t kWindowsPerDuration = 8;
/// Pauses are this long at most, so that a store that falls idle is noticed.
constexpr std::chrono::milliseconds kLongestPause{100};

std::int64_t steady_now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

Error stopped() { return {ErrorCode::Cancelled, "the store is being closed"}; }

// Also of contents that are gone.
bool is_same(const std::weak_ptr<const StoreContents>& left,
             const std::weak_ptr<const StoreContents>& right) {
    return !left.owner_before(right) && !right.owner_before(left);
}

bool has_series_in_common(const Tombstone& tombstone, const SegmentReader& reader) {
    const std::uint64_t series_count = reader.info().series_count;
    if (tombstone.series.size() <= series_count) {
        return std::ranges::any_of(tombstone.series,
                                   [&reader](SeriesId id) { return reader.has_series(id); });
    }
    for (std::uint64_t index = 0; index < series_count; ++index) {
        if (tombstone.names(reader.series_id(index))) return true;
    }
    return false;
}

}  // namespace

Compactor::Compactor(FileSystem& file_system, Options options, const Catalogue& catalogue,
                     SegmentHolder& holder)
    : file_system_(file_system),
      options_(std::move(options)),
      catalogue_(catalogue),
      holder_(holder) {}

void Compactor::run_when_due() {
    const bool is_idle = holder_.is_idle();
    const SeenContents seen = holder_.contents();
    MutexLock lock(run_mutex_);
    const std::int64_t now_ns = steady_now_ns();
    const bool is_settled = is_same(settled_contents_, seen) && settled_is_idle_ == is_idle;
    if (now_ns < retry_ns_ || (is_settled && now_ns < look_again_ns_)) return;
    // A failure is told in the statistics.
    const Status status = run_plans(is_idle, Pace::Limited);
    if (!status || !is_same(holder_.contents(), seen)) return;
    settled_contents_ = seen;
    settled_is_idle_ = is_idle;
    look_again_ns_ = now_ns + kLookAgainNs;
}

Status Compactor::run_all() {
    MutexLock lock(run_mutex_);
    return run_plans(true, Pace::Full);
}

void Compactor::stop() {
    {
        MutexLock lock(mutex_);
        is_stopped_ = true;
        stopped_.notify_all();
    }
    MutexLock no_run(run_mutex_);
}

CompactionStatistics Compactor::statistics() const {
    MutexLock lock(mutex_);
    return statistics_;
}

Status Compactor::run_plans(bool is_idle, Pace pace) {
    Status first_failure = success();
    while (!is_stopped_) {
        Work work;
        TIDEMARK_ASSIGN_OR_RETURN(const bool has_work, find_work(is_idle, work));
        if (!has_work) return first_failure;
        Status status = carry_out(work, pace);
        if (status) {
            retry_delay_ns_ = 0;
            continue;
        }
        if (status.error().code() == ErrorCode::Cancelled) {
            // Something was dropped while it was being read, unless the store is being closed.
            if (is_stopped_) return status;
            continue;
        }
        note_failure(status.error(), work);
        if (first_failure) first_failure = status;
        // What cannot be read is left alone now; anything else would only fail again.
        if (status.error().code() != ErrorCode::Corruption) return first_failure;
    }
    return stopped();
}

Result<bool> Compactor::find_work(bool is_idle, Work& work) {
    const auto contents = holder_.contents();
    const CompactionRules rules{options_.partition_width_ns, options_.rows_per_vector,
                                options_.clock->now_ns(), is_idle};
    auto plan = plan_compaction(survey(*contents), rules);
    if (!plan) {
        TIDEMARK_RETURN_IF_ERROR(clear_tombstones(*contents));
        return false;
    }
    work.plan = std::move(*plan);
    work.tombstones = contents->tombstones;
    work.segments.reserve(work.plan.segment_ids.size());
    for (const std::uint64_t id : work.plan.segment_ids) {
        work.segments.push_back(*std::ranges::find_if(contents->segments, [id](const auto& one) {
            return one->entry.info.segment_id == id;
        }));
    }
    return true;
}

Compactor::Expiry Compactor::expiry_of(PolicyId id, std::int64_t now_ns) const {
    constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
    if (!catalogue_.is_live(id)) return {kNever, 0};
    const RetentionPolicy policy = catalogue_.policy(id);
    const std::int64_t window_ns = policy.duration_ns / kWindowsPerDuration;
    const bool is_narrow = window_ns < options_.partition_width_ns;
    return {retention_edge_ns(policy, now_ns), is_narrow ? window_ns : 0};
}

bool Compactor::hides_rows_of(const Tombstone& tombstone, const LiveSegment& segment) {
    if (!may_hide_rows_of(tombstone, segment.entry)) return false;
    const std::pair pair(tombstone.id, segment.entry.info.segment_id);
    if (segment.reader == nullptr) return true;
    if (unrelated_.contains(pair)) return false;
    if (has_series_in_common(tombstone, *segment.reader)) return true;
    if (!segment.reader->require_intact()) return true;
    unrelated_.insert(pair);
    return false;
}

Status Compactor::clear_tombstones(const StoreContents& contents) {
    std::vector<std::uint64_t> ids;
    for (const auto& tombstone : contents.tombstones) {
        bool hides_rows = false;
        for (const auto& segment : contents.segments) {
            hides_rows = hides_rows || hides_rows_of(*tombstone, *segment);
        }
        if (!hides_rows) ids.push_back(tombstone->id);
    }
    if (contents.tombstones.size() == ids.size()) unrelated_.clear();
    return ids.empty() ? success() : holder_.clear_tombstones(ids);
}

std::vector<PlannedSegment> Compactor::survey(const StoreContents& contents) {
    const std::int64_t now_ns = options_.clock->now_ns();
    std::map<PolicyId, Expiry> expiries;
    for (const auto& segment : contents.segments) {
        const auto [expiry, is_new] = expiries.try_emplace(segment->entry.database);
        if (is_new) expiry->second = expiry_of(segment->entry.database, now_ns);
    }
    std::vector<PlannedSegment> planned;
    planned.reserve(contents.segments.size());
    for (const auto& segment : contents.segments) {
        const ManifestSegment& entry = segment->entry;
        const SegmentInfo& info = entry.info;
        PlannedSegment one{info.segment_id, entry.database,      info.first_ns,
                           info.last_ns,    info.first_sequence, info.last_sequence,
                           info.size_bytes, info.row_count};
        one.rewrite_count = entry.rewrite_count;
        const Expiry& expiry = expiries.at(entry.database);
        one.window_ns = expiry.window_ns;
        one.is_expired = info.last_ns < expiry.edge_ns;
        one.is_pinned = segment->reader == nullptr || unreadable_.contains(info.segment_id);
        if (!one.is_pinned) {
            one.row_group_count = segment->reader->row_group_count();
            for (const auto& tombstone : contents.tombstones) {
                one.has_deleted_rows = one.has_deleted_rows || hides_rows_of(*tombstone, *segment);
            }
        }
        planned.push_back(one);
    }
    return planned;
}

Status Compactor::carry_out(const Work& work, Pace pace) {
    try {
        return merge(work, pace);
    } catch (const std::bad_alloc&) {
        return Error(ErrorCode::LimitExceeded, "out of memory while segments were merged");
    }
}

Status Compactor::merge(const Work& work, Pace pace) {
    const CompactionPlan& plan = work.plan;
    MergeCounts counts;
    const std::int64_t begin_ns = steady_now_ns();
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t segment_id, holder_.take_segment_id());
    const MergeOptions options{options_.directory,
                               options_.rows_per_vector,
                               segment_id,
                               plan.rewrite_count,
                               plan.rewrite_count == kLastValuesOnly,
                               [&](std::uint64_t written_size_bytes) {
                                   return wait_for_pace(written_size_bytes, begin_ns, pace);
                               }};
    TIDEMARK_ASSIGN_OR_RETURN(
        const auto merged,
        merge_segments(file_system_, options, catalogue_, work.tombstones, work.segments, counts));
    std::vector<ManifestSegment> added;
    if (merged) added.push_back(*merged);
    TIDEMARK_RETURN_IF_ERROR(holder_.exchange(plan.segment_ids, added));
    note_success(counts, plan.segment_ids.size(), added.size());
    return success();
}

// Waits until so many bytes are no more than the limit allows since `begin_ns`.
Status Compactor::wait_for_pace(std::uint64_t written_size_bytes, std::int64_t begin_ns,
                                Pace pace) {
    if (pace == Pace::Full) return is_stopped_ ? Status(stopped()) : success();
    const double rate = static_cast<double>(options_.bytes_per_second);
    const auto due_ns =
        begin_ns + static_cast<std::int64_t>(static_cast<double>(written_size_bytes) / rate *
                                             static_cast<double>(kSecondNs));
    while (!is_stopped_ && steady_now_ns() < due_ns && !holder_.is_idle()) {
        const auto rest = std::chrono::nanoseconds(due_ns - steady_now_ns());
        MutexLock lock(mutex_);
        if (is_stopped_) break;
        stopped_.wait_for(mutex_, std::min<std::chrono::nanoseconds>(rest, kLongestPause));
    }
    return is_stopped_ ? Status(stopped()) : success();
}

void Compactor::note_success(const MergeCounts& counts, std::size_t removed_count,
                             std::size_t added_count) {
    MutexLock lock(mutex_);
    ++statistics_.run_count;
    statistics_.removed_segment_count += removed_count;
    statistics_.added_segment_count += added_count;
    statistics_.read_row_count += counts.read_row_count;
    statistics_.written_row_count += counts.written_row_count;
    statistics_.written_size_bytes += counts.written_size_bytes;
    statistics_.copied_vector_count += counts.copied_vector_count;
    statistics_.encoded_vector_count += counts.encoded_vector_count;
}

void Compactor::note_failure(const Error& error, const Work& work) {
    {
        MutexLock lock(mutex_);
        ++statistics_.failure_count;
        statistics_.last_failure = error.message();
    }
    if (error.code() == ErrorCode::Corruption) return leave_alone(work);
    retry_delay_ns_ = std::clamp(retry_delay_ns_ * 2, kRetryDelayNs, kLongestRetryDelayNs);
    retry_ns_ = steady_now_ns() + retry_delay_ns_;
}

void Compactor::leave_alone(const Work& work) {
    bool is_found = false;
    for (const auto& segment : work.segments) {
        if (segment->reader->verify()) continue;
        unreadable_.insert(segment->entry.info.segment_id);
        is_found = true;
    }
    if (is_found) return;
    unreadable_.insert(work.plan.segment_ids.begin(), work.plan.segment_ids.end());
}

}  // namespace tidemark::storage
