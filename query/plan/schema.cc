#include "query/plan/schema.h"

#include <algorithm>

#include <re2/re2.h>

#include "query/plan/name_suggestion.h"
#include "query/plan/row_expression.h"

namespace tidemark::query {
namespace {

Status check_policy(const Store& store, const std::string& database, const std::string& policy) {
    if (policy.empty() || store.has_retention_policy(database, policy)) return success();
    return Error(ErrorCode::NotFound, "retention policy not found: " + policy);
}

Result<std::vector<std::string>> measurement_names(const Store& store, const std::string& database,
                                                   const MeasurementSource& source) {
    if (const auto* name = std::get_if<std::string>(&source.measurement)) {
        return std::vector<std::string>{*name};
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto regex,
                              compile_regex(std::get<RegexLiteral>(source.measurement)));
    std::vector<std::string> names = store.measurements(database);
    std::erase_if(names, [&](const std::string& name) { return !regex_matches(*regex, name); });
    return names;
}

}  // namespace

Status check_database(const Store& store, const std::string& database) {
    if (database.empty()) return Error(ErrorCode::InvalidArgument, "database name required");
    if (store.has_database(database)) return success();
    return Error(ErrorCode::NotFound,
                 "database not found: " + database + suggestion(database, store.databases()));
}

Result<std::vector<ResolvedSource>> resolve_sources(const Store& store,
                                                    const std::vector<Source>& sources,
                                                    const SessionDefaults& defaults) {
    std::vector<ResolvedSource> resolved;
    for (const Source& source : sources) {
        const auto* measurement = std::get_if<MeasurementSource>(&source);
        if (measurement == nullptr) {
            return Error(ErrorCode::Unsupported, "subqueries in FROM are not supported");
        }
        const bool is_elsewhere = !measurement->database.empty();
        const std::string database = is_elsewhere ? measurement->database : defaults.database;
        const std::string policy = !measurement->policy.empty() ? measurement->policy
                                   : is_elsewhere               ? std::string()
                                                                : defaults.policy;
        TIDEMARK_RETURN_IF_ERROR(check_database(store, database));
        TIDEMARK_RETURN_IF_ERROR(check_policy(store, database, policy));
        TIDEMARK_ASSIGN_OR_RETURN(const auto names,
                                  measurement_names(store, database, *measurement));
        for (const std::string& name : names) {
            ResolvedSource candidate{database, policy, name};
            if (std::find(resolved.begin(), resolved.end(), candidate) == resolved.end()) {
                resolved.push_back(std::move(candidate));
            }
        }
    }
    return resolved;
}

Schema Schema::of(const Store& store, const std::vector<ResolvedSource>& sources) {
    Schema schema;
    for (const ResolvedSource& source : sources) {
        for (const FieldKey& field : store.field_keys(source.database, source.measurement)) {
            schema.fields_.emplace(field.name, field.type);
        }
        for (std::string& tag : store.tag_keys(source.database, source.measurement)) {
            schema.tags_.insert(std::move(tag));
        }
    }
    return schema;
}

ResolvedName Schema::resolve(const VariableReference& reference) const {
    const bool wants_tag = reference.cast == CastType::Tag;
    const auto field = fields_.find(reference.name);
    if (field != fields_.end() && !wants_tag) {
        return {reference.name, NameKind::Field, field->second};
    }
    if (tags_.contains(reference.name) && (!reference.cast || wants_tag)) {
        return {reference.name, NameKind::Tag, std::nullopt};
    }
    return {reference.name, NameKind::Unknown, std::nullopt};
}

std::vector<std::string> Schema::names() const {
    std::vector<std::string> names(tags_.begin(), tags_.end());
    for (const auto& [name, type] : fields_) names.push_back(name);
    return names;
}

}  // namespace tidemark::query
