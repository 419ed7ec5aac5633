// Multiple: the distances from the smallest integer are all multiples of one factor, such as a
// page size or a scrape interval.
//
//   offset  size   field
//   0       1..10  base, the smallest integer, zigzag varint
//   ..      1..10  factor, varint
//   ..      ..     encoded integers, of unsigned order: (integer - base) / factor

#include <algorithm>
#include <bit>

#include "storage/base/bytes.h"
#include "storage/codec/exact_divisor.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr unsigned kRank = 4;

struct MultipleColumn {
    std::uint64_t base;
    std::uint64_t factor;
    std::span<const std::byte> quotients;
};

std::size_t multiple_size_bound_bytes(const IntegerColumn& column) {
    if (column.is_empty() || column.common_factor() <= 1) return kCannotHold;
    constexpr std::size_t kLeastQuotientsSizeBytes = 2;
    return zigzag_size_bytes(static_cast<std::int64_t>(column.min())) +
           varint_size_bytes(column.common_factor()) + kLeastQuotientsSizeBytes;
}

template <typename Number, typename Quotient>
void divide(std::span<const Number> values, std::uint64_t min, const ExactDivisor& factor,
            Quotient* quotients) {
    const auto base = static_cast<Number>(min);
    if (const auto shift = factor.power_of_two()) {
        for (const Number value : values) {
            *quotients++ = static_cast<Quotient>((value - base) >> *shift);
        }
    } else {
        for (const Number value : values) {
            *quotients++ = static_cast<Quotient>(factor.quotient(value - base));
        }
    }
}

template <typename Quotient>
void divide(const IntegerColumn& column, const ExactDivisor& factor, Quotient* quotients) {
    if (const auto& narrow = column.narrow()) {
        divide(narrow->numbers, column.min(), factor, quotients);
    } else {
        divide(column.values(), column.min(), factor, quotients);
    }
}

bool encode_quotients(const IntegerColumn& column, const ExactDivisor& factor,
                      std::size_t size_limit_bytes, std::vector<std::byte>& out) {
    const std::uint64_t largest = factor.quotient(column.max() - column.min());
    if (NarrowIntegers::can_hold(0, largest)) {
        Scratch<std::uint32_t> quotients(column.count());
        divide(column, factor, quotients.values().data());
        const NarrowIntegers integers{quotients.values(), 0, largest};
        return encode_integer_column({integers, IntegerOrder::Unsigned}, kRank, size_limit_bytes,
                                     out);
    }
    Scratch<std::uint64_t> quotients(column.count());
    divide(column, factor, quotients.values().data());
    return encode_integer_column({quotients.values(), IntegerOrder::Unsigned}, kRank,
                                 size_limit_bytes, out);
}

bool encode_multiple(const IntegerColumn& column, std::size_t size_limit_bytes,
                     std::vector<std::byte>& out) {
    if (column.is_empty() || column.common_factor() <= 1) return false;
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_zigzag(static_cast<std::int64_t>(column.min()));
    writer.write_varint(column.common_factor());
    const std::size_t header_size_bytes = out.size() - begin;
    if (header_size_bytes < size_limit_bytes &&
        encode_quotients(column, ExactDivisor(column.common_factor()),
                         size_limit_bytes - header_size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

Result<MultipleColumn> read_multiple(std::span<const std::byte> bytes) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t base, reader.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t factor, reader.read_varint());
    if (factor == 0) return Error(ErrorCode::Corruption, "factor 0");
    return MultipleColumn{static_cast<std::uint64_t>(base), factor, bytes.subspan(reader.offset())};
}

Status decode_multiple(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const MultipleColumn column, read_multiple(bytes));
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.quotients, kRank, values));
    if (std::has_single_bit(column.factor)) {
        const int shift = std::countr_zero(column.factor);
        for (std::uint64_t& value : values) value = column.base + (value << shift);
    } else {
        for (std::uint64_t& value : values) value = column.base + value * column.factor;
    }
    return success();
}

Status match_multiple(std::span<const std::byte> bytes, std::size_t count,
                      const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const MultipleColumn column, read_multiple(bytes));
    const UnsignedInterval distances =
        UnsignedInterval::of({interval.low - column.base, interval.distance});
    const bool needs_round_up = distances.low % column.factor != 0;
    const std::uint64_t low = distances.low / column.factor + (needs_round_up ? 1 : 0);
    const std::uint64_t high = distances.high / column.factor;
    // Also when nothing can lie inside the column is read, so that damage is noticed.
    const bool is_empty = distances.low > distances.high || low > high;
    const IntegerInterval quotients =
        is_empty ? IntegerInterval{} : IntegerInterval{low, high - low};
    TIDEMARK_RETURN_IF_ERROR(match_integer_column(column.quotients, kRank, count, quotients, mask));
    if (is_empty) fill_mask(mask, count, false);
    if (distances.is_inverted) invert_mask(mask, count);
    return success();
}

NestedColumn nested_quotients(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_multiple(bytes);
    return column ? NestedColumn{column.value().quotients, count} : NestedColumn{};
}

}  // namespace

const IntegerCodec kMultipleIntegers{CodecId::Multiple,
                                     "multiple",
                                     kRank,
                                     multiple_size_bound_bytes,
                                     encode_multiple,
                                     decode_multiple,
                                     decode_then_scale<decode_multiple>,
                                     match_multiple,
                                     nested_quotients};

}  // namespace tidemark::storage
