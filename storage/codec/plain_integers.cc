// Plain: every integer as it is. It holds any column, and is what the others have to beat.
//
//   offset  size  field
//   0       8 n   the integers, little-endian

#include <cstring>
#include <string>

#include "storage/base/bytes.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

std::size_t plain_size_bytes(const IntegerColumn& column) {
    return column.count() * sizeof(std::uint64_t);
}

bool encode_plain(const IntegerColumn& column, std::size_t size_limit_bytes,
                  std::vector<std::byte>& out) {
    if (plain_size_bytes(column) > size_limit_bytes) return false;
    ByteWriter(out).write_bytes(std::as_bytes(column.values()));
    return true;
}

Status decode_plain(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    if (bytes.size() != values.size_bytes()) {
        return Error(ErrorCode::Corruption, "expected " + std::to_string(values.size_bytes()) +
                                                " bytes, got " + std::to_string(bytes.size()));
    }
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return success();
}

Status match_plain(std::span<const std::byte> bytes, std::size_t count,
                   const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    // Copied, because the bytes of a file need not be aligned.
    Scratch<std::uint64_t> values(count);
    TIDEMARK_RETURN_IF_ERROR(decode_plain(bytes, values.values()));
    match_integers(values.values(), interval, mask);
    return success();
}

}  // namespace

const IntegerCodec kPlainIntegers{CodecId::Plain,
                                  "plain",
                                  0,
                                  plain_size_bytes,
                                  encode_plain,
                                  decode_plain,
                                  decode_then_scale<decode_plain>,
                                  match_plain,
                                  nothing_nested};

}  // namespace tidemark::storage
