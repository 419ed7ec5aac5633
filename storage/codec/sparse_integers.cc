// Sparse: a bit for each integer that differs from the one before it, and only those integers.
//
//   offset  size   field
//   0       ..     packed, width 1: whether integer i + 1 differs from integer i; one fewer than
//                  there are integers
//   ..      ..     encoded integers: the first one and those that differ

#include <algorithm>
#include <bit>
#include <cstring>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/encode_kernels.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr unsigned kRank = 3;

std::size_t bitmap_size_bytes(const IntegerColumn& column) {
    return packed_size_bytes(column.count() - 1, 1);
}

/// A guess from what all integers, or their differences, take: those that are kept take their share
/// of it, or somewhat less.
std::size_t sparse_size_bound_bytes(const IntegerColumn& column) {
    const std::size_t count = column.count();
    if (count < 2) return kCannotHold;
    // The bit that every value costs must come in again by the values left out.
    const unsigned width = bit_width_of(column.max() - column.min());
    const std::size_t kept_count = column.change_count_guess() + 1;
    if ((count - kept_count) * width <= count) return kCannotHold;
    const std::size_t all_size_bytes =
        std::min(column.guess().smallest(), column.delta_guess().smallest());
    constexpr std::size_t kLessShare = 8;
    const std::size_t kept_size_bytes = all_size_bytes * kept_count / count;
    return bitmap_size_bytes(column) + kept_size_bytes - kept_size_bytes / kLessShare;
}

/// Appends the first integer and those that differ from the one before them.
template <typename Number>
void take_changes(std::span<const Number> numbers, std::span<const std::uint64_t> differs,
                  Number* changes) {
    *changes++ = numbers.front();
    for_each_bit(differs, [&](std::size_t index) { *changes++ = numbers[index + 1]; });
}

bool encode_changes(const IntegerColumn& changes, std::span<const std::uint64_t> differs,
                    std::size_t bitmap_bytes, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    const std::size_t begin = out.size();
    ByteWriter(out).write_bytes(std::as_bytes(differs).first(bitmap_bytes));
    if (encode_integer_column(changes, kRank, size_limit_bytes - bitmap_bytes, out)) return true;
    out.resize(begin);
    return false;
}

bool encode_sparse(const IntegerColumn& column, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    if (column.count() < 2) return false;
    const std::size_t bitmap_bytes = bitmap_size_bytes(column);
    if (bitmap_bytes >= size_limit_bytes) return false;
    Scratch<std::uint64_t> differs(mask_word_count(column.count() - 1));
    if (const auto& narrow = column.narrow()) {
        const std::size_t change_count =
            encode_kernels().find_narrow_changes(narrow->numbers, differs.values().data());
        Scratch<std::uint32_t> changes(change_count + 1);
        take_changes(narrow->numbers, differs.values(), changes.values().data());
        // Nothing but repetitions is left out, so the extremes are the same.
        const NarrowIntegers kept{changes.values(), column.min(), column.max()};
        return encode_changes({kept, column.order()}, differs.values(), bitmap_bytes,
                              size_limit_bytes, out);
    }
    const auto deltas = column.deltas().values();
    match_integers(deltas, IntegerInterval{0, 0}, differs.values());
    invert_mask(differs.values(), deltas.size());
    Scratch<std::uint64_t> changes(column.change_count() + 1);
    take_changes(column.values(), differs.values(), changes.values().data());
    return encode_changes({changes.values(), column.order()}, differs.values(), bitmap_bytes,
                          size_limit_bytes, out);
}

struct SparseColumn {
    explicit SparseColumn(std::size_t count) : differs(mask_word_count(count - 1)) {}

    Scratch<std::uint64_t> differs;  ///< A mask: bit i - 1 stands for integer i.
    std::size_t change_count = 1;    ///< The first integer included.
    std::span<const std::byte> changes;
};

/// Fills a column made for `count` integers, at least one.
Status read_sparse(std::span<const std::byte> bytes, std::size_t count, SparseColumn& column) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const auto bitmap, read_packed_bits(reader, count - 1, 1));
    const auto differs = column.differs.values();
    if (!bitmap.empty()) {
        differs.back() = 0;
        std::memcpy(differs.data(), bitmap.data(), bitmap.size());
    }
    clear_mask_tail(differs, count - 1);
    for (const std::uint64_t word : differs) {
        column.change_count += static_cast<std::size_t>(std::popcount(word));
    }
    column.changes = bytes.subspan(reader.offset());
    return success();
}

Error no_values() { return {ErrorCode::Corruption, "no values"}; }

/// Calls visit(change, begin, end) for each run of equal integers [begin, end).
template <typename Visit>
void for_each_run(std::span<const std::uint64_t> differs, std::size_t count, Visit visit) {
    std::size_t change = 0;
    std::size_t begin = 0;
    for_each_bit(differs, [&](std::size_t index) {
        visit(change++, begin, index + 1);
        begin = index + 1;
    });
    visit(change, begin, count);
}

Status decode_sparse(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    if (values.empty()) return no_values();
    SparseColumn column(values.size());
    TIDEMARK_RETURN_IF_ERROR(read_sparse(bytes, values.size(), column));
    Scratch<std::uint64_t> changes(column.change_count + kExpandPadding);
    TIDEMARK_RETURN_IF_ERROR(
        decode_integer_column(column.changes, kRank, changes.values().first(column.change_count)));
    codec_kernels().expand(column.differs.values().data(), std::as_bytes(changes.values()).data(),
                           std::as_writable_bytes(values));
    return success();
}

Status decode_sparse_scaled(std::span<const std::byte> bytes, const FloatScale& scale,
                            std::span<double> values) {
    if (values.empty()) return no_values();
    SparseColumn column(values.size());
    TIDEMARK_RETURN_IF_ERROR(read_sparse(bytes, values.size(), column));
    Scratch<double> changes(column.change_count + kExpandPadding);
    TIDEMARK_RETURN_IF_ERROR(decode_scaled_column(column.changes, kRank, scale,
                                                  changes.values().first(column.change_count)));
    codec_kernels().expand(column.differs.values().data(), std::as_bytes(changes.values()).data(),
                           std::as_writable_bytes(values));
    return success();
}

Status match_sparse(std::span<const std::byte> bytes, std::size_t count,
                    const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    if (count == 0) return no_values();
    SparseColumn column(count);
    TIDEMARK_RETURN_IF_ERROR(read_sparse(bytes, count, column));
    Scratch<std::uint64_t> change_mask(mask_word_count(column.change_count));
    TIDEMARK_RETURN_IF_ERROR(match_integer_column(column.changes, kRank, column.change_count,
                                                  interval, change_mask.values()));
    fill_mask(mask, count, false);
    for_each_run(column.differs.values(), count,
                 [&](std::size_t change, std::size_t begin, std::size_t end) {
                     if (mask_bit(change_mask.values(), change)) set_mask_range(mask, begin, end);
                 });
    return success();
}

NestedColumn nested_changes(std::span<const std::byte> bytes, std::size_t count) {
    if (count == 0) return {};
    SparseColumn column(count);
    if (!read_sparse(bytes, count, column)) return {};
    return {column.changes, column.change_count};
}

}  // namespace

const IntegerCodec kSparseIntegers{CodecId::Sparse,         "sparse",      kRank,
                                   sparse_size_bound_bytes, encode_sparse, decode_sparse,
                                   decode_sparse_scaled,    match_sparse,  nested_changes};

}  // namespace tidemark::storage
