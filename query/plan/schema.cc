#include "query/plan/schema.h"

#include <algorithm>

#include <re2/re2.h>

#include "query/plan/logical_plan.h"
#include "query/plan/name_suggestion.h"
#include "query/plan/row_expression.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

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

Status check_policy(const Store& store, const std::string& database, const std::string& policy) {
    if (policy.empty() || store.has_retention_policy(database, policy)) return success();
    std::string message = "retention policy not found: " + policy;
    if (store.has_database(policy)) {
        message += ", which is a database: its measurements are " + print_identifier(policy) +
                   "..MEASUREMENT";
    } else {
        std::vector<RetentionPolicy> policies = store.retention_policies(database);
        std::vector<std::string> names;
        names.reserve(policies.size());
        for (RetentionPolicy& known : policies) {
            names.push_back(std::move(known.name));
        }
        message += suggestion(policy, names);
    }
    return Error(ErrorCode::NotFound, std::move(message));
}

Result<std::vector<ResolvedSource>> resolve_sources(const Store& store,
                                                    const std::vector<Source>& sources,
                                                    const SessionDefaults& defaults,
                                                    const SubqueryBinder& bind_subquery) {
    std::vector<ResolvedSource> resolved;
    const auto add = [&](ResolvedSource candidate) {
        const bool is_known =
            std::find(resolved.begin(), resolved.end(), candidate) != resolved.end();
        if (!is_known) resolved.push_back(std::move(candidate));
    };
    for (const Source& source : sources) {
        if (const auto* inner = std::get_if<SubquerySource>(&source)) {
            TIDEMARK_ASSIGN_OR_RETURN(const auto plan, bind_subquery(*inner->select));
            for (const std::string& name : plan->measurements) add({"", "", name, plan});
            continue;
        }
        const auto& measurement = std::get<MeasurementSource>(source);
        const bool is_elsewhere = !measurement.database.empty();
        const std::string database = is_elsewhere ? measurement.database : defaults.database;
        const std::string policy = !measurement.policy.empty() ? measurement.policy
                                   : is_elsewhere              ? std::string()
                                                               : defaults.policy;
        TIDEMARK_RETURN_IF_ERROR(check_database(store, database));
        TIDEMARK_RETURN_IF_ERROR(check_policy(store, database, policy));
        TIDEMARK_ASSIGN_OR_RETURN(const auto names,
                                  measurement_names(store, database, measurement));
        for (const std::string& name : names) add({database, policy, name, nullptr});
    }
    return resolved;
}

Schema Schema::of(const Store& store, const std::vector<ResolvedSource>& sources) {
    Schema schema;
    for (const ResolvedSource& source : sources) {
        if (source.subquery != nullptr) {
            schema.add_subquery(*source.subquery);
            continue;
        }
        for (const FieldKey& field : store.field_keys(source.database, source.measurement)) {
            schema.fields_.emplace(field.name, field.type);
        }
        for (std::string& tag : store.tag_keys(source.database, source.measurement)) {
            schema.tags_.insert(std::move(tag));
        }
    }
    return schema;
}

void Schema::add_subquery(const SelectPlan& plan) {
    for (std::size_t i = 1; i < plan.column_names.size(); ++i) {
        if (plan.column_types[i]) {
            fields_.emplace(plan.column_names[i], *plan.column_types[i]);
        } else {
            empty_columns_.insert(plan.column_names[i]);
        }
    }
    tags_.insert(plan.group_tags.begin(), plan.group_tags.end());
    inner_names_.insert(plan.input_names.begin(), plan.input_names.end());
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

std::optional<std::string> Schema::unknown_name(const std::string& name, NameKind wanted) const {
    if (is_empty() || empty_columns_.contains(name)) return std::nullopt;
    std::vector<std::string> known;
    if (wanted != NameKind::Field) known.assign(tags_.begin(), tags_.end());
    if (wanted != NameKind::Tag) {
        for (const auto& [field, type] : fields_) known.push_back(field);
    }
    constexpr std::string_view kKinds[] = {"field ", "tag ", "field or tag "};
    const std::string text = "there is no " +
                             std::string(kKinds[static_cast<std::size_t>(wanted)]) +
                             print_identifier(name);
    if (inner_names_.contains(name)) {
        return text + " outside the subquery: select it or group by it there";
    }
    return text + suggestion(name, known);
}

}  // namespace tidemark::query
