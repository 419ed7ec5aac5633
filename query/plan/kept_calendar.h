#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tidemark/documents.h>
#include <tidemark/result.h>
#include <tidemark/store.h>
#include <tidemark/types.h>

#include "query/functions/calendar.h"
#include "query/syntax/ast.h"

// Calendars and maintenance windows are kept as documents: the bytes are the statement that makes
// them, in its canonical spelling, without its database, and with times as instants in UTC.

namespace tidemark::query {

inline constexpr std::string_view kCalendarKind = "calendar";
inline constexpr std::string_view kMaintenanceKind = "maintenance";

std::string calendar_bytes(const CreateCalendar& calendar);
/// Corruption when the bytes are no such statement.
Result<CreateCalendar> read_calendar(const Document& document);
Result<Calendar> make_calendar(const CreateCalendar& calendar);

/// "there is no calendar offic in database ops, did you mean office?"
Error unknown_calendar_error(const Store& store, const std::string& database,
                             const std::string& name);

/// From when to when it is; InvalidArgument when that is no time, or none is between.
Result<TimeRange> maintenance_range(const CreateMaintenance& maintenance, std::int64_t now_ns);
std::string maintenance_bytes(const CreateMaintenance& maintenance, const TimeRange& range);
Result<CreateMaintenance> read_maintenance(const Document& document);

}  // namespace tidemark::query
