#include "storage/engine/batch_column.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "storage/codec/float_scale.h"

// A column of numbers:
//
//   form        u8      bits 0 to 6: decimals, 127: the values follow as they are, 8 bytes each;
//                       bit 7: differences
//   base        zigzag  what every series' number is before its first row
//   exceptions          only of floats: varint their number, then for each row whose value is no
//                       such decimal varint rows between it and the exception before, and the 8
//                       bytes of the value
//   numbers             for each other row a varint: zigzag(number - the series' number before)
//   with
//                       differences, number - base without, both modulo 2^64
//
// The value of a float is double(number) / 10^decimals. Columns of other types are a byte for each
// boolean, a sized text for each string.

namespace tidemark::storage {
namespace {

constexpr std::uint8_t kPlain = 127;
constexpr std::uint8_t kDecimalsMask = 127;
constexpr std::uint8_t kDifferences = 128;
// Of an exception, until it has one: greater than all others.
constexpr std::uint64_t kNoNumber = std::numeric_limits<std::int64_t>::max();

std::uint64_t difference(std::uint64_t number, std::uint64_t before) {
    return zigzag_encode(static_cast<std::int64_t>(number - before));
}

}  // namespace

// ---- Writing ------------------------------------------------------------------------------

void NumberColumnWriter::write(FieldType type, std::span<const std::uint64_t> values,
                               std::span<const std::uint32_t> previous,
                               std::vector<std::byte>& out) {
    const std::size_t begin = out.size();
    if (take_numbers(type, values)) {
        find_base(previous);
        write_column(type, values, previous, out);
        if (out.size() - begin <= values.size_bytes()) return;
        out.resize(begin);
    }
    ByteWriter writer(out);
    writer.write_u8(kPlain);
    writer.write_bytes(std::as_bytes(values));
}

// False when too few of the values are decimals.
bool NumberColumnWriter::take_numbers(FieldType type, std::span<const std::uint64_t> values) {
    decimals_ = 0;
    exception_rows_.clear();
    numbers_.assign(values.begin(), values.end());
    if (type != FieldType::Float) return true;

    doubles_.resize(values.size());
    std::memcpy(doubles_.data(), values.data(), values.size_bytes());
    const auto decimals = find_decimals(doubles_);
    if (!decimals) return false;
    decimals_ = *decimals;
    const double factor = digits_factor(decimals_);
    for (std::size_t row = 0; row < values.size(); ++row) {
        const std::int64_t number = nearest_integer(doubles_[row] * factor);
        numbers_[row] = static_cast<std::uint64_t>(number);
        const double again = static_cast<double>(number) / factor;
        if (std::bit_cast<std::uint64_t>(again) == values[row]) continue;
        exception_rows_.push_back(static_cast<std::uint32_t>(row));
        numbers_[row] = kNoNumber;
    }
    return exception_rows_.size() * 2 <= values.size();
}

// The smallest number. Exceptions get the number that their series has at that row.
void NumberColumnWriter::find_base(std::span<const std::uint32_t> previous) {
    const auto is_less = [](std::uint64_t left, std::uint64_t right) {
        return static_cast<std::int64_t>(left) < static_cast<std::int64_t>(right);
    };
    base_ = *std::ranges::min_element(numbers_, is_less);
    for (const std::uint32_t row : exception_rows_) {
        numbers_[row] = number_before(previous[row]);
    }
}

void NumberColumnWriter::write_column(FieldType type, std::span<const std::uint64_t> values,
                                      std::span<const std::uint32_t> previous,
                                      std::vector<std::byte>& out) const {
    std::size_t offsets_size_bytes = 0;
    std::size_t differences_size_bytes = 0;
    for (std::size_t row = 0; row < numbers_.size(); ++row) {
        offsets_size_bytes += varint_size_bytes(numbers_[row] - base_);
        differences_size_bytes +=
            varint_size_bytes(difference(numbers_[row], number_before(previous[row])));
    }
    const bool has_differences = differences_size_bytes < offsets_size_bytes;
    ByteWriter writer(out);
    writer.write_u8(static_cast<std::uint8_t>(decimals_ | (has_differences ? kDifferences : 0)));
    writer.write_zigzag(static_cast<std::int64_t>(base_));
    if (type == FieldType::Float) write_exceptions(values, writer);

    const std::size_t begin = out.size();
    out.resize(begin + std::min(differences_size_bytes, offsets_size_bytes));
    std::byte* end = out.data() + begin;
    auto exception = exception_rows_.begin();
    for (std::size_t row = 0; row < numbers_.size(); ++row) {
        if (exception != exception_rows_.end() && *exception == row) {
            ++exception;
            continue;
        }
        const std::uint64_t number = numbers_[row];
        end = put_varint(
            has_differences ? difference(number, number_before(previous[row])) : number - base_,
            end);
    }
    out.resize(static_cast<std::size_t>(end - out.data()));
}

void NumberColumnWriter::write_exceptions(std::span<const std::uint64_t> values,
                                          ByteWriter& writer) const {
    writer.write_varint(exception_rows_.size());
    std::uint32_t next_row = 0;
    for (const std::uint32_t row : exception_rows_) {
        writer.write_varint(row - next_row);
        writer.write_u64(values[row]);
        next_row = row + 1;
    }
}

// ---- Reading ------------------------------------------------------------------------------

Result<BatchColumnReader> BatchColumnReader::open(FieldType type,
                                                  std::span<const std::byte> bytes) {
    BatchColumnReader column(type);
    ByteReader reader(bytes);
    const bool has_head = type != FieldType::Boolean && type != FieldType::String;
    if (has_head) TIDEMARK_RETURN_IF_ERROR(column.read_head(reader));
    column.rest_ = bytes.subspan(reader.offset());
    return column;
}

Status BatchColumnReader::read_head(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t form, reader.read_u8());
    is_plain_ = form == kPlain;
    if (is_plain_) return success();
    const unsigned decimals = form & kDecimalsMask;
    if (decimals > (type_ == FieldType::Float ? kMaxDecimalExponent : 0)) {
        return Error(ErrorCode::Corruption,
                     "there is no form " + std::to_string(form) + " of a column");
    }
    has_differences_ = (form & kDifferences) != 0;
    divisor_ = digits_factor(decimals);
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t base, reader.read_zigzag());
    base_ = static_cast<std::uint64_t>(base);
    return type_ == FieldType::Float ? read_exceptions(reader) : success();
}

Status BatchColumnReader::read_exceptions(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t count, reader.read_varint());
    std::uint64_t row = 0;
    for (std::uint64_t index = 0; index < count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t rows_between, reader.read_varint());
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t bits, reader.read_u64());
        // A number of rows that wraps around is of a row that never comes.
        row += rows_between;
        exceptions_.push_back({row, bits});
        ++row;
    }
    return success();
}

bool BatchColumnReader::read(std::uint64_t& number, std::uint64_t& bits, std::string_view& text) {
    switch (type_) {
        case FieldType::Float:
        case FieldType::Integer:
        case FieldType::Unsigned:
            return is_plain_ ? take_bits(bits) : read_number(number, bits);
        case FieldType::Boolean:
            return take_varint(bits) && bits <= 1;
        case FieldType::String:
            break;
    }
    return take_text(text);
}

bool BatchColumnReader::read_number(std::uint64_t& number, std::uint64_t& bits) {
    const std::uint64_t row = row_++;
    if (next_exception_ < exceptions_.size() && exceptions_[next_exception_].row == row) {
        bits = exceptions_[next_exception_++].bits;
        return true;
    }
    std::uint64_t stored = 0;
    if (!take_varint(stored)) return false;
    number = has_differences_ ? number + static_cast<std::uint64_t>(zigzag_decode(stored))
                              : base_ + stored;
    bits = number;
    if (type_ == FieldType::Float) {
        const double value = static_cast<double>(static_cast<std::int64_t>(number)) / divisor_;
        bits = std::bit_cast<std::uint64_t>(value);
    }
    return true;
}

bool BatchColumnReader::take_varint(std::uint64_t& value) {
    std::uint64_t word = 0;
    if (rest_.size() < sizeof word) return take_long_varint(value);
    std::memcpy(&word, rest_.data(), sizeof word);
    const std::uint64_t ends = ~word & 0x8080'8080'8080'8080;
    if (ends == 0) return take_long_varint(value);
    // The bits of the varint's bytes, then 7 of each byte moved together: pairs, fours, eight.
    word &= ends ^ (ends - 1);
    word &= 0x7f7f'7f7f'7f7f'7f7f;
    word = (word & 0x007f'007f'007f'007f) | (word & 0x7f00'7f00'7f00'7f00) >> 1;
    word = (word & 0x0000'3fff'0000'3fff) | (word & 0x3fff'0000'3fff'0000) >> 2;
    value = (word & 0x0000'0000'0fff'ffff) | (word & 0x0fff'ffff'0000'0000) >> 4;
    rest_ = rest_.subspan(static_cast<std::size_t>(std::countr_zero(ends)) / 8 + 1);
    return true;
}

/// Byte by byte: near the end, or of more than 8 bytes.
bool BatchColumnReader::take_long_varint(std::uint64_t& value) {
    std::uint64_t taken = 0;
    const std::size_t limit = std::min(rest_.size(), kMaxVarintSizeBytes);
    for (std::size_t index = 0; index < limit; ++index) {
        const auto byte = std::to_integer<std::uint64_t>(rest_[index]);
        if (index + 1 == kMaxVarintSizeBytes && byte > 1) return false;
        taken |= (byte & 0x7f) << (7 * index);
        if (byte < 0x80) {
            rest_ = rest_.subspan(index + 1);
            value = taken;
            return true;
        }
    }
    return false;
}

bool BatchColumnReader::take_bits(std::uint64_t& bits) {
    if (rest_.size() < sizeof bits) return false;
    std::memcpy(&bits, rest_.data(), sizeof bits);
    rest_ = rest_.subspan(sizeof bits);
    return true;
}

bool BatchColumnReader::take_text(std::string_view& text) {
    std::uint64_t size_bytes = 0;
    if (!take_varint(size_bytes) || size_bytes > rest_.size()) return false;
    text = as_text(rest_.first(static_cast<std::size_t>(size_bytes)));
    rest_ = rest_.subspan(text.size());
    return true;
}

}  // namespace tidemark::storage
