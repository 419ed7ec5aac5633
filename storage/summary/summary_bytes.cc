// The stored form of a summary. FORMAT.md section 4.8 is the specification.

#include <bit>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>

#include "storage/base/assert.h"
#include "storage/base/bytes.h"
#include "storage/summary/double_double.h"
#include "storage/summary/summary.h"
#include "storage/summary/time_distance.h"

namespace tidemark::storage {
namespace {

// Flags, in the first byte.
constexpr std::uint8_t kAllRows = 0x01;         // Every row has a value.
constexpr std::uint8_t kAllTime = 0x02;         // From the first row to the last.
constexpr std::uint8_t kNonDecreasing = 0x04;   // ColumnSummary::is_non_decreasing
constexpr std::uint8_t kHasValues = 0x08;       // ColumnSummary::has_values
constexpr std::uint8_t kOneValue = 0x10;        // min, max, first and last are equal, stored once.
constexpr std::uint8_t kSumHasLow = 0x20;       // The float sum's low part is not zero.
constexpr std::uint8_t kIntegralHasLow = 0x40;  // The integral's low part is not zero.
constexpr std::uint8_t kWideSum = 0x80;         // The integer sum exceeds 64 bits.

// A float that is n / 10^decimals, 0 to 15 decimals, |n| < 2^53. Division rounds correctly, so
// every decimal of up to 15 digits is.
constexpr double kPowersOfTen[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
constexpr std::uint8_t kNoDecimals = 0xff;  // The floats are stored as they are.

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

bool is_whole_number(FieldType type) {
    return type == FieldType::Integer || type == FieldType::Unsigned;
}

bool is_numeric(FieldType type) { return type == FieldType::Float || is_whole_number(type); }

/// For their length, or for a NaN.
bool may_lack_values(FieldType type) {
    return type == FieldType::String || type == FieldType::Float;
}

/// A NaN is among the values.
bool is_without_sums(const ColumnSummary& summary) {
    return summary.type == FieldType::Float && !summary.has_values;
}

bool fits_64_bits(Int128 value) {
    return value == static_cast<Int128>(static_cast<std::int64_t>(value));
}

bool is_same_value(const Value& left, const Value& right) {
    const auto* left_float = std::get_if<double>(&left);
    const auto* right_float = std::get_if<double>(&right);
    if (left_float != nullptr && right_float != nullptr) {
        return bits_of(*left_float) == bits_of(*right_float);
    }
    return left == right;
}

/// The bit pattern of an integer of either signedness.
std::uint64_t pattern_of(const Value& value) {
    if (const auto* number = std::get_if<std::uint64_t>(&value)) return *number;
    return static_cast<std::uint64_t>(std::get<std::int64_t>(value));
}

Value value_of(FieldType type, std::uint64_t pattern) {
    if (type == FieldType::Unsigned) return pattern;
    return static_cast<std::int64_t>(pattern);
}

/// The values that are stored: one, or four.
std::span<const Value* const> stored_values(const ColumnSummary& summary,
                                            std::span<const Value*, 4> values) {
    values[0] = &summary.min;
    values[1] = &summary.max;
    values[2] = &summary.first;
    values[3] = &summary.last;
    const bool is_one = is_same_value(summary.min, summary.max) &&
                        is_same_value(summary.min, summary.first) &&
                        is_same_value(summary.min, summary.last);
    return std::span<const Value* const>(values).first(is_one ? 1 : 4);
}

std::optional<std::int64_t> decimal_digits(double value, std::uint8_t decimals) {
    constexpr double kLimit = 9007199254740992.0;  // 2^53
    const double digits = std::nearbyint(value * kPowersOfTen[decimals]);
    if (!(std::abs(digits) < kLimit)) return std::nullopt;
    if (bits_of(digits / kPowersOfTen[decimals]) != bits_of(value)) return std::nullopt;
    if (digits == 0 && std::signbit(value)) return std::nullopt;  // An integer has no -0.0.
    return static_cast<std::int64_t>(digits);
}

/// The fewest decimals that all values have.
std::uint8_t common_decimals(std::span<const Value* const> values) {
    static_assert(std::size(kPowersOfTen) < 256);
    for (std::size_t power = 0; power < std::size(kPowersOfTen); ++power) {
        const auto decimals = static_cast<std::uint8_t>(power);
        bool have_all = true;
        for (const Value* value : values) {
            have_all = have_all && decimal_digits(std::get<double>(*value), decimals).has_value();
        }
        if (have_all) return decimals;
    }
    return kNoDecimals;
}

void write_floats(std::span<const Value* const> values, ByteWriter& writer) {
    const std::uint8_t decimals = common_decimals(values);
    writer.write_u8(decimals);
    for (const Value* value : values) {
        const double number = std::get<double>(*value);
        if (decimals == kNoDecimals)
            writer.write_double(number);
        else
            writer.write_zigzag(*decimal_digits(number, decimals));
    }
}

void write_values(const ColumnSummary& summary, std::span<const Value* const> values,
                  ByteWriter& writer) {
    switch (summary.type) {
        case FieldType::Float:
            write_floats(values, writer);
            break;
        case FieldType::Integer:
        case FieldType::Unsigned: {
            // The smallest one, then distances from it.
            const std::uint64_t min = pattern_of(summary.min);
            writer.write_zigzag(static_cast<std::int64_t>(min));
            for (const Value* value : values.subspan(1)) {
                writer.write_varint(pattern_of(*value) - min);
            }
            break;
        }
        case FieldType::Boolean:
            for (const Value* value : values) writer.write_u8(std::get<bool>(*value) ? 1 : 0);
            break;
        case FieldType::String:
            for (const Value* value : values) {
                writer.write_sized_string(std::get<std::string>(*value));
            }
            break;
    }
}

std::uint8_t flags_of(const ColumnSummary& summary, const SummarisedRows& rows,
                      std::size_t stored_value_count) {
    const auto flag = [](bool is_set, std::uint8_t bit) { return is_set ? bit : std::uint8_t{0}; };
    const bool covers_all_time =
        summary.first_ns == rows.first_ns && summary.last_ns == rows.last_ns;
    unsigned flags = flag(summary.non_null_count == rows.row_count, kAllRows);
    flags |= flag(covers_all_time, kAllTime);
    flags |= flag(summary.is_non_decreasing, kNonDecreasing);
    flags |= flag(summary.has_values, kHasValues);
    flags |= flag(summary.has_values && stored_value_count == 1, kOneValue);
    flags |= flag(bits_of(summary.sum.low) != 0, kSumHasLow);
    flags |= flag(bits_of(summary.integral.low) != 0, kIntegralHasLow);
    flags |= flag(!fits_64_bits(summary.integer_sum), kWideSum);
    return static_cast<std::uint8_t>(flags);
}

void write_double_double(const DoubleDouble& value, ByteWriter& writer) {
    writer.write_double(value.high);
    if (bits_of(value.low) != 0) writer.write_double(value.low);
}

void write_sums(const ColumnSummary& summary, ByteWriter& writer) {
    if (is_without_sums(summary)) return;
    if (summary.type == FieldType::Float) write_double_double(summary.sum, writer);
    if (is_whole_number(summary.type)) {
        const auto low = static_cast<std::uint64_t>(summary.integer_sum);
        if (fits_64_bits(summary.integer_sum)) {
            writer.write_zigzag(static_cast<std::int64_t>(low));
        } else {
            writer.write_u64(low);
            writer.write_u64(static_cast<std::uint64_t>(summary.integer_sum >> 64));
        }
    }
    if (is_numeric(summary.type)) write_double_double(summary.integral, writer);
    if (summary.type == FieldType::Boolean) {
        writer.write_varint(static_cast<std::uint64_t>(summary.true_ns));
        writer.write_varint(summary.transition_count);
    }
}

/// Reads the fields behind the flags, in their order, into a summary.
class SummaryReader {
public:
    SummaryReader(FieldType type, const SummarisedRows& rows, ByteReader& reader)
        : rows_(rows), reader_(reader), summary_(empty_summary(type)) {}

    Result<ColumnSummary> read() {
        summary_.row_count = rows_.row_count;
        TIDEMARK_ASSIGN_OR_RETURN(flags_, reader_.read_u8());
        TIDEMARK_RETURN_IF_ERROR(read_count());
        summary_.is_non_decreasing = has(kNonDecreasing);
        if (summary_.non_null_count == 0) return std::move(summary_);
        TIDEMARK_RETURN_IF_ERROR(read_times());
        summary_.has_values = has(kHasValues);
        if (summary_.has_values) TIDEMARK_RETURN_IF_ERROR(read_values());
        if (!summary_.has_values && !may_lack_values(summary_.type)) {
            return Error(ErrorCode::Corruption, "a summary lacks its values");
        }
        TIDEMARK_RETURN_IF_ERROR(read_sums());
        return std::move(summary_);
    }

private:
    bool has(std::uint8_t flag) const { return (flags_ & flag) != 0; }

    Status read_count() {
        summary_.non_null_count = rows_.row_count;
        if (has(kAllRows)) return success();
        TIDEMARK_ASSIGN_OR_RETURN(summary_.non_null_count, reader_.read_varint());
        if (summary_.non_null_count > rows_.row_count) {
            return Error(ErrorCode::Corruption, "a summary counts more values than rows");
        }
        return success();
    }

    Status read_times() {
        std::uint64_t first_offset = 0;
        std::uint64_t last_offset = 0;
        if (!has(kAllTime)) {
            TIDEMARK_ASSIGN_OR_RETURN(first_offset, reader_.read_varint());
            TIDEMARK_ASSIGN_OR_RETURN(last_offset, reader_.read_varint());
        }
        const std::uint64_t distance = distance_between(rows_.first_ns, rows_.last_ns);
        if (first_offset > distance || last_offset > distance - first_offset) {
            return Error(ErrorCode::Corruption, "a summary exceeds the time of its rows");
        }
        summary_.first_ns =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(rows_.first_ns) + first_offset);
        summary_.last_ns =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(rows_.last_ns) - last_offset);
        return read_ns(summary_.largest_gap_ns);
    }

    Status read_ns(std::int64_t& ns) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t distance, reader_.read_varint());
        ns = saturated_ns(distance);
        if (static_cast<std::uint64_t>(ns) != distance) {
            return Error(ErrorCode::Corruption, "a duration exceeds 63 bits");
        }
        return success();
    }

    Status read_values() {
        Value* const all[] = {&summary_.min, &summary_.max, &summary_.first, &summary_.last};
        const auto stored = std::span(all).first(has(kOneValue) ? 1 : 4);
        switch (summary_.type) {
            case FieldType::Float:
                TIDEMARK_RETURN_IF_ERROR(read_floats(stored));
                break;
            case FieldType::Integer:
            case FieldType::Unsigned:
                TIDEMARK_RETURN_IF_ERROR(read_whole_numbers(stored));
                break;
            case FieldType::Boolean:
                TIDEMARK_RETURN_IF_ERROR(read_booleans(stored));
                break;
            case FieldType::String:
                TIDEMARK_RETURN_IF_ERROR(read_strings(stored));
                break;
        }
        for (Value* value : std::span(all).subspan(stored.size())) *value = summary_.min;
        return success();
    }

    Status read_floats(std::span<Value* const> values) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t decimals, reader_.read_u8());
        if (decimals != kNoDecimals && decimals >= std::size(kPowersOfTen)) {
            return Error(ErrorCode::Corruption, "unknown number of decimals");
        }
        for (Value* value : values) {
            if (decimals == kNoDecimals) {
                TIDEMARK_ASSIGN_OR_RETURN(*value, reader_.read_double());
            } else {
                TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t digits, reader_.read_zigzag());
                *value = static_cast<double>(digits) / kPowersOfTen[decimals];
            }
        }
        return success();
    }

    Status read_whole_numbers(std::span<Value* const> values) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t min, reader_.read_zigzag());
        const auto pattern = static_cast<std::uint64_t>(min);
        *values.front() = value_of(summary_.type, pattern);
        for (Value* value : values.subspan(1)) {
            TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t distance, reader_.read_varint());
            *value = value_of(summary_.type, pattern + distance);
        }
        return success();
    }

    Status read_booleans(std::span<Value* const> values) {
        for (Value* value : values) {
            TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t byte, reader_.read_u8());
            if (byte > 1) return Error(ErrorCode::Corruption, "a boolean is neither 0 nor 1");
            *value = byte == 1;
        }
        return success();
    }

    Status read_strings(std::span<Value* const> values) {
        for (Value* value : values) {
            TIDEMARK_ASSIGN_OR_RETURN(const std::string_view text, reader_.read_sized_string());
            *value = std::string(text);
        }
        return success();
    }

    Status read_double_double(std::uint8_t low_flag, DoubleDouble& value) {
        TIDEMARK_ASSIGN_OR_RETURN(value.high, reader_.read_double());
        if (!has(low_flag)) return success();
        TIDEMARK_ASSIGN_OR_RETURN(value.low, reader_.read_double());
        return success();
    }

    Status read_integer_sum() {
        if (!has(kWideSum)) {
            TIDEMARK_ASSIGN_OR_RETURN(summary_.integer_sum, reader_.read_zigzag());
            return success();
        }
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t low, reader_.read_u64());
        TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t high, reader_.read_i64());
        summary_.integer_sum = static_cast<Int128>(high) * (Int128{1} << 64) + low;
        return success();
    }

    Status read_sums() {
        if (is_without_sums(summary_)) return success();
        if (summary_.type == FieldType::Float) {
            TIDEMARK_RETURN_IF_ERROR(read_double_double(kSumHasLow, summary_.sum));
        }
        if (is_whole_number(summary_.type)) TIDEMARK_RETURN_IF_ERROR(read_integer_sum());
        if (is_numeric(summary_.type)) {
            TIDEMARK_RETURN_IF_ERROR(read_double_double(kIntegralHasLow, summary_.integral));
        }
        if (summary_.type != FieldType::Boolean) return success();
        TIDEMARK_RETURN_IF_ERROR(read_ns(summary_.true_ns));
        TIDEMARK_ASSIGN_OR_RETURN(summary_.transition_count, reader_.read_varint());
        return success();
    }

    const SummarisedRows& rows_;
    ByteReader& reader_;
    ColumnSummary summary_;
    std::uint8_t flags_ = 0;
};

}  // namespace

void write_summary(const ColumnSummary& summary, const SummarisedRows& rows,
                   std::vector<std::byte>& out) {
    TIDEMARK_ASSERT(summary.row_count == rows.row_count, "a summary of other rows");
    ByteWriter writer(out);
    const Value* buffer[4];
    const auto values = stored_values(summary, buffer);
    const std::uint8_t flags = flags_of(summary, rows, values.size());
    writer.write_u8(flags);
    if ((flags & kAllRows) == 0) writer.write_varint(summary.non_null_count);
    if (summary.non_null_count == 0) return;
    TIDEMARK_ASSERT(rows.first_ns <= summary.first_ns && summary.last_ns <= rows.last_ns,
                    "a summary exceeds the time of its rows");
    if ((flags & kAllTime) == 0) {
        writer.write_varint(distance_between(rows.first_ns, summary.first_ns));
        writer.write_varint(distance_between(summary.last_ns, rows.last_ns));
    }
    writer.write_varint(static_cast<std::uint64_t>(summary.largest_gap_ns));
    if (summary.has_values) write_values(summary, values, writer);
    write_sums(summary, writer);
}

Result<ColumnSummary> read_summary(FieldType type, const SummarisedRows& rows, ByteReader& reader) {
    return SummaryReader(type, rows, reader).read();
}

}  // namespace tidemark::storage
