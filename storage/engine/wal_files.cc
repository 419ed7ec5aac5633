#include "storage/engine/wal_files.h"

#include <algorithm>
#include <utility>

namespace tidemark::storage {

void WalFiles::add(File file) {
    MutexLock lock(mutex_);
    files_.push_back(std::move(file));
}

std::uint64_t WalFiles::size_bytes() const {
    MutexLock lock(mutex_);
    std::uint64_t size_bytes = 0;
    for (const File& file : files_) size_bytes += file.size_bytes;
    return size_bytes;
}

Status WalFiles::remove_up_to(Sequence sequence) {
    std::deque<File> done;
    {
        MutexLock lock(mutex_);
        const auto is_done = [sequence](const File& file) {
            return file.last_sequence <= sequence;
        };
        std::ranges::copy_if(files_, std::back_inserter(done), is_done);
        std::erase_if(files_, is_done);
    }
    Status status = success();
    while (!done.empty()) {
        Status removed = file_system_.remove(done.front().path);
        if (!removed && removed.error().code() != ErrorCode::NotFound) {
            status = std::move(removed);
            add(std::move(done.front()));
        }
        done.pop_front();
    }
    TIDEMARK_RETURN_IF_ERROR(file_system_.sync_directory(directory_));
    return status;
}

}  // namespace tidemark::storage
