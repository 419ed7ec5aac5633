// Delta: the first integer and the differences of neighbours, which are a column of their own.
//
//   offset  size   field
//   0       1..10  the first integer, zigzag varint
//   ..      ..     encoded integers: integer i + 1 - integer i, one fewer than there are integers

#include "storage/base/bytes.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr unsigned kRank = kFlatRank;

struct DeltaColumn {
    std::uint64_t first;
    std::span<const std::byte> deltas;
};

std::size_t delta_size_bound_bytes(const IntegerColumn& column) {
    if (column.count() < 2) return kCannotHold;
    constexpr std::size_t kLeastHeadSizeBytes = 3;  // Of the differences: id, base, width.
    return zigzag_size_bytes(static_cast<std::int64_t>(column.front())) + kLeastHeadSizeBytes +
           column.delta_guess().smallest();
}

bool encode_delta(const IntegerColumn& column, std::size_t size_limit_bytes,
                  std::vector<std::byte>& out) {
    if (column.count() < 2) return false;
    const std::size_t begin = out.size();
    ByteWriter(out).write_zigzag(static_cast<std::int64_t>(column.front()));
    const std::size_t first_size_bytes = out.size() - begin;
    if (first_size_bytes < size_limit_bytes &&
        encode_integer_column(column.deltas(), kRank, size_limit_bytes - first_size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

Result<DeltaColumn> read_delta(std::span<const std::byte> bytes, std::size_t count) {
    if (count == 0) return Error(ErrorCode::Corruption, "no values");
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t first, reader.read_zigzag());
    return DeltaColumn{static_cast<std::uint64_t>(first), bytes.subspan(reader.offset())};
}

/// The differences when they are written as numbers so small that no sum of them reaches 2^30;
/// fills `numbers` then.
Result<std::optional<NarrowDeltas>> narrow_deltas(std::span<const std::byte> deltas,
                                                  std::span<std::uint32_t> numbers) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto column, decode_narrow_column(deltas, kRank, numbers));
    if (!column) return std::optional<NarrowDeltas>();
    constexpr std::uint64_t kReach = std::uint64_t{1} << 30;
    const auto base = static_cast<std::int64_t>(column->base);
    const std::uint64_t base_size = base < 0 ? 0 - column->base : column->base;
    const std::uint64_t largest = base_size + (std::uint64_t{1} << column->width);
    if (base_size >= kReach || largest * numbers.size() >= kReach) {
        return std::optional<NarrowDeltas>();
    }
    return std::optional(NarrowDeltas{numbers, column->base, column->is_zigzag});
}

Status decode_delta(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const DeltaColumn column, read_delta(bytes, values.size()));
    Scratch<std::uint32_t> numbers(values.size() - 1);
    TIDEMARK_ASSIGN_OR_RETURN(const auto narrow, narrow_deltas(column.deltas, numbers.values()));
    if (narrow) {
        values.front() = column.first;
        codec_kernels().add_up_narrow(column.first, *narrow, values.data() + 1);
        return success();
    }
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.deltas, kRank, values.subspan(1)));
    values.front() = column.first;
    codec_kernels().add_up(column.first, values.subspan(1));
    return success();
}

Status decode_delta_scaled(std::span<const std::byte> bytes, const FloatScale& scale,
                           std::span<double> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const DeltaColumn column, read_delta(bytes, values.size()));
    values.front() = scale.value(static_cast<std::int64_t>(column.first));
    Scratch<std::uint32_t> numbers(values.size() - 1);
    TIDEMARK_ASSIGN_OR_RETURN(const auto narrow, narrow_deltas(column.deltas, numbers.values()));
    if (narrow) {
        codec_kernels().add_up_narrow_to_doubles(column.first, *narrow, scale, values.data() + 1);
        return success();
    }
    if (scale.divisor != 1) return decode_then_scale<decode_delta>(bytes, scale, values);
    Scratch<std::uint64_t> deltas(values.size() - 1);
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.deltas, kRank, deltas.values()));
    codec_kernels().add_up_to_doubles(column.first, deltas.values(), scale.factor, scale.fraction,
                                      values.data() + 1);
    return success();
}

Status match_delta(std::span<const std::byte> bytes, std::size_t count,
                   const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    Scratch<std::uint64_t> values(count);
    TIDEMARK_RETURN_IF_ERROR(decode_delta(bytes, values.values()));
    match_integers(values.values(), interval, mask);
    return success();
}

NestedColumn nested_deltas(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_delta(bytes, count);
    return column ? NestedColumn{column.value().deltas, count - 1} : NestedColumn{};
}

}  // namespace

const IntegerCodec kDeltaIntegers{CodecId::Delta,         "delta",      kRank,
                                  delta_size_bound_bytes, encode_delta, decode_delta,
                                  decode_delta_scaled,    match_delta,  nested_deltas};

}  // namespace tidemark::storage
