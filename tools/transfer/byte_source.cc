#include "tools/transfer/byte_source.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <unistd.h>
#include <zlib.h>

namespace tidemark::tools {

// zlib reads what does not begin like gzip as it is.
struct ByteSource::Handle {
    explicit Handle(gzFile opened) : file(opened) {}
    ~Handle() { gzclose_r(file); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    gzFile file;
};

ByteSource::ByteSource(std::string path, std::unique_ptr<Handle> handle, std::uint64_t size_bytes)
    : path_(std::move(path)), handle_(std::move(handle)), size_bytes_(size_bytes) {}

ByteSource::~ByteSource() = default;

Result<std::unique_ptr<ByteSource>> ByteSource::open(const std::string& path) {
    constexpr unsigned kBufferSizeBytes = 256 * 1024;
    const bool is_standard_input = path == kStandardInput;
    std::error_code failure;
    if (!is_standard_input && std::filesystem::is_directory(path, failure)) {
        return Error(ErrorCode::InvalidArgument, path + ": is a directory, expected a file");
    }
    errno = 0;
    gzFile file = is_standard_input ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path.c_str(), "rb");
    if (file == nullptr) {
        const int reason = errno;
        return Error(reason == ENOENT ? ErrorCode::NotFound : ErrorCode::IoError,
                     path + ": cannot open: " + std::strerror(reason));
    }
    gzbuffer(file, kBufferSizeBytes);
    std::uint64_t size_bytes = 0;
    if (!is_standard_input && std::filesystem::is_regular_file(path, failure)) {
        size_bytes = std::filesystem::file_size(path, failure);
        if (failure) size_bytes = 0;
    }
    return std::unique_ptr<ByteSource>(
        new ByteSource(path, std::make_unique<Handle>(file), size_bytes));
}

Result<std::size_t> ByteSource::read(std::size_t limit_bytes, std::string& out) {
    const std::size_t size_before = out.size();
    out.resize(size_before + limit_bytes);
    const int taken =
        gzread(handle_->file, out.data() + size_before, static_cast<unsigned>(limit_bytes));
    out.resize(size_before + (taken > 0 ? static_cast<std::size_t>(taken) : 0));
    // A file that is cut short gives what it has first, and the error with it or after it.
    int state = Z_OK;
    const char* const reason = gzerror(handle_->file, &state);
    if (taken > 0 && path_.ends_with(".gz") && gzdirect(handle_->file) != 0) {
        return Error(
            ErrorCode::Corruption,
            path_ + ": is no gzip file; if it is plain text, its name must not end in .gz");
    }
    if (state == Z_OK || state == Z_STREAM_END || taken > 0) return out.size() - size_before;
    if (state == Z_ERRNO) {
        return Error(ErrorCode::IoError, path_ + ": cannot read: " + std::strerror(errno));
    }
    std::string what = state == Z_BUF_ERROR ? "cut short" : reason;
    // zlib puts the file's name in front.
    if (what.starts_with(path_ + ": ")) what.erase(0, path_.size() + 2);
    return Error(ErrorCode::Corruption, path_ + ": gzip: " + what);
}

std::uint64_t ByteSource::offset() const {
    const auto offset = gzoffset(handle_->file);
    return offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
}

}  // namespace tidemark::tools
