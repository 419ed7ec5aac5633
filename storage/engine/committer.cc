#include "storage/engine/committer.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace tidemark::storage {
namespace {

/// Frames that may wait for the disk before writers are held back: about a second of a fast disk.
constexpr std::size_t kMaxQueuedSizeBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxSpareBuffers = 8;
// A larger one would stay for good after a single large write.
constexpr std::size_t kMaxSpareSizeBytes = std::size_t{1} << 20;
/// Design: an idle store writes its mark within 100 ms.
constexpr std::chrono::milliseconds kMarkDelay{50};
constexpr std::chrono::milliseconds kFullDiskRetryDelay{100};

std::uint64_t random_file_id() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

}  // namespace

Committer::Committer(FileSystem& file_system, WalFiles& files, Catalogue& catalogue,
                     std::shared_ptr<Visibility> visibility, const LogPosition& position,
                     std::function<void()> on_commit)
    : file_system_(file_system),
      files_(files),
      catalogue_(catalogue),
      visibility_(std::move(visibility)),
      on_commit_(std::move(on_commit)),
      next_file_number_(position.next_file_number),
      synced_sequence_(position.durable_sequence),
      marked_sequence_(position.durable_sequence),
      last_enqueued_(position.durable_sequence) {
    visibility_->publish(position.durable_sequence);
    MutexLock lock(join_mutex_);
    thread_ = std::thread([this] { run(); });
}

Committer::~Committer() { static_cast<void>(stop()); }

// ---- For everybody ------------------------------------------------------------------------

Status Committer::wait_for_room() {
    MutexLock lock(mutex_);
    while (queued_size_bytes_ >= kMaxQueuedSizeBytes && final_status_ && full_status_ &&
           !is_stopping_) {
        result_changed_.wait(mutex_);
    }
    if (!final_status_) return final_status_;
    if (is_stopping_) return Error(ErrorCode::InvalidArgument, "the store is closed");
    return full_status_;
}

void Committer::enqueue(Sequence sequence, std::vector<std::byte> payload) {
    {
        MutexLock lock(mutex_);
        last_enqueued_ = sequence;
        queued_size_bytes_ += payload.size();
        queue_.push_back({sequence, std::move(payload)});
    }
    work_changed_.notify_one();
}

std::vector<std::byte> Committer::spare_buffer() {
    MutexLock lock(mutex_);
    if (spare_buffers_.empty()) return {};
    std::vector<std::byte> buffer = std::move(spare_buffers_.back());
    spare_buffers_.pop_back();
    return buffer;
}

void Committer::begin_new_file() {
    {
        MutexLock lock(mutex_);
        ++new_files_to_begin_;
        queue_.push_back({last_enqueued_, {}});
    }
    work_changed_.notify_one();
}

void Committer::wait_for_new_file() {
    MutexLock lock(mutex_);
    while (new_files_to_begin_ > 0 && final_status_ && full_status_ && !is_stopping_) {
        result_changed_.wait(mutex_);
    }
}

Status Committer::wait_durable(Sequence sequence) {
    MutexLock lock(mutex_);
    if (sequence > last_enqueued_) {
        return Error(ErrorCode::InvalidArgument,
                     "sequence " + std::to_string(sequence) + " was never written");
    }
    while (visibility_->sequence() < sequence && final_status_ && full_status_)
        result_changed_.wait(mutex_);
    if (visibility_->sequence() >= sequence) return success();
    return final_status_ ? full_status_ : final_status_;
}

std::uint64_t Committer::wal_size_bytes() const {
    MutexLock lock(mutex_);
    return files_.size_bytes() + file_size_bytes_;
}

void Committer::fail(const Error& error) {
    {
        MutexLock lock(mutex_);
        if (final_status_) final_status_ = error;
    }
    work_changed_.notify_one();
    result_changed_.notify_all();
}

Status Committer::stop() {
    {
        MutexLock lock(mutex_);
        is_stopping_ = true;
    }
    work_changed_.notify_one();
    result_changed_.notify_all();
    MutexLock join_lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
    MutexLock lock(mutex_);
    return final_status_ ? full_status_ : final_status_;
}

// ---- The committing thread ----------------------------------------------------------------

void Committer::run() {
    std::vector<Frame> group;
    while (take_group(group)) {
        // What could not be written leaves a gap that nothing may follow.
        if (!commit_until_done(group)) return;
        group.clear();
    }
    write_mark();
}

// False when the thread shall end. Writes the mark when nothing came for a while.
bool Committer::take_group(std::vector<Frame>& group) {
    bool is_mark_due = false;
    while (true) {
        if (std::exchange(is_mark_due, false)) write_mark();
        MutexLock lock(mutex_);
        while (queue_.empty() && !is_stopping_ && final_status_ && !is_mark_due) {
            if (marked_sequence_ == synced_sequence_) {
                work_changed_.wait(mutex_);
            } else {
                is_mark_due = !work_changed_.wait_for(mutex_, kMarkDelay);
            }
        }
        if (!final_status_) return false;
        if (!queue_.empty()) {
            group.swap(queue_);
            return true;
        }
        if (is_stopping_) return false;
    }
}

// False when the frames could not be written: then nothing may follow.
bool Committer::commit_until_done(std::vector<Frame>& group) {
    bool is_last_attempt = false;
    while (true) {
        const Status status = commit(group);
        note_result(status, group);
        if (status) return true;
        if (status.error().code() != ErrorCode::StorageFull || is_last_attempt) return false;
        is_last_attempt = !wait_for_space();
    }
}

// False when there is no time to wait, because the store is being closed.
bool Committer::wait_for_space() {
    MutexLock lock(mutex_);
    if (!is_stopping_) work_changed_.wait_for(mutex_, kFullDiskRetryDelay);
    return !is_stopping_ && final_status_;
}

Status Committer::commit(std::vector<Frame>& group) {
    // Always: records that nobody adds to any more may be on their way to the disk still.
    TIDEMARK_RETURN_IF_ERROR(catalogue_.make_durable());
    for (const Frame& frame : group) TIDEMARK_RETURN_IF_ERROR(append(frame));
    return sync_file();
}

Status Committer::append(const Frame& frame) {
    if (frame.payload.empty()) return finish_file();
    if (frame.sequence <= synced_sequence_) return success();  // Done before the disk was full.
    if (writer_ == nullptr) TIDEMARK_RETURN_IF_ERROR(create_file(frame.sequence));
    Status status = writer_->append(frame.sequence, synced_sequence_, frame.payload);
    if (!status) abandon_file();
    return status;
}

Status Committer::create_file(Sequence first_sequence) {
    // Every attempt has a number of its own, so what a failed one left is in nobody's way.
    const std::uint64_t file_number = next_file_number_++;
    TIDEMARK_ASSIGN_OR_RETURN(
        writer_, WalWriter::create(file_system_, files_.directory(), file_number, first_sequence,
                                   random_file_id()));
    synced_size_bytes_ = 0;
    return success();
}

Status Committer::sync_file() {
    if (writer_ == nullptr) return success();
    const Sequence last_sequence = writer_->next_sequence() - 1;
    Status status = writer_->sync();
    if (!status) {
        abandon_file();
        return status;
    }
    marked_sequence_ = std::min(synced_sequence_, last_sequence);
    synced_sequence_ = last_sequence;
    synced_size_bytes_ = writer_->size_bytes();
    return success();
}

Status Committer::finish_file() {
    if (writer_ == nullptr) return success();
    TIDEMARK_RETURN_IF_ERROR(sync_file());
    files_.add({writer_->path(), synced_sequence_, synced_size_bytes_});
    writer_.reset();
    synced_size_bytes_ = 0;
    return success();
}

void Committer::write_mark() {
    if (writer_ == nullptr || marked_sequence_ == synced_sequence_) return;
    // A mark is for telling damage apart later. Nobody waits for it, so a full disk is no matter,
    // but another failure is as final as any.
    Status status = writer_->append_mark(synced_sequence_);
    if (status) status = writer_->sync();
    if (status) {
        marked_sequence_ = synced_sequence_;
        synced_size_bytes_ = writer_->size_bytes();
    } else {
        abandon_file();
    }
    if (!status && status.error().code() == ErrorCode::StorageFull) return;
    std::vector<Frame> nothing;
    note_result(status, nothing);
}

// After an error the writer is dead. What may be behind the last sync was promised to nobody and is
// cut off: after a full disk so that the frames can go to another file without being there twice;
// after a failed sync because the operating system goes on showing pages that the disk does not
// have, and the next recovery would take them for durable.
void Committer::abandon_file() {
    const std::string path = writer_->path();
    writer_.reset();
    const std::uint64_t size_bytes = std::exchange(synced_size_bytes_, 0);
    marked_sequence_ = synced_sequence_;  // The next file's first frame says so.
    if (size_bytes == 0) {
        static_cast<void>(file_system_.remove(path));
        return;
    }
    static_cast<void>(file_system_.truncate(path, size_bytes));
    files_.add({path, synced_sequence_, size_bytes});
}

void Committer::note_result(const Status& status, std::vector<Frame>& group) {
    {
        MutexLock lock(mutex_);
        file_size_bytes_ = writer_ == nullptr ? 0 : writer_->size_bytes();
        if (status) {
            full_status_ = success();
            visibility_->publish(synced_sequence_);
            for (Frame& frame : group) {
                if (frame.payload.empty()) --new_files_to_begin_;
                queued_size_bytes_ -= frame.payload.size();
                const bool is_worth_keeping =
                    !frame.payload.empty() && frame.payload.capacity() <= kMaxSpareSizeBytes;
                if (is_worth_keeping && spare_buffers_.size() < kMaxSpareBuffers) {
                    spare_buffers_.push_back(std::move(frame.payload));
                }
            }
        } else if (status.error().code() == ErrorCode::StorageFull) {
            full_status_ = status;
        } else if (final_status_) {
            final_status_ = status;
        }
    }
    result_changed_.notify_all();
    if (status) on_commit_();
}

}  // namespace tidemark::storage
