#include "tools/transfer/byte_sink.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <unistd.h>
#include <zlib.h>

namespace tidemark::tools {

struct ByteSink::Handle {
    explicit Handle(gzFile opened) : file(opened) {}
    ~Handle() {
        if (file != nullptr) gzclose_w(file);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    gzFile file;
};

ByteSink::ByteSink(std::string path, std::unique_ptr<Handle> handle)
    : path_(std::move(path)), handle_(std::move(handle)) {}

ByteSink::~ByteSink() = default;

Result<std::unique_ptr<ByteSink>> ByteSink::open(const std::string& path) {
    constexpr unsigned kBufferSizeBytes = 256 * 1024;
    // 'T' writes bytes as they are (zlib.h, gzopen); 6 is gzip's own default.
    const char* const mode = path.ends_with(".gz") ? "wb6" : "wbT";
    errno = 0;
    gzFile file =
        path == kStandardOutput ? gzdopen(dup(STDOUT_FILENO), mode) : gzopen(path.c_str(), mode);
    if (file == nullptr) {
        return Error(ErrorCode::IoError, path + ": cannot write: " + std::strerror(errno));
    }
    gzbuffer(file, kBufferSizeBytes);
    return std::unique_ptr<ByteSink>(new ByteSink(path, std::make_unique<Handle>(file)));
}

Status ByteSink::write(std::string_view text) {
    constexpr std::size_t kPieceSizeBytes = std::size_t{1} << 30;  // gzwrite() counts in int.
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, std::min(text.size(), kPieceSizeBytes));
        if (gzwrite(handle_->file, piece.data(), static_cast<unsigned>(piece.size())) == 0) {
            return failed(errno);
        }
        text.remove_prefix(piece.size());
    }
    return success();
}

Status ByteSink::close() {
    if (gzclose_w(std::exchange(handle_->file, nullptr)) != Z_OK) return failed(errno);
    return success();
}

Error ByteSink::failed(int reason) const {
    const ErrorCode code = reason == ENOSPC ? ErrorCode::StorageFull : ErrorCode::IoError;
    const std::string name = path_ == kStandardOutput ? "standard output" : path_;
    return Error(code, name + ": cannot write: " + std::strerror(reason));
}

}  // namespace tidemark::tools
