#include "storage/engine/series_batch.h"

#include <utility>

namespace tidemark::storage {

void TagIndexing::add(SeriesBatch& batch, std::vector<TagIndex::Addition>& additions) {
    constexpr std::size_t kWorthAThread = 1024;
    wait();
    std::swap(batch_, batch);
    std::swap(additions_, additions);
    batch.clear();
    additions.clear();
    if (additions_.size() < kWorthAThread) return TagIndex::add_all(additions_);
    // Where the system has no further thread, wait() does it.
    under_way_ = std::async(std::launch::async | std::launch::deferred,
                            [this] { TagIndex::add_all(additions_); });
}

void TagIndexing::wait() {
    if (under_way_.valid()) under_way_.get();
}

}  // namespace tidemark::storage
