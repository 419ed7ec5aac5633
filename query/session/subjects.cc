#include "query/session/subjects.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "query/plan/messages.h"
#include "query/plan/name_suggestion.h"
#include "query/plan/schema.h"
#include "query/syntax/printer.h"

namespace tidemark::query {

Result<std::vector<Subject>> SubjectReader::read() {
    if (clauses_.all_databases || clauses_.all_policies || !clauses_.policy.empty()) {
        return Error(ErrorCode::Unsupported,
                     "ON names one database: policies and * are not supported");
    }
    TIDEMARK_RETURN_IF_ERROR(check_database(context_.store, database_));
    if (clauses_.where) {
        std::vector<ResultMessage> unheard;
        TIDEMARK_ASSIGN_OR_RETURN(where_, bind_where(*clauses_.where, Schema(),
                                                     {context_.now_ns, std::nullopt}, unheard));
    }
    TIDEMARK_ASSIGN_OR_RETURN(measurements_, measurement_names());
    std::vector<Subject> subjects;
    for (const std::string& name : measurements_) {
        Subject subject{name, {}};
        for (SeriesTags& series : context_.store.series(database_, name, where_.tag_matchers)) {
            if (may_hold(where_, series.tags)) subject.series.push_back(std::move(series.tags));
        }
        if (!subject.series.empty()) subjects.push_back(std::move(subject));
    }
    return subjects;
}

Result<std::vector<std::string>> SubjectReader::measurement_names() {
    std::vector<std::string> known = context_.store.measurements(database_);
    if (clauses_.sources.empty()) return known;
    std::vector<Source> sources;
    for (const MeasurementSource& source : clauses_.sources) {
        sources.emplace_back(source);
        if (std::get<MeasurementSource>(sources.back()).database.empty()) {
            std::get<MeasurementSource>(sources.back()).database = database_;
        }
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto resolved,
                              resolve_sources(context_.store, sources, {database_, {}}, {}));
    for (const ResolvedSource& source : resolved) {
        if (std::ranges::find(known, source.measurement) != known.end()) continue;
        warn(messages_, "there is no measurement " + print_identifier(source.measurement) +
                            suggestion(source.measurement, known));
    }
    std::erase_if(known, [&](const std::string& name) {
        return std::none_of(resolved.begin(), resolved.end(),
                            [&](const auto& source) { return source.measurement == name; });
    });
    return known;
}

}  // namespace tidemark::query
