// Packed (frame of reference): the distance of every integer from the smallest one.
//
//   offset  size   field
//   0       1..10  base, the smallest integer, zigzag varint
//   ..      1      width in bits, 0 to 64
//   ..      ..     packed: integer - base

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

struct PackedColumn {
    std::uint64_t base;
    unsigned width;
    std::span<const std::byte> packed;
};

unsigned width_of(const IntegerColumn& column) { return bit_width_of(column.max() - column.min()); }

std::size_t packed_column_size_bytes(const IntegerColumn& column) {
    if (column.is_empty()) return kCannotHold;
    return zigzag_size_bytes(static_cast<std::int64_t>(column.min())) + sizeof(std::uint8_t) +
           packed_size_bytes(column.count(), width_of(column));
}

bool encode_packed(const IntegerColumn& column, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    const std::size_t size_bytes = packed_column_size_bytes(column);
    if (size_bytes == kCannotHold || size_bytes > size_limit_bytes) return false;
    ByteWriter writer(out);
    writer.write_zigzag(static_cast<std::int64_t>(column.min()));
    writer.write_u8(static_cast<std::uint8_t>(width_of(column)));
    if (const auto& narrow = column.narrow()) {
        pack_bits(narrow->numbers, static_cast<std::uint32_t>(column.min()), width_of(column), out);
    } else {
        pack_bits(column.values(), column.min(), width_of(column), out);
    }
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
    unpack_bits(column.packed, column.width, column.base, values);
    return success();
}

Status decode_packed_scaled(std::span<const std::byte> bytes, const FloatScale& scale,
                            std::span<double> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const PackedColumn column, read_packed(bytes, values.size()));
    unpack_scaled(column.packed, column.width, column.base, scale, values);
    return success();
}

Status match_packed(std::span<const std::byte> bytes, std::size_t count,
                    const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const PackedColumn column, read_packed(bytes, count));
    match_packed_bits(column.packed, column.width, count,
                      {interval.low - column.base, interval.distance}, mask);
    return success();
}

Result<std::optional<NarrowColumn>> decode_packed_narrow(std::span<const std::byte> bytes,
                                                         std::span<std::uint32_t> numbers) {
    TIDEMARK_ASSIGN_OR_RETURN(const PackedColumn column, read_packed(bytes, numbers.size()));
    if (column.width > kNarrowWidthLimit) return std::optional<NarrowColumn>();
    unpack_narrow_bits(column.packed, column.width, numbers);
    return std::optional(NarrowColumn{column.base, false, column.width});
}

}  // namespace

const IntegerCodec kPackedIntegers{CodecId::Packed,          "packed",      0,
                                   packed_column_size_bytes, encode_packed, decode_packed,
                                   decode_packed_scaled,     match_packed,  nothing_nested,
                                   decode_packed_narrow};

}  // namespace tidemark::storage
