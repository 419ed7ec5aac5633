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
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr unsigned kRank = 3;

bool encode_sparse(const IntegerColumn& column, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    const auto values = column.values();
    const std::size_t count = values.size();
    if (count < 2) return false;
    Scratch<std::uint64_t> differs(count - 1);
    Scratch<std::uint64_t> changes(count);
    changes.values().front() = values.front();
    std::size_t change_count = 1;
    for (std::size_t i = 0; i + 1 < count; ++i) {
        const bool is_change = values[i + 1] != values[i];
        differs.values()[i] = is_change ? 1 : 0;
        changes.values()[change_count] = values[i + 1];
        change_count += is_change ? 1 : 0;
    }
    // The bit that every value costs must come in again by the values left out.
    const unsigned width = bit_width_of(column.max() - column.min());
    const std::size_t bitmap_size_bytes = packed_size_bytes(count - 1, 1);
    const bool is_worth = (count - change_count) * width > count;
    if (!is_worth || bitmap_size_bytes >= size_limit_bytes) return false;
    const std::size_t begin = out.size();
    pack_bits(differs.values(), 1, out);
    if (encode_integer_column({changes.values().first(change_count), column.order()}, kRank,
                              size_limit_bytes - bitmap_size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

struct SparseColumn {
    std::vector<std::uint64_t> differs;  ///< A mask: bit i - 1 stands for integer i.
    std::size_t change_count = 1;        ///< The first integer included.
    std::span<const std::byte> changes;
};

Result<SparseColumn> read_sparse(std::span<const std::byte> bytes, std::size_t count) {
    if (count == 0) return Error(ErrorCode::Corruption, "no values");
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const auto bitmap, read_packed_bits(reader, count - 1, 1));
    SparseColumn column;
    column.differs.resize(mask_word_count(count - 1));
    if (!bitmap.empty()) std::memcpy(column.differs.data(), bitmap.data(), bitmap.size());
    clear_mask_tail(column.differs, count - 1);
    for (const std::uint64_t word : column.differs) {
        column.change_count += static_cast<std::size_t>(std::popcount(word));
    }
    column.changes = bytes.subspan(reader.offset());
    return column;
}

/// Calls visit(change, begin, end) for each run of equal integers [begin, end).
template <typename Visit>
void for_each_run(const SparseColumn& column, std::size_t count, Visit visit) {
    std::size_t change = 0;
    std::size_t begin = 0;
    for (std::size_t index = 0; index < column.differs.size(); ++index) {
        for (std::uint64_t word = column.differs[index]; word != 0; word &= word - 1) {
            const std::size_t end =
                index * 64 + static_cast<std::size_t>(std::countr_zero(word)) + 1;
            visit(change++, begin, end);
            begin = end;
        }
    }
    visit(change, begin, count);
}

Status decode_sparse(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const SparseColumn column, read_sparse(bytes, values.size()));
    Scratch<std::uint64_t> changes(column.change_count);
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.changes, kRank, changes.values()));
    for_each_run(
        column, values.size(), [&](std::size_t change, std::size_t begin, std::size_t end) {
            std::ranges::fill(values.subspan(begin, end - begin), changes.values()[change]);
        });
    return success();
}

Status match_sparse(std::span<const std::byte> bytes, std::size_t count,
                    const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const SparseColumn column, read_sparse(bytes, count));
    std::vector<std::uint64_t> change_mask(mask_word_count(column.change_count));
    TIDEMARK_RETURN_IF_ERROR(
        match_integer_column(column.changes, kRank, column.change_count, interval, change_mask));
    fill_mask(mask, count, false);
    for_each_run(column, count, [&](std::size_t change, std::size_t begin, std::size_t end) {
        if (mask_bit(change_mask, change)) set_mask_range(mask, begin, end);
    });
    return success();
}

NestedColumn nested_changes(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_sparse(bytes, count);
    if (!column) return {};
    return {column.value().changes, column.value().change_count};
}

}  // namespace

const IntegerCodec kSparseIntegers{CodecId::Sparse, "sparse",     kRank,         encode_sparse,
                                   decode_sparse,   match_sparse, nested_changes};

}  // namespace tidemark::storage
