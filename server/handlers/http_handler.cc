#include "server/handlers/http_handler.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <exception>
#include <new>
#include <string>

#include <tidemark/version.h>

#include "server/format/json_writer.h"

namespace tidemark::server {
namespace {

bool is_method(const HttpRequest& request, std::initializer_list<std::string_view> methods) {
    return std::ranges::find(methods, request.method) != methods.end();
}

HttpResponse method_not_allowed(const HttpRequest& request, std::string_view allowed) {
    HttpResponse response = error_response(
        405, request.path + " takes " + std::string(allowed) + ", not " + request.method);
    response.headers.emplace_back("Allow", allowed);
    return response;
}

HttpResponse dispatch(const HandlerContext& context, const HttpRequest& request) {
    if (request.path == "/write") {
        if (!is_method(request, {"POST"})) return method_not_allowed(request, "POST");
        return handle_write(context, request);
    }
    if (request.path == "/query") {
        if (!is_method(request, {"GET", "POST"})) return method_not_allowed(request, "GET, POST");
        return handle_query(context, request);
    }
    if (request.path == "/ping" || request.path == "/health") {
        if (!is_method(request, {"GET", "HEAD"})) return method_not_allowed(request, "GET, HEAD");
        return request.path == "/ping" ? handle_ping(request) : handle_health();
    }
    return error_response(
        404, "not found: " + request.path + " (there are /write, /query, /ping and /health)");
}

// 127.0.0.0/8 as four decimal numbers: a name such as 127.example.com is somebody else's.
bool is_loopback_v4(std::string_view name) {
    constexpr std::string_view kNetwork = "127";
    std::size_t number_count = 0;
    for (bool is_last = false; !is_last; ++number_count) {
        const std::size_t dot = name.find('.');
        is_last = dot == std::string_view::npos;
        const std::string_view digits = name.substr(0, dot);
        std::uint8_t byte = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte);
        if (error != std::errc{} || end != digits.data() + digits.size()) return false;
        if (number_count == 0 && digits != kNetwork) return false;
        if (!is_last) name.remove_prefix(dot + 1);
    }
    return number_count == 4;
}

// The host of an Origin header: "http://localhost:3000" is of "localhost:3000".
std::string_view host_of_origin(std::string_view origin) {
    const std::size_t scheme = origin.find("://");
    return scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
}

HttpResponse refuse_or_dispatch(const HandlerContext& context, const HttpRequest& request) {
    if (!is_local_host(request.host)) {
        return error_response(403, "refused: the Host header \"" + request.host +
                                       "\" is not localhost, an address of 127.0.0.0/8 or [::1]");
    }
    if (!request.origin.empty() && !is_local_host(host_of_origin(request.origin))) {
        return error_response(
            403, "refused: the request comes from a web page of \"" + request.origin + "\"");
    }
    if (has_too_many(request.parameters)) {
        return error_response(
            400, "the URL has more than " + std::to_string(kParameterLimit) + " parameters");
    }
    return dispatch(context, request);
}

}  // namespace

HttpResponse handle_request(const HandlerContext& context, const HttpRequest& request) {
    context.counters.http_requests.fetch_add(1, std::memory_order_relaxed);
    HttpResponse response;
    try {
        response = refuse_or_dispatch(context, request);
    } catch (const std::bad_alloc&) {
        response = error_response(503, "out of memory: ask for less, or for smaller batches");
    } catch (const std::exception& exception) {
        response = error_response(500, exception.what());
    }
    response.headers.emplace_back("X-Influxdb-Build", "OSS");
    response.headers.emplace_back("X-Influxdb-Version", kInfluxVersion);
    response.headers.emplace_back("X-Tidemark-Version", kVersion);
    return response;
}

HttpResponse handle_ping(const HttpRequest& request) {
    const std::string_view verbose = parameter_or_empty(request.parameters, "verbose");
    if (verbose.empty() || verbose == "false" || verbose == "0") return {.status = 204};
    return {.body = std::string("{\"version\":\"") + kInfluxVersion + "\"}\n"};
}

HttpResponse handle_health() {
    HttpResponse response;
    JsonWriter json(response.body, false);
    json.begin_object();
    json.key("name");
    json.string("influxdb");
    json.key("message");
    json.string("ready for queries and writes");
    json.key("status");
    json.string("pass");
    json.key("checks");
    json.begin_array();
    json.end_array();
    json.key("version");
    json.string(kInfluxVersion);
    json.end_object();
    response.body.push_back('\n');
    return response;
}

bool may_block(const HttpRequest& request) {
    return request.path == "/write" ||
           (request.path == "/query" && !asks_for_running_queries(request));
}

bool is_local_host(std::string_view host) {
    // An IPv6 address is in brackets, so that a colon behind it begins the port.
    const std::size_t name_end = host.starts_with('[') ? host.find(']') : host.find(':');
    std::string name(host.substr(
        0, host.starts_with('[') && name_end != std::string_view::npos ? name_end + 1 : name_end));
    const std::string_view rest = host.substr(name.size());
    const bool is_port =
        rest.empty() || (rest.starts_with(':') &&
                         rest.find_first_not_of("0123456789", 1) == std::string_view::npos);
    std::ranges::transform(name, name.begin(), [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    });
    return is_port && (name == "localhost" || name == "[::1]" || is_loopback_v4(name));
}

}  // namespace tidemark::server
