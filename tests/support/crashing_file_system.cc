#include "tests/support/crashing_file_system.h"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/mutex.h"
#include "tests/support/crashing_disk.h"

namespace tidemark::tests {

using namespace storage;

namespace {

std::string normalized(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

bool is_root(const std::string& path) { return path == "/" || path == "." || path.empty(); }

Error error_at(ErrorCode code, const char* operation, const std::string& path,
               const std::string& reason) {
    return {code, std::string(operation) + ' ' + path + ": " + reason};
}

Error not_found(const char* operation, const std::string& path) {
    return error_at(ErrorCode::NotFound, operation, path, "No such file or directory");
}

class CopiedFile final : public MappedFile {
public:
    explicit CopiedFile(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    std::span<const std::byte> bytes() const override { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

}  // namespace

/// Everything that survives its file system object in open files and locks.
class CrashingFileSystem::Disk {
public:
    enum class Kind { Space, Plain };  // Space: needs some, so a full disk refuses.

    struct LockCount {
        int shared_count = 0;
        bool is_exclusive = false;
    };

    /// Counts an operation; the error when it must not happen.
    Status begin_operation(Kind kind, const char* operation, const std::string& path)
        TIDEMARK_REQUIRES(mutex) {
        ++operation_count;
        if (operation_count == cut_before_operation) is_power_cut = true;
        TIDEMARK_RETURN_IF_ERROR(require_power(operation, path));
        if (const auto fault = faults.find(operation_count); fault != faults.end()) {
            return fault->second;
        }
        if (lasting_fault && operation_count >= first_failing_operation) return *lasting_fault;
        if (kind == Kind::Space && is_full) {
            return error_at(ErrorCode::StorageFull, operation, path, "No space left on device");
        }
        return success();
    }

    /// Counts a read; the error when it must not happen.
    Status begin_read(const std::string& path) TIDEMARK_REQUIRES(mutex) {
        TIDEMARK_RETURN_IF_ERROR(require_power("open", path));
        ++read_count;
        const bool is_hit =
            read_count == failing_read ||
            (is_every_read_failing && failing_read != 0 && read_count > failing_read);
        if (!is_hit) return success();
        return error_at(ErrorCode::IoError, "read", path, "Input/output error");
    }

    /// Puts the bytes of a misdirected write somewhere else.
    void misdirect(std::span<const std::byte> bytes) TIDEMARK_REQUIRES(mutex) {
        std::mt19937_64 random(misdirection_seed);
        std::vector<std::shared_ptr<CrashingContents>> files;
        for (const auto& [path, contents] : names.live()) {
            if (contents != nullptr) files.push_back(contents);
        }
        CrashingContents& victim = *files[random() % files.size()];
        victim.write_at(random() % (victim.live().size() + 1), bytes);
    }

    /// Counts a sync. What it makes durable must happen between this and end_sync().
    Status begin_sync(const char* operation, const std::string& path) TIDEMARK_REQUIRES(mutex) {
        ++sync_count;
        if (sync_count == cut_before_sync) is_power_cut = true;
        return require_power(operation, path);
    }

    void end_sync() TIDEMARK_REQUIRES(mutex) {
        if (sync_count == cut_after_sync) is_power_cut = true;
    }

    Status require_power(const char* operation, const std::string& path) const
        TIDEMARK_REQUIRES(mutex) {
        if (!is_power_cut) return success();
        return error_at(ErrorCode::IoError, operation, path, "the power is cut");
    }

    bool is_directory(const std::string& path) const TIDEMARK_REQUIRES(mutex) {
        if (is_root(path)) return true;
        const auto entry = names.live().find(path);
        return entry != names.live().end() && entry->second == nullptr;
    }

    bool has_entries(const std::string& directory) const TIDEMARK_REQUIRES(mutex) {
        return std::ranges::any_of(
            names.live(), [&](const auto& entry) { return parent_path(entry.first) == directory; });
    }

    bool is_there(const std::string& path) const TIDEMARK_REQUIRES(mutex) {
        return is_root(path) || names.live().contains(path);
    }

    /// Null when there is no such file.
    std::shared_ptr<CrashingContents> file_at(const std::string& path) const
        TIDEMARK_REQUIRES(mutex) {
        const auto entry = names.live().find(path);
        return entry == names.live().end() ? nullptr : entry->second;
    }

    Status make_directory(const std::string& path) TIDEMARK_REQUIRES(mutex) {
        TIDEMARK_RETURN_IF_ERROR(begin_operation(Kind::Space, "create directory", path));
        TIDEMARK_RETURN_IF_ERROR(begin_sync("create directory", path));
        names.add_durably(path, nullptr);
        end_sync();
        return success();
    }

    mutable Mutex mutex;
    CrashingNames names TIDEMARK_GUARDED_BY(mutex);
    std::map<std::string, LockCount> locks TIDEMARK_GUARDED_BY(mutex);

    std::uint64_t sync_count TIDEMARK_GUARDED_BY(mutex) = 0;
    std::uint64_t operation_count TIDEMARK_GUARDED_BY(mutex) = 0;
    std::uint64_t cut_before_sync TIDEMARK_GUARDED_BY(mutex) = 0;
    std::uint64_t cut_after_sync TIDEMARK_GUARDED_BY(mutex) = 0;
    std::uint64_t cut_before_operation TIDEMARK_GUARDED_BY(mutex) = 0;
    bool is_power_cut TIDEMARK_GUARDED_BY(mutex) = false;

    std::map<std::uint64_t, Error> faults TIDEMARK_GUARDED_BY(mutex);
    std::optional<Error> lasting_fault TIDEMARK_GUARDED_BY(mutex);
    std::uint64_t first_failing_operation TIDEMARK_GUARDED_BY(mutex) = 0;
    std::uint64_t misdirected_operation TIDEMARK_GUARDED_BY(mutex) = 0;
    std::uint64_t misdirection_seed TIDEMARK_GUARDED_BY(mutex) = 0;
    std::uint64_t read_count TIDEMARK_GUARDED_BY(mutex) = 0;
    std::uint64_t failing_read TIDEMARK_GUARDED_BY(mutex) = 0;
    bool is_every_read_failing TIDEMARK_GUARDED_BY(mutex) = false;
    bool is_full TIDEMARK_GUARDED_BY(mutex) = false;
    bool is_next_sync_failing TIDEMARK_GUARDED_BY(mutex) = false;
    std::function<Status(const std::string&)> sync_hook TIDEMARK_GUARDED_BY(mutex);
};

class CrashingFileSystem::File final : public WritableFile {
public:
    File(std::shared_ptr<Disk> disk, std::shared_ptr<CrashingContents> contents, std::string path)
        : disk_(std::move(disk)), contents_(std::move(contents)), path_(std::move(path)) {}

    Status append(std::span<const std::byte> bytes) override {
        MutexLock lock(disk_->mutex);
        return write(contents_->live().size(), bytes);
    }

    Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
        MutexLock lock(disk_->mutex);
        return write(offset, bytes);
    }

    Status sync() override {
        std::function<Status(const std::string&)> hook;
        {
            MutexLock lock(disk_->mutex);
            hook = disk_->sync_hook;
        }
        Status hooked = hook ? hook(path_) : success();
        MutexLock lock(disk_->mutex);
        if (!hooked) {
            if (hooked.error().code() == ErrorCode::IoError) contents_->lose_unsynced();
            return hooked;
        }
        Status begun = disk_->begin_operation(Disk::Kind::Plain, "sync", path_);
        if (!begun) {
            if (!disk_->is_power_cut) contents_->lose_unsynced();
            return begun;
        }
        TIDEMARK_RETURN_IF_ERROR(disk_->begin_sync("sync", path_));
        if (std::exchange(disk_->is_next_sync_failing, false)) {
            contents_->lose_unsynced();
            return error_at(ErrorCode::IoError, "sync", path_, "Input/output error");
        }
        contents_->sync();
        disk_->end_sync();
        return success();
    }

    std::uint64_t size_bytes() const override {
        MutexLock lock(disk_->mutex);
        return contents_->live().size();
    }

    Status close() override {
        MutexLock lock(disk_->mutex);
        return disk_->require_power("close", path_);
    }

private:
    Status write(std::uint64_t offset, std::span<const std::byte> bytes)
        TIDEMARK_REQUIRES(disk_->mutex) {
        Status begun = disk_->begin_operation(Disk::Kind::Space, "write", path_);
        if (!begun) {
            const bool is_partial = begun.error().code() == ErrorCode::StorageFull;
            if (is_partial) contents_->write_at(offset, bytes.first(bytes.size() / 2));
            return begun;
        }
        if (disk_->operation_count == disk_->misdirected_operation) {
            // Where they belong the old contents stay, or zeros behind the end.
            const auto& live = contents_->live();
            const std::uint64_t end = offset + bytes.size();
            if (end > live.size()) {
                contents_->write_at(live.size(), std::vector<std::byte>(end - live.size()));
            }
            disk_->misdirect(bytes);
        } else {
            contents_->write_at(offset, bytes);
        }
        return success();
    }

    const std::shared_ptr<Disk> disk_;
    const std::shared_ptr<CrashingContents> contents_;
    const std::string path_;
};

class CrashingFileSystem::Lock final : public DirectoryLock {
public:
    Lock(std::shared_ptr<Disk> disk, std::string directory, LockMode mode)
        : disk_(std::move(disk)), directory_(std::move(directory)), mode_(mode) {}

    ~Lock() override {
        MutexLock lock(disk_->mutex);
        Disk::LockCount& count = disk_->locks[directory_];
        if (mode_ == LockMode::Shared) {
            --count.shared_count;
        } else {
            count.is_exclusive = false;
        }
    }

    const std::string& warning() const override { return warning_; }

private:
    const std::shared_ptr<Disk> disk_;
    const std::string directory_;
    const LockMode mode_;
    const std::string warning_;
};

CrashingFileSystem::CrashingFileSystem() : CrashingFileSystem(std::make_shared<Disk>()) {}
CrashingFileSystem::CrashingFileSystem(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
CrashingFileSystem::~CrashingFileSystem() = default;

void CrashingFileSystem::cut_power_before_sync(std::uint64_t number) {
    MutexLock lock(disk_->mutex);
    disk_->cut_before_sync = number;
}

void CrashingFileSystem::cut_power_after_sync(std::uint64_t number) {
    MutexLock lock(disk_->mutex);
    disk_->cut_after_sync = number;
}

void CrashingFileSystem::set_sync_hook(std::function<Status(const std::string& path)> hook) {
    MutexLock lock(disk_->mutex);
    disk_->sync_hook = std::move(hook);
}

void CrashingFileSystem::cut_power_before_operation(std::uint64_t number) {
    MutexLock lock(disk_->mutex);
    disk_->cut_before_operation = number;
}

void CrashingFileSystem::cut_power() {
    MutexLock lock(disk_->mutex);
    disk_->is_power_cut = true;
}

bool CrashingFileSystem::is_power_cut() const {
    MutexLock lock(disk_->mutex);
    return disk_->is_power_cut;
}

std::uint64_t CrashingFileSystem::sync_count() const {
    MutexLock lock(disk_->mutex);
    return disk_->sync_count;
}

std::uint64_t CrashingFileSystem::operation_count() const {
    MutexLock lock(disk_->mutex);
    return disk_->operation_count;
}

std::unique_ptr<CrashingFileSystem> CrashingFileSystem::recover_image(Unsynced unsynced,
                                                                      std::uint64_t seed) const {
    MutexLock lock(disk_->mutex);
    std::mt19937_64 random(seed);
    const CrashingEntries entries = unsynced == Unsynced::Drop   ? disk_->names.durable()
                                    : unsynced == Unsynced::Keep ? disk_->names.live()
                                                                 : disk_->names.mix(random);
    auto disk = std::make_shared<Disk>();
    MutexLock recovered_lock(disk->mutex);
    for (const auto& [path, contents] : entries) {
        // Parents sort in front of what they hold: a lost directory takes its files along.
        if (!disk->is_directory(parent_path(path))) continue;
        if (contents == nullptr) {
            disk->names.add_durably(path, nullptr);
            continue;
        }
        auto bytes = unsynced == Unsynced::Drop   ? contents->durable()
                     : unsynced == Unsynced::Keep ? contents->live()
                                                  : contents->mix(random);
        disk->names.add_durably(path, std::make_shared<CrashingContents>(std::move(bytes)));
    }
    return std::unique_ptr<CrashingFileSystem>(new CrashingFileSystem(disk));
}

void CrashingFileSystem::fail_operation(std::uint64_t number, Error error) {
    MutexLock lock(disk_->mutex);
    disk_->faults.insert_or_assign(number, std::move(error));
}

void CrashingFileSystem::fail_operations_from(std::uint64_t number, Error error) {
    MutexLock lock(disk_->mutex);
    disk_->first_failing_operation = number;
    disk_->lasting_fault = std::move(error);
}

void CrashingFileSystem::misdirect_operation(std::uint64_t number, std::uint64_t seed) {
    MutexLock lock(disk_->mutex);
    disk_->misdirected_operation = number;
    disk_->misdirection_seed = seed;
}

void CrashingFileSystem::fail_read(std::uint64_t number, bool is_for_ever) {
    MutexLock lock(disk_->mutex);
    disk_->failing_read = number;
    disk_->is_every_read_failing = is_for_ever;
}

std::uint64_t CrashingFileSystem::read_count() const {
    MutexLock lock(disk_->mutex);
    return disk_->read_count;
}

void CrashingFileSystem::set_full(bool is_full) {
    MutexLock lock(disk_->mutex);
    disk_->is_full = is_full;
}

void CrashingFileSystem::fail_next_sync() {
    MutexLock lock(disk_->mutex);
    disk_->is_next_sync_failing = true;
}

std::map<std::string, std::string> CrashingFileSystem::contents() const {
    MutexLock lock(disk_->mutex);
    std::map<std::string, std::string> contents_by_path;
    for (const auto& [path, contents] : disk_->names.live()) {
        if (contents != nullptr) contents_by_path[path] = as_text(contents->live());
    }
    return contents_by_path;
}

void CrashingFileSystem::replace_contents(const std::string& path,
                                          std::span<const std::byte> bytes) {
    MutexLock lock(disk_->mutex);
    CrashingContents::Bytes copy(bytes.begin(), bytes.end());
    disk_->names.add_durably(normalized(path), std::make_shared<CrashingContents>(std::move(copy)));
}

Status CrashingFileSystem::create_directories(const std::string& raw_path) {
    MutexLock lock(disk_->mutex);
    TIDEMARK_RETURN_IF_ERROR(disk_->require_power("create directory", raw_path));
    std::vector<std::string> missing;
    std::string existing = normalized(raw_path);
    while (!disk_->is_there(existing)) {
        missing.push_back(existing);
        existing = parent_path(existing);
    }
    if (!disk_->is_directory(existing)) {
        return error_at(ErrorCode::IoError, "create directory", existing, "Not a directory");
    }
    for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
        TIDEMARK_RETURN_IF_ERROR(disk_->make_directory(*path));
    }
    return success();
}

Result<std::vector<std::string>> CrashingFileSystem::list(const std::string& raw_directory) {
    MutexLock lock(disk_->mutex);
    const std::string directory = normalized(raw_directory);
    TIDEMARK_RETURN_IF_ERROR(disk_->require_power("list", directory));
    if (!disk_->is_directory(directory)) return not_found("list", directory);
    std::vector<std::string> names;
    for (const auto& [path, contents] : disk_->names.live()) {
        if (parent_path(path) == directory) names.push_back(path.substr(path.rfind('/') + 1));
    }
    std::ranges::sort(names);
    return names;
}

Result<bool> CrashingFileSystem::exists(const std::string& path) {
    MutexLock lock(disk_->mutex);
    TIDEMARK_RETURN_IF_ERROR(disk_->require_power("stat", path));
    return disk_->is_there(normalized(path));
}

Result<std::uint64_t> CrashingFileSystem::file_size_bytes(const std::string& path) {
    MutexLock lock(disk_->mutex);
    TIDEMARK_RETURN_IF_ERROR(disk_->require_power("stat", path));
    const auto contents = disk_->file_at(path);
    if (contents == nullptr) return not_found("stat", path);
    return std::uint64_t{contents->live().size()};
}

Result<std::unique_ptr<WritableFile>> CrashingFileSystem::create_file(const std::string& path) {
    MutexLock lock(disk_->mutex);
    TIDEMARK_RETURN_IF_ERROR(disk_->begin_operation(Disk::Kind::Space, "create", path));
    if (!disk_->is_directory(parent_path(path))) return not_found("create", path);
    if (disk_->is_there(path)) {
        return error_at(ErrorCode::IoError, "create", path, "File exists");
    }
    auto contents = std::make_shared<CrashingContents>();
    disk_->names.add(path, contents);
    return std::unique_ptr<WritableFile>(std::make_unique<File>(disk_, std::move(contents), path));
}

Result<std::unique_ptr<WritableFile>> CrashingFileSystem::open_file(const std::string& path) {
    MutexLock lock(disk_->mutex);
    TIDEMARK_RETURN_IF_ERROR(disk_->require_power("open", path));
    auto contents = disk_->file_at(path);
    if (contents == nullptr) return not_found("open", path);
    return std::unique_ptr<WritableFile>(std::make_unique<File>(disk_, std::move(contents), path));
}

Result<std::vector<std::byte>> CrashingFileSystem::read_file(const std::string& path) {
    MutexLock lock(disk_->mutex);
    TIDEMARK_RETURN_IF_ERROR(disk_->begin_read(path));
    const auto contents = disk_->file_at(path);
    if (contents == nullptr) return not_found("open", path);
    return contents->live();
}

Result<std::unique_ptr<MappedFile>> CrashingFileSystem::map(const std::string& path) {
    TIDEMARK_ASSIGN_OR_RETURN(auto bytes, read_file(path));
    return std::unique_ptr<MappedFile>(std::make_unique<CopiedFile>(std::move(bytes)));
}

Status CrashingFileSystem::rename(const std::string& source, const std::string& target) {
    MutexLock lock(disk_->mutex);
    TIDEMARK_RETURN_IF_ERROR(disk_->begin_operation(Disk::Kind::Plain, "rename", source));
    const bool is_there = disk_->is_there(source) && disk_->is_directory(parent_path(target));
    if (!is_there) return not_found("rename", source);
    if (disk_->is_directory(target)) {
        const char* reason = !disk_->is_directory(source) ? "Is a directory"
                             : disk_->has_entries(target) ? "Directory not empty"
                                                          : nullptr;
        if (reason != nullptr) return error_at(ErrorCode::IoError, "rename", source, reason);
    }
    if (source != target) disk_->names.rename(source, target);
    return success();
}

Status CrashingFileSystem::remove(const std::string& raw_path) {
    MutexLock lock(disk_->mutex);
    const std::string path = normalized(raw_path);
    TIDEMARK_RETURN_IF_ERROR(disk_->begin_operation(Disk::Kind::Plain, "remove", path));
    if (!disk_->names.live().contains(path)) return not_found("remove", path);
    if (disk_->has_entries(path)) {
        return error_at(ErrorCode::IoError, "remove", path, "Directory not empty");
    }
    disk_->names.remove(path);
    return success();
}

Status CrashingFileSystem::truncate(const std::string& path, std::uint64_t size_bytes) {
    MutexLock lock(disk_->mutex);
    TIDEMARK_RETURN_IF_ERROR(disk_->begin_operation(Disk::Kind::Plain, "truncate", path));
    const auto contents = disk_->file_at(path);
    if (contents == nullptr) return not_found("truncate", path);
    if (contents->live().size() < size_bytes) {
        return error_at(ErrorCode::InvalidArgument, "truncate", path, "it is shorter");
    }
    TIDEMARK_RETURN_IF_ERROR(disk_->begin_sync("truncate", path));
    contents->truncate(size_bytes);
    disk_->end_sync();
    return success();
}

Status CrashingFileSystem::sync_directory(const std::string& raw_directory) {
    MutexLock lock(disk_->mutex);
    const std::string directory = normalized(raw_directory);
    TIDEMARK_RETURN_IF_ERROR(disk_->begin_operation(Disk::Kind::Plain, "sync", directory));
    if (!disk_->is_directory(directory)) return not_found("sync", directory);
    TIDEMARK_RETURN_IF_ERROR(disk_->begin_sync("sync", directory));
    disk_->names.sync(directory);
    disk_->end_sync();
    return success();
}

Result<std::unique_ptr<DirectoryLock>> CrashingFileSystem::lock_directory(
    const std::string& raw_directory, LockMode mode) {
    MutexLock lock(disk_->mutex);
    const std::string directory = normalized(raw_directory);
    TIDEMARK_RETURN_IF_ERROR(disk_->require_power("lock", directory));
    if (!disk_->is_directory(directory)) return not_found("lock", directory);
    Disk::LockCount& count = disk_->locks[directory];
    const bool is_shared = mode == LockMode::Shared;
    if (count.is_exclusive || (!is_shared && count.shared_count > 0)) {
        return Error(ErrorCode::Busy,
                     directory + " is in use: another process, or this one, has " + "it open");
    }
    if (is_shared) {
        ++count.shared_count;
    } else {
        count.is_exclusive = true;
    }
    return std::unique_ptr<DirectoryLock>(std::make_unique<Lock>(disk_, directory, mode));
}

}  // namespace tidemark::tests
