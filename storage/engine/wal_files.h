#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/base/mutex.h"

namespace tidemark::storage {

/// The log files that are finished but still needed, because some of their rows are in no segment.
/// Thread-safe.
class WalFiles {
public:
    struct File {
        std::string path;
        Sequence last_sequence;
        std::uint64_t size_bytes;
    };

    WalFiles(FileSystem& file_system, std::string directory)
        : file_system_(file_system), directory_(std::move(directory)) {}

    const std::string& directory() const { return directory_; }

    void add(File file);
    std::uint64_t size_bytes() const;

    /// Removes the files that hold nothing above `sequence`. What cannot be removed is tried again
    /// the next time.
    Status remove_up_to(Sequence sequence);

private:
    FileSystem& file_system_;
    const std::string directory_;

    mutable Mutex mutex_;
    std::deque<File> files_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::storage
