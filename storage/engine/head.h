#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <tidemark/types.h>

#include "storage/base/mutex.h"
#include "storage/base/worker.h"
#include "storage/engine/head_rows.h"
#include "storage/engine/visibility.h"
#include "storage/segment/row_group.h"

namespace tidemark::storage {

/// Consecutive rows of one series in the head: as they arrived, sealed (sorted, merged, encoded),
/// or both.
struct HeadGroup {
    /// Null when nobody can need them any more. Valid as long as the head.
    std::shared_ptr<const HeadRows> rows;
    std::shared_ptr<const RowGroup> sealed;
    Sequence first_sequence = 0;
    Sequence last_sequence = 0;

    std::shared_ptr<const RowGroup> encoded() const;
    /// The earliest and the latest time.
    std::pair<std::int64_t, std::int64_t> time_span() const;
};

/// The rows that are not yet in a segment, per series in order of arrival.
///
/// Rows may arrive before they are visible: a reader names the sequence up to which it sees, and
/// gets exactly those rows. When `rows_per_vector` rows of a series are there and visible, they are
/// sealed. A view older than that still sees its own rows: the rows as they arrived are kept beside
/// the sealed form until no view before their last sequence is left.
///
/// Appending comes from one thread at a time; reading is for any thread and waits for the append of
/// a few rows at most.
class Head {
public:
    class Appender;
    class Sealer;

    Head(std::uint32_t rows_per_vector, std::shared_ptr<const Visibility> visibility);
    Head(const Head&) = delete;
    Head& operator=(const Head&) = delete;

    /// Appends the rows of a series that a view up to `sequence` sees, as row groups in order of
    /// arrival.
    void read(SeriesId id, Sequence sequence,
              std::vector<std::shared_ptr<const RowGroup>>& groups) const;

    /// All rows of a series, visible or not; for a head that is no longer appended to.
    std::vector<HeadGroup> all_groups(SeriesId id) const;

    /// Greater than the id of every series that has rows here.
    SeriesId series_id_limit() const;

    std::uint64_t row_count() const { return row_count_.load(std::memory_order_relaxed); }
    /// Of the rows as they arrived: times, sequences and values with their text.
    std::uint64_t size_bytes() const { return size_bytes_.load(std::memory_order_relaxed); }

private:
    // A store may have millions that each have a few rows: those that were never full take little.
    struct Series {
        HeadRows open;
        std::vector<HeadGroup> groups;
        std::uint32_t first_unsealed = 0;   // Of the appending thread: nobody seals these yet.
        std::uint32_t first_with_rows = 0;  // Groups before this have only the sealed form.
    };
    struct Shard;
    /// A group that is due to be sealed.
    struct FullGroup {
        Shard* shard;
        Series* series;
        std::uint32_t number;  // Of the series' groups.
        std::shared_ptr<const HeadRows> rows;
    };

    // Series are spread over shards, so that a reader and the writer seldom meet. Neighbours share
    // one: they often have rows one behind the other, which then need the lock once.
    static constexpr std::size_t kShardCount = 64;
    static constexpr std::size_t kNeighbourCount = 16;
    struct alignas(64) Shard {
        mutable Mutex mutex;
        std::vector<Series*> series TIDEMARK_GUARDED_BY(mutex);  // Null: without rows.
        std::deque<Series> pool TIDEMARK_GUARDED_BY(mutex);      // Addresses stay.
    };

    static std::size_t shard_index(SeriesId id) { return id / kNeighbourCount % kShardCount; }
    static std::size_t index_in_shard(SeriesId id) {
        return id / (kNeighbourCount * kShardCount) * kNeighbourCount + id % kNeighbourCount;
    }
    const Shard& shard_of(SeriesId id) const { return shards_[shard_index(id)]; }
    static const Series* find(const Shard& shard, SeriesId id) TIDEMARK_REQUIRES(shard.mutex);
    static Series& find_or_add(Shard& shard, SeriesId id) TIDEMARK_REQUIRES(shard.mutex);
    void seal(Shard& shard, Series& series, Sealer* sealer) TIDEMARK_EXCLUDES(shard.mutex);
    void seal(const FullGroup& group) TIDEMARK_EXCLUDES(group.shard->mutex);
    void let_rows_go(Series& series);

    const std::uint32_t rows_per_vector_;
    const std::shared_ptr<const Visibility> visibility_;
    HeadColumnSets column_sets_;  // Changed by the appending thread. All rows point into them.
    std::array<Shard, kShardCount> shards_;
    std::atomic<std::uint64_t> row_count_{0};
    std::atomic<std::uint64_t> size_bytes_{0};
};

/// Appends the rows of one write. Lives in one scope; only one at a time may be there for a head.
class Head::Appender {
public:
    /// Sequences never fall from one appender to the next. What is full is sealed by `sealer`, by
    /// the appender itself when it is null.
    Appender(Head& head, Sequence sequence, Sealer* sealer = nullptr)
        : head_(head), sequence_(sequence), sealer_(sealer) {}
    ~Appender() { release(); }
    Appender(const Appender&) = delete;
    Appender& operator=(const Appender&) = delete;

    /// `fields` names each field once.
    void append(SeriesId id, std::int64_t time_ns,
                std::span<const HeadField> fields) TIDEMARK_NO_THREAD_SAFETY_ANALYSIS;

private:
    // Readers of a shard wait for so many rows at most.
    static constexpr std::size_t kMaxRowsHeld = 64;

    // A lock lives on from row to row, which the analysis cannot follow.
    void hold(Shard& shard) TIDEMARK_NO_THREAD_SAFETY_ANALYSIS;
    void release() TIDEMARK_NO_THREAD_SAFETY_ANALYSIS;

    Head& head_;
    const Sequence sequence_;
    Sealer* const sealer_;
    Shard* held_ = nullptr;  // Its mutex is locked.
    std::size_t rows_held_ = 0;
};

/// Seals on a thread of its own, beside a thread that appends a lot: the log at a start. One for a
/// head; the head and its appenders see each other as they do without it.
class Head::Sealer {
public:
    explicit Sealer(Head& head) : head_(head) {}
    /// Returns when everything is sealed; helps with it.
    ~Sealer();
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;

    /// For appenders. Seals the group at once, in the calling thread, where too many wait.
    void take(FullGroup group) TIDEMARK_EXCLUDES(mutex_);

private:
    static constexpr std::size_t kMaxWaitingCount = 64;

    bool enqueue(FullGroup& group) TIDEMARK_EXCLUDES(mutex_);
    std::optional<FullGroup> next() TIDEMARK_EXCLUDES(mutex_);
    void seal_waiting();

    Head& head_;
    Mutex mutex_;
    std::deque<FullGroup> waiting_ TIDEMARK_GUARDED_BY(mutex_);
    std::unique_ptr<Worker> worker_;  // Null until it has work. Last: uses all of the above.
};

}  // namespace tidemark::storage
