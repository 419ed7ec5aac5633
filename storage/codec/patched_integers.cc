// Patched and centred: packed distances from a base, in which the few numbers that are too wide
// leave their high bits in a list of patches.
//
//   offset  size   field
//   0       1..10  base, zigzag varint
//   ..      1      width of the low bits, 0 to 64
//   ..      1      width of the high bits, 0 to 64 - width
//   ..      1..    number of patches, varint
//   ..      ..     packed: the low bits of every number
//   ..      ..     packed: the indices of the patched numbers, ascending, with as many bits as the
//                  index of the last number takes
//   ..      ..     packed: their high bits
//
// The number is the distance itself (patched: the base is the smallest integer) or its zigzag form
// (centred: the base is amid the integers).

#include <algorithm>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/encode_kernels.h"
#include "storage/codec/kernels/packed_bits.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

/// What stands in front of the packed numbers, but for the number of patches.
std::size_t head_size_bytes(std::uint64_t base) {
    constexpr std::size_t kWidthsSizeBytes = 2;
    return zigzag_size_bytes(static_cast<std::int64_t>(base)) + kWidthsSizeBytes;
}

bool fits(std::uint64_t base, const PatchPlan& plan, std::size_t size_limit_bytes) {
    return head_size_bytes(base) + varint_size_bytes(plan.patch_count) + plan.packed_size_bytes <=
           size_limit_bytes;
}

/// Which numbers lie further from the base than `width` bits reach.
void find_exceeding(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
                    std::span<std::uint64_t> mask) {
    match_integers(values, IntegerInterval{base, low_bits_mask(width)}, mask);
    invert_mask(mask, values.size());
}
void find_exceeding(std::span<const std::uint32_t> numbers, std::uint32_t base, unsigned width,
                    std::span<std::uint64_t> mask) {
    const auto limit = static_cast<std::uint32_t>(low_bits_mask(width));
    encode_kernels().find_narrow_above(numbers, base, limit, mask.data());
}

/// Writes the column of the numbers values[i] - distance_base.
template <typename Number>
void write_column(std::uint64_t base, const PatchPlan& plan, std::span<const Number> values,
                  Number distance_base, std::vector<std::byte>& out) {
    ByteWriter writer(out);
    writer.write_zigzag(static_cast<std::int64_t>(base));
    writer.write_u8(static_cast<std::uint8_t>(plan.width));
    writer.write_u8(static_cast<std::uint8_t>(plan.high_width));
    writer.write_varint(plan.patch_count);
    pack_bits(values, distance_base, plan.width, out);
    if (plan.patch_count == 0) return;
    Scratch<std::uint64_t> exceeding(mask_word_count(values.size()));
    find_exceeding(values, distance_base, plan.width, exceeding.values());
    Scratch<std::uint64_t> indices(plan.patch_count);
    Scratch<std::uint64_t> high_bits(plan.patch_count);
    std::size_t patch = 0;
    for_each_bit(exceeding.values(), [&](std::size_t index) {
        indices.values()[patch] = index;
        high_bits.values()[patch++] = (values[index] - distance_base) >> plan.width;
    });
    pack_bits(indices.values(), index_bit_width(values.size()), out);
    pack_bits(high_bits.values(), plan.high_width, out);
}

std::size_t patched_size_bound_bytes(const IntegerColumn& column) {
    if (column.is_empty()) return kCannotHold;
    return head_size_bytes(column.min()) + 1 + column.guess().patched_size_bytes;
}

bool encode_patched(const IntegerColumn& column, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    if (column.is_empty() || !fits(column.min(), column.patched(), size_limit_bytes)) return false;
    if (const auto& narrow = column.narrow()) {
        write_column(column.min(), column.patched(), narrow->numbers,
                     static_cast<std::uint32_t>(column.min()), out);
    } else {
        write_column(column.min(), column.patched(), column.values(), column.min(), out);
    }
    return true;
}

std::size_t centred_size_bound_bytes(const IntegerColumn& column) {
    if (column.is_empty()) return kCannotHold;
    return head_size_bytes(column.min()) + 1 + column.guess().centred_size_bytes;
}

bool encode_centred(const IntegerColumn& column, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    if (column.is_empty() || !fits(column.centre(), column.centred(), size_limit_bytes)) {
        return false;
    }
    if (const auto& narrow = column.narrow()) {
        Scratch<std::uint32_t> numbers(column.count());
        encode_kernels().zigzag_narrow(narrow->numbers, static_cast<std::uint32_t>(column.centre()),
                                       numbers.values().data());
        write_column<std::uint32_t>(column.centre(), column.centred(), numbers.values(), 0, out);
    } else {
        Scratch<std::uint64_t> numbers(column.count());
        encode_kernels().zigzag(column.values(), column.centre(), numbers.values().data());
        write_column<std::uint64_t>(column.centre(), column.centred(), numbers.values(), 0, out);
    }
    return true;
}

struct PatchedColumn {
    std::uint64_t base;
    unsigned width;
    std::span<const std::byte> low_bits;
    std::size_t patch_count;
    unsigned high_width;
    std::span<const std::byte> indices;
    std::span<const std::byte> high_bits;
};

constexpr std::size_t kPatchBlockCount = 64;

Result<PatchedColumn> read_patched(std::span<const std::byte> bytes, std::size_t count) {
    ByteReader reader(bytes);
    PatchedColumn column{};
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t base, reader.read_zigzag());
    column.base = static_cast<std::uint64_t>(base);
    TIDEMARK_ASSIGN_OR_RETURN(column.width, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(column.high_width, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t patch_count, reader.read_varint());
    const bool is_patchable = column.width + column.high_width <= kMaxBitWidth &&
                              column.width < kMaxBitWidth && patch_count <= count;
    if (patch_count != 0 && !is_patchable) {
        return Error(ErrorCode::Corruption, "patches exceed the values");
    }
    column.patch_count = static_cast<std::size_t>(patch_count);
    TIDEMARK_ASSIGN_OR_RETURN(column.low_bits, read_packed_bits(reader, count, column.width));
    if (patch_count != 0) {
        TIDEMARK_ASSIGN_OR_RETURN(
            column.indices, read_packed_bits(reader, column.patch_count, index_bit_width(count)));
        TIDEMARK_ASSIGN_OR_RETURN(column.high_bits,
                                  read_packed_bits(reader, column.patch_count, column.high_width));
    }
    if (!reader.is_at_end()) return Error(ErrorCode::Corruption, "bytes behind the patches");
    return column;
}

/// Calls visit(indices, high bits) for a few patches at a time.
template <typename Visit>
Status for_each_block(const PatchedColumn& column, std::size_t count, Visit visit) {
    std::uint64_t indices[kPatchBlockCount];
    std::uint64_t high_bits[kPatchBlockCount];
    const unsigned index_width = index_bit_width(count);
    std::uint64_t first_index = 0;  // That the next patch may have.
    for (std::size_t begin = 0; begin < column.patch_count; begin += kPatchBlockCount) {
        const std::size_t block_count = std::min(kPatchBlockCount, column.patch_count - begin);
        const auto block_indices = std::span<std::uint64_t>(indices).first(block_count);
        const auto block_high_bits = std::span<std::uint64_t>(high_bits).first(block_count);
        unpack_bits(column.indices.subspan(begin / 8 * index_width), index_width, 0, block_indices);
        unpack_bits(column.high_bits.subspan(begin / 8 * column.high_width), column.high_width, 0,
                    block_high_bits);
        for (const std::uint64_t index : block_indices) {
            if (index < first_index || index >= count) {
                return Error(ErrorCode::Corruption, "patches do not ascend within the values");
            }
            first_index = index + 1;
        }
        visit(std::span<const std::uint64_t>(block_indices),
              std::span<const std::uint64_t>(block_high_bits));
    }
    return success();
}

/// Calls visit(index, what the patch adds to the low bits of that number) for each patch.
template <typename Visit>
Status for_each_patch(const PatchedColumn& column, std::size_t count, Visit visit) {
    return for_each_block(
        column, count,
        [&](std::span<const std::uint64_t> indices, std::span<const std::uint64_t> high_bits) {
            for (std::size_t patch = 0; patch < indices.size(); ++patch) {
                visit(static_cast<std::size_t>(indices[patch]), high_bits[patch] << column.width);
            }
        });
}

Status decode_patched(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const PatchedColumn column, read_patched(bytes, values.size()));
    unpack_bits(column.low_bits, column.width, column.base, values);
    return for_each_patch(column, values.size(), [&](std::size_t index, std::uint64_t addend) {
        values[index] += addend;
    });
}

/// All numbers are scaled without their patches; then those that have one once more, with it.
Status decode_patched_scaled(std::span<const std::byte> bytes, const FloatScale& scale,
                             std::span<double> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const PatchedColumn column, read_patched(bytes, values.size()));
    // Copies, which need not be read again after each store.
    const std::uint64_t base = column.base;
    const unsigned width = column.width;
    const std::span<const std::byte> low_bits = column.low_bits;
    unpack_scaled(low_bits, width, base, scale, values);
    const auto add_patches = [=, &scale](std::span<const std::uint64_t> indices,
                                         std::span<const std::uint64_t> high_bits) {
        std::uint64_t integers[kPatchBlockCount];
        double scaled[kPatchBlockCount];
        for (std::size_t patch = 0; patch < indices.size(); ++patch) {
            integers[patch] = base + (high_bits[patch] << width) +
                              packed_number(low_bits, indices[patch] * width, width);
        }
        scale_integers(std::span(integers).first(indices.size()), scale,
                       std::span(scaled).first(indices.size()));
        for (std::size_t patch = 0; patch < indices.size(); ++patch) {
            values[indices[patch]] = scaled[patch];
        }
    };
    return for_each_block(column, values.size(), add_patches);
}

Status decode_centred(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const PatchedColumn column, read_patched(bytes, values.size()));
    unpack_zigzag_bits(column.low_bits, column.width, column.base, values);
    return for_each_patch(column, values.size(), [&](std::size_t index, std::uint64_t addend) {
        const auto distance = static_cast<std::int64_t>(values[index] - column.base);
        const std::uint64_t number = zigzag_encode(distance) + addend;
        values[index] = column.base + static_cast<std::uint64_t>(zigzag_decode(number));
    });
}

Status match_patched(std::span<const std::byte> bytes, std::size_t count,
                     const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const PatchedColumn column, read_patched(bytes, count));
    const IntegerInterval distances{interval.low - column.base, interval.distance};
    match_packed_bits(column.low_bits, column.width, count, distances, mask);
    return for_each_patch(column, count, [&](std::size_t index, std::uint64_t addend) {
        const std::uint64_t low_bits = packed_number_at(column.low_bits, column.width, index);
        set_mask_bit(mask, index, distances.contains(low_bits + addend));
    });
}

Status match_centred(std::span<const std::byte> bytes, std::size_t count,
                     const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    Scratch<std::uint64_t> values(count);
    TIDEMARK_RETURN_IF_ERROR(decode_centred(bytes, values.values()));
    match_integers(values.values(), interval, mask);
    return success();
}

template <bool kIsZigzag>
Result<std::optional<NarrowColumn>> decode_narrow(std::span<const std::byte> bytes,
                                                  std::span<std::uint32_t> numbers) {
    TIDEMARK_ASSIGN_OR_RETURN(const PatchedColumn column, read_patched(bytes, numbers.size()));
    const unsigned width = column.width + (column.patch_count != 0 ? column.high_width : 0);
    if (width > kNarrowWidthLimit) return std::optional<NarrowColumn>();
    unpack_narrow_bits(column.low_bits, column.width, numbers);
    TIDEMARK_RETURN_IF_ERROR(
        for_each_patch(column, numbers.size(), [&](std::size_t index, std::uint64_t addend) {
            numbers[index] += static_cast<std::uint32_t>(addend);
        }));
    return std::optional(NarrowColumn{column.base, kIsZigzag, width});
}

}  // namespace

const IntegerCodec kPatchedIntegers{CodecId::Patched,         "patched",      0,
                                    patched_size_bound_bytes, encode_patched, decode_patched,
                                    decode_patched_scaled,    match_patched,  nothing_nested,
                                    decode_narrow<false>};
const IntegerCodec kCentredIntegers{CodecId::Centred,
                                    "centred",
                                    0,
                                    centred_size_bound_bytes,
                                    encode_centred,
                                    decode_centred,
                                    decode_then_scale<decode_centred>,
                                    match_centred,
                                    nothing_nested,
                                    decode_narrow<true>};

}  // namespace tidemark::storage
