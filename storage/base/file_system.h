#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tidemark/result.h>

namespace tidemark::storage {

/// A file being written. Not thread-safe. The destructor closes without syncing.
///
/// Errors are StorageFull when there is no space or quota left, else IoError. After a failed
/// append() or write_at() any part of the bytes may be in the file; after a failed sync() nothing
/// is known about what was written since the last good one, and calling it again proves nothing.
class WritableFile {
public:
    virtual ~WritableFile() = default;

    /// Writes all of `bytes` behind the end.
    virtual Status append(std::span<const std::byte> bytes) = 0;

    /// Writes all of `bytes` at `offset`; a hole in front of it reads as zeros.
    virtual Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;

    /// Contents and size survive a power cut once this returned success (fdatasync). The file's
    /// name does after FileSystem::sync_directory() only.
    virtual Status sync() = 0;

    virtual std::uint64_t size_bytes() const = 0;

    /// Nothing but the destructor may follow. Does not sync.
    virtual Status close() = 0;
};

/// A whole file in memory, read-only. Thread-safe. Holds no descriptor; removing or renaming the
/// file does not disturb it, truncating it does, see is_intact().
class MappedFile {
public:
    virtual ~MappedFile() = default;

    /// Valid as long as this object. Empty for an empty file.
    virtual std::span<const std::byte> bytes() const = 0;

    /// False when a part of the file could not be read since it was mapped: see mapping_guard.h.
    virtual bool is_intact() const { return true; }
};

enum class LockMode : std::uint8_t {
    Exclusive,  ///< For the one writer.
    Shared,     ///< For readers that must not meet a writer.
};

/// Holds the lock of a directory until destroyed, or until the process dies.
class DirectoryLock {
public:
    virtual ~DirectoryLock() = default;

    /// Why there is no lock although one was asked for: empty unless LockMode::Shared met a
    /// directory in which no lock can be taken (no lock file, and none can be made).
    virtual const std::string& warning() const = 0;
};

/// The lock file in a locked directory. Empty; stays when the lock is gone.
inline constexpr const char* kLockFileName = "LOCK";

/// All access to files goes through here, so that tests can put power cuts and full disks in.
///
/// Thread-safe. Errors: NotFound when the path (or its directory) is not there, StorageFull,
/// else IoError; messages hold operation, path and the operating system's reason.
///
/// What create_file(), rename() and remove() did to a directory survives a power cut only after
/// sync_directory().
class FileSystem {
public:
    virtual ~FileSystem() = default;

    /// Makes the directory and those above it. Durable on return. Success when it is there.
    virtual Status create_directories(const std::string& path) = 0;

    /// Names (not paths) of the files and directories in it, sorted.
    virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;

    virtual Result<bool> exists(const std::string& path) = 0;
    virtual Result<std::uint64_t> file_size_bytes(const std::string& path) = 0;

    /// A fresh empty file; IoError when there is one of that name.
    virtual Result<std::unique_ptr<WritableFile>> create_file(const std::string& path) = 0;

    /// An existing file, to write behind its end.
    virtual Result<std::unique_ptr<WritableFile>> open_file(const std::string& path) = 0;

    virtual Result<std::vector<std::byte>> read_file(const std::string& path) = 0;
    virtual Result<std::unique_ptr<MappedFile>> map(const std::string& path) = 0;

    /// Atomic; replaces `target` when it is there. A directory goes with all that is in it, and
    /// replaces an empty one at most.
    virtual Status rename(const std::string& source, const std::string& target) = 0;

    /// Removes a file or an empty directory.
    virtual Status remove(const std::string& path) = 0;

    /// Shortens a file. Durable on return. InvalidArgument when it is shorter than `size_bytes`.
    virtual Status truncate(const std::string& path, std::uint64_t size_bytes) = 0;

    virtual Status sync_directory(const std::string& directory) = 0;

    /// Busy when another process, or this one, holds a lock on it that `mode` does not go with.
    /// Exclusive makes the lock file when it is not there; Shared leaves a directory that it
    /// cannot write as it is and says so in DirectoryLock::warning().
    virtual Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory,
                                                                  LockMode mode) = 0;
};

/// The operating system's files. Lives as long as the process.
FileSystem& posix_file_system();

/// "directory/name"; "name" when `directory` is empty.
std::string join_path(const std::string& directory, const std::string& name);

/// What is in front of the last '/': "." when there is none, "/" for a file of the root.
std::string parent_path(const std::string& path);

/// Creates (or replaces) `path` with exactly `bytes` such that after a power cut either the old or
/// the new contents are there: temporary name "<path>.tmp", sync, rename, sync of the directory.
Status write_file_atomically(FileSystem& file_system, const std::string& path,
                             std::span<const std::byte> bytes);

}  // namespace tidemark::storage
