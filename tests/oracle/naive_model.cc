#include "tests/oracle/naive_model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

namespace tidemark::oracle {
namespace {

// A long double of x86 has 64 bits of mantissa: it holds every int64, uint64 and double exactly.
static_assert(std::numeric_limits<long double>::digits >= 64);

long double number_of(const Value& value) {
    switch (value_type(value)) {
        case FieldType::Float:
            return std::get<double>(value);
        case FieldType::Integer:
            return static_cast<long double>(std::get<std::int64_t>(value));
        default:
            return static_cast<long double>(std::get<std::uint64_t>(value));
    }
}

template <typename T>
bool holds(const T& left, CompareOp op, const T& right) {
    switch (op) {
        case CompareOp::Equal:
            return left == right;
        case CompareOp::NotEqual:
            return left != right;
        case CompareOp::Less:
            return left < right;
        case CompareOp::LessEqual:
            return left <= right;
        case CompareOp::Greater:
            return left > right;
        default:
            return left >= right;
    }
}

bool compare_values(const Value& left, CompareOp op, const Value& right) {
    switch (value_type(left)) {
        case FieldType::String:
            return holds(std::get<std::string>(left), op, std::get<std::string>(right));
        case FieldType::Boolean:
            return holds(std::get<bool>(left), op, std::get<bool>(right));
        default:
            return holds(number_of(left), op, number_of(right));
    }
}

Truth truth_from(bool condition) { return condition ? Truth::True : Truth::False; }

/// Kleene's logic over whatever tells a field's value.
template <typename FieldValue>
Truth evaluate(const Series& series, const Predicate& predicate, const FieldValue& field_value) {
    const auto part = [&](std::size_t index) {
        return evaluate(series, predicate.parts[index], field_value);
    };
    switch (predicate.kind) {
        case Predicate::Kind::And:
            return std::min(part(0), part(1));
        case Predicate::Kind::Or:
            return std::max(part(0), part(1));
        case Predicate::Kind::Not: {
            const Truth inner = part(0);
            if (inner == Truth::Unknown) return Truth::Unknown;
            return truth_from(inner == Truth::False);
        }
        case Predicate::Kind::Compare:
            break;
    }
    if (predicate.is_tag) {
        const std::string constant = std::get<std::string>(predicate.constant);
        return truth_from(holds(series.tag(predicate.name), predicate.op, constant));
    }
    const std::optional<Value> value = field_value(predicate.name);
    if (!value) return Truth::Unknown;
    return truth_from(compare_values(*value, predicate.op, predicate.constant));
}

void append_span(std::vector<Span>& spans, Span span) {
    if (!spans.empty() && spans.back().truth == span.truth) {
        spans.back().end_ns = span.end_ns;
    } else {
        spans.push_back(span);
    }
}

std::string operator_text(CompareOp op) {
    switch (op) {
        case CompareOp::Equal:
            return " = ";
        case CompareOp::NotEqual:
            return " != ";
        case CompareOp::Less:
            return " < ";
        case CompareOp::LessEqual:
            return " <= ";
        case CompareOp::Greater:
            return " > ";
        default:
            return " >= ";
    }
}

}  // namespace

std::string Series::tag(const std::string& key) const {
    for (const Tag& tag : tags) {
        if (tag.key == key) return tag.value;
    }
    return "";
}

bool Series::is_excluded(std::int64_t time_ns) const {
    return std::any_of(excluded.begin(), excluded.end(),
                       [&](const TimeRange& range) { return range.contains(time_ns); });
}

std::int64_t Series::excluded_ns(std::int64_t begin_ns, std::int64_t end_ns) const {
    std::set<std::int64_t> edges{begin_ns, end_ns};
    for (const TimeRange& range : excluded) {
        for (const std::int64_t edge_ns : {range.begin_ns, range.end_ns}) {
            if (begin_ns < edge_ns && edge_ns < end_ns) edges.insert(edge_ns);
        }
    }
    std::int64_t sum_ns = 0;
    for (auto edge = edges.begin(); begin_ns < end_ns && std::next(edge) != edges.end(); ++edge) {
        if (is_excluded(*edge)) sum_ns += *std::next(edge) - *edge;
    }
    return sum_ns;
}

std::vector<Series> series_of(const std::vector<Point>& arrivals) {
    std::map<TagSet, Series> by_tags;
    for (const Point& point : arrivals) {
        Series& series = by_tags[point.tags];
        series.tags = point.tags;
        for (const auto& [field, value] : point.fields) {
            series.rows[point.time_ns][field] = value;
        }
    }
    std::vector<Series> all;
    for (auto& [tags, series] : by_tags) all.push_back(std::move(series));
    return all;
}

std::vector<std::pair<std::int64_t, Value>> samples_of(const Series& series,
                                                       const std::string& field) {
    std::vector<std::pair<std::int64_t, Value>> samples;
    for (const auto& [time_ns, row] : series.rows) {
        const auto found = row.find(field);
        if (found != row.end() && !is_nan(found->second)) {
            samples.emplace_back(time_ns, found->second);
        }
    }
    return samples;
}

bool is_nan(const Value& value) {
    const double* number = std::get_if<double>(&value);
    return number != nullptr && std::isnan(*number);
}

bool has_hold_end(const Series& series, const std::string& field, std::int64_t after_ns,
                  std::int64_t before_ns) {
    for (const auto& [time_ns, row] : series.rows) {
        const auto found = row.find(field);
        if (found == row.end() || !is_nan(found->second)) continue;
        if (after_ns < time_ns && time_ns < before_ns) return true;
    }
    return false;
}

bool is_below(const Value& a, const Value& b) {
    if (compare_values(a, CompareOp::Less, b)) return true;
    if (!std::holds_alternative<double>(a) || compare_values(b, CompareOp::Less, a)) return false;
    return std::signbit(std::get<double>(a)) && !std::signbit(std::get<double>(b));
}

std::int64_t saturated_sum(std::int64_t time_ns, std::int64_t duration_ns) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    return time_ns > kMax - duration_ns ? kMax : time_ns + duration_ns;
}

std::optional<Value> value_at(const Series& series, const std::string& field, std::int64_t time_ns,
                              std::int64_t hold_ns) {
    if (series.is_excluded(time_ns)) return std::nullopt;
    return held_at(series, field, time_ns, hold_ns);
}

std::optional<Value> held_at(const Series& series, const std::string& field, std::int64_t time_ns,
                             std::int64_t hold_ns) {
    auto row = series.rows.upper_bound(time_ns);
    while (row != series.rows.begin()) {
        --row;
        const auto found = row->second.find(field);
        if (found == row->second.end()) continue;
        if (is_nan(found->second)) return std::nullopt;
        const bool is_in_force =
            hold_ns == kHoldForever || time_ns < saturated_sum(row->first, hold_ns);
        return is_in_force ? std::optional(found->second) : std::nullopt;
    }
    return std::nullopt;
}

Predicate compare(std::string field, CompareOp op, Value constant) {
    return {Predicate::Kind::Compare, std::move(field), false, op, std::move(constant), {}};
}

Predicate compare_tag(std::string key, CompareOp op, std::string constant) {
    return {Predicate::Kind::Compare, std::move(key), true, op, std::move(constant), {}};
}

Predicate both(Predicate a, Predicate b) {
    return {Predicate::Kind::And, "", false, {}, {}, {std::move(a), std::move(b)}};
}

Predicate either(Predicate a, Predicate b) {
    return {Predicate::Kind::Or, "", false, {}, {}, {std::move(a), std::move(b)}};
}

Predicate negation(Predicate a) {
    return {Predicate::Kind::Not, "", false, {}, {}, {std::move(a)}};
}

std::string text(const Value& value) {
    if (is_nan(value)) return "nan";
    switch (value_type(value)) {
        case FieldType::Float: {
            std::array<char, 400> digits{};
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                           std::get<double>(value), std::chars_format::fixed);
            std::string number(digits.data(), end.ptr);
            return number.find('.') == std::string::npos ? number + ".0" : number;
        }
        case FieldType::Integer:
            return std::to_string(std::get<std::int64_t>(value));
        case FieldType::Unsigned:
            return std::to_string(std::get<std::uint64_t>(value));
        case FieldType::Boolean:
            return std::get<bool>(value) ? "true" : "false";
        case FieldType::String:
            break;
    }
    return "'" + std::get<std::string>(value) + "'";
}

std::string text(const Predicate& predicate) {
    switch (predicate.kind) {
        case Predicate::Kind::And:
            return "(" + text(predicate.parts[0]) + " AND " + text(predicate.parts[1]) + ")";
        case Predicate::Kind::Or:
            return "(" + text(predicate.parts[0]) + " OR " + text(predicate.parts[1]) + ")";
        case Predicate::Kind::Not:
            return "NOT (" + text(predicate.parts[0]) + ")";
        case Predicate::Kind::Compare:
            break;
    }
    return predicate.name + operator_text(predicate.op) + text(predicate.constant);
}

void collect_fields(const Predicate& predicate, std::vector<std::string>& fields) {
    if (predicate.kind == Predicate::Kind::Compare && !predicate.is_tag) {
        fields.push_back(predicate.name);
    }
    for (const Predicate& part : predicate.parts) collect_fields(part, fields);
}

Truth truth_at(const Series& series, const Predicate& predicate, std::int64_t time_ns,
               std::int64_t hold_ns) {
    if (series.is_excluded(time_ns)) return Truth::Unknown;
    return evaluate(series, predicate, [&](const std::string& field) {
        return value_at(series, field, time_ns, hold_ns);
    });
}

Truth truth_of_row(const Series& series, const Predicate& predicate,
                   const std::map<std::string, Value>& row) {
    return evaluate(series, predicate, [&](const std::string& field) -> std::optional<Value> {
        const auto found = row.find(field);
        const bool has_value = found != row.end() && !is_nan(found->second);
        return has_value ? std::optional(found->second) : std::nullopt;
    });
}

std::vector<std::int64_t> edges_of(const Series& series, const std::vector<std::string>& fields,
                                   std::int64_t hold_ns, std::int64_t begin_ns,
                                   std::int64_t end_ns) {
    if (begin_ns >= end_ns) return {};
    std::set<std::int64_t> edges{begin_ns};
    for (const TimeRange& range : series.excluded) {
        for (const std::int64_t edge_ns : {range.begin_ns, range.end_ns}) {
            if (begin_ns < edge_ns && edge_ns < end_ns) edges.insert(edge_ns);
        }
    }
    for (const std::string& field : fields) {
        for (const auto& [time_ns, row] : series.rows) {
            if (!row.contains(field)) continue;
            for (const std::int64_t edge_ns : {time_ns, saturated_sum(time_ns, hold_ns)}) {
                if (begin_ns < edge_ns && edge_ns < end_ns) edges.insert(edge_ns);
            }
        }
    }
    return {edges.begin(), edges.end()};
}

std::vector<Span> timeline(const Series& series, const Predicate& predicate, std::int64_t hold_ns,
                           std::int64_t begin_ns, std::int64_t end_ns) {
    std::vector<std::string> fields;
    collect_fields(predicate, fields);
    const auto edges = edges_of(series, fields, hold_ns, begin_ns, end_ns);
    std::vector<Span> spans;
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const std::int64_t next_ns = i + 1 < edges.size() ? edges[i + 1] : end_ns;
        append_span(spans, {edges[i], next_ns, truth_at(series, predicate, edges[i], hold_ns)});
    }
    return spans;
}

std::vector<Span> state_timeline(const Series& series, const Predicate& predicate, const Life& life,
                                 std::int64_t hold_ns, std::int64_t as_of_ns) {
    std::vector<std::string> fields;
    collect_fields(predicate, fields);
    for (const Predicate& clear : life.clear) collect_fields(clear, fields);
    const std::int64_t begin_ns = series.rows.empty() ? as_of_ns : series.rows.begin()->first;
    const auto edges = edges_of(series, fields, hold_ns, begin_ns, as_of_ns);

    std::vector<Span> spans;
    Truth before = Truth::Unknown;
    for (std::size_t i = 0; i < edges.size(); ++i) {
        Truth state = truth_at(series, predicate, edges[i], hold_ns);
        if (!life.clear.empty() && state == Truth::False && before == Truth::True &&
            truth_at(series, life.clear.front(), edges[i], hold_ns) != Truth::True) {
            state = Truth::True;
        }
        append_span(spans, {edges[i], i + 1 < edges.size() ? edges[i + 1] : as_of_ns, state});
        before = state;
    }
    return spans;
}

std::vector<Span> true_runs(const Series& series, const Predicate& predicate, const Life& life,
                            std::int64_t hold_ns, std::int64_t as_of_ns) {
    std::vector<Span> runs;
    for (const Span& span : state_timeline(series, predicate, life, hold_ns, as_of_ns)) {
        if (span.truth != Truth::True) continue;
        if (!runs.empty() && span.begin_ns - runs.back().end_ns <= life.keep_ns) {
            runs.back().end_ns = span.end_ns;
        } else {
            runs.push_back(span);
        }
    }
    std::erase_if(runs, [&](const Span& run) { return run.end_ns - run.begin_ns < life.for_ns; });
    return runs;
}

}  // namespace tidemark::oracle
