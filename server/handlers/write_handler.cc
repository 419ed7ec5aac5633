#include <optional>
#include <string>

#include "server/handlers/http_handler.h"
#include "server/handlers/precision_hint.h"
#include "server/limits.h"
#include "storage/line_protocol/line_parser.h"

namespace tidemark::server {
namespace {

// An answer names at most so many refused lines, as many as the store describes.
constexpr std::size_t kListedLines = kDescribedPointLimit;

// Lists what the parser and the store refused in the order of lines, up to the limit.
HttpResponse partial_write(const storage::ParsedLines& lines, const WriteResult& written,
                           std::uint64_t dropped_count) {
    std::string message = "partial write: ";
    auto line = lines.rejected.begin();
    auto point = written.rejected.begin();
    std::size_t listed = 0;
    for (; listed < kListedLines; ++listed) {
        const bool has_line = line != lines.rejected.end();
        const bool has_point = point != written.rejected.end();
        if (!has_line && !has_point) break;
        if (listed > 0) message.push_back('\n');
        const std::uint64_t point_line =
            has_point ? lines.line_numbers[point->point_index] : std::uint64_t{0};
        if (has_line && (!has_point || line->line_number < point_line)) {
            message += (line++)->message();
        } else {
            message += "line " + std::to_string(point_line) + ": " + (point++)->reason;
        }
    }
    if (listed < dropped_count) {
        message += "\nand " + std::to_string(dropped_count - listed) + " more lines";
    }
    return error_response(400, message + " dropped=" + std::to_string(dropped_count));
}

unsigned status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidArgument:
            return 400;
        case ErrorCode::NotFound:
            return 404;
        case ErrorCode::LimitExceeded:
            return 413;
        case ErrorCode::StorageFull:
            return 507;
        case ErrorCode::Busy:
        case ErrorCode::Cancelled:
            return 503;
        case ErrorCode::Corruption:
        case ErrorCode::IoError:
        case ErrorCode::Unsupported:
            return 500;
    }
    return 500;
}

HttpResponse failed(const Error& error) {
    return error_response(status_of(error.code()), error.message());
}

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

// What is wrong with the parameters, before the body is looked at.
std::optional<HttpResponse> refused_parameters(const HandlerContext& context,
                                               std::string_view database, std::string_view policy,
                                               std::string_view precision) {
    if (database.empty()) return error_response(400, "database is required: /write?db=NAME");
    if (!context.store.has_database(database)) {
        return error_response(404, "database not found: " + quoted(database) +
                                       " (CREATE DATABASE makes one, SHOW DATABASES lists them)");
    }
    if (!policy.empty() && !context.store.has_retention_policy(database, policy)) {
        return error_response(404, "retention policy not found: " + quoted(policy) +
                                       " (CREATE RETENTION POLICY makes one, SHOW RETENTION "
                                       "POLICIES lists them)");
    }
    if (!precision.empty() && !storage::parse_time_precision(precision)) {
        return error_response(400, "invalid precision " + quoted(precision) + " (use " +
                                       std::string(storage::kTimePrecisionNames) + ")");
    }
    return std::nullopt;
}

}  // namespace

HttpResponse handle_write(const HandlerContext& context, const HttpRequest& request) {
    const std::string_view database = parameter_or_empty(request.parameters, "db");
    const std::string_view policy = parameter_or_empty(request.parameters, "rp");
    const std::string_view precision = parameter_or_empty(request.parameters, "precision");
    if (auto refused = refused_parameters(context, database, policy, precision)) return *refused;

    const storage::TimePrecision unit =
        storage::parse_time_precision(precision).value_or(storage::TimePrecision::Nanoseconds);
    const storage::ParsedLines lines =
        storage::parse_lines(request.body, {.precision = unit,
                                            .accepts_nan = context.store.accepts_nan(database),
                                            .line_size_limit_bytes = context.line_size_limit_bytes,
                                            .line_size_limit_place = kLineBytesOption,
                                            .rejected_line_limit = kListedLines});
    WriteResult written;
    if (!lines.batch.is_empty()) {
        auto result = context.store.write(database, policy, lines.batch);
        if (!result) return failed(result.error());
        written = std::move(result).value();
        if (const Status durable = context.store.wait_durable(written.sequence); !durable) {
            return failed(durable.error());
        }
    }

    const std::uint64_t dropped_count = lines.rejected_count + written.rejected_count;
    context.counters.points_written.fetch_add(written.accepted_count, std::memory_order_relaxed);
    context.counters.lines_refused.fetch_add(dropped_count, std::memory_order_relaxed);
    HttpResponse response = dropped_count == 0 ? HttpResponse{.status = 204}
                                               : partial_write(lines, written, dropped_count);
    if (const auto hint = precision_hint(lines, unit)) {
        response.headers.emplace_back("X-Tidemark-Warning", *hint);
        if (context.refusals != nullptr) {
            context.refusals->add("suspicious at /write to " + quoted(database) + ": " + *hint,
                                  steady_now_ns());
        }
    }
    return response;
}

}  // namespace tidemark::server
