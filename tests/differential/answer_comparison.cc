#include "tests/differential/answer_comparison.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

#include <boost/json.hpp>

namespace tidemark::tests {
namespace {

namespace json = boost::json;

// Boost.JSON rounds some floats wrongly by a bit; as marked strings they keep their digits.
constexpr std::string_view kFloatMark = "\\u0000float:";
constexpr std::string_view kFloatPrefix{"\0float:", 7};

bool is_of_number(char c) {
    return std::string_view("+-.0123456789eE").find(c) != std::string_view::npos;
}

/// The end of the string literal that begins at `begin`.
std::size_t string_end(std::string_view text, std::size_t begin) {
    std::size_t end = begin + 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
    return std::min(end + 1, text.size());
}

std::string with_marked_floats(std::string_view text) {
    std::string marked;
    for (std::size_t begin = 0; begin < text.size();) {
        const char first = text[begin];
        const bool is_number = first == '-' || (first >= '0' && first <= '9');
        std::size_t end = first == '"' ? string_end(text, begin) : begin + 1;
        while (is_number && end < text.size() && is_of_number(text[end])) ++end;
        const std::string_view token = text.substr(begin, end - begin);
        const bool is_float = is_number && token.find_first_of(".eE") != std::string_view::npos;
        if (is_float) marked.append("\"").append(kFloatMark);
        marked += token;
        if (is_float) marked += '"';
        begin = end;
    }
    return marked;
}

/// The body as values; one that is no JSON is a text.
json::value parse_body(const std::string& body) {
    boost::system::error_code failure;
    json::value parsed = json::parse(with_marked_floats(body), failure);
    return failure ? json::value(body) : parsed;
}

std::optional<double> number_of(const json::value& value) {
    if (value.is_number()) return value.to_number<double>();
    if (!value.is_string() || !value.get_string().starts_with(kFloatPrefix)) return std::nullopt;
    const std::string_view digits =
        std::string_view(value.get_string()).substr(kFloatPrefix.size());
    double number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

bool is_close(double left, double right) {
    constexpr double kRelativeBound = 1e-12;
    const double magnitude = std::max(std::abs(left), std::abs(right));
    return std::abs(left - right) <= kRelativeBound * magnitude;
}

std::string shown(const json::value& value) {
    const auto number = number_of(value);
    if (!number || value.is_number()) return json::serialize(value);
    return std::string(std::string_view(value.get_string()).substr(kFloatPrefix.size()));
}

/// Rows with those of one time in an order of their own.
json::value ordered_within_times(const json::value& values) {
    if (!values.is_array()) return values;
    const json::array& rows = values.get_array();
    std::vector<std::pair<std::size_t, std::string>> keys;  // Number of the time; the row as text.
    keys.reserve(rows.size());
    std::size_t time_count = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i > 0 && rows[i].as_array().front() != rows[i - 1].as_array().front()) ++time_count;
        keys.emplace_back(time_count, json::serialize(rows[i]));
    }
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
    json::array ordered;
    for (const std::size_t index : order) ordered.push_back(rows[index]);
    return ordered;
}

// Walks two values at once. Recursion is bounded by the depth that json::parse() accepts.
class ValueComparison {
public:
    /// False from the first difference on.
    bool compare(const json::value& left, const json::value& right, const std::string& place) {
        const auto left_number = number_of(left);
        const auto right_number = number_of(right);
        if (left == right) return true;
        if (left_number && right_number && (!left.is_number() || !right.is_number()) &&
            is_close(*left_number, *right_number)) {
            if (*left_number != *right_number) close_.push_back(pair_text(left, right, place));
            return true;
        }
        if (left.is_array() && right.is_array()) {
            return compare_arrays(left.get_array(), right.get_array(), place);
        }
        if (left.is_object() && right.is_object()) {
            return compare_objects(left.get_object(), right.get_object(), place);
        }
        return differs(pair_text(left, right, place));
    }

    Comparison result(bool is_equal) && {
        if (!is_equal) return {Relation::Different, {difference_}};
        if (has_other_words_) return {Relation::BothRefuse, {}};
        if (has_other_order_) return {Relation::OtherOrder, std::move(close_)};
        if (!close_.empty()) return {Relation::Close, std::move(close_)};
        return {};
    }

private:
    static std::string pair_text(const json::value& left, const json::value& right,
                                 const std::string& place) {
        return place + ": InfluxDB " + shown(left) + ", Tidemark " + shown(right);
    }

    bool differs(std::string text) {
        difference_ = std::move(text);
        return false;
    }

    bool compare_arrays(const json::array& left, const json::array& right,
                        const std::string& place) {
        const std::size_t common = std::min(left.size(), right.size());
        for (std::size_t i = 0; i < common; ++i) {
            if (!compare(left[i], right[i], place + "[" + std::to_string(i) + "]")) return false;
        }
        if (left.size() == right.size()) return true;
        return differs(place + ": InfluxDB has " + std::to_string(left.size()) + ", Tidemark " +
                       std::to_string(right.size()));
    }

    bool compare_rows(const json::value& left, const json::value& right, const std::string& place) {
        const std::size_t close_count = close_.size();
        if (compare(left, right, place)) return true;
        const std::string difference = difference_;
        close_.resize(close_count);
        if (compare(ordered_within_times(left), ordered_within_times(right), place)) {
            has_other_order_ = true;
            return true;
        }
        return differs(difference);
    }

    bool compare_objects(const json::object& left, const json::object& right,
                         const std::string& place) {
        for (const auto& item : left) {
            const json::value* const other = right.if_contains(item.key());
            const std::string where = place + "." + std::string(item.key());
            if (other == nullptr) return differs(where + ": only InfluxDB has it");
            if (item.key() == "error") {
                has_other_words_ = has_other_words_ || item.value() != *other;
            } else if (item.key() == "values" ? !compare_rows(item.value(), *other, where)
                                              : !compare(item.value(), *other, where)) {
                return false;
            }
        }
        for (const auto& item : right) {
            if (item.key() == "messages" || left.contains(item.key())) continue;
            return differs(place + "." + std::string(item.key()) + ": only Tidemark has it");
        }
        return true;
    }

    std::vector<std::string> close_;
    std::string difference_;
    bool has_other_words_ = false;
    bool has_other_order_ = false;
};

/// The errors of an answer, of the text or of its statements, one after the other.
std::string errors_of(const json::value& answer) {
    if (!answer.is_object()) return {};
    std::string errors;
    const auto append_error = [&](const json::object& object) {
        const json::value* const error = object.if_contains("error");
        if (error != nullptr) errors += json::serialize(*error);
    };
    append_error(answer.get_object());
    const json::value* const results = answer.get_object().if_contains("results");
    if (results == nullptr) return errors;
    for (const json::value& result : results->as_array()) append_error(result.as_object());
    return errors;
}

}  // namespace

Comparison compare_answers(const HttpReply& influxdb, const HttpReply& tidemark) {
    const json::value left = parse_body(influxdb.body);
    const json::value right = parse_body(tidemark.body);
    const std::string left_errors = errors_of(left);
    const auto says = [&](std::string_view text) {
        return left_errors.find(text) != std::string::npos;
    };
    if (says("error parsing query") || says("undefined function")) {
        const bool is_refused = !errors_of(right).empty();
        return {is_refused ? Relation::BothRefuse : Relation::Extension, {}};
    }
    if (influxdb.status != tidemark.status) {
        return {Relation::Different,
                {"status: InfluxDB " + std::to_string(influxdb.status) + ", Tidemark " +
                 std::to_string(tidemark.status)}};
    }
    ValueComparison comparison;
    const bool is_equal = comparison.compare(left, right, "answer");
    return std::move(comparison).result(is_equal);
}

}  // namespace tidemark::tests
