#include "query/plan/kept_calendar.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "query/plan/name_suggestion.h"
#include "query/plan/time_expression.h"
#include "query/syntax/parser.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

template <typename Node>
Result<Node> read_statement(const Document& document) {
    auto parsed = parse_statements(document.bytes);
    const auto* statements = std::get_if<std::vector<Statement>>(&parsed);
    if (statements != nullptr && statements->size() == 1) {
        if (const auto* node = std::get_if<Node>(&statements->front().node)) return *node;
    }
    return Error(ErrorCode::Corruption, "document " + document.kind + " " + document.name +
                                            ", version " + std::to_string(document.version) +
                                            ", cannot be understood: make it anew");
}

Expression instant_literal(std::int64_t time_ns) {
    return Expression{{}, StringLiteral{print_instant(time_ns)}};
}

}  // namespace

std::string calendar_bytes(const CreateCalendar& calendar) {
    CreateCalendar kept = calendar;
    kept.may_replace = false;
    kept.database.clear();
    kept.reason.clear();
    return print(Statement{{}, std::move(kept)});
}

Result<CreateCalendar> read_calendar(const Document& document) {
    return read_statement<CreateCalendar>(document);
}

Result<Calendar> make_calendar(const CreateCalendar& calendar) {
    return Calendar::make(calendar.zone, calendar.hours, calendar.except_dates);
}

Error unknown_calendar_error(const Store& store, const std::string& database,
                             const std::string& name) {
    std::vector<std::string> known;
    for (Document& document : store.documents(database, kCalendarKind)) {
        known.push_back(std::move(document.name));
    }
    return {ErrorCode::NotFound, "there is no calendar " + print_identifier(name) +
                                     " in database " + print_identifier(database) +
                                     suggestion(name, known)};
}

Result<TimeRange> maintenance_range(const CreateMaintenance& maintenance, std::int64_t now_ns) {
    TimeContext context{now_ns, std::nullopt};
    if (!maintenance.zone.empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(context.zone, TimeZone::find(maintenance.zone));
    }
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t begin_ns,
                              evaluate_instant(maintenance.begin, context));
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t end_ns,
                              evaluate_instant(maintenance.end, context));
    if (begin_ns < end_ns) return TimeRange{begin_ns, end_ns};
    return Error(ErrorCode::InvalidArgument,
                 "FROM " + print(maintenance.begin) + " TO " + print(maintenance.end) +
                     ": the maintenance ends before it begins: it must last at least 1 ns");
}

std::string maintenance_bytes(const CreateMaintenance& maintenance, const TimeRange& range) {
    CreateMaintenance kept = maintenance;
    kept.database.clear();
    kept.zone.clear();
    kept.reason.clear();
    std::ranges::sort(kept.tags);
    kept.begin = instant_literal(range.begin_ns);
    kept.end = instant_literal(range.end_ns);
    return print(Statement{{}, std::move(kept)});
}

Result<CreateMaintenance> read_maintenance(const Document& document) {
    return read_statement<CreateMaintenance>(document);
}

}  // namespace tidemark::query
