// Dictionary: each distinct integer once, ascending, and for each integer the index of its entry.
//
//   offset  size  field
//   0       1..   number of entries, varint, 1 to the number of integers
//   ..      1..   size of the entries, varint
//   ..      ..    encoded integers: the entries, ascending in the order of the column
//   ..      ..    encoded integers, of unsigned order: the indices

#include <algorithm>
#include <array>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/distinct_values.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr unsigned kRank = 2;

/// The values that guess_distinct() looks at.
std::span<const std::uint64_t> first_values(const IntegerColumn& column,
                                            std::array<std::uint64_t, kDistinctLookCount>& look) {
    const std::size_t count = std::min(column.count(), kDistinctLookCount);
    if (!column.narrow()) return column.values().first(count);
    column.narrow()->widen(std::span(look).first(count));
    return std::span(look).first(count);
}

/// Of a guess of the entries; their indices are rarely much smaller than packed.
std::size_t dictionary_size_bound_bytes(const IntegerColumn& column) {
    std::array<std::uint64_t, kDistinctLookCount> look;
    const DistinctGuess guess = guess_distinct(first_values(column, look), column.count());
    // Packing has no entries to pay for.
    const unsigned packed_width = bit_width_of(column.max() - column.min());
    const unsigned index_width = index_bit_width(guess.count);
    if (!guess.has_repetitions || index_width >= packed_width) return kCannotHold;
    constexpr std::size_t kLeastHeadSizeBytes = 5;
    return kLeastHeadSizeBytes + packed_size_bytes(column.count(), index_width);
}

/// The entries whose indices alone would fill that size.
std::size_t entry_limit_of(std::size_t value_count, std::size_t size_limit_bytes) {
    const std::size_t limit_bits = std::min(size_limit_bytes, value_count * 8) * 8 / value_count;
    return std::size_t{1} << std::min<std::size_t>(limit_bits, 32);
}

bool encode_dictionary(const IntegerColumn& column, std::size_t size_limit_bytes,
                       std::vector<std::byte>& out) {
    if (column.is_empty()) return false;
    DistinctValues distinct;
    if (!find_distinct(column, entry_limit_of(column.count(), size_limit_bytes), distinct)) {
        return false;
    }
    std::vector<std::byte> encoded_entries;
    encode_integer_column({distinct.entries, column.order()}, kRank, size_limit_bytes,
                          encoded_entries);
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_varint(distinct.entries.size());
    writer.write_sized_bytes(encoded_entries);
    const std::size_t size_bytes = out.size() - begin;
    if (!encoded_entries.empty() && size_bytes < size_limit_bytes &&
        encode_integer_column({distinct.indices, IntegerOrder::Unsigned}, kRank,
                              size_limit_bytes - size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

struct DictionaryColumn {
    std::vector<std::uint64_t> entries;
    std::span<const std::byte> indices;
};

Result<DictionaryColumn> read_dictionary(std::span<const std::byte> bytes, std::size_t count) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t entry_count, reader.read_varint());
    if (entry_count == 0 || entry_count > count) {
        return Error(ErrorCode::Corruption, "the dictionary does not fit the values");
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto entries, reader.read_sized_bytes());
    DictionaryColumn column{std::vector<std::uint64_t>(entry_count),
                            bytes.subspan(reader.offset())};
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(entries, kRank, column.entries));
    return column;
}

Status decode_indices(const DictionaryColumn& column, std::span<std::uint64_t> indices) {
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.indices, kRank, indices));
    const std::uint64_t largest = indices.empty() ? 0 : *std::ranges::max_element(indices);
    if (largest >= column.entries.size()) {
        return Error(ErrorCode::Corruption, "an index lies behind the dictionary");
    }
    return success();
}

Status decode_dictionary(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const DictionaryColumn column, read_dictionary(bytes, values.size()));
    TIDEMARK_RETURN_IF_ERROR(decode_indices(column, values));
    for (std::uint64_t& value : values) value = column.entries[value];
    return success();
}

Status match_dictionary(std::span<const std::byte> bytes, std::size_t count,
                        const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const DictionaryColumn column, read_dictionary(bytes, count));
    const auto is_inside = [&](std::uint64_t entry) { return interval.contains(entry); };
    const auto first = std::ranges::find_if(column.entries, is_inside);
    const auto behind = std::ranges::find_if_not(first, column.entries.end(), is_inside);
    // The entries ascend, so those inside are neighbours; only damage can part them.
    if (std::ranges::any_of(behind, column.entries.end(), is_inside)) {
        Scratch<std::uint64_t> values(count);
        TIDEMARK_RETURN_IF_ERROR(decode_dictionary(bytes, values.values()));
        match_integers(values.values(), interval, mask);
        return success();
    }
    // Also when none is inside the indices are read, so that damage is noticed.
    const auto low = static_cast<std::uint64_t>(first - column.entries.begin());
    const auto inside_count = static_cast<std::uint64_t>(behind - first);
    const IntegerInterval indices{low, inside_count == 0 ? 0 : inside_count - 1};
    TIDEMARK_RETURN_IF_ERROR(match_integer_column(column.indices, kRank, count, indices, mask));
    if (inside_count == 0) fill_mask(mask, count, false);
    return success();
}

NestedColumn nested_indices(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_dictionary(bytes, count);
    return column ? NestedColumn{column.value().indices, count} : NestedColumn{};
}

}  // namespace

const IntegerCodec kDictionaryIntegers{
    CodecId::IntegerDictionary,           "dictionary",      kRank,
    dictionary_size_bound_bytes,          encode_dictionary, decode_dictionary,
    decode_then_scale<decode_dictionary>, match_dictionary,  nested_indices};

}  // namespace tidemark::storage
