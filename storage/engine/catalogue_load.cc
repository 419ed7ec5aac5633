#include <algorithm>
#include <array>
#include <utility>

#include "storage/engine/catalogue.h"
#include "storage/engine/series_batch.h"

// The part of the catalogue that reads its log. Nearly all records are of series, so these are
// taken many at a time; the others wait until those in front of them are in the catalogue.

namespace tidemark::storage {

/// What the log brings, in order.
struct Catalogue::Loading {
    void note(const Status& status) {
        if (!status && refused_count++ == 0) first_reason = status.error().message();
    }

    SeriesBatch batch;
    std::array<HashedKey, 32> keys;             // Of the next series of the batch.
    std::vector<TagIndex::Addition> additions;  // Of the batch.
    TagIndexing indexing;
    std::size_t refused_count = 0;
    std::string first_reason;
};

void Catalogue::load(const RecordLogContents& contents, std::vector<std::string>& messages) {
    damage_ = contents.damage;
    MutexLock lock(mutex_);
    Loading loading;
    for (const auto& payload : contents.records) {
        // Ids are given out one per record, so there are no more than the log has room for up to
        // here, but for those that were reserved because an earlier log was lost. What follows must
        // not count: a record that is refused stays so when others are added.
        const auto end =
            static_cast<std::size_t>(payload.data() + payload.size() - contents.bytes.data());
        const std::uint64_t id_limit = end / kRecordHeaderSizeBytes;
        if (loading.batch.add(payload, id_limit)) {
            if (loading.batch.is_full()) load_batch(loading);
            continue;
        }
        load_batch(loading);
        loading.indexing.wait();
        loading.note(load_record(payload, id_limit));
    }
    load_batch(loading);
    loading.indexing.wait();
    if (loading.refused_count > 0) {
        damage_.push_back(
            "catalogue: " + std::to_string(loading.refused_count) +
            " records make no sense and were left out, the first because: " + loading.first_reason);
    }
    messages.insert(messages.end(), damage_.begin(), damage_.end());
}

Status Catalogue::load_record(std::span<const std::byte> payload, std::uint64_t id_limit) {
    TIDEMARK_ASSIGN_OR_RETURN(const CatalogueRecord record, decode_catalogue_record(payload));
    return apply(record, id_limit);
}

// Among a million of series each look for one waits for memory. So what is looked at is fetched
// for the next few of them before the first of them is looked for.
void Catalogue::load_batch(Loading& loading) {
    const std::size_t count = loading.batch.series().size();
    for (std::size_t begin = 0; begin < count;) begin += load_series(begin, loading);
    loading.indexing.add(loading.batch, loading.additions);
}

std::size_t Catalogue::load_series(std::size_t begin, Loading& loading) {
    const SeriesBatch& batch = loading.batch;
    const auto rest = batch.series().subspan(begin);
    const auto next = rest.first(std::min(loading.keys.size(), rest.size()));
    for (std::size_t index = 0; index < next.size(); ++index) {
        make_key(next[index].ids.measurement, batch.tags_of(next[index]), loading.keys[index]);
    }
    for (std::size_t index = 0; index < next.size(); ++index) {
        const SeriesAddedIds& ids = next[index].ids;
        const Status status = apply_series(ids, loading.keys[index], next[index].id_limit);
        loading.note(status);
        if (!status || !is_served(ids.id)) continue;
        TagIndex& tags = measurements_[ids.measurement].tags;
        loading.additions.push_back({&tags, ids.id, batch.tags_of(next[index])});
    }
    return next.size();
}

}  // namespace tidemark::storage
