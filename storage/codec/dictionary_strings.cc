// Dictionary: each distinct string once, in order of first appearance, and a code for each value.
//
//   offset  size  field
//   0       1..   number of distinct strings, varint, at least 1
//   ..      1..   size of the codes, varint
//   ..      ..    encoded integers, of unsigned order: the code of each value
//   ..      ..    the pool of the distinct strings (string_pool.h), to the end

#include <algorithm>
#include <unordered_map>

#include "storage/base/bytes.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"
#include "storage/codec/string_codec.h"
#include "storage/codec/string_pool.h"

namespace tidemark::storage {
namespace {

bool encode_dictionary(std::span<const std::string_view> values, std::size_t size_limit_bytes,
                       std::vector<std::byte>& out) {
    std::unordered_map<std::string_view, std::uint64_t> code_by_string;
    std::vector<std::string_view> entries;
    std::vector<std::uint64_t> codes;
    codes.reserve(values.size());
    for (const std::string_view value : values) {
        const auto [place, is_new] = code_by_string.try_emplace(value, entries.size());
        if (is_new) entries.push_back(value);
        codes.push_back(place->second);
    }
    if (entries.size() == values.size()) return false;  // No string comes twice.
    const std::size_t begin = out.size();
    std::vector<std::byte> encoded_codes;
    encode_integer_column({codes, IntegerOrder::Unsigned}, encoded_codes);
    ByteWriter writer(out);
    writer.write_varint(entries.size());
    writer.write_sized_bytes(encoded_codes);
    write_string_pool(entries, out);
    if (out.size() - begin <= size_limit_bytes) return true;
    out.resize(begin);
    return false;
}

struct DictionaryColumn {
    Scratch<std::uint64_t> codes;
    std::vector<std::string_view> entries;
};

Result<DictionaryColumn> read_dictionary(std::span<const std::byte> bytes, std::size_t count,
                                         StringArena& arena) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t entry_count, reader.read_varint());
    if (entry_count == 0 || entry_count > count) {
        return Error(ErrorCode::Corruption, "the dictionary does not fit the values");
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto encoded_codes, reader.read_sized_bytes());
    DictionaryColumn column{Scratch<std::uint64_t>(count),
                            std::vector<std::string_view>(entry_count)};
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(encoded_codes, kAnyRank, column.codes.values()));
    const auto is_behind = [=](std::uint64_t code) { return code >= entry_count; };
    if (std::ranges::any_of(column.codes.values(), is_behind)) {
        return Error(ErrorCode::Corruption, "a code lies behind the dictionary");
    }
    TIDEMARK_RETURN_IF_ERROR(
        read_string_pool(bytes.subspan(reader.offset()), column.entries, arena));
    return column;
}

Status decode_dictionary(std::span<const std::byte> bytes, std::span<std::string_view> values,
                         StringArena& arena) {
    TIDEMARK_ASSIGN_OR_RETURN(DictionaryColumn column,
                              read_dictionary(bytes, values.size(), arena));
    std::ranges::transform(column.codes.values(), values.begin(),
                           [&](std::uint64_t code) { return column.entries[code]; });
    return success();
}

Status match_dictionary(std::span<const std::byte> bytes, std::size_t count, const LeafTest& test,
                        std::span<std::uint64_t> mask) {
    StringArena arena;
    TIDEMARK_ASSIGN_OR_RETURN(DictionaryColumn column, read_dictionary(bytes, count, arena));
    std::vector<std::uint64_t> passes(column.entries.size());
    std::ranges::transform(column.entries, passes.begin(), [&](std::string_view entry) {
        return std::uint64_t{test.matches(entry)};
    });
    fill_mask(mask, count, false);
    const auto codes = column.codes.values();
    for (std::size_t i = 0; i < count; ++i) mask[i / 64] |= passes[codes[i]] << (i % 64);
    return success();
}

NestedColumn nested_codes(std::span<const std::byte> bytes, std::size_t count) {
    ByteReader reader(bytes);
    if (!reader.read_varint()) return {};
    const auto codes = reader.read_sized_bytes();
    return codes ? NestedColumn{codes.value(), count} : NestedColumn{};
}

}  // namespace

const StringCodec kDictionaryStrings{
    CodecId::StringDictionary, "dictionary",     true,        encode_dictionary,
    decode_dictionary,         match_dictionary, nested_codes};

}  // namespace tidemark::storage
