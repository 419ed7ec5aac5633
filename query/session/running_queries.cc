#include <utility>

#include <tidemark/query.h>

namespace tidemark {

std::vector<RunningQuery> RunningQueries::list() const {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    std::vector<RunningQuery> running;
    running.reserve(entries_.size());
    for (const auto& [id, entry] : entries_) {
        const std::chrono::nanoseconds age = now - entry.begin;
        running.push_back({id, entry.text, entry.database, age.count()});
    }
    return running;
}

std::uint64_t RunningQueries::begin(std::string text, std::string database) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    entries_.emplace(next_id_, Entry{std::move(text), std::move(database), now});
    return next_id_++;
}

void RunningQueries::end(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    entries_.erase(id);
}

}  // namespace tidemark
