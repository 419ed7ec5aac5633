#include "tests/line_protocol/points.h"

#include <bit>
#include <type_traits>

namespace tidemark::tests {
namespace {

bool same_value(const Value& left, const Value& right) {
    if (left.index() != right.index()) return false;
    if (const double* value = std::get_if<double>(&left)) {
        return std::bit_cast<std::uint64_t>(*value) ==
               std::bit_cast<std::uint64_t>(std::get<double>(right));
    }
    return left == right;
}

}  // namespace

bool PlainPoint::operator==(const PlainPoint& other) const {
    if (measurement != other.measurement || tags != other.tags || time_ns != other.time_ns ||
        fields.size() != other.fields.size()) {
        return false;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].first != other.fields[i].first) return false;
        if (!same_value(fields[i].second, other.fields[i].second)) return false;
    }
    return true;
}

std::ostream& operator<<(std::ostream& stream, const PlainPoint& point) {
    stream << "{" << point.measurement;
    for (const auto& [key, value] : point.tags) stream << ", tag " << key << "=" << value;
    for (const auto& [name, value] : point.fields) {
        stream << ", " << field_type_name(value_type(value)) << " " << name << "=";
        std::visit([&](const auto& alternative) { stream << alternative; }, value);
    }
    if (point.time_ns) stream << ", at " << *point.time_ns;
    return stream << "}";
}

std::vector<PlainPoint> plain_points(const WriteBatch& batch) {
    std::vector<PlainPoint> points;
    for (std::size_t i = 0; i < batch.point_count(); ++i) {
        const WriteBatch::Point point = batch.point(i);
        const SeriesKeyParts series = series_key_parts(point.raw_series_key);
        PlainPoint plain;
        plain.measurement = series.measurement;
        for (const auto& [key, value] : series.tags) plain.tags.emplace_back(key, value);
        for (std::size_t f = 0; f < point.field_count; ++f) {
            const WriteBatch::Field field = batch.field(i, f);
            plain.fields.emplace_back(field.name, field.value());
        }
        plain.time_ns = point.time_ns;
        points.push_back(std::move(plain));
    }
    return points;
}

void add_point(WriteBatch& batch, const PlainPoint& point) {
    batch.begin_point(point.measurement);
    for (const auto& [key, value] : point.tags) batch.add_tag(key, value);
    for (const auto& [name, value] : point.fields) batch.add_value(name, value);
    batch.end_point(point.time_ns);
}

}  // namespace tidemark::tests
