#include <algorithm>
#include <set>
#include <utility>

#include "query/plan/kept_calendar.h"
#include "query/plan/select_binder.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + print_identifier(name);
    }
    return text;
}

std::string print_exclusions(const SelectStatement& select) {
    std::string text;
    if (select.during) text = "DURING " + joined(select.during->calendars);
    if (!select.except) return text;
    text += text.empty() ? "EXCEPT " : " EXCEPT ";
    const std::string calendars = joined(select.except->calendars);
    if (!select.except->maintenance) return text + calendars;
    return text + (calendars.empty() ? "MAINTENANCE" : "MAINTENANCE, " + calendars);
}

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

Result<std::vector<Calendar>> find_calendars(const Store& store, const std::string& database,
                                             const std::vector<std::string>& names) {
    std::vector<Calendar> calendars;
    for (const std::string& name : names) {
        const auto document = store.document({database, std::string(kCalendarKind), name});
        if (!document) return unknown_calendar_error(store, database, name);
        TIDEMARK_ASSIGN_OR_RETURN(const CreateCalendar kept, read_calendar(*document));
        TIDEMARK_ASSIGN_OR_RETURN(Calendar calendar, make_calendar(kept));
        calendars.push_back(std::move(calendar));
    }
    return calendars;
}

Result<std::vector<MaintenanceWindow>> find_maintenance(const Store& store,
                                                        const std::string& database,
                                                        std::int64_t now_ns) {
    std::vector<MaintenanceWindow> windows;
    for (const Document& document : store.documents(database, kMaintenanceKind)) {
        TIDEMARK_ASSIGN_OR_RETURN(CreateMaintenance kept, read_maintenance(document));
        TIDEMARK_ASSIGN_OR_RETURN(const TimeRange range, maintenance_range(kept, now_ns));
        windows.push_back({std::move(kept.tags), range});
    }
    return windows;
}

/// Whether a function still means what it says where time is left out.
bool may_leave_time_out(const BoundCall& call) {
    switch (call.info().function_class) {
        case FunctionClass::Aggregate:
        case FunctionClass::Selector:
        case FunctionClass::Quantile:
        case FunctionClass::PointShare:
        case FunctionClass::TimeMean:
        case FunctionClass::HeldValue:
        case FunctionClass::State:
        case FunctionClass::Table:
            return true;
        case FunctionClass::Trend:
        case FunctionClass::Pairs:
        case FunctionClass::Columns:
        case FunctionClass::Counter:
        case FunctionClass::RowPicker:
        case FunctionClass::Transformation:
            return false;
    }
    return false;
}

}  // namespace

Result<std::string> SelectBinder::database_of_exclusions() const {
    std::vector<ResolvedSource> stored;
    TIDEMARK_RETURN_IF_ERROR(collect_stored_sources(select_, stored));
    std::set<std::string> databases;
    for (const ResolvedSource& source : stored) databases.insert(source.database);
    if (databases.size() > 1) {
        return invalid(
            "DURING and EXCEPT take calendars and maintenance of one database, and the "
            "measurements are in several: ask for one database at a time");
    }
    return databases.empty() ? context_.defaults.database : *databases.begin();
}

Status SelectBinder::bind_exclusions() {
    if (!select_.during && !select_.except) return success();
    TIDEMARK_ASSIGN_OR_RETURN(const std::string database, database_of_exclusions());
    Exclusions::Rules rules;
    if (select_.during) {
        TIDEMARK_ASSIGN_OR_RETURN(
            rules.during, find_calendars(context_.store, database, select_.during->calendars));
    }
    if (select_.except) {
        TIDEMARK_ASSIGN_OR_RETURN(
            rules.except, find_calendars(context_.store, database, select_.except->calendars));
        if (select_.except->maintenance) {
            TIDEMARK_ASSIGN_OR_RETURN(rules.maintenance,
                                      find_maintenance(context_.store, database, context_.now_ns));
        }
    }
    rules.text = print_exclusions(select_);
    series_.exclusions = std::make_shared<const Exclusions>(std::move(rules));
    return success();
}

Status SelectBinder::refuse_exclusions(const std::string& what) const {
    return invalid(
        "DURING and EXCEPT do not go with " + what +
        ": they take time out of functions that judge time or count samples, such as uptime(..), "
        "episodes(..), time_mean(..), mean(..) and percentile_disc(..)");
}

Status SelectBinder::check_exclusions(const std::vector<BoundCall>& calls) const {
    if (!has_exclusions()) return success();
    const auto call = std::find_if(calls.begin(), calls.end(),
                                   [](const BoundCall& one) { return !may_leave_time_out(one); });
    return call == calls.end()
               ? success()
               : refuse_exclusions(std::string(spelled_name(call->info().name)) + "()");
}

}  // namespace tidemark::query
