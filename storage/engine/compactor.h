#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/clock.h>
#include <tidemark/result.h>
#include <tidemark/store.h>

#include "storage/base/file_system.h"
#include "storage/base/mutex.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/compaction_plan.h"
#include "storage/engine/manifest.h"
#include "storage/engine/segment_merge.h"
#include "storage/engine/segment_set.h"

namespace tidemark::storage {

/// What compaction needs of the store. Thread-safe.
class SegmentHolder {
public:
    virtual ~SegmentHolder() = default;

    virtual std::shared_ptr<const StoreContents> contents() const = 0;
    /// An error when nothing can be exchanged any more.
    virtual Result<std::uint64_t> take_segment_id() = 0;

    /// Puts `added` in the place of the live segments `removed`, on disk and then for all snapshots
    /// taken from here on, and removes the files of `removed`. On an error the files of `added` are
    /// gone, or it is unknown which of both count and all stay. Cancelled when the store is closed
    /// or one of `removed` was dropped meanwhile.
    virtual Status exchange(const std::vector<std::uint64_t>& removed,
                            const std::vector<ManifestSegment>& added) = 0;

    /// Tombstones that hide nothing any more go, on disk and for snapshots taken from here on.
    virtual Status clear_tombstones(const std::vector<std::uint64_t>& ids) = 0;

    /// True when nothing was written for a while.
    virtual bool is_idle() const = 0;
};

/// Merges segments, one plan after the other. Holds none of the store's locks while it reads and
/// writes; readers keep the segments they have.
///
/// A failure leaves everything as it was and is told in statistics(): a segment that cannot be read
/// is left alone from then on, anything else, such as a full disk, is tried again later.
///
/// Thread-safe; runs take turns.
class Compactor {
public:
    struct Options {
        std::string directory;  ///< Of the segments.
        std::uint32_t rows_per_vector = 1024;
        std::int64_t partition_width_ns = 0;
        std::uint64_t bytes_per_second = 0;  ///< While the store is not idle.
        const Clock* clock = nullptr;
    };

    /// The references must outlive the compactor.
    Compactor(FileSystem& file_system, Options options, const Catalogue& catalogue,
              SegmentHolder& holder);

    /// One round in the background, for a worker: does what is due, at its pace.
    void run_when_due();

    /// Everything that an idle store would do, at full speed. The first failure.
    Status run_all();

    /// Ends a run that is under way, which leaves nothing behind, and waits for its end; none
    /// begins afterwards. The caller must not have what the holder needs locked.
    void stop() TIDEMARK_EXCLUDES(run_mutex_, mutex_);

    CompactionStatistics statistics() const;

private:
    enum class Pace { Limited, Full };
    using SeenContents = std::weak_ptr<const StoreContents>;  // Keeps no head in memory.

    /// A plan and what it needs: no more of the store's contents is kept while it is carried out.
    struct Work {
        CompactionPlan plan;
        std::vector<std::shared_ptr<const LiveSegment>> segments;
        Tombstones tombstones;
    };

    Status run_plans(bool is_idle, Pace pace) TIDEMARK_REQUIRES(run_mutex_);
    Result<bool> find_work(bool is_idle, Work& work) TIDEMARK_REQUIRES(run_mutex_);
    std::vector<PlannedSegment> survey(const StoreContents& contents) TIDEMARK_REQUIRES(run_mutex_);
    struct Expiry {
        std::int64_t edge_ns;    ///< What is older is not seen any more.
        std::int64_t window_ns;  ///< PlannedSegment's.
    };
    Expiry expiry_of(PolicyId policy, std::int64_t now_ns) const;
    bool hides_rows_of(const Tombstone& tombstone, const LiveSegment& segment)
        TIDEMARK_REQUIRES(run_mutex_);
    Status clear_tombstones(const StoreContents& contents) TIDEMARK_REQUIRES(run_mutex_);
    Status carry_out(const Work& work, Pace pace);
    Status merge(const Work& work, Pace pace);
    Status wait_for_pace(std::uint64_t written_size_bytes, std::int64_t begin_ns, Pace pace)
        TIDEMARK_EXCLUDES(mutex_);
    void note_success(const MergeCounts& counts, std::size_t removed_count,
                      std::size_t added_count);
    void note_failure(const Error& error, const Work& work) TIDEMARK_REQUIRES(run_mutex_);
    void leave_alone(const Work& work) TIDEMARK_REQUIRES(run_mutex_);

    FileSystem& file_system_;
    const Options options_;
    const Catalogue& catalogue_;
    SegmentHolder& holder_;
    std::atomic<bool> is_stopped_{false};

    Mutex run_mutex_;
    std::set<std::uint64_t> unreadable_
        TIDEMARK_GUARDED_BY(run_mutex_);  // Segments to leave alone.
    // Tombstone and segment without a series in common: looked for once, both never change.
    std::set<std::pair<std::uint64_t, std::uint64_t>> unrelated_ TIDEMARK_GUARDED_BY(run_mutex_);
    std::int64_t retry_ns_ TIDEMARK_GUARDED_BY(run_mutex_) = 0;        // Not before; steady clock.
    std::int64_t retry_delay_ns_ TIDEMARK_GUARDED_BY(run_mutex_) = 0;  // 0: the last one succeeded.
    // What there was nothing to do with, and until when that holds.
    SeenContents settled_contents_ TIDEMARK_GUARDED_BY(run_mutex_);
    bool settled_is_idle_ TIDEMARK_GUARDED_BY(run_mutex_) = false;
    std::int64_t look_again_ns_ TIDEMARK_GUARDED_BY(run_mutex_) = 0;

    mutable Mutex mutex_;
    CondVar stopped_;
    CompactionStatistics statistics_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::storage
