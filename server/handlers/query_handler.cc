#include <charconv>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/query.h>

#include "server/format/query_csv.h"
#include "server/format/query_json.h"
#include "server/handlers/http_handler.h"
#include "server/handlers/query_parameters.h"

namespace tidemark::server {
namespace {

bool is_form(const HttpRequest& request) {
    return request.content_type.starts_with("application/x-www-form-urlencoded");
}

// The parameters of the body, then those of the URL: a form goes before, as in Go.
class QueryParameters {
public:
    explicit QueryParameters(const HttpRequest& request) : url_(request.parameters) {
        if (request.method == "POST" && is_form(request)) form_ = parse_form(request.body);
    }
    bool is_too_long() const { return has_too_many(form_); }
    std::string_view operator[](std::string_view name) const {
        const auto of_form = find_parameter(form_, name);
        return of_form ? *of_form : parameter_or_empty(url_, name);
    }

private:
    Parameters form_;
    const Parameters& url_;
};

bool wants_csv(const HttpRequest& request) {
    return request.accept.find("application/csv") != std::string::npos ||
           request.accept.find("text/csv") != std::string::npos;
}

// InfluxDB's, which takes what is no number above zero for nothing.
std::size_t chunk_rows(std::string_view text) {
    constexpr std::size_t kDefault = 10'000;
    std::size_t rows = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, rows);
    const bool is_number = parsed.ec == std::errc{} && parsed.ptr == end && rows > 0;
    return is_number ? rows : kDefault;
}

std::vector<StatisticsModule> server_statistics(const Counters& counters) {
    return {{"httpd", {{"req", counters.http_requests.load()}}},
            {"write",
             {{"connections", counters.connections_accepted.load()},
              {"pointReq", counters.points_written.load()},
              {"linesRefused", counters.lines_refused.load()}}}};
}

std::string syntax_message(const SyntaxError& error) {
    return "error parsing query: " + error.message + " at line " +
           std::to_string(error.location.line) + ", char " + std::to_string(error.location.column);
}

}  // namespace

bool asks_for_running_queries(const HttpRequest& request) {
    constexpr std::size_t kLongestText = 1000;  // It is read once more, on the network's thread.
    const QueryParameters parameters(request);
    const std::string_view text = parameters["q"];
    return text.size() <= kLongestText && is_about_running_queries(text);
}

HttpResponse handle_query(const HandlerContext& context, const HttpRequest& request) {
    const QueryParameters parameters(request);
    const bool is_csv = wants_csv(request);
    const std::string_view pretty = parameters["pretty"];
    const bool is_pretty = pretty == "true";
    const auto refuse = [&](const std::string& message) -> HttpResponse {
        if (is_csv) return {.status = 400, .content_type = "text/csv", .body = error_csv(message)};
        return {.status = 400, .body = error_json(message, is_pretty)};
    };

    if (parameters.is_too_long()) {
        return refuse("the form has more than " + std::to_string(kParameterLimit) + " parameters");
    }
    const std::string_view text = parameters["q"];
    if (text.empty()) return refuse("missing required parameter \"q\"");
    Epoch epoch;
    if (const std::string_view name = parameters["epoch"]; !name.empty()) {
        epoch = storage::parse_time_precision(name);
        if (!epoch) {
            return refuse("invalid epoch \"" + std::string(name) + "\" (use " +
                          std::string(storage::kTimePrecisionNames) + ")");
        }
    }

    QueryOptions options;
    options.database = parameters["db"];
    options.retention_policy = parameters["rp"];
    options.author = parameters["u"];
    options.may_write = request.method == "POST";
    options.cancelled = &context.cancelled;
    options.running = context.running;
    options.statistics = [&counters = context.counters] { return server_statistics(counters); };
    options.row_limit = context.query_limits.row_count;
    options.time_limit = std::chrono::seconds(context.query_limits.seconds);
    options.memory_limit_bytes = context.query_limits.memory_bytes;
    if (const std::string_view values = parameters["params"]; !values.empty()) {
        auto parsed = parse_query_parameters(values);
        if (!parsed) return refuse("error parsing query parameters: " + parsed.error().message());
        options.parameters = std::move(parsed).value();
    }
    const QueryResult result = execute(context.store, text, options);
    if (result.syntax_error) return refuse(syntax_message(*result.syntax_error));
    if (is_csv) {
        const CsvStyle style{.epoch = epoch.value_or(storage::TimePrecision::Nanoseconds)};
        return {.content_type = "text/csv", .body = query_csv(result, style)};
    }
    if (parameters["chunked"] == "true") {
        return {.body = chunked_query_json(result, epoch, is_pretty,
                                           chunk_rows(parameters["chunk_size"]))};
    }
    return {.body = query_json(result, epoch, is_pretty)};
}

}  // namespace tidemark::server
