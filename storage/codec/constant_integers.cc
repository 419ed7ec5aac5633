// Constant: all integers are equal.
//
//   offset  size   field
//   0       1..10  the integer, zigzag varint

#include <algorithm>

#include "storage/base/bytes.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/mask.h"

namespace tidemark::storage {
namespace {

std::size_t constant_size_bytes(const IntegerColumn& column) {
    if (column.is_empty() || column.min() != column.max()) return kCannotHold;
    return zigzag_size_bytes(static_cast<std::int64_t>(column.min()));
}

bool encode_constant(const IntegerColumn& column, std::size_t size_limit_bytes,
                     std::vector<std::byte>& out) {
    const std::size_t size_bytes = constant_size_bytes(column);
    if (size_bytes == kCannotHold || size_bytes > size_limit_bytes) return false;
    ByteWriter(out).write_zigzag(static_cast<std::int64_t>(column.min()));
    return true;
}

Result<std::uint64_t> read_constant(std::span<const std::byte> bytes) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t value, reader.read_zigzag());
    if (!reader.is_at_end()) return Error(ErrorCode::Corruption, "bytes behind the value");
    return static_cast<std::uint64_t>(value);
}

Status decode_constant(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t value, read_constant(bytes));
    std::ranges::fill(values, value);
    return success();
}

Status match_constant(std::span<const std::byte> bytes, std::size_t count,
                      const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t value, read_constant(bytes));
    fill_mask(mask, count, interval.contains(value));
    return success();
}

}  // namespace

const IntegerCodec kConstantIntegers{CodecId::Constant,
                                     "constant",
                                     0,
                                     constant_size_bytes,
                                     encode_constant,
                                     decode_constant,
                                     decode_then_scale<decode_constant>,
                                     match_constant,
                                     nothing_nested};

}  // namespace tidemark::storage
