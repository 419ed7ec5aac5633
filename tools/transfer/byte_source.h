#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <tidemark/result.h>

namespace tidemark::tools {

/// A file or standard input, read from front to back; unpacked when it is gzip, however it is
/// named. Not thread-safe.
class ByteSource {
public:
    /// The name of standard input on the command line.
    static constexpr const char* kStandardInput = "-";

    /// NotFound or IoError, naming the path.
    static Result<std::unique_ptr<ByteSource>> open(const std::string& path);

    ~ByteSource();
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    /// Appends up to `limit_bytes` to `out`; none at the end. IoError when the file cannot be read,
    /// Corruption when it is gzip that is damaged or cut short.
    Result<std::size_t> read(std::size_t limit_bytes, std::string& out);

    const std::string& path() const { return path_; }
    /// Of the file; 0 when it is no ordinary file.
    std::uint64_t size_bytes() const { return size_bytes_; }
    /// How far the file has been read, packed bytes if it is packed.
    std::uint64_t offset() const;

private:
    struct Handle;
    ByteSource(std::string path, std::unique_ptr<Handle> handle, std::uint64_t size_bytes);

    std::string path_;
    std::unique_ptr<Handle> handle_;
    std::uint64_t size_bytes_;
};

}  // namespace tidemark::tools
