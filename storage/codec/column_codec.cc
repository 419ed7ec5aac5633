#include "storage/codec/column_codec.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>

#include "storage/base/bytes.h"
#include "storage/codec/boolean_codec.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/scratch.h"
#include "storage/codec/string_codec.h"
#include "storage/codec/time_codec.h"

namespace tidemark::storage {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

template <typename Codec>
struct OpenedColumn {
    const Codec* codec;
    std::span<const std::byte> body;
};

template <typename Codec>
Result<OpenedColumn<Codec>> open_column(std::span<const Codec* const> codecs,
                                        std::span<const std::byte> bytes) {
    if (bytes.empty()) return Error(ErrorCode::Corruption, "encoded column without a codec id");
    const auto id = static_cast<CodecId>(bytes.front());
    for (const Codec* codec : codecs) {
        if (codec->id == id) return OpenedColumn<Codec>{codec, bytes.subspan(1)};
    }
    return Error(ErrorCode::Corruption,
                 "unknown codec " + std::to_string(std::to_integer<unsigned>(bytes.front())));
}

/// Appends the id and what follows; false, and nothing appended, when that exceeds the limit.
template <typename Codec, typename T>
bool encode_with(const Codec& codec, std::span<const T> values, std::size_t size_limit_bytes,
                 std::vector<std::byte>& out) {
    out.push_back(static_cast<std::byte>(codec.id));
    if (codec.encode(values, size_limit_bytes - 1, out)) return true;
    out.pop_back();
    return false;
}

/// Appends the smallest encoding, or the one of the last codec, which holds any column, should
/// is_restored(bytes) say that the smallest one does not decode to the values.
template <typename Codec, typename T, typename IsRestored>
void encode_column(std::span<const Codec* const> codecs, std::span<const T> values,
                   IsRestored is_restored, std::vector<std::byte>& out) {
    const std::size_t begin = out.size();
    std::size_t size_limit_bytes = kNoLimit;
    for (const Codec* codec : codecs) {
        const std::size_t candidate_begin = out.size();
        if (!encode_with(*codec, values, size_limit_bytes, out)) continue;
        erase_bytes(out, begin, candidate_begin);
        size_limit_bytes = out.size() - begin - 1;
        // Nothing is smaller than these, but that a few times may take less as they are.
        constexpr std::size_t kFewCount = 4;
        const bool is_smallest = codec->id == CodecId::Constant ||
                                 (codec->id == CodecId::Regular && values.size() >= kFewCount);
        if (is_smallest || size_limit_bytes == 0) break;
    }
    if (is_restored(std::span<const std::byte>(out).subspan(begin))) return;
    out.resize(begin);
    encode_with(*codecs.back(), values, kNoLimit, out);
}

/// True when all bits are equal.
template <typename T>
bool are_same(std::span<const T> left, std::span<const T> right) {
    return left.empty() || std::memcmp(left.data(), right.data(), left.size_bytes()) == 0;
}

template <typename Codec, typename T>
Status decode_column(std::span<const Codec* const> codecs, std::span<const std::byte> bytes,
                     std::span<T> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const OpenedColumn<Codec> column, open_column(codecs, bytes));
    auto status = column.codec->decode(column.body, values);
    if (!status) return std::move(status).error().within(column.codec->name);
    return success();
}

/// Signed integers as bit patterns; the language lets both names stand for one object.
std::span<const std::uint64_t> patterns_of(std::span<const std::int64_t> values) {
    return {reinterpret_cast<const std::uint64_t*>(values.data()), values.size()};
}
std::span<std::uint64_t> patterns_of(std::span<std::int64_t> values) {
    return {reinterpret_cast<std::uint64_t*>(values.data()), values.size()};
}

void encode_patterns(const IntegerColumn& column, std::vector<std::byte>& out) {
    const std::size_t begin = out.size();
    encode_integer_column(column, out);
    Scratch<std::uint64_t> decoded(column.values().size());
    const auto encoded = std::span<const std::byte>(out).subspan(begin);
    const bool is_restored =
        decode_integer_column(encoded, kAnyRank, decoded.values()).has_value() &&
        are_same<std::uint64_t>(decoded.values(), column.values());
    if (is_restored) return;
    const IntegerCodec& plain = *integer_codecs().back();
    out.resize(begin);
    out.push_back(static_cast<std::byte>(plain.id));
    plain.encode(column, kNoLimit, out);
}

template <typename T>
Status match_patterns(std::span<const std::byte> bytes, std::size_t count,
                      const NumberRange<T>& range, std::span<std::uint64_t> mask) {
    // Also when nothing can lie inside the column is read, so that damage is noticed.
    const auto low = static_cast<std::uint64_t>(range.low);
    const IntegerInterval interval{low, static_cast<std::uint64_t>(range.high) - low};
    TIDEMARK_RETURN_IF_ERROR(match_integer_column(bytes, kAnyRank, count, interval, mask));
    if (range.is_empty) fill_mask(mask, count, false);
    if (range.is_inverted) invert_mask(mask, count);
    return success();
}

Result<MatchOutcome> match_floats(std::span<const std::byte> bytes, std::size_t count,
                                  const NumberRange<double>& range, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto column, open_column(float_codecs(), bytes));
    auto status = column.codec->match(column.body, count, {range.low, range.high}, mask);
    if (!status) return std::move(status).error().within(column.codec->name);
    if (range.is_empty) fill_mask(mask, count, false);
    if (range.is_inverted) invert_mask(mask, count);
    return MatchOutcome{column.codec->is_matched_encoded};
}

Result<MatchOutcome> match_booleans(std::span<const std::byte> bytes, std::size_t count,
                                    const LeafTest& test, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto column, open_column(boolean_codecs(), bytes));
    const BooleanTest passing{test.matches(false), test.matches(true)};
    auto status = column.codec->match(column.body, count, passing, mask);
    if (!status) return std::move(status).error().within(column.codec->name);
    return MatchOutcome{true};
}

Result<MatchOutcome> match_strings(std::span<const std::byte> bytes, std::size_t count,
                                   const LeafTest& test, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto column, open_column(string_codecs(), bytes));
    auto status = column.codec->match(column.body, count, test, mask);
    if (!status) return std::move(status).error().within(column.codec->name);
    return MatchOutcome{column.codec->is_matched_encoded};
}

// Null for an id that is not known.
const IntegerCodec* integer_codec_of(NestedColumn column) {
    const auto id = static_cast<CodecId>(column.bytes.front());
    const auto codecs = integer_codecs();
    const auto codec = std::ranges::find(codecs, id, &IntegerCodec::id);
    return codec == codecs.end() ? nullptr : *codec;
}

// Steps inwards in a loop: how deep the codecs nest is up to the bytes.
void describe_integers(NestedColumn column, std::string& text) {
    while (!column.bytes.empty()) {
        const IntegerCodec* const codec = integer_codec_of(column);
        text.append(text.empty() ? "" : " ").append(codec == nullptr ? "unknown" : codec->name);
        if (codec == nullptr) return;
        column = codec->nested(column.bytes.subspan(1), column.count);
    }
}

// Packed, patched and centred integers begin alike: the base, then the width (FORMAT.md 4.3).
std::optional<unsigned> packed_bit_width(CodecId id, std::span<const std::byte> body) {
    const bool is_packed =
        id == CodecId::Packed || id == CodecId::Patched || id == CodecId::Centred;
    if (!is_packed) return std::nullopt;
    ByteReader reader(body);
    if (!reader.read_varint()) return std::nullopt;
    const auto width = reader.read_u8();
    if (!width) return std::nullopt;
    return width.value();
}

std::optional<unsigned> bit_width_of_integers(NestedColumn column) {
    std::optional<unsigned> width;
    while (!column.bytes.empty()) {
        const IntegerCodec* const codec = integer_codec_of(column);
        if (codec == nullptr) return std::nullopt;
        width = packed_bit_width(codec->id, column.bytes.subspan(1));
        column = codec->nested(column.bytes.subspan(1), column.count);
    }
    return width;
}

template <typename Codec>
std::optional<unsigned> bit_width_inside(std::span<const Codec* const> codecs,
                                         std::span<const std::byte> bytes, std::size_t count) {
    const auto column = open_column(codecs, bytes);
    if (!column) return std::nullopt;
    return bit_width_of_integers(column.value().codec->nested(column.value().body, count));
}

template <typename Codec>
std::string describe(std::span<const Codec* const> codecs, std::span<const std::byte> bytes,
                     std::size_t count) {
    const auto column = open_column(codecs, bytes);
    if (!column) return "unknown";
    std::string text(column.value().codec->name);
    describe_integers(column.value().codec->nested(column.value().body, count), text);
    return text;
}

}  // namespace

void encode_floats(std::span<const double> values, std::vector<std::byte>& out) {
    const auto is_restored = [&](std::span<const std::byte> encoded) {
        Scratch<double> decoded(values.size());
        return decode_floats(encoded, decoded.values()).has_value() &&
               are_same<double>(decoded.values(), values);
    };
    encode_column(float_codecs(), values, is_restored, out);
}

void encode_integers(std::span<const std::int64_t> values, std::vector<std::byte>& out) {
    encode_patterns({patterns_of(values), IntegerOrder::Signed}, out);
}

void encode_unsigneds(std::span<const std::uint64_t> values, std::vector<std::byte>& out) {
    encode_patterns({values, IntegerOrder::Unsigned}, out);
}

void encode_booleans(std::span<const std::uint8_t> values, std::vector<std::byte>& out) {
    const auto is_restored = [&](std::span<const std::byte> encoded) {
        Scratch<std::uint8_t> decoded(values.size());
        return decode_booleans(encoded, decoded.values()).has_value() &&
               are_same<std::uint8_t>(decoded.values(), values);
    };
    encode_column(boolean_codecs(), values, is_restored, out);
}

void encode_strings(std::span<const std::string_view> values, std::vector<std::byte>& out) {
    const auto is_restored = [&](std::span<const std::byte> encoded) {
        StringArena arena;
        Scratch<std::string_view> decoded(values.size());
        return decode_strings(encoded, decoded.values(), arena).has_value() &&
               std::ranges::equal(decoded.values(), values);
    };
    encode_column(string_codecs(), values, is_restored, out);
}

void encode_times(std::span<const std::int64_t> times, std::vector<std::byte>& out) {
    const auto is_restored = [&](std::span<const std::byte> encoded) {
        Scratch<std::int64_t> decoded(times.size());
        return decode_times(encoded, decoded.values()).has_value() &&
               are_same<std::int64_t>(decoded.values(), times);
    };
    encode_column(time_codecs(), times, is_restored, out);
}

Status decode_floats(std::span<const std::byte> bytes, std::span<double> values) {
    return decode_column(float_codecs(), bytes, values);
}

Status decode_integers(std::span<const std::byte> bytes, std::span<std::int64_t> values) {
    return decode_integer_column(bytes, kAnyRank, patterns_of(values));
}

Status decode_unsigneds(std::span<const std::byte> bytes, std::span<std::uint64_t> values) {
    return decode_integer_column(bytes, kAnyRank, values);
}

Status decode_booleans(std::span<const std::byte> bytes, std::span<std::uint8_t> values) {
    return decode_column(boolean_codecs(), bytes, values);
}

Status decode_strings(std::span<const std::byte> bytes, std::span<std::string_view> values,
                      StringArena& arena) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto column, open_column(string_codecs(), bytes));
    auto status = column.codec->decode(column.body, values, arena);
    if (!status) return std::move(status).error().within(column.codec->name);
    return success();
}

Status decode_times(std::span<const std::byte> bytes, std::span<std::int64_t> times) {
    TIDEMARK_RETURN_IF_ERROR(decode_column(time_codecs(), bytes, times));
    if (std::ranges::adjacent_find(times, std::greater_equal<>{}) != times.end()) {
        return Error(ErrorCode::Corruption, "times do not ascend");
    }
    return success();
}

Result<MatchOutcome> match_column(std::span<const std::byte> bytes, std::size_t count,
                                  const LeafTest& test, std::span<std::uint64_t> mask) {
    switch (test.type()) {
        case FieldType::Float:
            return match_floats(bytes, count, test.float_range(), mask);
        case FieldType::Integer:
            TIDEMARK_RETURN_IF_ERROR(match_patterns(bytes, count, test.integer_range(), mask));
            break;
        case FieldType::Unsigned:
            TIDEMARK_RETURN_IF_ERROR(match_patterns(bytes, count, test.unsigned_range(), mask));
            break;
        case FieldType::Boolean:
            return match_booleans(bytes, count, test, mask);
        case FieldType::String:
            return match_strings(bytes, count, test, mask);
    }
    const bool is_plain = static_cast<CodecId>(bytes.front()) == CodecId::Plain;
    return MatchOutcome{!is_plain};
}

std::string describe_column(FieldType type, std::span<const std::byte> bytes, std::size_t count) {
    switch (type) {
        case FieldType::Float:
            return describe(float_codecs(), bytes, count);
        case FieldType::Integer:
        case FieldType::Unsigned:
            return describe(integer_codecs(), bytes, count);
        case FieldType::Boolean:
            return describe(boolean_codecs(), bytes, count);
        case FieldType::String:
            return describe(string_codecs(), bytes, count);
    }
    return "unknown";
}

std::string describe_times(std::span<const std::byte> bytes, std::size_t count) {
    return describe(time_codecs(), bytes, count);
}

std::optional<unsigned> column_bit_width(FieldType type, std::span<const std::byte> bytes,
                                         std::size_t count) {
    switch (type) {
        case FieldType::Float:
            return bit_width_inside(float_codecs(), bytes, count);
        case FieldType::Integer:
        case FieldType::Unsigned:
            return bit_width_of_integers({bytes, count});
        case FieldType::Boolean:
            return bit_width_inside(boolean_codecs(), bytes, count);
        case FieldType::String:
            return bit_width_inside(string_codecs(), bytes, count);
    }
    return std::nullopt;
}

std::optional<unsigned> times_bit_width(std::span<const std::byte> bytes, std::size_t count) {
    return bit_width_inside(time_codecs(), bytes, count);
}

}  // namespace tidemark::storage
