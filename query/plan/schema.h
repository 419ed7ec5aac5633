#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/store.h>
#include <tidemark/types.h>

#include "query/syntax/ast.h"

namespace tidemark::query {

struct SelectPlan;

/// One measurement that a statement reads, its names filled in.
struct ResolvedSource {
    std::string database;
    std::string policy;  ///< Empty: the database's default one.
    std::string measurement;
    /// When set, the rows are those that this plan gives for the measurement, and database and
    /// policy are empty.
    std::shared_ptr<const SelectPlan> subquery;
    bool operator==(const ResolvedSource&) const = default;
};

/// What statements mean that name no database or policy.
struct SessionDefaults {
    std::string database;
    std::string policy;
};

/// Makes the plan of a subquery.
using SubqueryBinder =
    std::function<Result<std::shared_ptr<const SelectPlan>>(const SelectStatement&)>;

/// Expands FROM: regexes become the measurements they match, each once, in order of name; a
/// subquery becomes one source for each measurement that it reads. NotFound for a database or
/// policy that does not exist, in InfluxDB's words. `bind_subquery` may be empty where the grammar
/// allows no subqueries.
Result<std::vector<ResolvedSource>> resolve_sources(const Store& store,
                                                    const std::vector<Source>& sources,
                                                    const SessionDefaults& defaults,
                                                    const SubqueryBinder& bind_subquery);

/// "database not found: x" unless it exists.
Status check_database(const Store& store, const std::string& database);

/// "retention policy not found: x" unless the database has it; an empty one is its default.
Status check_policy(const Store& store, const std::string& database, const std::string& policy);

enum class NameKind : std::uint8_t { Field, Tag, Unknown };

/// A field or tag of the measurements a statement reads.
struct ResolvedName {
    std::string name;
    NameKind kind = NameKind::Unknown;
    std::optional<FieldType> type;  ///< Of fields.
};

/// The fields and tags of all sources together. Of a subquery: its columns, and the tags it groups
/// by; a column without any value is neither.
class Schema {
public:
    static Schema of(const Store& store, const std::vector<ResolvedSource>& sources);

    /// A field before a tag of the same name, unless the cast says otherwise.
    ResolvedName resolve(const VariableReference& reference) const;

    const std::map<std::string, FieldType>& fields() const { return fields_; }
    const std::set<std::string>& tags() const { return tags_; }
    bool has_name(const std::string& name) const {
        return fields_.contains(name) || tags_.contains(name);
    }
    bool is_empty() const { return fields_.empty(); }

    /// All names, for suggestions.
    std::vector<std::string> names() const;

    /// What is to be said of a name that was looked for among the fields, the tags, or (Unknown)
    /// both. Nothing when there is no need: the sources are empty.
    std::optional<std::string> unknown_name(const std::string& name,
                                            NameKind wanted = NameKind::Unknown) const;

private:
    void add_subquery(const SelectPlan& plan);

    std::map<std::string, FieldType> fields_;
    std::set<std::string> empty_columns_;  // Of subqueries: known, but without values.
    std::set<std::string> inner_names_;    // What a subquery reads and does not hand on.
    std::set<std::string> tags_;
};

}  // namespace tidemark::query
