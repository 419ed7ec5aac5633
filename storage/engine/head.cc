#include "storage/engine/head.h"

#include <algorithm>
#include <new>
#include <utility>

namespace tidemark::storage {
namespace {

std::uint64_t arrived_size_bytes(std::span<const HeadField> fields) {
    std::uint64_t size_bytes = sizeof(Sequence) + sizeof(std::int64_t);
    for (const HeadField& field : fields) size_bytes += sizeof field.bits + field.text.size();
    return size_bytes;
}

// For the only thread that changes it: cheaper than fetch_add().
void add_to(std::atomic<std::uint64_t>& total, std::uint64_t amount) {
    total.store(total.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

std::shared_ptr<const RowGroup> HeadGroup::encoded() const {
    return sealed != nullptr ? sealed : rows->encoded_group();
}

std::pair<std::int64_t, std::int64_t> HeadGroup::time_span() const {
    if (sealed == nullptr) return rows->time_span();
    return {sealed->info().first_ns, sealed->info().last_ns};
}

Head::Head(std::uint32_t rows_per_vector, std::shared_ptr<const Visibility> visibility)
    : rows_per_vector_(std::max(rows_per_vector, 1U)), visibility_(std::move(visibility)) {}

const Head::Series* Head::find(const Shard& shard, SeriesId id) {
    const std::size_t index = index_in_shard(id);
    return index < shard.series.size() ? shard.series[index] : nullptr;
}

Head::Series& Head::find_or_add(Shard& shard, SeriesId id) {
    const std::size_t index = index_in_shard(id);
    if (shard.series.size() <= index) shard.series.resize(index + 1);
    if (shard.series[index] == nullptr) shard.series[index] = &shard.pool.emplace_back();
    return *shard.series[index];
}

void Head::Appender::append(SeriesId id, std::int64_t time_ns, std::span<const HeadField> fields) {
    Shard& shard = head_.shards_[shard_index(id)];
    hold(shard);
    Series& series = find_or_add(shard, id);
    series.open.append(sequence_, time_ns, fields, head_.column_sets_);
    if (series.open.row_count() == head_.rows_per_vector_) {
        auto rows = std::make_shared<const HeadRows>(std::exchange(series.open, HeadRows()));
        const Sequence first_sequence = rows->first_sequence();
        series.groups.push_back({std::move(rows), nullptr, first_sequence, sequence_});
    }
    add_to(head_.row_count_, 1);
    add_to(head_.size_bytes_, arrived_size_bytes(fields));
    if (series.first_unsealed == series.groups.size()) return;
    release();
    head_.seal(shard, series, sealer_);
}

void Head::Appender::hold(Shard& shard) {
    if (held_ == &shard && ++rows_held_ < kMaxRowsHeld) return;
    release();
    shard.mutex.lock();
    held_ = &shard;
    rows_held_ = 0;
}

void Head::Appender::release() {
    if (held_ != nullptr) held_->mutex.unlock();
    held_ = nullptr;
}

// Only the appending thread changes which groups there are, so it may look without the lock.
void Head::seal(Shard& shard, Series& series, Sealer* sealer) {
    const Sequence visible = visibility_->sequence();
    while (series.first_unsealed < series.groups.size()) {
        const HeadGroup& group = series.groups[series.first_unsealed];
        if (group.last_sequence > visible) return;
        FullGroup full{&shard, &series, series.first_unsealed++, group.rows};
        if (sealer != nullptr) {
            sealer->take(std::move(full));
        } else {
            seal(full);
        }
    }
}

// Encoding is slow, so it happens outside the lock: the rows of a group never change.
void Head::seal(const FullGroup& group) {
    auto sealed = group.rows->encoded_group();
    MutexLock lock(group.shard->mutex);
    group.series->groups[group.number].sealed = std::move(sealed);
    let_rows_go(*group.series);
}

void Head::let_rows_go(Series& series) {
    while (series.first_with_rows < series.groups.size()) {
        HeadGroup& group = series.groups[series.first_with_rows];
        if (group.sealed == nullptr || !visibility_->has_passed(group.last_sequence)) return;
        group.rows.reset();
        ++series.first_with_rows;
    }
}

// ---- Sealing beside ------------------------------------------------------------------------

Head::Sealer::~Sealer() { seal_waiting(); }

void Head::Sealer::take(FullGroup group) {
    if (!enqueue(group)) return head_.seal(group);
    if (worker_ == nullptr) {
        worker_ = std::make_unique<Worker>("seal", Worker::kNoPeriod, [this] { seal_waiting(); });
    }
    worker_->notify();
}

// False when too many wait; then the group is still the caller's.
bool Head::Sealer::enqueue(FullGroup& group) {
    MutexLock lock(mutex_);
    if (waiting_.size() >= kMaxWaitingCount) return false;
    waiting_.push_back(std::move(group));
    return true;
}

std::optional<Head::FullGroup> Head::Sealer::next() {
    MutexLock lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    std::optional<FullGroup> group = std::move(waiting_.front());
    waiting_.pop_front();
    return group;
}

void Head::Sealer::seal_waiting() {
    while (const auto group = next()) {
        try {
            head_.seal(*group);
        } catch (const std::bad_alloc&) {
            // The group keeps its rows as they arrived, which every reader takes as well.
        }
    }
}

// ---- Reading ------------------------------------------------------------------------------

void Head::read(SeriesId id, Sequence sequence,
                std::vector<std::shared_ptr<const RowGroup>>& groups) const {
    std::vector<HeadGroup> seen;
    HeadRows open;
    const Shard& shard = shard_of(id);
    {
        MutexLock lock(shard.mutex);
        const Series* series = find(shard, id);
        if (series == nullptr) return;
        seen = series->groups;
        open = series->open;
    }
    for (const HeadGroup& group : seen) {
        if (group.first_sequence > sequence) return;
        if (group.sealed != nullptr && group.last_sequence <= sequence) {
            groups.push_back(group.sealed);
        } else {
            groups.push_back(group.rows->decoded_group(group.rows->visible_count(sequence)));
        }
    }
    const std::size_t open_count = open.visible_count(sequence);
    if (open_count > 0) groups.push_back(open.decoded_group(open_count));
}

std::vector<HeadGroup> Head::all_groups(SeriesId id) const {
    const Shard& shard = shard_of(id);
    MutexLock lock(shard.mutex);
    const Series* series = find(shard, id);
    if (series == nullptr) return {};
    std::vector<HeadGroup> groups = series->groups;
    if (series->open.row_count() > 0) {
        auto rows = std::make_shared<const HeadRows>(series->open);
        const Sequence first_sequence = rows->first_sequence();
        const Sequence last_sequence = rows->last_sequence();
        groups.push_back({std::move(rows), nullptr, first_sequence, last_sequence});
    }
    return groups;
}

SeriesId Head::series_id_limit() const {
    std::size_t limit = 0;
    for (const Shard& shard : shards_) {
        MutexLock lock(shard.mutex);
        const std::size_t rounds = (shard.series.size() + kNeighbourCount - 1) / kNeighbourCount;
        limit = std::max(limit, rounds * kNeighbourCount * kShardCount);
    }
    return static_cast<SeriesId>(limit);
}

}  // namespace tidemark::storage
