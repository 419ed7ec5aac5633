#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "server/handlers/http_handler.h"
#include "server/handlers/precision_hint.h"
#include "storage/line_protocol/line_parser.h"

namespace tidemark::server {
namespace {

// An answer names at most so many refused lines.
constexpr std::size_t kListedLines = 10'000;

struct Refusal {
    std::uint64_t line_number;
    std::string message;
};

std::vector<Refusal> refusals_in_line_order(const storage::ParsedLines& lines,
                                            const WriteResult& written) {
    std::vector<Refusal> refusals;
    for (const storage::RejectedLine& line : lines.rejected) {
        refusals.push_back({line.line_number, line.message()});
    }
    for (const RejectedPoint& point : written.rejected) {
        const std::uint64_t line_number = lines.line_numbers[point.point_index];
        refusals.push_back(
            {line_number, "line " + std::to_string(line_number) + ": " + point.reason});
    }
    std::ranges::stable_sort(refusals, {}, &Refusal::line_number);
    return refusals;
}

HttpResponse partial_write(const std::vector<Refusal>& refusals, std::uint64_t dropped_count) {
    std::string message = "partial write: ";
    const std::size_t listed = std::min(refusals.size(), kListedLines);
    for (std::size_t i = 0; i < listed; ++i) {
        if (i > 0) message.push_back('\n');
        message += refusals[i].message;
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
        return error_response(404, "retention policy not found: " + quoted(policy));
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
    const storage::ParsedLines lines = storage::parse_lines(
        request.body, {.precision = unit, .line_size_limit_bytes = context.line_size_limit_bytes});
    WriteResult written;
    if (!lines.batch.is_empty()) {
        auto result = context.store.write(database, policy, lines.batch);
        if (!result) return failed(result.error());
        written = std::move(result).value();
        if (const Status durable = context.store.wait_durable(written.sequence); !durable) {
            return failed(durable.error());
        }
    }

    const std::uint64_t dropped_count = lines.rejected_count + written.rejected.size();
    context.counters.points_written.fetch_add(written.accepted_count, std::memory_order_relaxed);
    context.counters.lines_refused.fetch_add(dropped_count, std::memory_order_relaxed);
    HttpResponse response =
        dropped_count == 0 ? HttpResponse{.status = 204}
                           : partial_write(refusals_in_line_order(lines, written), dropped_count);
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
