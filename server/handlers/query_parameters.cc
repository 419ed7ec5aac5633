#include "server/handlers/query_parameters.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <boost/json.hpp>

namespace tidemark::server {
namespace {

namespace json = boost::json;

constexpr std::string_view kTypes = "duration, regex, identifier, string, integer, float";

std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

Error invalid(std::string_view name, const std::string& what) {
    return Error(ErrorCode::InvalidArgument, "parameter $" + std::string(name) + ": " + what);
}

std::optional<QueryParameter> number_of(const json::value& value) {
    if (value.is_int64()) return QueryParameter(value.get_int64());
    if (value.is_uint64()) return QueryParameter(value.get_uint64());
    if (value.is_double()) return QueryParameter(value.get_double());
    return std::nullopt;
}

std::optional<QueryParameter> float_of(const json::value& value) {
    if (!value.is_number()) return std::nullopt;
    return QueryParameter(value.to_number<double>());
}

/// Cut like InfluxDB's, where it is in range.
std::optional<QueryParameter> integer_of(const json::value& value) {
    if (!value.is_double()) return number_of(value);
    const double number = value.get_double();
    if (!(number >= -0x1p63 && number < 0x1p63)) return std::nullopt;
    return QueryParameter(static_cast<std::int64_t>(number));
}

std::optional<QueryParameter> text_of(const json::value& value) {
    if (!value.is_string()) return std::nullopt;
    return QueryParameter(std::string(view(value.get_string())));
}

std::optional<QueryParameter> regex_of(const json::value& value) {
    if (!value.is_string()) return std::nullopt;
    return QueryParameter(RegexParameter{std::string(view(value.get_string()))});
}

std::optional<QueryParameter> name_of(const json::value& value) {
    if (!value.is_string()) return std::nullopt;
    return QueryParameter(NameParameter{std::string(view(value.get_string()))});
}

/// A text such as "10m", or an integer in ns.
std::optional<QueryParameter> duration_of(const json::value& value) {
    if (value.is_int64()) {
        return QueryParameter(DurationParameter{std::to_string(value.get_int64()) + "ns"});
    }
    if (!value.is_string()) return std::nullopt;
    return QueryParameter(DurationParameter{std::string(view(value.get_string()))});
}

struct TypeRow {
    std::string_view name;
    std::optional<QueryParameter> (*read)(const json::value& value);
    std::string_view takes;
};

constexpr std::array kTypeRows = {
    TypeRow{"duration", duration_of, "a text such as \"10m\", or an integer in ns"},
    TypeRow{"regex", regex_of, "a text"},
    TypeRow{"identifier", name_of, "a text"},
    TypeRow{"ident", name_of, "a text"},
    TypeRow{"string", text_of, "a text"},
    TypeRow{"integer", integer_of, "an integer"},
    TypeRow{"int", integer_of, "an integer"},
    TypeRow{"float", float_of, "a number"},
    TypeRow{"number", float_of, "a number"},
};

Result<QueryParameter> typed_parameter(std::string_view name, const json::object& object) {
    if (object.size() != 1) {
        return invalid(name, "found an object with " + std::to_string(object.size()) +
                                 " members, expected one, which says what the value is: " +
                                 std::string(kTypes));
    }
    const std::string_view type = view(object.begin()->key());
    for (const TypeRow& row : kTypeRows) {
        if (row.name != type) continue;
        if (auto value = row.read(object.begin()->value())) return *std::move(value);
        return invalid(name, std::string(type) + " takes " + std::string(row.takes) + ", found " +
                                 json::serialize(object.begin()->value()));
    }
    return invalid(name, "there is no type \"" + std::string(type) + "\", expected one of " +
                             std::string(kTypes));
}

Result<QueryParameter> parameter_of(std::string_view name, const json::value& value) {
    if (auto text = text_of(value)) return *std::move(text);
    if (auto number = number_of(value)) return *std::move(number);
    if (value.is_bool()) return QueryParameter(value.get_bool());
    if (value.is_object()) return typed_parameter(name, value.get_object());
    return invalid(name, "found " + json::serialize(value) +
                             ", expected a text, a number, true, false, or an object such as "
                             "{\"duration\": \"10m\"}");
}

}  // namespace

Result<decltype(QueryOptions::parameters)> parse_query_parameters(std::string_view text) {
    boost::system::error_code failure;
    const json::value document = json::parse(json::string_view(text.data(), text.size()), failure);
    if (failure) {
        return Error(ErrorCode::InvalidArgument, "params is no JSON: " + failure.message());
    }
    if (!document.is_object()) {
        return Error(ErrorCode::InvalidArgument,
                     "params must be a JSON object of values by name, such as {\"host\": \"a\"}");
    }
    decltype(QueryOptions::parameters) parameters;
    for (const auto& [key, value] : document.get_object()) {
        TIDEMARK_ASSIGN_OR_RETURN(QueryParameter parameter, parameter_of(view(key), value));
        parameters.insert_or_assign(std::string(view(key)), std::move(parameter));
    }
    return parameters;
}

}  // namespace tidemark::server
