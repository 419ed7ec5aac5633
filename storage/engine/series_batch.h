#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <span>
#include <vector>

#include <tidemark/types.h>

#include "storage/engine/catalogue_record.h"
#include "storage/engine/series_key.h"
#include "storage/engine/tag_index.h"

namespace tidemark::storage {

/// Series of the catalogue's log that follow each other, on their way into the catalogue. Their
/// tags are views into the log's records. Not thread-safe.
class SeriesBatch {
public:
    static constexpr std::size_t kMaxSize = 8192;

    struct Series {
        SeriesAddedIds ids;
        std::uint64_t id_limit;
        std::size_t tags_begin;
        std::size_t tags_end;
    };

    /// False, and nothing is changed, when `payload` is not exactly one series.
    bool add(std::span<const std::byte> payload, std::uint64_t id_limit) {
        const std::size_t tags_begin = tags_.size();
        SeriesAddedIds ids;
        if (!take_series_added(payload, ids, tags_)) return false;
        series_.push_back({ids, id_limit, tags_begin, tags_.size()});
        return true;
    }

    std::span<const Series> series() const { return series_; }
    /// Valid until the batch is changed.
    std::span<const TagView> tags_of(const Series& series) const {
        return std::span(tags_).subspan(series.tags_begin, series.tags_end - series.tags_begin);
    }
    bool is_full() const { return series_.size() == kMaxSize; }
    void clear() {
        series_.clear();
        tags_.clear();
    }

private:
    std::vector<Series> series_;
    std::vector<TagView> tags_;
};

/// Adds the series of batches to tag indexes, in order, on a thread of its own if there are many:
/// meanwhile its owner works on the next batch. Its owner is one thread, which leaves the indexes
/// alone until wait().
class TagIndexing {
public:
    /// To be done: `additions`, which are views into `batch`. Takes both, and gives back others
    /// that are empty.
    void add(SeriesBatch& batch, std::vector<TagIndex::Addition>& additions);

    /// Returns when all that was added is in the indexes.
    void wait();

private:
    SeriesBatch batch_;
    std::vector<TagIndex::Addition> additions_;
    std::future<void> under_way_;  // Last: uses the others. Its destructor waits.
};

}  // namespace tidemark::storage
