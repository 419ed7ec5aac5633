#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/base/file_system.h"
#include "storage/base/mapped_file.h"

namespace tidemark::storage {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;

std::string reason_of(int error_number) { return std::system_category().message(error_number); }

Error os_error(const char* operation, const std::string& path, int error_number) {
    ErrorCode code = ErrorCode::IoError;
    if (error_number == ENOENT) code = ErrorCode::NotFound;
    if (error_number == ENOSPC || error_number == EDQUOT) code = ErrorCode::StorageFull;
    return {code, std::string(operation) + ' ' + path + ": " + reason_of(error_number)};
}

/// Calls again what a signal interrupted before it did anything.
template <typename Call, typename... Arguments>
auto repeat_interrupted(Call call, Arguments... arguments) {
    auto result = call(arguments...);
    while (result < 0 && errno == EINTR) result = call(arguments...);
    return result;
}

/// Closes its descriptor. For reading, where close() has nothing to report.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    int number() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

/// -1 and errno when it fails.
Descriptor open_descriptor(const std::string& path, int flags) {
    return Descriptor(repeat_interrupted(::open, path.c_str(), flags | O_CLOEXEC, kFileMode));
}

Result<std::uint64_t> size_of_open_file(const Descriptor& file, const std::string& path) {
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) return os_error("stat", path, errno);
    return static_cast<std::uint64_t>(status.st_size);
}

class PosixWritableFile final : public WritableFile {
public:
    PosixWritableFile(Descriptor file, std::string path, std::uint64_t size_bytes)
        : file_(std::move(file)), path_(std::move(path)), size_bytes_(size_bytes) {}

    Status append(std::span<const std::byte> bytes) override {
        return write_at(size_bytes_, bytes);
    }

    Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            const ssize_t written_or_error = repeat_interrupted(
                ::pwrite, file_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (written_or_error < 0) return os_error("write", path_, errno);
            // Not known to happen, and it must not go on for ever.
            if (written_or_error == 0) return os_error("write", path_, EIO);
            const auto written_size_bytes = static_cast<std::size_t>(written_or_error);
            bytes = bytes.subspan(written_size_bytes);
            offset += written_size_bytes;
            size_bytes_ = std::max(size_bytes_, offset);
        }
        return success();
    }

    Status sync() override {
        if (repeat_interrupted(::fdatasync, file_.number()) != 0) {
            return os_error("sync", path_, errno);
        }
        return success();
    }

    std::uint64_t size_bytes() const override { return size_bytes_; }

    Status close() override {
        // Linux has closed the descriptor even when it reports EINTR.
        if (::close(file_.release()) != 0 && errno != EINTR) return os_error("close", path_, errno);
        return success();
    }

private:
    Descriptor file_;
    std::string path_;
    std::uint64_t size_bytes_;
};

class PosixDirectoryLock final : public DirectoryLock {
public:
    PosixDirectoryLock(Descriptor file, std::string warning)
        : file_(std::move(file)), warning_(std::move(warning)) {}

    const std::string& warning() const override { return warning_; }

private:
    Descriptor file_;  // Closing it gives the lock back.
    std::string warning_;
};

Result<std::unique_ptr<DirectoryLock>> unlocked(const std::string& directory,
                                                const std::string& reason) {
    return std::unique_ptr<DirectoryLock>(std::make_unique<PosixDirectoryLock>(
        Descriptor(-1), "cannot lock " + directory + " against writers: " + reason));
}

Result<std::unique_ptr<WritableFile>> open_writable(const char* operation, const std::string& path,
                                                    int flags) {
    Descriptor file = open_descriptor(path, O_RDWR | flags);
    if (file.number() < 0) return os_error(operation, path, errno);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, size_of_open_file(file, path));
    return std::unique_ptr<WritableFile>(
        std::make_unique<PosixWritableFile>(std::move(file), path, size_bytes));
}

class PosixFileSystem final : public FileSystem {
public:
    Status create_directories(const std::string& path) override {
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_there, exists(path));
        if (is_there) return require_directory(path);
        const std::string parent = parent_path(path);
        TIDEMARK_RETURN_IF_ERROR(create_directories(parent));
        if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
            return os_error("create directory", path, errno);
        }
        return sync_directory(parent);
    }

    Result<std::vector<std::string>> list(const std::string& directory) override {
        const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
        if (stream == nullptr) return os_error("list", directory, errno);
        std::vector<std::string> names;
        errno = 0;
        while (const dirent* entry = ::readdir(stream.get())) {
            const std::string name = entry->d_name;
            if (name != "." && name != "..") names.push_back(name);
            errno = 0;
        }
        if (errno != 0) return os_error("list", directory, errno);
        std::ranges::sort(names);
        return names;
    }

    Result<bool> exists(const std::string& path) override {
        struct stat status {};
        if (::stat(path.c_str(), &status) == 0) return true;
        if (errno == ENOENT || errno == ENOTDIR) return false;
        return os_error("stat", path, errno);
    }

    Result<std::uint64_t> file_size_bytes(const std::string& path) override {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return os_error("stat", path, errno);
        return static_cast<std::uint64_t>(status.st_size);
    }

    Result<std::unique_ptr<WritableFile>> create_file(const std::string& path) override {
        return open_writable("create", path, O_CREAT | O_EXCL);
    }

    Result<std::unique_ptr<WritableFile>> open_file(const std::string& path) override {
        return open_writable("open", path, 0);
    }

    Result<std::vector<std::byte>> read_file(const std::string& path) override {
        const Descriptor file = open_descriptor(path, O_RDONLY);
        if (file.number() < 0) return os_error("open", path, errno);
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, size_of_open_file(file, path));
        std::vector<std::byte> bytes(static_cast<std::size_t>(size_bytes));
        std::size_t filled = 0;
        while (filled < bytes.size()) {
            const ssize_t read_or_error = repeat_interrupted(
                ::read, file.number(), bytes.data() + filled, bytes.size() - filled);
            if (read_or_error < 0) return os_error("read", path, errno);
            if (read_or_error == 0) break;  // Someone made it shorter meanwhile.
            filled += static_cast<std::size_t>(read_or_error);
        }
        bytes.resize(filled);
        return bytes;
    }

    Result<std::unique_ptr<MappedFile>> map(const std::string& path) override {
        return map_file(path);
    }

    Status rename(const std::string& source, const std::string& target) override {
        if (::rename(source.c_str(), target.c_str()) == 0) return success();
        return os_error("rename", source + " to " + target, errno);
    }

    Status remove(const std::string& path) override {
        if (::remove(path.c_str()) != 0) return os_error("remove", path, errno);
        return success();
    }

    Status truncate(const std::string& path, std::uint64_t size_bytes) override {
        const Descriptor file = open_descriptor(path, O_RDWR);
        if (file.number() < 0) return os_error("open", path, errno);
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t old_size_bytes,
                                  size_of_open_file(file, path));
        if (old_size_bytes < size_bytes) {
            return Error(ErrorCode::InvalidArgument,
                         "truncate " + path + ": it has " + std::to_string(old_size_bytes) +
                             " bytes, not " + std::to_string(size_bytes));
        }
        const auto new_size_bytes = static_cast<off_t>(size_bytes);
        if (repeat_interrupted(::ftruncate, file.number(), new_size_bytes) != 0) {
            return os_error("truncate", path, errno);
        }
        if (repeat_interrupted(::fsync, file.number()) != 0) return os_error("sync", path, errno);
        return success();
    }

    Status sync_directory(const std::string& directory) override {
        const Descriptor file = open_descriptor(directory, O_RDONLY | O_DIRECTORY);
        if (file.number() < 0) return os_error("open", directory, errno);
        if (repeat_interrupted(::fsync, file.number()) != 0) {
            return os_error("sync", directory, errno);
        }
        return success();
    }

    Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory,
                                                          LockMode mode) override {
        const std::string path = join_path(directory, kLockFileName);
        const bool is_shared = mode == LockMode::Shared;
        TIDEMARK_RETURN_IF_ERROR(require_directory(directory));

        // A shared lock needs no write permission on a lock file that is there.
        Descriptor file = open_descriptor(path, is_shared ? O_RDONLY : O_RDWR | O_CREAT);
        if (file.number() < 0 && is_shared && errno == ENOENT) {
            Descriptor created = open_descriptor(path, O_RDONLY | O_CREAT);
            return take_lock(std::move(created), directory, mode);
        }
        return take_lock(std::move(file), directory, mode);
    }

private:
    static Status require_directory(const std::string& path) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return os_error("open directory", path, errno);
        if (!S_ISDIR(status.st_mode)) return os_error("open directory", path, ENOTDIR);
        return success();
    }

    /// `file` may have failed to open; errno is then why.
    static Result<std::unique_ptr<DirectoryLock>> take_lock(Descriptor file,
                                                            const std::string& directory,
                                                            LockMode mode) {
        const bool is_shared = mode == LockMode::Shared;
        if (file.number() < 0) {
            if (is_shared) return unlocked(directory, reason_of(errno));
            return os_error("lock", directory, errno);
        }
        // An open-file-description lock: the process's own second open meets it too, and closing
        // an unrelated descriptor of the file does not give it back.
        struct flock request {};
        request.l_type = is_shared ? F_RDLCK : F_WRLCK;
        request.l_whence = SEEK_SET;
        if (::fcntl(file.number(), F_OFD_SETLK, &request) != 0) {
            if (errno == EAGAIN || errno == EACCES) {
                return Error(ErrorCode::Busy, directory +
                                                  " is in use: another process, or this one, has "
                                                  "it open");
            }
            if (is_shared) return unlocked(directory, reason_of(errno));
            return os_error("lock", directory, errno);
        }
        return std::unique_ptr<DirectoryLock>(
            std::make_unique<PosixDirectoryLock>(std::move(file), std::string()));
    }
};

}  // namespace

FileSystem& posix_file_system() {
    static PosixFileSystem file_system;
    return file_system;
}

}  // namespace tidemark::storage
