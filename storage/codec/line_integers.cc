// Line: a counter whose rate drifts. The differences of neighbours follow a straight line; what is
// left of them without it is a column of its own.
//
//   offset  size   field
//   0       1..10  the first integer, zigzag varint
//   ..      1..10  slope, zigzag varint: what the difference grows by from integer to integer, in
//                  65536ths
//   ..      ..     encoded integers: integer i + 1 - integer i - (slope * i >> 16), one fewer than
//                  there are integers. The product is modulo 2^64, then signed; the shift keeps the
//                  sign.

#include <algorithm>
#include <cstdlib>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr unsigned kRank = kFlatRank;
constexpr unsigned kSlopeShift = 16;

/// Height of the line where it has risen by so many 65536ths.
std::uint64_t height_of(std::uint64_t rise) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(rise) >> kSlopeShift);
}

/// The slope of `count` differences, of which these are all or a look; 0 when there is none.
/// Outliers, such as a reset of the counter, do not move it.
std::int64_t slope_of(std::span<const std::uint64_t> deltas, std::size_t count) {
    if (deltas.size() < 2) return 0;
    constexpr std::uint64_t kLeast = std::uint64_t{1} << 63;  // Of signed numbers.
    const std::uint64_t earlier = middle_distance(deltas.first(deltas.size() / 2), kLeast);
    const std::uint64_t later = middle_distance(deltas.last(deltas.size() / 2), kLeast);
    constexpr std::uint64_t kLargestRise = std::uint64_t{1} << 40;
    const std::uint64_t rise_size = std::max(earlier, later) - std::min(earlier, later);
    if (rise_size > kLargestRise) return 0;
    const auto rise = static_cast<std::int64_t>(later - earlier);
    constexpr std::int64_t kUnit = std::int64_t{1} << kSlopeShift;
    const std::size_t distance = count - count / 2;  // From the middle of one half to the other's.
    return rise * kUnit / static_cast<std::int64_t>(distance);
}

/// From what a look's differences take without the line, which must be worth it.
std::size_t line_size_bound_bytes(const IntegerColumn& column) {
    constexpr std::size_t kLeastCount = 64;
    if (column.count() < kLeastCount) return kCannotHold;
    const ColumnLook* const look = column.look();
    const auto deltas = look != nullptr ? look->deltas() : column.deltas().values();
    const std::size_t count = column.count() - 1;
    const std::int64_t slope = slope_of(deltas, count);
    if (slope == 0) return kCannotHold;
    Scratch<std::uint64_t> residuals(deltas.size());
    for (std::size_t i = 0; i < deltas.size(); ++i) {
        const std::size_t index = look != nullptr ? look->delta_index(i) : i;
        residuals.values()[i] = deltas[i] - height_of(static_cast<std::uint64_t>(slope) * index);
    }
    const std::size_t size_bytes = guess_packed(residuals.values(), count).smallest();
    const std::size_t without_line_bytes = column.delta_guess().smallest();
    constexpr std::size_t kWorthShare = 64;
    if (size_bytes + without_line_bytes / kWorthShare >= without_line_bytes) return kCannotHold;
    constexpr std::size_t kLeastHeadSizeBytes = 3;  // Of the residuals: id, base, width.
    return zigzag_size_bytes(static_cast<std::int64_t>(column.front())) + zigzag_size_bytes(slope) +
           kLeastHeadSizeBytes + size_bytes;
}

bool encode_line(const IntegerColumn& column, std::size_t size_limit_bytes,
                 std::vector<std::byte>& out) {
    if (column.count() < 2) return false;
    const auto deltas = column.deltas().values();
    const std::int64_t slope = slope_of(deltas, deltas.size());
    if (slope == 0) return false;
    Scratch<std::uint64_t> residuals(deltas.size());
    std::uint64_t rise = 0;
    for (std::size_t i = 0; i < deltas.size(); ++i) {
        residuals.values()[i] = deltas[i] - height_of(rise);
        rise += static_cast<std::uint64_t>(slope);
    }
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_zigzag(static_cast<std::int64_t>(column.front()));
    writer.write_zigzag(slope);
    const std::size_t header_size_bytes = out.size() - begin;
    if (header_size_bytes < size_limit_bytes &&
        encode_integer_column({residuals.values(), IntegerOrder::Signed}, kRank,
                              size_limit_bytes - header_size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

struct LineColumn {
    std::uint64_t first;
    std::uint64_t slope;
    std::span<const std::byte> residuals;
};

Result<LineColumn> read_line(std::span<const std::byte> bytes, std::size_t count) {
    if (count == 0) return Error(ErrorCode::Corruption, "no values");
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t first, reader.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t slope, reader.read_zigzag());
    return LineColumn{static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(slope),
                      bytes.subspan(reader.offset())};
}

Status decode_line(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const LineColumn column, read_line(bytes, values.size()));
    const auto deltas = values.subspan(1);
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.residuals, kRank, deltas));
    std::uint64_t rise = 0;
    for (std::uint64_t& delta : deltas) {
        delta += height_of(rise);
        rise += column.slope;
    }
    values.front() = column.first;
    codec_kernels().add_up(column.first, deltas);
    return success();
}

Status match_line(std::span<const std::byte> bytes, std::size_t count,
                  const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    Scratch<std::uint64_t> values(count);
    TIDEMARK_RETURN_IF_ERROR(decode_line(bytes, values.values()));
    match_integers(values.values(), interval, mask);
    return success();
}

NestedColumn nested_residuals(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_line(bytes, count);
    return column ? NestedColumn{column.value().residuals, count - 1} : NestedColumn{};
}

}  // namespace

const IntegerCodec kLineIntegers{CodecId::Line,
                                 "line",
                                 kRank,
                                 line_size_bound_bytes,
                                 encode_line,
                                 decode_line,
                                 decode_then_scale<decode_line>,
                                 match_line,
                                 nested_residuals};

}  // namespace tidemark::storage
