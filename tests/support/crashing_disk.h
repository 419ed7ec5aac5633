#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "storage/base/file_system.h"

namespace tidemark::tests {

inline constexpr std::uint64_t kSectorSizeBytes = 512;

/// The contents of one file, live and durable. Not thread-safe.
class CrashingContents {
public:
    using Bytes = std::vector<std::byte>;

    CrashingContents() = default;
    explicit CrashingContents(Bytes bytes) : live_(bytes), durable_(std::move(bytes)) {}

    const Bytes& live() const { return live_; }
    const Bytes& durable() const { return durable_; }

    void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
    void sync();
    /// What is not durable yet never will be, unless it is written again.
    void lose_unsynced() { unsynced_sectors_.clear(); }
    /// In both images.
    void truncate(std::uint64_t size_bytes);

    /// Each unsynced sector kept or lost, by the toss of a coin.
    Bytes mix(std::mt19937_64& random) const;

private:
    void copy_sector(std::uint64_t sector, Bytes& target) const;

    Bytes live_;
    Bytes durable_;
    std::set<std::uint64_t> unsynced_sectors_;
};

/// Paths and what they name: contents, or null for a directory.
using CrashingEntries = std::map<std::string, std::shared_ptr<CrashingContents>>;

/// The names on a disk, live and durable. A change is pending until a directory it touched is
/// synced; it becomes durable as a whole or not at all. Not thread-safe.
class CrashingNames {
public:
    const CrashingEntries& live() const { return live_; }
    const CrashingEntries& durable() const { return durable_; }

    void add(const std::string& path, std::shared_ptr<CrashingContents> contents);
    void add_durably(const std::string& path, std::shared_ptr<CrashingContents> contents);
    void rename(const std::string& source, const std::string& target);
    void remove(const std::string& path);
    void sync(const std::string& directory);

    /// The durable names with each pending change made or not, by the toss of a coin.
    CrashingEntries mix(std::mt19937_64& random) const;

private:
    /// An empty path on one side: a file that comes (no source) or goes (no target).
    struct Change {
        std::string source;
        std::string target;
        std::shared_ptr<CrashingContents> contents;

        void apply(CrashingEntries& entries) const;
        void move_directory(CrashingEntries& entries) const;
        /// Directories come durably, so this is one that moves, with all that is in it.
        bool is_of_directory() const {
            return !source.empty() && !target.empty() && contents == nullptr;
        }
        bool touches(const std::string& directory) const;
    };

    void make(Change change);

    CrashingEntries live_;
    CrashingEntries durable_;
    std::vector<Change> pending_;  // In the order they were made.
};

}  // namespace tidemark::tests
