#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"

namespace tidemark::tests {

/// A file system in memory that can lose power, fill up and fail.
///
/// It keeps two images. The live one is what the running process sees. The durable one is what a
/// disk would hold: the contents of a file get there by WritableFile::sync(), the entries of a
/// directory (created, renamed, removed) by sync_directory(). When the power is cut every operation
/// fails with IoError, as if the process were dead; recover_image() then gives the disk as the next
/// process finds it.
///
///     CrashingFileSystem files;
///     files.cut_power_after_sync(3);
///     run_workload(files);  // Ends in IoErrors.
///     auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
///     check_acknowledged_samples(*disk);
///
/// Thread-safe. Paths are plain: no "..", no links.
class CrashingFileSystem final : public storage::FileSystem {
public:
    /// What a power cut leaves of that which was written but not synced.
    enum class Unsynced {
        Drop,  ///< Nothing.
        Keep,  ///< Everything: the operating system had just written it by itself.
        /// Each directory operation and each 512-byte sector of a file by a coin of its own. A lost
        /// sector has its old contents, zeros behind the old end; sizes grow by any part.
        Mix,
    };

    CrashingFileSystem();
    ~CrashingFileSystem() override;

    // The power. Syncs and operations are counted from 1. A sync is sync(), sync_directory(), each
    // level made by create_directories() and truncate(); an operation is all of these,
    // create_file(), append(), write_at(), rename() and remove(), successful or not.

    void cut_power_before_sync(std::uint64_t number);  ///< It fails and makes nothing durable.
    void cut_power_after_sync(std::uint64_t number);   ///< It succeeds, all that follows fails.
    void cut_power_before_operation(std::uint64_t number);
    void cut_power();
    bool is_power_cut() const;

    std::uint64_t sync_count() const;
    std::uint64_t operation_count() const;

    /// The disk after a power cut, powered again, with nothing counted and nobody's locks. `seed`
    /// is of Unsynced::Mix. Leaves this one as it is, so one run serves many recoveries.
    std::unique_ptr<CrashingFileSystem> recover_image(Unsynced unsynced,
                                                      std::uint64_t seed = 0) const;

    // Faults.

    /// The operation of this number fails with `error` and does nothing; those after it work. A
    /// sync that fails so loses what it should have made durable, as in fail_next_sync().
    void fail_operation(std::uint64_t number, Error error);

    /// The same, and so do all operations after it.
    void fail_operations_from(std::uint64_t number, Error error);

    /// If the operation of this number is a write, it succeeds, but its bytes land where they do
    /// not belong: at another place of some file, chosen by `seed`.
    void misdirect_operation(std::uint64_t number, std::uint64_t seed);

    /// The read_file() or map() of this number, counted from 1, fails with IoError; if
    /// `is_for_ever`, all after it do too.
    void fail_read(std::uint64_t number, bool is_for_ever);
    std::uint64_t read_count() const;

    /// While full, create_file(), append() and write_at() fail with StorageFull. A write has put a
    /// part of its bytes there by then, as on Linux.
    void set_full(bool is_full);

    /// The next WritableFile::sync() fails with IoError. As on Linux, what it should have made
    /// durable never will be, although later syncs succeed and the live image shows it.
    void fail_next_sync();

    /// Called with the path before each WritableFile::sync(), on its thread; its error is the
    /// sync's.
    void set_sync_hook(std::function<Status(const std::string& path)> hook);

    // The disk seen from outside.

    /// Path and contents of every file, live; for comparing images.
    std::map<std::string, std::string> contents() const;

    /// Puts a file with these contents there, durable, as a bad disk or a careless hand would.
    void replace_contents(const std::string& path, std::span<const std::byte> bytes);

    // FileSystem.

    Status create_directories(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::uint64_t> file_size_bytes(const std::string& path) override;
    Result<std::unique_ptr<storage::WritableFile>> create_file(const std::string& path) override;
    Result<std::unique_ptr<storage::WritableFile>> open_file(const std::string& path) override;
    Result<std::vector<std::byte>> read_file(const std::string& path) override;
    Result<std::unique_ptr<storage::MappedFile>> map(const std::string& path) override;
    Status rename(const std::string& source, const std::string& target) override;
    Status remove(const std::string& path) override;
    Status truncate(const std::string& path, std::uint64_t size_bytes) override;
    Status sync_directory(const std::string& directory) override;
    Result<std::unique_ptr<storage::DirectoryLock>> lock_directory(const std::string& directory,
                                                                   storage::LockMode mode) override;

private:
    class Disk;
    class File;
    class Lock;

    explicit CrashingFileSystem(std::shared_ptr<Disk> disk);

    const std::shared_ptr<Disk>
        disk_;  // Shared with the open files and locks, which may outlive us.
};

}  // namespace tidemark::tests
