#include "storage/line_protocol/line_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "storage/base/utf8.h"
#include "storage/line_protocol/float_text.h"
#include "storage/line_protocol/structural_scan.h"

namespace tidemark::storage {
namespace {

Error not_writable(std::string_view what, std::string_view text, std::string_view why) {
    return Error(ErrorCode::InvalidArgument,
                 std::string(what).append(" \"").append(text).append("\" ").append(why));
}

Status check_name(std::string_view what, std::string_view name) {
    if (name.empty()) return not_writable(what, name, "is empty");
    // A backslash cannot be escaped, so a last one would escape the separator behind it.
    if (name.ends_with('\\')) return not_writable(what, name, "ends in a backslash");
    if (std::ranges::any_of(
            name, [](char byte) { return is_control_byte(static_cast<std::uint8_t>(byte)); })) {
        return not_writable(what, name, "holds a control character");
    }
    if (!is_valid_utf8(name)) return not_writable(what, name, "is not UTF-8");
    return success();
}

Status check_key(std::string_view what, std::string_view key) {
    if (key == "time") return not_writable(what, key, "is reserved");
    return check_name(what, key);
}

template <typename Bytes>
void append_escaped(std::string_view text, std::string& out) {
    for (const char byte : text) {
        if (Bytes::is_escapable(byte)) out.push_back('\\');
        out.push_back(byte);
    }
}

template <typename Integer>
void append_integer(Integer value, std::string& out) {
    char buffer[24];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.append(buffer, end);
}

Status append_series(const SeriesKeyParts& series, std::string& out) {
    TIDEMARK_RETURN_IF_ERROR(check_name("measurement", series.measurement));
    if (series.measurement.starts_with('#')) {
        return not_writable("measurement", series.measurement, "begins like a comment");
    }
    append_escaped<MeasurementBytes>(series.measurement, out);

    std::vector<std::string_view> keys;
    for (const auto& [key, value] : series.tags) {
        TIDEMARK_RETURN_IF_ERROR(check_key("tag key", key));
        TIDEMARK_RETURN_IF_ERROR(check_name("value of tag", value));
        keys.push_back(key);
        out.push_back(',');
        append_escaped<NameBytes>(key, out);
        out.push_back('=');
        append_escaped<NameBytes>(value, out);
    }
    std::ranges::sort(keys);
    const auto repeated = std::ranges::adjacent_find(keys);
    if (repeated != keys.end()) return not_writable("tag key", *repeated, "is there twice");
    return success();
}

Status append_field_value(const WriteBatch::Field& field, std::string& out) {
    switch (field.type) {
        case FieldType::Float:
            if (std::isinf(field.float_value)) {
                return not_writable("value of field", field.name, "is not finite");
            }
            if (std::isnan(field.float_value)) {
                out.append("nan");
            } else {
                append_float(field.float_value, FloatStyle::Shortest, out);
            }
            break;
        case FieldType::Integer:
            append_integer(field.integer_value, out);
            out.push_back('i');
            break;
        case FieldType::Unsigned:
            append_integer(field.unsigned_value, out);
            out.push_back('u');
            break;
        case FieldType::Boolean:
            out.append(field.boolean_value ? "true" : "false");
            break;
        case FieldType::String:
            if (!is_valid_utf8(field.text)) {
                return not_writable("value of field", field.name, "is not UTF-8");
            }
            out.push_back('"');
            append_escaped<StringBytes>(field.text, out);
            out.push_back('"');
            break;
    }
    return success();
}

std::int64_t divide_down(std::int64_t value, std::int64_t divisor) {
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}

Status append_whole_line(const WriteBatch& batch, std::size_t index, TimePrecision precision,
                         std::string& out) {
    const WriteBatch::Point point = batch.point(index);
    const SeriesKeyParts series = series_key_parts(point.raw_series_key);
    TIDEMARK_RETURN_IF_ERROR(append_series(series, out));
    if (point.field_count == 0) {
        return not_writable("point of", series.measurement, "has no fields");
    }
    for (std::size_t i = 0; i < point.field_count; ++i) {
        const WriteBatch::Field field = batch.field(index, i);
        TIDEMARK_RETURN_IF_ERROR(check_key("field key", field.name));
        out.push_back(i == 0 ? ' ' : ',');
        append_escaped<NameBytes>(field.name, out);
        out.push_back('=');
        TIDEMARK_RETURN_IF_ERROR(append_field_value(field, out));
    }
    if (point.time_ns) {
        out.push_back(' ');
        append_integer(divide_down(*point.time_ns, unit_ns(precision)), out);
    }
    out.push_back('\n');
    return success();
}

}  // namespace

Status append_line(const WriteBatch& batch, std::size_t index, TimePrecision precision,
                   std::string& out) {
    const std::size_t size_before = out.size();
    Status status = append_whole_line(batch, index, precision, out);
    if (!status) out.resize(size_before);
    return status;
}

Status append_lines(const WriteBatch& batch, TimePrecision precision, std::string& out) {
    for (std::size_t i = 0; i < batch.point_count(); ++i) {
        TIDEMARK_RETURN_IF_ERROR(append_line(batch, i, precision, out));
    }
    return success();
}

}  // namespace tidemark::storage
