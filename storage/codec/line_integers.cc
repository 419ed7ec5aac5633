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

/// The slope of the differences, 0 when there is none. Outliers, such as a reset of the counter, do
/// not move it.
std::int64_t slope_of(const IntegerColumn& column) {
    constexpr std::size_t kLeastCount = 3;
    if (column.values().size() < kLeastCount) return 0;
    const IntegerColumn& deltas = column.deltas();
    const auto values = deltas.values();
    const std::size_t half_count = values.size() / 2;
    const std::uint64_t earlier = middle_distance(values.first(half_count), deltas.min());
    const std::uint64_t later = middle_distance(values.last(half_count), deltas.min());
    constexpr std::uint64_t kLargestRise = std::uint64_t{1} << 40;
    const std::uint64_t rise_size = std::max(earlier, later) - std::min(earlier, later);
    if (rise_size > kLargestRise) return 0;
    const auto rise = static_cast<std::int64_t>(later - earlier);
    constexpr std::int64_t kUnit = std::int64_t{1} << kSlopeShift;
    const std::size_t distance = values.size() - half_count;
    return rise * kUnit / static_cast<std::int64_t>(distance);
}

/// True when the line rises by an eighth at least of what the differences spread over.
bool is_worth(const IntegerColumn& column, std::int64_t slope) {
    constexpr std::size_t kLeastCount = 64;
    constexpr unsigned kShareShift = 3;
    if (column.values().size() < kLeastCount) return false;
    const IntegerColumn& deltas = column.deltas();
    const unsigned width = std::min(deltas.patched().width, deltas.centred().width);
    const std::uint64_t rise =
        static_cast<std::uint64_t>(std::abs(slope)) * (deltas.values().size() / 2) >> kSlopeShift;
    return bit_width_of(rise << kShareShift) > width;
}

std::size_t line_size_bound_bytes(const IntegerColumn& column) {
    const std::int64_t slope = slope_of(column);
    if (slope == 0 || !is_worth(column, slope)) return kCannotHold;
    constexpr std::size_t kLeastResidualsSizeBytes = 2;
    return zigzag_size_bytes(static_cast<std::int64_t>(column.values().front())) +
           zigzag_size_bytes(slope) + kLeastResidualsSizeBytes;
}

bool encode_line(const IntegerColumn& column, std::size_t size_limit_bytes,
                 std::vector<std::byte>& out) {
    const std::int64_t slope = slope_of(column);
    if (slope == 0) return false;
    const auto deltas = column.deltas().values();
    Scratch<std::uint64_t> residuals(deltas.size());
    std::uint64_t rise = 0;
    for (std::size_t i = 0; i < deltas.size(); ++i) {
        residuals.values()[i] = deltas[i] - height_of(rise);
        rise += static_cast<std::uint64_t>(slope);
    }
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_zigzag(static_cast<std::int64_t>(column.values().front()));
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
