#include "tools/session/answer_parser.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

namespace tidemark::tools {
namespace {

namespace json = boost::json;

// Builds the tree as Boost's own parser does, but with doubles that are exact: the one of
// Boost 1.81 can be off in the last bit.
class AnswerHandler {
public:
    // Names that Boost asks for. NOLINTBEGIN(readability-identifier-naming)
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();
    // NOLINTEND(readability-identifier-naming)

    json::value release() { return stack_.release(); }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return true; }
    bool on_object_end(std::size_t count, json::error_code&) {
        stack_.push_object(count);
        return true;
    }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t count, json::error_code&) {
        stack_.push_array(count);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_key(json::string_view last, std::size_t, json::error_code&) {
        stack_.push_key(last);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(json::string_view last, std::size_t, json::error_code&) {
        stack_.push_string(last);
        return true;
    }
    bool on_number_part(json::string_view part, json::error_code&) {
        number_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t value, json::string_view last, json::error_code&) {
        number_.append(last.data(), last.size());
        const bool is_negative_zero = value == 0 && number_.starts_with('-');
        number_.clear();
        if (is_negative_zero) {
            stack_.push_double(-0.0);
        } else {
            stack_.push_int64(value);
        }
        return true;
    }
    bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
        number_.clear();
        stack_.push_uint64(value);
        return true;
    }
    bool on_double(double nearly, json::string_view last, json::error_code&) {
        number_.append(last.data(), last.size());
        double value = nearly;
        std::from_chars(number_.data(), number_.data() + number_.size(), value);
        number_.clear();
        stack_.push_double(value);
        return true;
    }
    bool on_bool(bool value, json::error_code&) {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(json::error_code&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    json::value_stack stack_;
    std::string number_;
};

Error malformed(std::string_view what) {
    return Error(ErrorCode::Corruption, "the answer is not InfluxDB's JSON: " + std::string(what));
}

Result<json::value> parse_json(std::string_view text) {
    json::basic_parser<AnswerHandler> parser{json::parse_options{}};
    json::error_code failure;
    const std::size_t parsed_size_bytes =
        parser.write_some(false, text.data(), text.size(), failure);
    if (failure) return malformed(failure.message());
    const std::size_t end = text.find_last_not_of(" \t\r\n") + 1;
    if (!parser.done() || parsed_size_bytes < end)
        return malformed("it does not end where it should");
    return parser.handler().release();
}

std::string text_of(const json::value& value) {
    const json::string* const text = value.if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* const value = object.if_contains(key);
    return value == nullptr ? std::string() : text_of(*value);
}

// The elements of the array `key`; none when there is no such array.
const json::array& elements_of(const json::object& object, std::string_view key) {
    static const json::array empty;
    const json::value* const value = object.if_contains(key);
    const json::array* const array = value == nullptr ? nullptr : value->if_array();
    return array == nullptr ? empty : *array;
}

Result<Cell> parse_cell(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return Cell();
        case json::kind::bool_:
            return Cell(value.get_bool());
        case json::kind::int64:
            return Cell(value.get_int64());
        case json::kind::uint64:
            return Cell(value.get_uint64());
        case json::kind::double_:
            return Cell(value.get_double());
        case json::kind::string:
            return Cell(text_of(value));
        case json::kind::array:
        case json::kind::object:
            break;
    }
    return malformed("a cell is neither number, text, boolean nor null");
}

Result<ResultSeries> parse_series(const json::value& value) {
    const json::object* const object = value.if_object();
    if (object == nullptr) return malformed("a series is no object");
    ResultSeries series;
    series.name = text_of(*object, "name");
    if (const json::value* const tags = object->if_contains("tags")) {
        if (!tags->is_object()) return malformed("the tags are no object");
        for (const auto& [key, tag] : tags->get_object()) {
            series.tags.emplace_back(std::string(key), text_of(tag));
        }
    }
    for (const json::value& column : elements_of(*object, "columns")) {
        series.columns.push_back(text_of(column));
    }
    for (const json::value& row : elements_of(*object, "values")) {
        const json::array* const cells = row.if_array();
        if (cells == nullptr || cells->size() != series.columns.size()) {
            return malformed("a row is not as wide as its columns");
        }
        std::vector<Cell> parsed;
        for (const json::value& cell : *cells) {
            TIDEMARK_ASSIGN_OR_RETURN(Cell one, parse_cell(cell));
            parsed.push_back(std::move(one));
        }
        series.rows.push_back(std::move(parsed));
    }
    return series;
}

Result<StatementResult> parse_statement(const json::value& value) {
    const json::object* const object = value.if_object();
    if (object == nullptr) return malformed("a result is no object");
    StatementResult statement;
    for (const json::value& series : elements_of(*object, "series")) {
        TIDEMARK_ASSIGN_OR_RETURN(ResultSeries parsed, parse_series(series));
        statement.series.push_back(std::move(parsed));
    }
    for (const json::value& message : elements_of(*object, "messages")) {
        const json::object* const parts = message.if_object();
        if (parts == nullptr) return malformed("a message is no object");
        statement.messages.push_back({text_of(*parts, "level"), text_of(*parts, "text")});
    }
    if (object->contains("error")) {
        statement.error = Error(ErrorCode::InvalidArgument, text_of(*object, "error"));
    }
    return statement;
}

// Takes " at line 1, char 15" off the end of `message`.
std::optional<SourceLocation> take_place(std::string& message) {
    constexpr std::string_view kLine = " at line ";
    constexpr std::string_view kCharacter = ", char ";
    const std::size_t line_begin = message.rfind(kLine);
    if (line_begin == std::string::npos) return std::nullopt;
    const char* const end = message.data() + message.size();
    SourceLocation place;
    const auto line = std::from_chars(message.data() + line_begin + kLine.size(), end, place.line);
    if (line.ec != std::errc{}) return std::nullopt;
    if (!std::string_view(line.ptr, end).starts_with(kCharacter)) return std::nullopt;
    const auto column = std::from_chars(line.ptr + kCharacter.size(), end, place.column);
    const bool is_whole = column.ec == std::errc{} && column.ptr == end;
    if (!is_whole || place.line == 0 || place.column == 0) return std::nullopt;
    message.resize(line_begin);
    return place;
}

QueryResult refused(std::string message) {
    QueryResult result;
    constexpr std::string_view kPrefix = "error parsing query: ";
    if (message.starts_with(kPrefix)) {
        if (const std::optional<SourceLocation> place = take_place(message)) {
            result.syntax_error = SyntaxError{*place, message.substr(kPrefix.size())};
            return result;
        }
    }
    StatementResult statement;
    statement.error = Error(ErrorCode::InvalidArgument, std::move(message));
    result.statements.push_back(std::move(statement));
    return result;
}

}  // namespace

Result<QueryResult> parse_answer(std::string_view text) {
    TIDEMARK_ASSIGN_OR_RETURN(const json::value value, parse_json(text));
    const json::object* const object = value.if_object();
    if (object == nullptr) return malformed("it is no object");
    if (object->contains("error")) return refused(text_of(*object, "error"));
    if (!object->contains("results")) return malformed("it has no results");
    QueryResult result;
    for (const json::value& statement : elements_of(*object, "results")) {
        TIDEMARK_ASSIGN_OR_RETURN(StatementResult parsed, parse_statement(statement));
        result.statements.push_back(std::move(parsed));
    }
    return result;
}

Result<WriteReport> read_write_answer(unsigned status, std::string_view body) {
    WriteReport report;
    if (status / 100 == 2) return report;
    TIDEMARK_ASSIGN_OR_RETURN(const json::value value, parse_json(body));
    const json::object* const object = value.if_object();
    if (object == nullptr) return malformed("it is no object");
    std::string message = text_of(*object, "error");
    // "partial write: line 1, ..\nline 2, .. dropped=2"
    constexpr std::string_view kPrefix = "partial write: ";
    constexpr std::string_view kCount = " dropped=";
    const std::size_t count_begin = message.rfind(kCount);
    if (!message.starts_with(kPrefix) || count_begin == std::string::npos) {
        const bool is_absent = status == 404;
        return Error(is_absent ? ErrorCode::NotFound : ErrorCode::InvalidArgument,
                     std::move(message));
    }
    std::from_chars(message.data() + count_begin + kCount.size(), message.data() + message.size(),
                    report.refused_count);
    std::string_view lines = std::string_view(message).substr(0, count_begin);
    lines.remove_prefix(kPrefix.size());
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        report.refusals.emplace_back(lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return report;
}

}  // namespace tidemark::tools
