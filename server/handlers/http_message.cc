#include "server/handlers/http_message.h"

#include <algorithm>
#include <charconv>

#include "server/format/query_json.h"

namespace tidemark::server {
namespace {

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out.push_back(' ');
            continue;
        }
        unsigned byte = 0;
        if (text[i] == '%' && text.size() - i > 2) {
            const char* digits = text.data() + i + 1;
            const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
            if (error == std::errc{} && end == digits + 2) {
                out.push_back(static_cast<char>(byte));
                i += 2;
                continue;
            }
        }
        out.push_back(text[i]);
    }
    return out;
}

}  // namespace

std::optional<std::string_view> find_parameter(const Parameters& parameters,
                                               std::string_view name) {
    const auto found = std::ranges::find(parameters, name, &Parameters::value_type::first);
    if (found == parameters.end()) return std::nullopt;
    return found->second;
}

std::string_view parameter_or_empty(const Parameters& parameters, std::string_view name) {
    return find_parameter(parameters, name).value_or(std::string_view());
}

Parameters parse_form(std::string_view text) {
    Parameters parameters;
    while (!text.empty() && !has_too_many(parameters)) {
        const std::size_t end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
        parameters.emplace_back(unescaped(pair.substr(0, equals)), unescaped(value));
    }
    return parameters;
}

bool has_too_many(const Parameters& parameters) { return parameters.size() > kParameterLimit; }

HttpResponse error_response(unsigned status, std::string_view message) {
    return {.status = status, .body = error_json(message)};
}

}  // namespace tidemark::server
