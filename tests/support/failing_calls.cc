// The calls by which files are read and written, with faults on demand. Linked into a test they
// take the place of the C library's; built as a library and preloaded (LD_PRELOAD) they do so in a
// program that knows nothing of them.

#include "tests/support/failing_calls.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tidemark::tests {
namespace {

int raw_open(const char* path, int flags, mode_t mode) {
    return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

CallFaults* map_faults(const char* path) {
    const int file = raw_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return nullptr;
    void* place = MAP_FAILED;
    if (::syscall(SYS_ftruncate, file, sizeof(CallFaults)) == 0) {
        place = ::mmap(nullptr, sizeof(CallFaults), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    ::syscall(SYS_close, file);
    return place == MAP_FAILED ? nullptr : static_cast<CallFaults*>(place);
}

CallFaults* find_faults() {
    static CallFaults own{};
    const char* path = std::getenv("TIDEMARK_CALL_FAULTS");
    CallFaults* shared = path == nullptr ? nullptr : map_faults(path);
    return shared == nullptr ? &own : shared;
}

/// True every other time while calls are interrupted.
bool is_interrupted() {
    thread_local bool was_interrupted = false;
    if (call_faults().is_interrupting == 0) return false;
    was_interrupted = !was_interrupted;
    if (!was_interrupted) return false;
    ++call_faults().fault_count;
    errno = EINTR;
    return true;
}

std::size_t limited(std::size_t size_bytes) {
    const std::size_t limit = call_faults().transfer_limit_bytes;
    if (limit == 0 || size_bytes <= limit) return size_bytes;
    ++call_faults().fault_count;
    return limit;
}

ssize_t write_at(int file, const void* bytes, std::size_t size_bytes, off_t offset) {
    if (is_interrupted()) return -1;
    if (call_faults().is_full != 0) {
        ++call_faults().fault_count;
        // As on a real disk: what still fits is written, and the rest is what fails.
        constexpr std::size_t kFittingSizeBytes = 100;
        if (size_bytes > kFittingSizeBytes) {
            return ::syscall(SYS_pwrite64, file, bytes, kFittingSizeBytes, offset);
        }
        errno = ENOSPC;
        return -1;
    }
    return ::syscall(SYS_pwrite64, file, bytes, limited(size_bytes), offset);
}

int sync_by(long call, int file) {
    if (is_interrupted()) return -1;
    std::uint32_t left = call_faults().failing_sync_count;
    while (left > 0) {
        if (!call_faults().failing_sync_count.compare_exchange_weak(left, left - 1)) continue;
        ++call_faults().fault_count;
        errno = EIO;
        return -1;
    }
    return static_cast<int>(::syscall(call, file));
}

int open_with(const char* path, int flags, mode_t mode) {
    return is_interrupted() ? -1 : raw_open(path, flags, mode);
}

}  // namespace

CallFaults& call_faults() {
    static CallFaults* const faults = find_faults();
    return *faults;
}

CallFaults& shared_call_faults(const char* path) {
    CallFaults* faults = map_faults(path);
    if (faults == nullptr) std::abort();
    return *faults;
}

}  // namespace tidemark::tests

// NOLINTBEGIN(cert-dcl50-cpp,cppcoreguidelines-pro-type-vararg): the C library's declarations.
extern "C" {

ssize_t pwrite(int file, const void* bytes, std::size_t size_bytes, off_t offset) {
    return tidemark::tests::write_at(file, bytes, size_bytes, offset);
}

ssize_t pwrite64(int file, const void* bytes, std::size_t size_bytes, off64_t offset) {
    return tidemark::tests::write_at(file, bytes, size_bytes, offset);
}

ssize_t read(int file, void* bytes, std::size_t size_bytes) {
    if (tidemark::tests::is_interrupted()) return -1;
    return ::syscall(SYS_read, file, bytes, tidemark::tests::limited(size_bytes));
}

int fdatasync(int file) { return tidemark::tests::sync_by(SYS_fdatasync, file); }

int fsync(int file) { return tidemark::tests::sync_by(SYS_fsync, file); }

int ftruncate(int file, off_t size_bytes) noexcept {
    if (tidemark::tests::is_interrupted()) return -1;
    return static_cast<int>(::syscall(SYS_ftruncate, file, size_bytes));
}

int open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return tidemark::tests::open_with(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return tidemark::tests::open_with(path, flags, mode);
}

}  // extern "C"
// NOLINTEND(cert-dcl50-cpp,cppcoreguidelines-pro-type-vararg)
