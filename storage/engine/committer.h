#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/base/mutex.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/visibility.h"
#include "storage/engine/wal_files.h"
#include "storage/wal/wal_writer.h"

namespace tidemark::storage {

/// Where a log goes on.
struct LogPosition {
    Sequence durable_sequence = 0;  ///< Everything so far; the next frame has the next one.
    std::uint64_t next_file_number = 1;
};

/// Makes writes durable and then visible, in order of sequence: the store's only writer of the log.
///
/// Group commit: whenever the disk is idle, everything that waits is written with one sync, after
/// the catalogue's records that it depends on. So a write waits for one sync that is in progress
/// and for its own, never for company.
///
/// A full disk is a state: what waits keeps waiting and is tried again several times a second,
/// wait_for_room() refuses more, wait_durable() returns StorageFull. Any other error is final: what
/// is on disk is unknown, and every later call returns that error.
///
/// Thread-safe.
class Committer {
public:
    /// The references must outlive the committer. No file is made before the first frame.
    /// `on_commit` is called from the committing thread when more has become durable.
    Committer(FileSystem& file_system, WalFiles& files, Catalogue& catalogue,
              std::shared_ptr<Visibility> visibility, const LogPosition& position,
              std::function<void()> on_commit);
    ~Committer();
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    /// Success when more may be enqueued. Blocks while too much waits for the disk.
    Status wait_for_room() TIDEMARK_EXCLUDES(mutex_);

    /// Takes the frame of the next sequence. Never blocks; what cannot be written is told by
    /// wait_durable().
    void enqueue(Sequence sequence, std::vector<std::byte> payload) TIDEMARK_EXCLUDES(mutex_);

    /// Memory of a payload that was written, to be used again.
    std::vector<std::byte> spare_buffer() TIDEMARK_EXCLUDES(mutex_);

    /// What is enqueued from here on goes to a file of its own, so that the files before can be
    /// removed when their rows are in segments.
    void begin_new_file() TIDEMARK_EXCLUDES(mutex_);
    /// Waits until every file ended by begin_new_file() is in WalFiles; at an error it does not.
    void wait_for_new_file() TIDEMARK_EXCLUDES(mutex_);

    Status wait_durable(Sequence sequence) TIDEMARK_EXCLUDES(mutex_);

    std::uint64_t wal_size_bytes() const TIDEMARK_EXCLUDES(mutex_);

    /// Fails every later enqueue and wait: what is in memory is not what is in the log.
    void fail(const Error& error) TIDEMARK_EXCLUDES(mutex_);

    /// Commits what waits and ends the thread. The first error there was.
    Status stop() TIDEMARK_EXCLUDES(mutex_);

private:
    struct Frame {
        Sequence sequence;
        std::vector<std::byte> payload;  // Empty: begin a new file here.
    };

    void run();
    bool take_group(std::vector<Frame>& group) TIDEMARK_EXCLUDES(mutex_);
    bool commit_until_done(std::vector<Frame>& group);
    Status commit(std::vector<Frame>& group);
    Status append(const Frame& frame);
    Status create_file(Sequence first_sequence);
    Status finish_file();
    Status sync_file();
    void write_mark();
    void abandon_file();
    void note_result(const Status& status, std::vector<Frame>& group) TIDEMARK_EXCLUDES(mutex_);
    bool wait_for_space() TIDEMARK_EXCLUDES(mutex_);

    FileSystem& file_system_;
    WalFiles& files_;
    Catalogue& catalogue_;
    const std::shared_ptr<Visibility> visibility_;
    const std::function<void()> on_commit_;

    // Of the committing thread.
    std::uint64_t next_file_number_;
    std::unique_ptr<WalWriter> writer_;    // Null until a frame needs one.
    std::uint64_t synced_size_bytes_ = 0;  // Of writer_'s file; 0: it holds no durable frame.
    Sequence synced_sequence_ = 0;         // Last in a synced frame.
    Sequence marked_sequence_ = 0;         // Said to be durable by a mark on disk.

    mutable Mutex mutex_;
    CondVar work_changed_;    // For the committing thread.
    CondVar result_changed_;  // For everybody else.
    std::vector<Frame> queue_ TIDEMARK_GUARDED_BY(mutex_);
    std::size_t queued_size_bytes_ TIDEMARK_GUARDED_BY(mutex_) = 0;  // With those being committed.
    std::vector<std::vector<std::byte>> spare_buffers_ TIDEMARK_GUARDED_BY(mutex_);
    std::size_t new_files_to_begin_ TIDEMARK_GUARDED_BY(mutex_) = 0;
    std::uint64_t file_size_bytes_ TIDEMARK_GUARDED_BY(mutex_) = 0;
    Sequence last_enqueued_ TIDEMARK_GUARDED_BY(mutex_);
    Status full_status_ TIDEMARK_GUARDED_BY(mutex_) =
        success();  // StorageFull while the disk is full.
    Status final_status_ TIDEMARK_GUARDED_BY(mutex_) = success();  // The first other error.
    bool is_stopping_ TIDEMARK_GUARDED_BY(mutex_) = false;

    Mutex join_mutex_;
    std::thread thread_ TIDEMARK_GUARDED_BY(join_mutex_);  // Last: uses all of the above.
};

}  // namespace tidemark::storage
