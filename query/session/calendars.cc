#include "query/session/calendars.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "query/plan/kept_calendar.h"
#include "query/plan/messages.h"
#include "query/plan/name_suggestion.h"
#include "query/plan/schema.h"
#include "query/syntax/printer.h"
#include "storage/base/bytes.h"
#include "storage/base/checksum.h"

namespace tidemark::query {
namespace {

using Cells = std::vector<Cell>;

/// The database that ON names, else the session's.
Result<std::string> database_of(const std::string& named, const StatementContext& context) {
    const std::string& database = named.empty() ? context.options.database : named;
    TIDEMARK_RETURN_IF_ERROR(check_database(context.store, database));
    return database;
}

DocumentChange change_by(const StatementContext& context, const std::string& reason,
                         std::optional<std::uint64_t> expected_version = std::nullopt) {
    return {context.options.author, reason, context.now_ns, expected_version};
}

std::uint64_t newest_version(const StatementContext& context, const DocumentName& name) {
    const auto history = context.store.document_history(name);
    return history.empty() ? 0 : history.back().version;
}

StatementResult finished(Status status) {
    return status ? StatementResult() : failed(std::move(status).error());
}

Status as_status(const Result<std::uint64_t>& version) {
    return version ? success() : Status(version.error());
}

StatementResult one_table(std::string name, std::vector<std::string> columns, RowTable rows) {
    StatementResult result;
    if (rows.empty()) return result;
    result.series.push_back({std::move(name), {}, std::move(columns), std::move(rows)});
    return result;
}

Cell optional_text(const std::string& text) { return text.empty() ? Cell() : Cell(text); }

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

// ---- Calendars

Status create(const CreateCalendar& statement, const StatementContext& context) {
    TIDEMARK_ASSIGN_OR_RETURN(std::string database, database_of(statement.database, context));
    TIDEMARK_ASSIGN_OR_RETURN([[maybe_unused]] const Calendar calendar, make_calendar(statement));
    const DocumentName name{std::move(database), std::string(kCalendarKind), statement.name};
    const std::string bytes = calendar_bytes(statement);
    const std::uint64_t version = newest_version(context, name);
    const auto existing = context.store.document(name);
    if (existing && existing->bytes == bytes) return success();
    if (existing && !statement.may_replace) {
        return Error(ErrorCode::InvalidArgument,
                     "calendar " + print_identifier(statement.name) +
                         " already exists with other hours: CREATE OR REPLACE CALENDAR replaces "
                         "it");
    }
    return as_status(
        context.store.put_document(name, bytes, change_by(context, statement.reason, version)));
}

Status drop(const DropCalendar& statement, const StatementContext& context) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::string database, database_of(statement.database, context));
    const DocumentName name{database, std::string(kCalendarKind), statement.name};
    if (!context.store.document(name)) {
        return unknown_calendar_error(context.store, database, statement.name);
    }
    return as_status(context.store.remove_document(name, change_by(context, "")));
}

Result<Cells> calendar_row(const Document& document) {
    TIDEMARK_ASSIGN_OR_RETURN(const CreateCalendar kept, read_calendar(document));
    return Cells{Cell(document.name),
                 Cell(kept.zone),
                 Cell(kept.hours),
                 optional_text(joined(kept.except_dates)),
                 optional_text(document.author),
                 Cell(TimeCell{document.time_ns}),
                 optional_text(document.reason)};
}

// ---- Maintenance

const std::vector<std::string>& maintenance_columns() {
    static const std::vector<std::string> kColumns = {"id",     "tags",   "from",   "to",
                                                      "reason", "author", "changed"};
    return kColumns;
}

Result<Cells> maintenance_row(const Document& document) {
    TIDEMARK_ASSIGN_OR_RETURN(const CreateMaintenance kept, read_maintenance(document));
    TIDEMARK_ASSIGN_OR_RETURN(const TimeRange range, maintenance_range(kept, document.time_ns));
    return Cells{Cell(document.name),
                 Cell(print_tag_conditions(kept.tags)),
                 Cell(TimeCell{range.begin_ns}),
                 Cell(TimeCell{range.end_ns}),
                 optional_text(document.reason),
                 optional_text(document.author),
                 Cell(TimeCell{document.time_ns})};
}

/// The id of a window: of what it says, so that a statement that is sent twice makes one window.
/// `attempt` gives others, for the case that two windows meet in one.
std::string id_of(const std::string& bytes, std::uint64_t attempt) {
    const std::uint64_t hash = storage::xxh3_64(storage::as_bytes(bytes), attempt);
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "m%08x", static_cast<unsigned>(hash & 0xffff'ffffU));
    return text.data();
}

/// The first id that was never given to another window.
DocumentName name_of_maintenance(const StatementContext& context, const std::string& database,
                                 const std::string& bytes) {
    for (std::uint64_t attempt = 0;; ++attempt) {
        DocumentName name{database, std::string(kMaintenanceKind), id_of(bytes, attempt)};
        const auto history = context.store.document_history(name);
        const bool is_ours = std::ranges::all_of(history, [&](const Document& version) {
            return version.is_removed || version.bytes == bytes;
        });
        if (is_ours) return name;
    }
}

/// Tags may be written later; more often they are misspelt.
void warn_of_unknown_tags(const CreateMaintenance& statement, const std::string& database,
                          const Store& store, std::vector<ResultMessage>& messages) {
    std::set<std::string> known;
    for (const std::string& measurement : store.measurements(database)) {
        const auto keys = store.tag_keys(database, measurement);
        known.insert(keys.begin(), keys.end());
    }
    const std::vector<std::string> names(known.begin(), known.end());
    for (const Tag& tag : statement.tags) {
        if (known.contains(tag.key)) continue;
        warn(messages, "no series has a tag " + print_identifier(tag.key) + " yet" +
                           suggestion(tag.key, names));
    }
}

Result<Document> create(const CreateMaintenance& statement, const std::string& database,
                        const StatementContext& context) {
    TIDEMARK_ASSIGN_OR_RETURN(const TimeRange range, maintenance_range(statement, context.now_ns));
    const std::string bytes = maintenance_bytes(statement, range);
    const DocumentName name = name_of_maintenance(context, database, bytes);
    const auto existing = context.store.document(name);
    if (existing && existing->reason == statement.reason) return *existing;
    const DocumentChange change =
        change_by(context, statement.reason, newest_version(context, name));
    TIDEMARK_RETURN_IF_ERROR(as_status(context.store.put_document(name, bytes, change)));
    const auto made = context.store.document(name);
    if (made) return *made;
    return Error(ErrorCode::NotFound, "maintenance " + name.name + " was dropped meanwhile");
}

Status drop(const DropMaintenance& statement, const StatementContext& context) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::string database, database_of(statement.database, context));
    const DocumentName name{database, std::string(kMaintenanceKind), statement.id};
    if (context.store.document(name)) {
        return as_status(context.store.remove_document(name, change_by(context, "")));
    }
    std::vector<std::string> known;
    for (Document& document : context.store.documents(database, kMaintenanceKind)) {
        known.push_back(std::move(document.name));
    }
    return Error(ErrorCode::NotFound, "there is no maintenance " + print_identifier(statement.id) +
                                          " in database " + print_identifier(database) +
                                          suggestion(statement.id, known) +
                                          ": SHOW MAINTENANCE shows the ids");
}

/// The rows of all documents of a kind.
Result<RowTable> rows_of(const StatementContext& context, const std::string& named,
                         std::string_view kind, Result<Cells> (*row_of)(const Document&)) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::string database, database_of(named, context));
    RowTable rows;
    for (const Document& document : context.store.documents(database, kind)) {
        TIDEMARK_ASSIGN_OR_RETURN(Cells row, row_of(document));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

StatementResult change(const CreateCalendar& statement, const StatementContext& context) {
    return finished(create(statement, context));
}

StatementResult change(const DropCalendar& statement, const StatementContext& context) {
    return finished(drop(statement, context));
}

StatementResult show(const ShowCalendars& statement, const StatementContext& context) {
    auto rows = rows_of(context, statement.database, kCalendarKind, calendar_row);
    if (!rows) return failed(std::move(rows).error());
    return one_table("calendars",
                     {"name", "tz", "hours", "except_dates", "author", "changed", "reason"},
                     std::move(rows).value());
}

StatementResult change(const CreateMaintenance& statement, const StatementContext& context) {
    const auto database = database_of(statement.database, context);
    if (!database) return failed(database.error());
    const auto made = create(statement, database.value(), context);
    if (!made) return failed(made.error());
    auto row = maintenance_row(made.value());
    if (!row) return failed(std::move(row).error());
    RowTable rows;
    rows.push_back(std::move(row).value());
    StatementResult result = one_table("maintenance", maintenance_columns(), std::move(rows));
    warn_of_unknown_tags(statement, database.value(), context.store, result.messages);
    return result;
}

StatementResult change(const DropMaintenance& statement, const StatementContext& context) {
    return finished(drop(statement, context));
}

StatementResult show(const ShowMaintenance& statement, const StatementContext& context) {
    auto rows = rows_of(context, statement.database, kMaintenanceKind, maintenance_row);
    if (!rows) return failed(std::move(rows).error());
    rows.value().stable_sort([](ConstRow left, ConstRow right) {
        return std::get<TimeCell>(left[2]).ns < std::get<TimeCell>(right[2]).ns;
    });
    return one_table("maintenance", maintenance_columns(), std::move(rows).value());
}

}  // namespace tidemark::query
