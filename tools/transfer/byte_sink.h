#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <tidemark/result.h>

namespace tidemark::tools {

/// A file or standard output, written from front to back; packed as gzip when the name ends in
/// ".gz". Not thread-safe.
class ByteSink {
public:
    /// The name of standard output on the command line.
    static constexpr const char* kStandardOutput = "-";

    /// Makes the file, or empties one that is there. IoError, naming the path.
    static Result<std::unique_ptr<ByteSink>> open(const std::string& path);

    ~ByteSink();
    ByteSink(const ByteSink&) = delete;
    ByteSink& operator=(const ByteSink&) = delete;

    Status write(std::string_view text);

    /// Everything is in the file when this returned success. Only the destructor may follow.
    Status close();

private:
    struct Handle;
    ByteSink(std::string path, std::unique_ptr<Handle> handle);
    Error failed(int reason) const;

    std::string path_;
    std::unique_ptr<Handle> handle_;
};

}  // namespace tidemark::tools
