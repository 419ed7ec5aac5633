#pragma once

#include <cstdint>
#include <map>
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

/// One measurement that a statement reads, its names filled in.
struct ResolvedSource {
    std::string database;
    std::string policy;  ///< Empty: the database's default one.
    std::string measurement;
    bool operator==(const ResolvedSource&) const = default;
};

/// What statements mean that name no database or policy.
struct SessionDefaults {
    std::string database;
    std::string policy;
};

/// Expands FROM: regexes become the measurements they match, each once, in order of name. NotFound
/// for a database or policy that does not exist, in InfluxDB's words.
Result<std::vector<ResolvedSource>> resolve_sources(const Store& store,
                                                    const std::vector<Source>& sources,
                                                    const SessionDefaults& defaults);

/// "database not found: x" unless it exists.
Status check_database(const Store& store, const std::string& database);

enum class NameKind : std::uint8_t { Field, Tag, Unknown };

/// A field or tag of the measurements a statement reads.
struct ResolvedName {
    std::string name;
    NameKind kind = NameKind::Unknown;
    std::optional<FieldType> type;  ///< Of fields.
};

/// The fields and tags of all sources together.
class Schema {
public:
    static Schema of(const Store& store, const std::vector<ResolvedSource>& sources);

    /// A field before a tag of the same name, unless the cast says otherwise.
    ResolvedName resolve(const VariableReference& reference) const;

    const std::map<std::string, FieldType>& fields() const { return fields_; }
    const std::set<std::string>& tags() const { return tags_; }
    bool is_empty() const { return fields_.empty(); }

    /// All names, for suggestions.
    std::vector<std::string> names() const;

private:
    std::map<std::string, FieldType> fields_;
    std::set<std::string> tags_;
};

}  // namespace tidemark::query
