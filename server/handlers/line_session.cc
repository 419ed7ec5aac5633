#include "server/handlers/line_session.h"

#include <algorithm>
#include <utility>

#include "server/handlers/precision_hint.h"
#include "server/limits.h"

namespace tidemark::server {
namespace {

constexpr std::string_view kHeading = "#tidemark";

// The longest first line, without its end, that may say something special. How the stream is cut
// makes no difference: a longer one is a heading that is refused, or an ordinary line.
constexpr std::size_t kHeadingLimitBytes = 4096;

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

constexpr std::string_view kHttpMethods[] = {"GET /", "POST /",   "HEAD /",
                                             "PUT /", "DELETE /", "OPTIONS /"};

bool may_begin(std::string_view text, std::string_view beginning) {
    return text.starts_with(beginning) || beginning.starts_with(text);
}

bool may_be_http_request(std::string_view text) {
    return std::ranges::any_of(kHttpMethods,
                               [&](std::string_view method) { return may_begin(text, method); });
}

bool is_http_request(std::string_view line) {
    return may_be_http_request(line) &&
           (line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0"));
}

bool begins_heading(std::string_view text) {
    return text.starts_with(kHeading) && text.substr(kHeading.size()).starts_with(' ');
}

bool is_heading(std::string_view line) { return line == kHeading || begins_heading(line); }

}  // namespace

LineSession::LineSession(const LineContext& context, std::string peer)
    : context_(context), peer_(std::move(peer)) {}

Result<std::size_t> LineSession::feed(std::string_view text, storage::TextEnd end) {
    if (speaks_http_) return text.size();
    std::size_t taken = 0;
    if (!parser_) {
        taken = read_first_line(text, end);
        if (!parser_) return taken;
    }
    lines_.clear();
    parser_->set_accepts_nan(context_.store.accepts_nan(database_));
    taken += parser_->parse(text.substr(taken), end, lines_);
    TIDEMARK_RETURN_IF_ERROR(write_lines());
    return taken;
}

Status LineSession::make_durable() { return context_.store.wait_durable(last_sequence_); }

// Makes the parser when the first line has come, unless it is HTTP's; returns how much was taken.
std::size_t LineSession::read_first_line(std::string_view text, storage::TextEnd end) {
    const std::size_t newline = text.find('\n');
    const bool is_whole = newline != std::string_view::npos || end == storage::TextEnd::Complete;
    const bool may_be_special = may_begin(text, kHeading) || may_be_http_request(text);
    const bool is_long = std::min(newline, text.size()) > kHeadingLimitBytes;
    if (!is_whole && may_be_special && !is_long) return 0;

    const std::string_view line =
        text.substr(0, newline == std::string_view::npos ? text.size() : newline + 1);
    if (is_long) {
        if (begins_heading(text)) {
            refuse_all("heading of more than " + std::to_string(kHeadingLimitBytes) + " bytes");
        }
    } else if (is_whole && is_http_request(without_line_end(line))) {
        speaks_http_ = true;
        refuse("line 1: found an HTTP request, expected line protocol");
        return text.size();
    }
    const bool is_given = is_whole && !is_long && is_heading(without_line_end(line));
    if (is_given) apply_heading(without_line_end(line).substr(kHeading.size()));
    parser_.emplace(
        storage::LineParserOptions{.precision = precision_,
                                   .line_size_limit_bytes = context_.line_size_limit_bytes,
                                   .line_size_limit_place = kLineBytesOption,
                                   .rejected_line_limit = 100,  // More would not be logged anyway.
                                   .first_line_number = is_given ? 2U : 1U});
    return is_given ? line.size() : 0;
}

void LineSession::apply_heading(std::string_view settings) {
    while (!settings.empty()) {
        const std::size_t end = std::min(settings.find(' '), settings.size());
        const std::string_view setting = settings.substr(0, end);
        settings.remove_prefix(std::min(end + 1, settings.size()));
        if (setting.empty()) continue;
        const std::string wrong = apply_setting(setting);
        if (!wrong.empty()) return refuse_all(wrong);
    }
}

void LineSession::refuse_all(const std::string& reason) {
    heading_error_ = reason;
    refuse("line 1: " + reason + "; every line of this connection is refused");
}

std::string LineSession::apply_setting(std::string_view setting) {
    const std::size_t equals = setting.find('=');
    const std::string_view name = setting.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : setting.substr(equals + 1);
    if (!value.empty() && name == "db") {
        database_ = value;
        return {};
    }
    if (!value.empty() && name == "rp") {
        retention_policy_ = value;
        return {};
    }
    if (name == "precision") {
        const auto precision = storage::parse_time_precision(value);
        if (precision) precision_ = *precision;
        if (precision) return {};
        return "expected precision " + std::string(storage::kTimePrecisionNames) + ", found \"" +
               std::string(value) + "\"";
    }
    return "expected db=NAME, rp=NAME or precision=UNIT after #tidemark, found \"" +
           std::string(setting) + "\"";
}

Status LineSession::write_lines() {
    WriteResult written;
    if (!heading_error_.empty()) {
        lines_.rejected_count += lines_.batch.point_count();
    } else if (!lines_.batch.is_empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(written, write_creating_database());
        last_sequence_ = std::max(last_sequence_, written.sequence);
        context_.counters.points_written.fetch_add(written.accepted_count,
                                                   std::memory_order_relaxed);
        hint_at_precision();
    }
    report_refused(written);
    return success();
}

// Over TCP nobody can be told that a database is missing, so it is made.
Result<WriteResult> LineSession::write_creating_database() {
    auto written = context_.store.write(database_, retention_policy_, lines_.batch);
    if (written || written.error().code() != ErrorCode::NotFound) return written;
    if (const Status created = context_.store.create_database(database_); !created) {
        if (created.error().code() != ErrorCode::InvalidArgument) return created.error();
        heading_error_ = created.error().message();
    } else if (!retention_policy_.empty() &&
               !context_.store.has_retention_policy(database_, retention_policy_)) {
        heading_error_ = "there is no retention policy \"" + retention_policy_ +
                         "\" in database \"" + database_ + "\"";
    } else {
        return context_.store.write(database_, retention_policy_, lines_.batch);
    }
    refuse(heading_error_ + "; every line of this connection is refused");
    lines_.rejected_count += lines_.batch.point_count();
    return WriteResult{};
}

void LineSession::report_refused(const WriteResult& written) {
    const std::uint64_t refused_count = lines_.rejected_count + written.rejected_count;
    if (refused_count == 0) return;
    context_.counters.lines_refused.fetch_add(refused_count, std::memory_order_relaxed);
    if (!heading_error_.empty()) return;
    context_.refusals.add_unsaid(refused_count - lines_.rejected.size() - written.rejected.size());
    for (const storage::RejectedLine& line : lines_.rejected) refuse(line.message());
    for (const RejectedPoint& point : written.rejected) {
        refuse("line " + std::to_string(lines_.line_numbers[point.point_index]) + ": " +
               point.reason);
    }
}

void LineSession::hint_at_precision() {
    if (has_hinted_) return;
    const std::optional<std::string> hint = precision_hint(lines_, precision_);
    if (!hint) return;
    has_hinted_ = true;
    context_.refusals.add("suspicious from " + peer_ + ": " + *hint, steady_now_ns());
}

void LineSession::refuse(const std::string& message) {
    context_.refusals.add("refused from " + peer_ + ": " + message, steady_now_ns());
}

}  // namespace tidemark::server
