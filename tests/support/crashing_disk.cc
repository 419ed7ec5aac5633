#include "tests/support/crashing_disk.h"

#include <algorithm>
#include <utility>

namespace tidemark::tests {

using storage::parent_path;

namespace {

bool is_at_or_below(const std::string& path, const std::string& directory) {
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

void CrashingContents::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    const std::uint64_t old_size_bytes = live_.size();
    const std::uint64_t end = offset + bytes.size();
    if (end > old_size_bytes) live_.resize(end);
    std::ranges::copy(bytes, live_.begin() + static_cast<std::ptrdiff_t>(offset));
    // A hole in front of the bytes is new as well.
    const std::uint64_t begin = std::min(offset, old_size_bytes);
    for (std::uint64_t sector = begin / kSectorSizeBytes; sector * kSectorSizeBytes < end;
         ++sector) {
        unsynced_sectors_.insert(sector);
    }
}

void CrashingContents::sync() {
    durable_.resize(live_.size());
    for (const std::uint64_t sector : unsynced_sectors_) copy_sector(sector, durable_);
    unsynced_sectors_.clear();
}

void CrashingContents::truncate(std::uint64_t size_bytes) {
    live_.resize(size_bytes);
    durable_.resize(std::min<std::uint64_t>(durable_.size(), size_bytes));
    sync();
}

CrashingContents::Bytes CrashingContents::mix(std::mt19937_64& random) const {
    Bytes mixed = durable_;
    const std::uint64_t grown_by = live_.size() - std::min(live_.size(), durable_.size());
    if (grown_by > 0) {
        // The ends more often than chance would have it: they are the usual cases.
        const std::uint64_t choice = random() % 4;
        const std::uint64_t part = choice == 0 ? 0 : choice == 1 ? grown_by : random() % grown_by;
        mixed.resize(durable_.size() + part);
    }
    for (const std::uint64_t sector : unsynced_sectors_) {
        if (random() % 2 == 0) copy_sector(sector, mixed);
    }
    return mixed;
}

/// As much of it as `target` has room for.
void CrashingContents::copy_sector(std::uint64_t sector, Bytes& target) const {
    const std::size_t limit = std::min(live_.size(), target.size());
    const std::size_t begin = std::min<std::size_t>(sector * kSectorSizeBytes, limit);
    const std::size_t end = std::min<std::size_t>(begin + kSectorSizeBytes, limit);
    std::copy(live_.begin() + static_cast<std::ptrdiff_t>(begin),
              live_.begin() + static_cast<std::ptrdiff_t>(end),
              target.begin() + static_cast<std::ptrdiff_t>(begin));
}

void CrashingNames::Change::apply(CrashingEntries& entries) const {
    if (is_of_directory()) return move_directory(entries);
    if (!source.empty()) entries.erase(source);
    if (!target.empty()) entries[target] = contents;
}

void CrashingNames::Change::move_directory(CrashingEntries& entries) const {
    CrashingEntries moved;
    for (auto entry = entries.lower_bound(source); entry != entries.end();) {
        if (!is_at_or_below(entry->first, source)) {
            // "/a.b" sorts between "/a" and "/a/b".
            ++entry;
            continue;
        }
        moved[target + entry->first.substr(source.size())] = entry->second;
        entry = entries.erase(entry);
    }
    entries.merge(moved);
}

bool CrashingNames::Change::touches(const std::string& directory) const {
    return (!source.empty() && parent_path(source) == directory) ||
           (!target.empty() && parent_path(target) == directory);
}

void CrashingNames::add(const std::string& path, std::shared_ptr<CrashingContents> contents) {
    make({"", path, std::move(contents)});
}

void CrashingNames::add_durably(const std::string& path,
                                std::shared_ptr<CrashingContents> contents) {
    live_[path] = contents;
    durable_[path] = std::move(contents);
}

void CrashingNames::rename(const std::string& source, const std::string& target) {
    make({source, target, live_.at(source)});
}

void CrashingNames::remove(const std::string& path) { make({path, "", nullptr}); }

void CrashingNames::sync(const std::string& directory) {
    // A file that came by rename takes the changes of its old name along, or it would be there
    // twice.
    std::set<std::string> old_names;
    for (const Change& change : pending_) {
        const bool is_rename = !change.source.empty() && !change.target.empty();
        if (is_rename && change.touches(directory)) old_names.insert(change.source);
    }
    std::vector<Change> moved;
    std::erase_if(pending_, [&](const Change& change) {
        const bool is_due = change.touches(directory) || old_names.contains(change.target);
        if (is_due) change.apply(durable_);
        if (is_due && change.is_of_directory()) moved.push_back(change);
        return is_due;
    });
    // What happened in a directory that has another name goes on waiting for a sync of its own.
    for (const Change& move : moved) {
        for (Change& change : pending_) {
            for (std::string* path : {&change.source, &change.target}) {
                if (!is_at_or_below(*path, move.source)) continue;
                *path = move.target + path->substr(move.source.size());
            }
        }
    }
}

CrashingEntries CrashingNames::mix(std::mt19937_64& random) const {
    CrashingEntries mixed = durable_;
    for (const Change& change : pending_) {
        if (random() % 2 == 0) change.apply(mixed);
    }
    return mixed;
}

void CrashingNames::make(Change change) {
    change.apply(live_);
    pending_.push_back(std::move(change));
}

}  // namespace tidemark::tests
