#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::server {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// What a handler knows of a request: nothing of sockets, and nothing packed or escaped any more.
struct HttpRequest {
    std::string method = "GET";
    std::string path = "/";
    Parameters parameters{};  ///< Of the URL.
    std::string host{};       ///< The headers, empty where absent.
    std::string origin{};
    std::string accept{};
    std::string content_type{};
    std::string body{};
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body{};
    Parameters headers{};  ///< Further ones.
};

/// The first parameter of that name; nothing when it is absent.
std::optional<std::string_view> find_parameter(const Parameters& parameters, std::string_view name);

/// The same, with the empty text for an absent one.
std::string_view parameter_or_empty(const Parameters& parameters, std::string_view name);

/// More parameters than any request needs: each takes far more memory than its bytes.
inline constexpr std::size_t kParameterLimit = 1000;

/// Reads `a=1&b=%20+`, the query of a URL or the body of a form. An escape that is none stays.
/// Reads no further than one parameter beyond kParameterLimit: whoever gets that many refuses.
Parameters parse_form(std::string_view text);

/// True when parse_form() found more than it may.
bool has_too_many(const Parameters& parameters);

/// A JSON answer {"error": message}.
HttpResponse error_response(unsigned status, std::string_view message);

}  // namespace tidemark::server
