#include "query/session/deletions.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "query/plan/messages.h"
#include "query/plan/name_suggestion.h"
#include "query/plan/schema.h"
#include "query/session/subjects.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

/// Rows cannot be chosen by what they hold. Taken for the name of a tag, which no series has,
/// `usage != 5` would choose everything.
Status check_no_field(const WhereClause& where, const Store& store, const std::string& database,
                      const std::string& measurement) {
    std::vector<std::string> names;
    for (const TagMatcher& matcher : where.tag_matchers) names.push_back(matcher.key);
    for (const InputColumn& input : where.inputs) names.push_back(input.name);
    const auto tags = store.tag_keys(database, measurement);
    for (const FieldKey& field : store.field_keys(database, measurement)) {
        const bool is_named = std::ranges::find(names, field.name) != names.end();
        const bool is_tag = std::ranges::find(tags, field.name) != tags.end();
        if (!is_named || is_tag) continue;
        return Error(ErrorCode::InvalidArgument,
                     "fields not supported in WHERE clause during deletion: " +
                         print_identifier(field.name) + " is a field of " +
                         print_identifier(measurement));
    }
    return success();
}

/// What FROM and WHERE choose.
struct Chosen {
    std::string database;
    std::vector<SeriesSelection> series;
    TimeBounds time;
    std::vector<ResultMessage> messages;
};

Result<Chosen> choose(const SchemaClauses& clauses, const StatementContext& context) {
    SubjectReader reader(clauses, context);
    TIDEMARK_ASSIGN_OR_RETURN(const std::vector<Subject> subjects, reader.read());
    Chosen chosen{reader.database(), {}, reader.where().time, reader.take_messages()};
    for (const std::string& measurement : reader.measurements()) {
        TIDEMARK_RETURN_IF_ERROR(
            check_no_field(reader.where(), context.store, chosen.database, measurement));
    }
    for (const Subject& subject : subjects) {
        chosen.series.push_back(
            {subject.measurement, reader.where().tag_matchers,
             [where = reader.where()](const TagSet& tags) { return may_hold(where, tags); }});
    }
    return chosen;
}

StatementResult finished(Status status, std::vector<ResultMessage> messages) {
    if (!status) return failed(std::move(status).error());
    StatementResult result;
    result.messages = std::move(messages);
    return result;
}

}  // namespace

StatementResult change(const DeleteStatement& statement, const StatementContext& context) {
    std::map<std::string, SchemaClauses> by_policy;
    if (statement.sources.empty()) by_policy[""].where = statement.where;
    for (const MeasurementSource& source : statement.sources) {
        SchemaClauses& clauses = by_policy[source.policy];
        clauses.sources.push_back(source);
        clauses.where = statement.where;
    }
    std::vector<ResultMessage> messages;
    for (const auto& [policy, clauses] : by_policy) {
        auto chosen = choose(clauses, context);
        if (!chosen) return failed(std::move(chosen).error());
        std::ranges::move(chosen.value().messages, std::back_inserter(messages));
        Status status = context.store.delete_rows(chosen.value().database, policy,
                                                  chosen.value().series, chosen.value().time.range);
        if (!status) return failed(std::move(status).error());
    }
    return finished(success(), std::move(messages));
}

StatementResult change(const DropSeries& statement, const StatementContext& context) {
    SchemaClauses clauses;
    clauses.sources = statement.sources;
    clauses.where = statement.where;
    auto chosen = choose(clauses, context);
    if (!chosen) return failed(std::move(chosen).error());
    if (chosen.value().time.has_lower || chosen.value().time.has_upper) {
        return failed(Error(ErrorCode::InvalidArgument,
                            "DROP SERIES doesn't support time in WHERE clause: DELETE does"));
    }
    Status status = context.store.drop_series(chosen.value().database, chosen.value().series);
    return finished(std::move(status), std::move(chosen).value().messages);
}

StatementResult change(const DropMeasurement& statement, const StatementContext& context) {
    const std::string& database = context.options.database;
    Status status = check_database(context.store, database);
    if (!status) return failed(std::move(status).error());
    std::vector<ResultMessage> messages;
    const std::vector<std::string> known = context.store.measurements(database);
    if (std::ranges::find(known, statement.name) == known.end()) {
        warn(messages, "there is no measurement " + print_identifier(statement.name) +
                           suggestion(statement.name, known));
    }
    return finished(context.store.drop_measurement(database, statement.name), std::move(messages));
}

StatementResult change(const Backup& statement, const StatementContext& context) {
    // Whose working directory it would be below is nothing that the asking side knows.
    if (!statement.directory.starts_with('/')) {
        return failed(Error(ErrorCode::InvalidArgument,
                            "BACKUP TO '" + statement.directory +
                                "': expected an absolute path of a new or an empty directory, "
                                "such as '/backup/2026-11-22'"));
    }
    return finished(context.store.backup(statement.directory), {});
}

}  // namespace tidemark::query
