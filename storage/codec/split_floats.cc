// Split: for doubles that are no integers in disguise. Their exponents differ little, so the upper
// bits are a column of small integers, and the lower bits are packed as they are (after ALP-RD:
// Afroozeh, Kuffo, Boncz: ALP: Adaptive Lossless floating-Point Compression, SIGMOD 2023).
//
//   offset  size  field
//   0       1     width of the lower part in bits, 1 to 63
//   1       ..    packed: the lower part of each value
//   ..      ..    encoded integers, of unsigned order: the upper part of each value
//
// The parts are those of the value's 64 bits rotated left by one: the sign is the lowest bit, so
// that values of both signs have close upper parts.

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/packed_bits.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr unsigned kMinWidth = 1;
constexpr unsigned kMaxWidth = 63;

std::uint64_t rotated_bits(double value) {
    return std::rotl(std::bit_cast<std::uint64_t>(value), 1);
}
double value_of(std::uint64_t rotated) { return std::bit_cast<double>(std::rotr(rotated, 1)); }

void write_parts(std::span<const double> values, unsigned width, std::vector<std::byte>& out) {
    Scratch<std::uint64_t> lower(values.size());
    Scratch<std::uint64_t> upper(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint64_t rotated = rotated_bits(values[i]);
        lower.values()[i] = rotated & low_bits_mask(width);
        upper.values()[i] = rotated >> width;
    }
    ByteWriter(out).write_u8(static_cast<std::uint8_t>(width));
    pack_bits(lower.values(), width, out);
    encode_integer_column({upper.values(), IntegerOrder::Unsigned}, kAnyRank,
                          std::numeric_limits<std::size_t>::max(), out);
}

/// The width that is best for a sample.
unsigned find_width(std::span<const double> values) {
    // 53 are sign and fraction; below that, bits of the fraction that repeat go to the upper part.
    constexpr std::array kWidths = {53U, 52U, 51U, 49U, 46U};
    constexpr std::size_t kSampleCount = 64;
    const auto sample = values.first(std::min(values.size(), kSampleCount));
    unsigned best = kWidths.front();
    std::size_t smallest_size_bytes = std::numeric_limits<std::size_t>::max();
    std::vector<std::byte> encoded;
    for (const unsigned width : kWidths) {
        encoded.clear();
        write_parts(sample, width, encoded);
        if (encoded.size() >= smallest_size_bytes) continue;
        smallest_size_bytes = encoded.size();
        best = width;
    }
    return best;
}

bool encode_split(std::span<const double> values, std::size_t size_limit_bytes,
                  std::vector<std::byte>& out) {
    // Where binary does better than this, it has found the bits that repeat already.
    constexpr unsigned kSmallestWidth = 54;
    constexpr std::size_t kLeastCount = 4;
    if (values.size() < kLeastCount) return false;
    if (packed_size_bytes(values.size(), kSmallestWidth) > size_limit_bytes) return false;
    const std::size_t begin = out.size();
    write_parts(values, find_width(values), out);
    if (out.size() - begin <= size_limit_bytes) return true;
    out.resize(begin);
    return false;
}

struct SplitColumn {
    unsigned width;
    std::span<const std::byte> lower;
    std::span<const std::byte> upper;
};

Result<SplitColumn> read_split(std::span<const std::byte> bytes, std::size_t count) {
    ByteReader reader(bytes);
    SplitColumn column{};
    TIDEMARK_ASSIGN_OR_RETURN(column.width, reader.read_u8());
    if (column.width < kMinWidth || column.width > kMaxWidth) {
        return Error(ErrorCode::Corruption, "the width of the lower part is out of range");
    }
    TIDEMARK_ASSIGN_OR_RETURN(column.lower, read_packed_bits(reader, count, column.width));
    column.upper = bytes.subspan(reader.offset());
    return column;
}

Status decode_split(std::span<const std::byte> bytes, std::span<double> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const SplitColumn column, read_split(bytes, values.size()));
    Scratch<std::uint64_t> lower(values.size());
    Scratch<std::uint64_t> upper(values.size());
    unpack_bits(column.lower, column.width, 0, lower.values());
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.upper, kAnyRank, upper.values()));
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = value_of(upper.values()[i] << column.width | lower.values()[i]);
    }
    return success();
}

Status match_split(std::span<const std::byte> bytes, std::size_t count,
                   const FloatInterval& interval, std::span<std::uint64_t> mask) {
    Scratch<double> values(count);
    TIDEMARK_RETURN_IF_ERROR(decode_split(bytes, values.values()));
    codec_kernels().match_doubles(values.values(), interval.low, interval.high, mask.data());
    return success();
}

NestedColumn nested_upper(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_split(bytes, count);
    return column ? NestedColumn{column.value().upper, count} : NestedColumn{};
}

}  // namespace

const FloatCodec kSplitFloats{CodecId::Split, "split",     false,       encode_split,
                              decode_split,   match_split, nested_upper};

}  // namespace tidemark::storage
