// Constant and bitmap: one boolean for all, or one bit each.
//
//   constant   one byte, 0 or 1
//   bitmap     packed, width 1

#include <algorithm>
#include <cstring>
#include <functional>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/boolean_codec.h"
#include "storage/codec/mask.h"

namespace tidemark::storage {
namespace {

bool encode_constant(std::span<const std::uint8_t> values, std::size_t size_limit_bytes,
                     std::vector<std::byte>& out) {
    if (values.empty() || size_limit_bytes < 1) return false;
    if (std::ranges::adjacent_find(values, std::not_equal_to<>{}) != values.end()) return false;
    ByteWriter(out).write_u8(values.front());
    return true;
}

Result<bool> read_constant(std::span<const std::byte> bytes) {
    if (bytes.size() != 1 || std::to_integer<unsigned>(bytes.front()) > 1) {
        return Error(ErrorCode::Corruption, "expected one byte, 0 or 1");
    }
    return bytes.front() == std::byte{1};
}

Status decode_constant(std::span<const std::byte> bytes, std::span<std::uint8_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const bool value, read_constant(bytes));
    std::ranges::fill(values, std::uint8_t{value});
    return success();
}

Status match_constant(std::span<const std::byte> bytes, std::size_t count, const BooleanTest& test,
                      std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const bool value, read_constant(bytes));
    fill_mask(mask, count, test.passes(value));
    return success();
}

bool encode_bitmap(std::span<const std::uint8_t> values, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    if (packed_size_bytes(values.size(), 1) > size_limit_bytes) return false;
    pack_bits(std::vector<std::uint64_t>(values.begin(), values.end()), 1, out);
    return true;
}

Result<std::span<const std::byte>> read_bitmap(std::span<const std::byte> bytes,
                                               std::size_t count) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const auto bitmap, read_packed_bits(reader, count, 1));
    if (!reader.is_at_end()) return Error(ErrorCode::Corruption, "bytes behind the bits");
    return bitmap;
}

Status decode_bitmap(std::span<const std::byte> bytes, std::span<std::uint8_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto bitmap, read_bitmap(bytes, values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const unsigned byte = std::to_integer<unsigned>(bitmap[i / 8]);
        values[i] = static_cast<std::uint8_t>((byte >> (i % 8)) & 1U);
    }
    return success();
}

Status match_bitmap(std::span<const std::byte> bytes, std::size_t count, const BooleanTest& test,
                    std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto bitmap, read_bitmap(bytes, count));
    if (test.true_passes == test.false_passes) {
        fill_mask(mask, count, test.true_passes);
        return success();
    }
    fill_mask(mask, count, false);
    if (!bitmap.empty()) std::memcpy(mask.data(), bitmap.data(), bitmap.size());
    clear_mask_tail(mask, count);
    if (test.false_passes) invert_mask(mask, count);
    return success();
}

}  // namespace

const BooleanCodec kConstantBooleans{CodecId::Constant, "constant",     encode_constant,
                                     decode_constant,   match_constant, nothing_nested};
const BooleanCodec kBitmapBooleans{CodecId::Bitmap, "bitmap",     encode_bitmap,
                                   decode_bitmap,   match_bitmap, nothing_nested};

}  // namespace tidemark::storage
