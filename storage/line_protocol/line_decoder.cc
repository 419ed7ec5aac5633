#include "storage/line_protocol/line_decoder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include <fast_float/fast_float.h>

#include "storage/base/utf8.h"
#include "storage/line_protocol/field_text.h"
#include "storage/line_protocol/structural_scan.h"

// One function per part of a line, in the order of the line. A line that is wrong in itself but
// whose structure is clear (a number out of range, a tag given twice) is read to its end all the
// same, so that the newlines in its strings are not taken for line ends: see note() and stop().

namespace tidemark::storage {
namespace {

constexpr std::string_view kFieldValue = "field value";
constexpr std::string_view kNan = "nan";

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

// What to ask for in place of a value that is none, by the mistake it looks like.
std::string_view expected_instead_of(std::string_view token) {
    if (token.starts_with('\'')) return "field value (strings take double quotes)";
    if (equals_ignoring_case(token, kNan)) {
        return "finite number (ALTER DATABASE .. SET NAN ACCEPT takes nan as well)";
    }
    if (token.starts_with('-') || token.starts_with('+')) token.remove_prefix(1);
    for (const std::string_view name :
         {kNan, std::string_view("inf"), std::string_view("infinity")}) {
        if (equals_ignoring_case(token, name)) return "finite number";
    }
    return kFieldValue;
}

}  // namespace

LineKind LineDecoder::decode(const char* line, const char* end, WriteBatch& batch) {
    position_ = line;
    end_ = end;
    newline_count_ = 0;
    is_refused_ = false;
    ran_out_ = false;
    time_ns_.reset();
    unescaped_count_ = 0;

    skip_spaces();
    if (take_line_end()) return LineKind::Blank;
    const bool is_comment = is_at('#');
    const bool is_understood = is_comment ? decode_comment() : decode_point(batch);
    if (is_understood && is_refused_) {
        // The resume point is the newline that was just passed, if there was one.
        refusal_.resume = ran_out_ ? end_ : position_ - 1;
    }
    if (is_refused_) return LineKind::Refused;
    return is_comment ? LineKind::Blank : LineKind::Point;
}

bool LineDecoder::decode_comment() {
    while (position_ != end_ &&
           (*position_ == '\t' || !is_control_byte(static_cast<std::uint8_t>(*position_)))) {
        ++position_;
    }
    return take_line_end() || stop("printable text in a comment");
}

bool LineDecoder::decode_point(WriteBatch& batch) {
    const char* begin = position_;
    const std::string_view measurement = read_name<MeasurementBytes>();
    if (position_ == begin) return stop("measurement");
    batch.begin_point(measurement);
    if (!decode_tags(batch)) return false;
    key_ = {begin, static_cast<std::size_t>(position_ - begin)};
    skip_spaces();
    if (!decode_fields(batch)) return false;
    return take_line_end() || decode_timestamp();
}

bool LineDecoder::decode_tags(WriteBatch& batch) {
    tag_keys_.clear();
    tag_keys_ascend_ = true;
    while (take(',')) {
        if (!decode_tag(batch)) return false;
    }
    check_tag_keys();
    if (!is_at(' ')) {
        return stop(tag_keys_.empty() ? "tags or fields after the measurement"
                                      : "another tag or fields after the tag value");
    }
    return true;
}

bool LineDecoder::decode_tag(WriteBatch& batch) {
    const char* begin = position_;
    const std::string_view key = read_name<NameBytes>();
    if (position_ == begin) return stop("tag key");
    check_not_time(key, begin);
    if (!take('=')) return stop("\"=\" after the tag key");

    const char* value_begin = position_;
    const std::string_view value = read_name<NameBytes>();
    if (position_ == value_begin) return stop("tag value");

    if (!tag_keys_.empty() && key <= tag_keys_.back().key) tag_keys_ascend_ = false;
    tag_keys_.push_back({key, begin});
    batch.add_tag(key, value);
    return true;
}

void LineDecoder::check_tag_keys() {
    if (tag_keys_ascend_) return;  // As most senders write them, and then no key can repeat.
    std::ranges::stable_sort(tag_keys_, {}, &TagKey::key);
    const auto repeated = std::ranges::adjacent_find(tag_keys_, {}, &TagKey::key);
    if (repeated == tag_keys_.end()) return;
    note(std::next(repeated)->position, "each tag key once");
}

bool LineDecoder::decode_fields(WriteBatch& batch) {
    do {
        const char* begin = position_;
        const std::string_view name = read_name<NameBytes>();
        if (position_ == begin) return stop("field key");
        check_not_time(name, begin);
        if (!take('=')) return stop("\"=\" after the field key");
        if (!decode_field_value(name, batch)) return false;
    } while (take(','));

    if (position_ == end_ || *position_ == '\n' || *position_ == '\r') return true;
    if (!is_at(' ')) return stop("\",\", a space or the end of the line after the field value");
    skip_spaces();
    return true;
}

bool LineDecoder::decode_field_value(std::string_view name, WriteBatch& batch) {
    if (position_ == end_) return stop(kFieldValue);
    const char first = *position_;
    if (first == '"') return decode_string(name, batch);
    if (is_digit(first) || first == '-' || first == '.') {
        decode_number(name, batch);
    } else if (first == 't' || first == 'T' || first == 'f' || first == 'F') {
        decode_boolean(name, batch);
    } else {
        return decode_word(name, batch);
    }
    return true;
}

// What begins like none of the values.
bool LineDecoder::decode_word(std::string_view name, WriteBatch& batch) {
    const std::string_view token = value_token();
    if (token.empty()) return stop(kFieldValue);
    if (accepts_nan_ && equals_ignoring_case(token, kNan)) {
        batch.add_float(name, std::numeric_limits<double>::quiet_NaN());
    } else {
        note(position_, expected_instead_of(token));
    }
    position_ += token.size();
    return true;
}

bool LineDecoder::decode_string(std::string_view name, WriteBatch& batch) {
    const char* quote = position_++;
    const char* begin = position_;
    bool has_high_bit = false;
    position_ = find_stop<StringBytes>(begin, end_, has_high_bit);
    std::string_view text(begin, static_cast<std::size_t>(position_ - begin));
    if (position_ != end_ && *position_ != '"') {
        text = read_escaped<StringBytes>(begin, has_high_bit);
    }
    if (position_ == end_) {
        note(quote, "closing quote of a string field");
        refusal_.found = "end of input";
        refusal_.resume = quote;
        ran_out_ = true;
        return false;
    }
    ++position_;
    if (has_high_bit && !is_valid_utf8(text)) note(quote, "valid UTF-8");
    batch.add_string(name, text);
    return true;
}

void LineDecoder::decode_boolean(std::string_view name, WriteBatch& batch) {
    const std::string_view token = value_token();
    if (const auto value = read_boolean(token)) {
        batch.add_boolean(name, *value);
    } else {
        note(position_, kFieldValue);
    }
    position_ += token.size();
}

void LineDecoder::decode_number(std::string_view name, WriteBatch& batch) {
    const std::string_view token = value_token();
    const char suffix = token.back();
    if (suffix == 'i' || suffix == 'u') {
        decode_integer(name, token, batch);
    } else {
        decode_float(name, token, batch);
    }
    position_ += token.size();
}

void LineDecoder::decode_integer(std::string_view name, std::string_view token, WriteBatch& batch) {
    const char* begin = token.data();
    const char* end = begin + token.size() - 1;  // The suffix.
    const auto read = [&](auto& value, std::string_view range) {
        const auto [stopped, error] = std::from_chars(begin, end, value);
        if (stopped != end || error == std::errc::invalid_argument) {
            note(begin, kFieldValue);
        } else if (error != std::errc{}) {
            note(begin, range);
        } else {
            return true;
        }
        return false;
    };
    if (token.back() == 'i') {
        std::int64_t value = 0;
        if (read(value, "integer from -9223372036854775808 to 9223372036854775807")) {
            batch.add_integer(name, value);
        }
    } else {
        std::uint64_t value = 0;
        if (read(value, "unsigned integer from 0 to 18446744073709551615")) {
            batch.add_unsigned(name, value);
        }
    }
}

void LineDecoder::decode_float(std::string_view name, std::string_view token, WriteBatch& batch) {
    const char* begin = token.data();
    const char* end = begin + token.size();
    // fast_float also knows "-inf" and "-nan", which line protocol does not.
    const char* digits = begin + (*begin == '-' ? 1 : 0);
    const bool is_numeric = digits != end && (is_digit(*digits) || *digits == '.');
    double value = 0;
    // A number too small for a double becomes zero, as everywhere; one too large is refused.
    const auto [stopped, error] = fast_float::from_chars(begin, end, value);
    if (!is_numeric || stopped != end || error == std::errc::invalid_argument) {
        note(begin, expected_instead_of(token));
    } else if (!std::isfinite(value)) {
        note(begin, "float of at most 1.7976931348623157e308");
    } else {
        batch.add_float(name, value);
    }
}

bool LineDecoder::decode_timestamp() {
    const char* begin = position_;
    if (is_at('-')) ++position_;
    const char* digits = position_;
    while (position_ != end_ && is_digit(*position_)) ++position_;
    const char* end = position_;
    if (end == digits || (end != end_ && !ends_value(*end)) || is_at(',')) {
        position_ = begin;
        const bool is_cut = begin + value_token().size() == end_;
        stop("timestamp");
        ran_out_ = ran_out_ || is_cut;
        return false;
    }

    std::int64_t units = 0;
    std::int64_t time_ns = 0;
    const auto [stopped, error] = std::from_chars(begin, end, units);
    if (error != std::errc{} || __builtin_mul_overflow(units, unit_ns_, &time_ns)) {
        refuse_time_range({begin, static_cast<std::size_t>(end - begin)}, units);
    }
    time_ns_ = time_ns;
    skip_spaces();
    return take_line_end() || stop("end of line after the timestamp");
}

// A number that is far too large is mostly one of a finer unit than the text was said to have.
void LineDecoder::refuse_time_range(std::string_view digits, std::int64_t units) {
    if (is_refused_) return;
    note(digits.data(), "timestamp within the range of 64-bit nanoseconds");
    if (const auto likely = likely_precision(units)) {
        const std::string name(name_of(*likely));
        refusal_.found = "\"" + std::string(digits) + "\", which looks like " + name +
                         " (send it with precision=" + name + ")";
    }
}

// Names and strings have the same shape: bytes up to a stop, some of them behind a backslash.
template <typename Bytes>
std::string_view LineDecoder::read_name() {
    const char* begin = position_;
    bool has_high_bit = false;
    position_ = find_stop<Bytes>(begin, end_, has_high_bit);
    std::string_view name(begin, static_cast<std::size_t>(position_ - begin));
    if (is_at('\\')) name = read_escaped<Bytes>(begin, has_high_bit);
    if (has_high_bit && !is_valid_utf8(name)) note(begin, "valid UTF-8");
    return name;
}

// Goes on at position(), which is at a stop. Ends at a stop that is neither escaped nor, in a
// string, the newline of another line of text.
template <typename Bytes>
std::string_view LineDecoder::read_escaped(const char* begin, bool& has_high_bit) {
    if (unescaped_count_ == unescaped_.size()) unescaped_.emplace_back();
    std::string& text = unescaped_[unescaped_count_++];
    text.assign(begin, position_);
    while (position_ != end_) {
        const char* plain = position_;
        if (*position_ == '\\') {
            const bool is_escape = position_ + 1 != end_ && Bytes::is_escapable(position_[1]);
            if (is_escape) ++plain;  // The backslash goes, the byte behind it stays.
            position_ = plain + 1;
        } else if (Bytes::is_text(*position_)) {
            ++newline_count_;
            ++position_;
        } else {
            break;
        }
        position_ = find_stop<Bytes>(position_, end_, has_high_bit);
        text.append(plain, position_);
    }
    return text;
}

void LineDecoder::skip_spaces() {
    while (is_at(' ')) ++position_;
}

bool LineDecoder::take(char byte) {
    if (!is_at(byte)) return false;
    ++position_;
    return true;
}

bool LineDecoder::take_line_end() {
    const char* behind_cr = position_ + (is_at('\r') ? 1 : 0);
    if (behind_cr == end_) {
        ran_out_ = true;
    } else if (*behind_cr == '\n') {
        ++behind_cr;
        ++newline_count_;
    } else {
        return false;
    }
    position_ = behind_cr;
    return true;
}

std::string_view LineDecoder::value_token() const {
    const char* end = std::find_if(position_, end_, ends_value);
    return {position_, static_cast<std::size_t>(end - position_)};
}

void LineDecoder::check_not_time(std::string_view key, const char* position) {
    if (key == "time") note(position, "a key other than \"time\"");
}

void LineDecoder::note(const char* position, std::string_view expected) {
    if (is_refused_) return;
    is_refused_ = true;
    refusal_.position = position;
    refusal_.expected = expected;
    refusal_.found.clear();
}

bool LineDecoder::stop(std::string_view expected) {
    note(position_, expected);
    refusal_.resume = position_;
    if (position_ == end_) ran_out_ = true;
    return false;
}

}  // namespace tidemark::storage
