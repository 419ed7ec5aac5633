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
#include <array>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/packed_bits.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

std::uint64_t zigzag(std::uint64_t distance) {
    return zigzag_encode(static_cast<std::int64_t>(distance));
}
std::uint64_t unzigzag(std::uint64_t number) {
    return static_cast<std::uint64_t>(zigzag_decode(number));
}

struct PatchPlan {
    unsigned width = 0;
    unsigned high_width = 0;
    std::size_t patch_count = 0;
    std::size_t packed_size_bytes = 0;
};

/// The width that makes the three packed streams smallest, for the numbers to_number(value).
template <typename ToNumber>
PatchPlan plan_patches(std::span<const std::uint64_t> values, ToNumber to_number) {
    // Two histograms, so that equal neighbours do not wait for each other.
    std::array<std::uint32_t, kMaxBitWidth + 1> histograms[2] = {};
    const std::size_t count = values.size();
    for (std::size_t i = 0; i + 2 <= count; i += 2) {
        ++histograms[0][bit_width_of(to_number(values[i]))];
        ++histograms[1][bit_width_of(to_number(values[i + 1]))];
    }
    if (count % 2 != 0) ++histograms[0][bit_width_of(to_number(values.back()))];
    const auto count_of = [&](unsigned width) {
        return std::size_t{histograms[0][width]} + histograms[1][width];
    };
    unsigned widest = kMaxBitWidth;
    while (widest > 0 && count_of(widest) == 0) --widest;

    const unsigned index_width = index_bit_width(count);
    PatchPlan best{widest, 0, 0, packed_size_bytes(count, widest)};
    std::size_t patch_count = 0;
    for (unsigned width = widest; width-- > 0;) {
        patch_count += count_of(width + 1);
        const std::size_t size_bytes = packed_size_bytes(count, width) +
                                       packed_size_bytes(patch_count, index_width) +
                                       packed_size_bytes(patch_count, widest - width);
        if (size_bytes < best.packed_size_bytes) {
            best = {width, widest - width, patch_count, size_bytes};
        }
    }
    return best;
}

void write_streams(std::span<std::uint64_t> numbers, const PatchPlan& plan,
                   std::vector<std::byte>& out) {
    // One place more, because every number is written behind the last patch and stays only if it
    // is one: there is no branch to be mispredicted.
    Scratch<std::uint64_t> indices(plan.patch_count + 1);
    Scratch<std::uint64_t> high_bits(plan.patch_count + 1);
    const std::uint64_t keep = low_bits_mask(plan.width);
    std::size_t patch = 0;
    if (plan.patch_count != 0) {
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const std::uint64_t number = numbers[i];
            indices.values()[patch] = i;
            high_bits.values()[patch] = number >> plan.width;
            patch += number > keep ? 1 : 0;
            numbers[i] = number & keep;
        }
    }
    pack_bits(numbers, plan.width, out);
    pack_bits(indices.values().first(patch), index_bit_width(numbers.size()), out);
    pack_bits(high_bits.values().first(patch), plan.high_width, out);
}

/// Writes the column, each value as the number to_number() makes of it.
template <typename ToNumber>
bool encode_numbers(std::uint64_t base, std::span<const std::uint64_t> values, ToNumber to_number,
                    std::size_t size_limit_bytes, std::vector<std::byte>& out) {
    const PatchPlan plan = plan_patches(values, to_number);
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_zigzag(static_cast<std::int64_t>(base));
    writer.write_u8(static_cast<std::uint8_t>(plan.width));
    writer.write_u8(static_cast<std::uint8_t>(plan.high_width));
    writer.write_varint(plan.patch_count);
    if (out.size() - begin + plan.packed_size_bytes > size_limit_bytes) {
        out.resize(begin);
        return false;
    }
    Scratch<std::uint64_t> numbers(values.size());
    std::ranges::transform(values, numbers.values().begin(), to_number);
    write_streams(numbers.values(), plan, out);
    return true;
}

bool encode_patched(const IntegerColumn& column, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    if (column.is_empty()) return false;
    const std::uint64_t base = column.min();
    const auto to_number = [=](std::uint64_t value) { return value - base; };
    return encode_numbers(base, column.values(), to_number, size_limit_bytes, out);
}

/// The median of a few evenly spaced values; outliers do not move it, as they would a mean.
std::uint64_t middle_value(const IntegerColumn& column) {
    constexpr std::size_t kSampleCount = 31;
    std::array<std::uint64_t, kSampleCount> distances{};
    const auto values = column.values();
    const std::size_t count = std::min(kSampleCount, values.size());
    for (std::size_t i = 0; i < count; ++i) {
        distances[i] = values[i * values.size() / count] - column.min();
    }
    const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(distances.begin(), middle,
                     distances.begin() + static_cast<std::ptrdiff_t>(count));
    return column.min() + *middle;
}

bool encode_centred(const IntegerColumn& column, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    if (column.is_empty()) return false;
    const std::uint64_t base = middle_value(column);
    const auto to_number = [=](std::uint64_t value) { return zigzag(value - base); };
    return encode_numbers(base, column.values(), to_number, size_limit_bytes, out);
}

struct PatchedColumn {
    std::uint64_t base;
    unsigned width;
    std::span<const std::byte> low_bits;
    std::vector<std::uint64_t> indices;  ///< Of the patches, each below the value count.
    std::vector<std::uint64_t> addends;  ///< What each patch adds to the low bits of its number.
};

Status read_patches(ByteReader& reader, std::size_t count, unsigned high_width,
                    std::uint64_t patch_count, PatchedColumn& column) {
    const unsigned index_width = index_bit_width(count);
    TIDEMARK_ASSIGN_OR_RETURN(const auto indices,
                              read_packed_bits(reader, patch_count, index_width));
    TIDEMARK_ASSIGN_OR_RETURN(const auto high_bits,
                              read_packed_bits(reader, patch_count, high_width));
    column.indices.resize(patch_count);
    column.addends.resize(patch_count);
    unpack_bits(indices, index_width, column.indices);
    unpack_bits(high_bits, high_width, column.addends);
    for (std::uint64_t& addend : column.addends) addend <<= column.width;
    const auto is_behind = [=](std::uint64_t index) { return index >= count; };
    if (std::ranges::any_of(column.indices, is_behind)) {
        return Error(ErrorCode::Corruption, "a patch lies behind the values");
    }
    return success();
}

Result<PatchedColumn> read_patched(std::span<const std::byte> bytes, std::size_t count) {
    ByteReader reader(bytes);
    PatchedColumn column{};
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t base, reader.read_zigzag());
    column.base = static_cast<std::uint64_t>(base);
    TIDEMARK_ASSIGN_OR_RETURN(column.width, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(const unsigned high_width, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t patch_count, reader.read_varint());
    const bool is_patchable = column.width + high_width <= kMaxBitWidth &&
                              column.width < kMaxBitWidth && patch_count <= count;
    if (patch_count != 0 && !is_patchable) {
        return Error(ErrorCode::Corruption, "patches exceed the values");
    }
    TIDEMARK_ASSIGN_OR_RETURN(column.low_bits, read_packed_bits(reader, count, column.width));
    if (patch_count != 0) {
        TIDEMARK_RETURN_IF_ERROR(read_patches(reader, count, high_width, patch_count, column));
    }
    if (!reader.is_at_end()) return Error(ErrorCode::Corruption, "bytes behind the patches");
    return column;
}

/// The numbers with their patches; returns the base.
Result<std::uint64_t> decode_numbers(std::span<const std::byte> bytes,
                                     std::span<std::uint64_t> numbers) {
    TIDEMARK_ASSIGN_OR_RETURN(const PatchedColumn column, read_patched(bytes, numbers.size()));
    unpack_bits(column.low_bits, column.width, numbers);
    for (std::size_t patch = 0; patch < column.indices.size(); ++patch) {
        numbers[column.indices[patch]] += column.addends[patch];
    }
    return column.base;
}

Status decode_patched(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t base, decode_numbers(bytes, values));
    for (std::uint64_t& value : values) value += base;
    return success();
}

Status decode_centred(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t base, decode_numbers(bytes, values));
    for (std::uint64_t& value : values) value = base + unzigzag(value);
    return success();
}

Status match_patched(std::span<const std::byte> bytes, std::size_t count,
                     const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const PatchedColumn column, read_patched(bytes, count));
    const IntegerInterval distances{interval.low - column.base, interval.distance};
    match_packed_bits(column.low_bits, column.width, count, distances, mask);
    for (std::size_t patch = 0; patch < column.indices.size(); ++patch) {
        const std::size_t index = column.indices[patch];
        const std::uint64_t low_bits = packed_number_at(column.low_bits, column.width, index);
        set_mask_bit(mask, index, distances.contains(low_bits + column.addends[patch]));
    }
    return success();
}

Status match_centred(std::span<const std::byte> bytes, std::size_t count,
                     const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    Scratch<std::uint64_t> values(count);
    TIDEMARK_RETURN_IF_ERROR(decode_centred(bytes, values.values()));
    match_integers(values.values(), interval, mask);
    return success();
}

}  // namespace

const IntegerCodec kPatchedIntegers{
    CodecId::Patched, "patched", 0, encode_patched, decode_patched, match_patched, nothing_nested};
const IntegerCodec kCentredIntegers{
    CodecId::Centred, "centred", 0, encode_centred, decode_centred, match_centred, nothing_nested};

}  // namespace tidemark::storage
