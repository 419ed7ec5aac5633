#include "server/net/gzip.h"

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include <zlib.h>

namespace tidemark::server {
namespace {

// windowBits for the largest window, plus 16: a gzip header is expected (zlib.h, inflateInit2).
constexpr int kGzipWindowBits = 15 + 16;

// A z_stream that is released on every way out.
class Inflater {
public:
    Inflater() { is_ready_ = inflateInit2(&stream_, kGzipWindowBits) == Z_OK; }
    ~Inflater() {
        if (is_ready_) inflateEnd(&stream_);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    bool is_ready() const { return is_ready_; }
    z_stream& stream() { return stream_; }

private:
    z_stream stream_{};
    bool is_ready_ = false;
};

Error damaged(const z_stream& stream) {
    return Error(ErrorCode::InvalidArgument,
                 std::string("gzip body: ") +
                     (stream.msg == nullptr ? "cut short" : std::string(stream.msg)));
}

}  // namespace

Result<std::string> gunzip(std::string_view packed, std::size_t limit_bytes) try {
    Inflater inflater;
    if (!inflater.is_ready() || packed.size() > std::numeric_limits<uInt>::max()) {
        return Error(ErrorCode::Busy, "gzip body: out of memory");
    }
    z_stream& stream = inflater.stream();
    // zlib does not write to its input, but old signatures are not const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());

    std::string out;
    std::array<char, 65536> piece;
    for (;;) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        const int state = inflate(&stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END) return damaged(stream);
        out.append(piece.data(), piece.size() - stream.avail_out);
        if (out.size() > limit_bytes) {
            return Error(ErrorCode::LimitExceeded, "gzip body: unpacks to more than " +
                                                       std::to_string(limit_bytes) + " bytes");
        }
        if (state != Z_STREAM_END) continue;
        if (stream.avail_in == 0) return out;
        if (inflateReset(&stream) != Z_OK) return damaged(stream);  // Another member follows.
    }
} catch (const std::bad_alloc&) {
    return Error(ErrorCode::Busy, "gzip body: out of memory");
}

}  // namespace tidemark::server
