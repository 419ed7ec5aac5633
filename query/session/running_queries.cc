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
        running.push_back({id, entry.text, entry.database, age.count(), entry.is_killed->load()});
    }
    return running;
}

RunningQueries::Begun RunningQueries::begin(std::string text, std::string database) {
    const auto now = std::chrono::steady_clock::now();
    auto is_killed = std::make_shared<std::atomic<bool>>(false);
    const std::lock_guard lock(mutex_);
    entries_.emplace(next_id_, Entry{std::move(text), std::move(database), now, is_killed});
    return {next_id_++, std::move(is_killed)};
}

bool RunningQueries::kill(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return false;
    found->second.is_killed->store(true);
    return true;
}

std::uint64_t RunningQueries::begun_count() const {
    const std::lock_guard lock(mutex_);
    return next_id_ - 1;
}

void RunningQueries::end(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    entries_.erase(id);
}

}  // namespace tidemark
