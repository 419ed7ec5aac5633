#include "storage/line_protocol/known_lines.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <system_error>

#include <fast_float/fast_float.h>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/line_protocol/decimal_text.h"
#include "storage/line_protocol/field_text.h"
#include "storage/line_protocol/structural_scan.h"

namespace tidemark::storage {
namespace {

// A connection remembers so much at most; the lines of further series are read byte by byte.
constexpr std::size_t kMaxFieldSets = 64;
constexpr std::size_t kMaxTextSizeBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxKeySizeBytes = 1024;

bool starts_with(const char* position, const char* end, std::string_view text) {
    return static_cast<std::size_t>(end - position) >= text.size() &&
           std::memcmp(position, text.data(), text.size()) == 0;
}

// Each of these returns where the value ends, or null when it is of no simple form. Behind every
// value there is at least the line's end to be looked at.

const char* read_integer(const DecimalText& decimal, WriteBatch::Kept name, WriteBatch& batch) {
    const auto value = integer_of(decimal);
    if (!value) return nullptr;
    batch.add_integer(name, *value);
    return decimal.end + 1;
}

const char* read_unsigned(const DecimalText& decimal, WriteBatch::Kept name, WriteBatch& batch) {
    const auto value = integer_of(decimal);
    if (!value || decimal.is_negative) return nullptr;
    batch.add_unsigned(name, decimal.digits);
    return decimal.end + 1;
}

const char* read_float(const char* begin, const DecimalText& decimal, WriteBatch::Kept name,
                       WriteBatch& batch) {
    if (const auto quotient = quotient_of(decimal)) {
        batch.add_float(name, *quotient);
        return decimal.end;
    }
    double value = 0;
    const auto [stopped, error] = fast_float::from_chars(begin, decimal.end, value);
    if (stopped != decimal.end || error != std::errc{} || !std::isfinite(value)) return nullptr;
    batch.add_float(name, value);
    return decimal.end;
}

const char* read_number(const char* begin, WriteBatch::Kept name, WriteBatch& batch) {
    const auto decimal = read_decimal(begin);
    if (!decimal) return nullptr;
    switch (*decimal->end) {
        case 'i':
            return read_integer(*decimal, name, batch);
        case 'u':
            return read_unsigned(*decimal, name, batch);
        default:
            return read_float(begin, *decimal, name, batch);
    }
}

const char* read_word(const char* begin, const char* line_end, WriteBatch::Kept name,
                      WriteBatch& batch) {
    const char* end = std::find_if(begin, line_end, ends_value);
    const auto value = read_boolean({begin, static_cast<std::size_t>(end - begin)});
    if (!value) return nullptr;
    batch.add_boolean(name, *value);
    return end;
}

const char* read_string(const char* begin, const char* line_end, WriteBatch::Kept name,
                        WriteBatch& batch) {
    bool has_high_bit = false;
    const char* end = find_stop<StringBytes>(begin + 1, line_end, has_high_bit);
    if (end == line_end || *end != '"' || has_high_bit) return nullptr;
    batch.add_string(name, {begin + 1, static_cast<std::size_t>(end - begin - 1)});
    return end + 1;
}

const char* read_value(const char* begin, const char* line_end, WriteBatch::Kept name,
                       WriteBatch& batch) {
    if (is_digit(*begin) || *begin == '-') return read_number(begin, name, batch);
    if (*begin == '"') return read_string(begin, line_end, name, batch);
    return read_word(begin, line_end, name, batch);
}

}  // namespace

// ---- Reading ------------------------------------------------------------------------------

const char* KnownLines::read(const char* line, const char* end, WriteBatch& batch) {
    if (series_.empty()) return nullptr;
    const void* newline = std::memchr(line, '\n', static_cast<std::size_t>(end - line));
    if (newline == nullptr) return nullptr;
    const char* next_line = static_cast<const char*>(newline) + 1;
    const char* line_end = next_line - 1;
    if (line_end != line && line_end[-1] == '\r') --line_end;

    const auto number = find(line, line_end);
    if (!number) return nullptr;
    series_[last_].follower = *number;
    last_ = *number;
    Series& series = series_[*number];
    begin_point(series, batch);
    const char* position = read_fields(line + series.key.size_bytes + 1, line_end,
                                       fields_in(series.fields, batch), batch);
    if (position == nullptr) return nullptr;
    time_ns_.reset();
    if (position == line_end) return next_line;
    return *position == ' ' && read_time(position + 1, line_end) ? next_line : nullptr;
}

// The series whose key the line begins with, and a space.
std::optional<std::uint32_t> KnownLines::find(const char* line, const char* line_end) {
    const auto is_it = [&](std::uint32_t number) {
        const std::string_view key = view(series_[number].key);
        return static_cast<std::size_t>(line_end - line) > key.size() && line[key.size()] == ' ' &&
               std::memcmp(line, key.data(), key.size()) == 0;
    };
    const std::uint32_t expected = series_[last_].follower;
    if (is_it(expected)) return expected;
    const auto size_bytes = std::min(static_cast<std::size_t>(line_end - line), kMaxKeySizeBytes);
    const void* space = std::memchr(line, ' ', size_bytes);
    if (space == nullptr) return std::nullopt;
    const std::string_view key(line,
                               static_cast<std::size_t>(static_cast<const char*>(space) - line));
    return slots_.find(xxh3_64(as_bytes(key), 0), is_it);
}

void KnownLines::begin_point(Series& series, WriteBatch& batch) const {
    if (series.batch_number != batch_number_) {
        series.kept_key = batch.keep_series_key(view(series.raw_series_key));
        series.batch_number = batch_number_;
    }
    batch.begin_point(series.kept_key);
}

KnownLines::Fields& KnownLines::fields_in(std::uint32_t number, WriteBatch& batch) {
    Fields& fields = fields_[number];
    if (fields.batch_number == batch_number_) return fields;
    for (Field& field : fields.fields) {
        const std::string_view name = view(field.name);
        field.kept_name = batch.keep_name(name.substr(0, name.size() - 1));
    }
    fields.batch_number = batch_number_;
    return fields;
}

// Returns what is behind the last field, or null.
const char* KnownLines::read_fields(const char* position, const char* line_end,
                                    const Fields& fields, WriteBatch& batch) const {
    for (const Field& field : fields.fields) {
        if (&field != &fields.fields.front()) {
            if (*position != ',') return nullptr;
            ++position;
        }
        if (!starts_with(position, line_end, view(field.name))) return nullptr;
        position = read_value(position + field.name.size_bytes, line_end, field.kept_name, batch);
        if (position == nullptr) return nullptr;
    }
    return position;
}

// Many lines have the time of the line before.
bool KnownLines::read_time(const char* begin, const char* end) {
    if (begin == end) return false;
    const std::string_view text(begin, static_cast<std::size_t>(end - begin));
    if (text == last_time_text_) {
        time_ns_ = last_time_ns_;
        return true;
    }
    const auto decimal = read_decimal(begin);
    if (!decimal || decimal->end != end) return false;
    const auto units = integer_of(*decimal);
    std::int64_t time_ns = 0;
    if (!units || __builtin_mul_overflow(*units, unit_ns_, &time_ns)) return false;
    last_time_text_ = text;
    last_time_ns_ = time_ns;
    time_ns_ = time_ns;
    return true;
}

// ---- Learning -----------------------------------------------------------------------------

KnownLines::Text KnownLines::keep(std::string_view bytes) {
    const Text text{static_cast<std::uint32_t>(bytes_.size()),
                    static_cast<std::uint32_t>(bytes.size())};
    bytes_.append(bytes);
    return text;
}

// Nothing is gained by series that never come again, so nothing is learned before one did.
bool KnownLines::repeats(std::string_view key) {
    if (is_repeating_) return true;
    is_repeating_ = key == awaited_key_;
    if (!is_repeating_ && ++lines_awaited_ >= kMaxSeries) {
        awaited_key_ = key;
        lines_awaited_ = 0;
    }
    return is_repeating_;
}

void KnownLines::learn(std::string_view key, const WriteBatch& batch) {
    if (series_.size() >= kMaxSeries || key.size() > kMaxKeySizeBytes || !repeats(key)) return;
    const std::string_view raw_series_key = batch.point(batch.point_count() - 1).raw_series_key;
    if (bytes_.size() + key.size() + raw_series_key.size() > kMaxTextSizeBytes) return;
    const auto fields = learn_fields(batch);
    if (!fields) return;
    const std::uint64_t hash = xxh3_64(as_bytes(key), 0);
    auto number =
        slots_.find(hash, [&](std::uint32_t known) { return view(series_[known].key) == key; });
    if (number) {
        series_[*number].fields = *fields;
    } else {
        number = static_cast<std::uint32_t>(series_.size());
        const Text key_text = keep(key);
        series_.push_back({key_text, keep(raw_series_key), *fields, 0, batch_number_ - 1, {}});
        slots_.add(hash, *number);
    }
    series_[last_].follower = *number;
    last_ = *number;
}

// The number of the set of fields that the last point has, in its order.
std::optional<std::uint32_t> KnownLines::learn_fields(const WriteBatch& batch) {
    const auto known = std::ranges::find_if(
        fields_, [&](const Fields& fields) { return has_names(fields, batch); });
    if (known != fields_.end()) return static_cast<std::uint32_t>(known - fields_.begin());
    const std::size_t point = batch.point_count() - 1;
    const std::size_t field_count = batch.point(point).field_count;
    if (fields_.size() == kMaxFieldSets) return std::nullopt;
    Fields fields;
    fields.batch_number = batch_number_ - 1;
    for (std::size_t index = 0; index < field_count; ++index) {
        const std::string_view name = batch.field(point, index).name;
        if (bytes_.size() + name.size() > kMaxTextSizeBytes) return std::nullopt;
        Text text = keep(name);
        bytes_.push_back('=');
        ++text.size_bytes;
        fields.fields.push_back({text, {}});
    }
    fields_.push_back(std::move(fields));
    return static_cast<std::uint32_t>(fields_.size() - 1);
}

bool KnownLines::has_names(const Fields& fields, const WriteBatch& batch) const {
    const std::size_t point = batch.point_count() - 1;
    if (batch.point(point).field_count != fields.fields.size()) return false;
    for (std::size_t index = 0; index < fields.fields.size(); ++index) {
        const std::string_view name = view(fields.fields[index].name);
        if (batch.field(point, index).name != name.substr(0, name.size() - 1)) return false;
    }
    return true;
}

}  // namespace tidemark::storage
