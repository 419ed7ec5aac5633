// Packed (frame of reference): the distance of every integer from the smallest one.
//
//   offset  size   field
//   0       1..10  base, the smallest integer, zigzag varint
//   ..      1      width in bits, 0 to 64
//   ..      ..     packed: integer - base

#include <algorithm>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

struct PackedColumn {
    std::uint64_t base;
    unsigned width;
    std::span<const std::byte> packed;
};

bool encode_packed(const IntegerColumn& column, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    if (column.is_empty()) return false;
    const std::size_t count = column.values().size();
    const std::uint64_t base = column.min();
    const unsigned width = bit_width_of(column.max() - base);
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_zigzag(static_cast<std::int64_t>(base));
    writer.write_u8(static_cast<std::uint8_t>(width));
    if (out.size() - begin + packed_size_bytes(count, width) > size_limit_bytes) {
        out.resize(begin);
        return false;
    }
    Scratch<std::uint64_t> distances(count);
    std::ranges::transform(column.values(), distances.values().begin(),
                           [=](std::uint64_t value) { return value - base; });
    pack_bits(distances.values(), width, out);
    return true;
}

Result<PackedColumn> read_packed(std::span<const std::byte> bytes, std::size_t count) {
    ByteReader reader(bytes);
    PackedColumn column{};
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t base, reader.read_zigzag());
    column.base = static_cast<std::uint64_t>(base);
    TIDEMARK_ASSIGN_OR_RETURN(column.width, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(column.packed, read_packed_bits(reader, count, column.width));
    if (!reader.is_at_end()) return Error(ErrorCode::Corruption, "bytes behind the values");
    return column;
}

Status decode_packed(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const PackedColumn column, read_packed(bytes, values.size()));
    unpack_bits(column.packed, column.width, values);
    for (std::uint64_t& value : values) value += column.base;
    return success();
}

Status match_packed(std::span<const std::byte> bytes, std::size_t count,
                    const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const PackedColumn column, read_packed(bytes, count));
    match_packed_bits(column.packed, column.width, count,
                      {interval.low - column.base, interval.distance}, mask);
    return success();
}

}  // namespace

const IntegerCodec kPackedIntegers{CodecId::Packed, "packed",      0, encode_packed, decode_packed,
                                   match_packed,    nothing_nested};

}  // namespace tidemark::storage
