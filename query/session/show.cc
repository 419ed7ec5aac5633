#include "query/session/show.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <re2/re2.h>

#include "query/plan/messages.h"
#include "query/plan/name_suggestion.h"
#include "query/plan/row_expression.h"
#include "query/plan/schema.h"
#include "query/plan/where_clause.h"
#include "query/session/subjects.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

Result<std::function<bool(const std::string&)>> name_matcher(const NameMatch& match) {
    const bool is_negated =
        match.op == BinaryOperator::NotEqual || match.op == BinaryOperator::DoesNotMatch;
    if (match.regex) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto regex, compile_regex(*match.regex));
        return std::function<bool(const std::string&)>(
            [regex, is_negated](const std::string& name) {
                return regex_matches(*regex, name) != is_negated;
            });
    }
    return std::function<bool(const std::string&)>(
        [names = match.names, is_negated](const std::string& name) {
            return (std::find(names.begin(), names.end(), name) != names.end()) != is_negated;
        });
}

Result<std::function<bool(const std::string&)>> name_matcher(
    const std::optional<NameMatch>& match) {
    if (match) return name_matcher(*match);
    return std::function<bool(const std::string&)>([](const std::string&) { return true; });
}

/// The names that `= name` and `IN (..)` ask for.
std::vector<std::string> wanted_names(const NameMatch& match) {
    const bool is_list = !match.regex && match.op != BinaryOperator::NotEqual;
    return is_list ? match.names : std::vector<std::string>();
}

/// LIMIT and OFFSET; LIMIT 0 is none.
template <typename T>
void limit(std::vector<T>& items, const std::optional<std::uint64_t>& most,
           const std::optional<std::uint64_t>& skipped) {
    const auto first = std::min<std::uint64_t>(skipped.value_or(0), items.size());
    items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(first));
    if (most.value_or(0) > 0 && *most < items.size()) {
        items.erase(items.begin() + static_cast<std::ptrdiff_t>(*most), items.end());
    }
}

void limit(RowTable& rows, const std::optional<std::uint64_t>& most,
           const std::optional<std::uint64_t>& skipped) {
    rows.keep(skipped.value_or(0), most.value_or(0) > 0 ? *most : rows.size());
}

void add_series(StatementResult& result, std::string name, std::vector<std::string> columns,
                RowTable rows) {
    if (rows.empty()) return;
    result.series.push_back({std::move(name), {}, std::move(columns), std::move(rows)});
}

/// One series of rows per measurement.
template <typename RowsOf>
StatementResult per_measurement(const SchemaClauses& clauses, const StatementContext& context,
                                const std::vector<std::string>& columns, const RowsOf& rows_of) {
    SubjectReader reader(clauses, context);
    auto subjects = reader.read();
    if (!subjects) return failed(std::move(subjects).error());
    StatementResult result;
    result.messages = reader.take_messages();
    for (const Subject& subject : subjects.value()) {
        RowTable rows = rows_of(reader.database(), subject);
        limit(rows, clauses.limits.limit, clauses.limits.offset);
        add_series(result, subject.measurement, columns, std::move(rows));
    }
    limit(result.series, clauses.limits.series_limit, clauses.limits.series_offset);
    return result;
}

/// As line protocol writes it: measurement,key=value,..
std::string series_key(const std::string& measurement, const TagSet& tags) {
    const auto escaped = [](std::string_view text, std::string_view special) {
        std::string out;
        for (const char c : text) {
            if (special.find(c) != std::string_view::npos) out += '\\';
            out += c;
        }
        return out;
    };
    std::string key = escaped(measurement, ", ");
    for (const Tag& tag : tags) {
        key += "," + escaped(tag.key, ",= ") + "=" + escaped(tag.value, ",= ");
    }
    return key;
}

// ---- CARDINALITY

/// What one number of a CARDINALITY statement counts.
struct CountGroup {
    std::string measurement;
    std::vector<std::pair<std::string, std::string>> tags;  // Of GROUP BY.
    auto operator<=>(const CountGroup&) const = default;
};

using Counts = std::map<CountGroup, std::size_t>;

/// Without clauses InfluxDB estimates these two for the whole database; here it is the exact
/// number.
bool is_of_database(const ShowCardinality& statement) {
    const SchemaClauses& clauses = statement.clauses;
    const bool has_clauses = !clauses.sources.empty() || clauses.where ||
                             !clauses.group_by.empty() || clauses.limits != Limits();
    const bool may_be =
        statement.what == CardinalityOf::Series || statement.what == CardinalityOf::Measurements;
    return may_be && !statement.exact && !has_clauses;
}

std::string_view count_column(const ShowCardinality& statement) {
    const bool is_estimate = statement.what == CardinalityOf::Series && !statement.exact;
    return is_estimate || is_of_database(statement) ? "cardinality estimation" : "count";
}

Result<std::vector<std::string>> grouped_tags(const ShowCardinality& statement) {
    std::vector<std::string> tags;
    for (const Dimension& dimension : statement.clauses.group_by) {
        const auto* tag = std::get_if<TagDimension>(&dimension);
        const bool takes_groups = statement.what != CardinalityOf::Measurements &&
                                  statement.what != CardinalityOf::FieldKeys;
        if (tag == nullptr || !takes_groups) {
            return Error(ErrorCode::Unsupported,
                         "GROUP BY of CARDINALITY takes names of tags, and goes with SERIES, TAG "
                         "KEY and TAG VALUES");
        }
        tags.push_back(tag->name);
    }
    std::sort(tags.begin(), tags.end());
    return tags;
}

/// What a series adds to the things that are counted.
std::vector<std::string> things_of(const ShowCardinality& statement, const std::string& key,
                                   const TagSet& tags,
                                   const std::function<bool(const std::string&)>& is_wanted) {
    if (statement.what == CardinalityOf::Series) return {key};
    std::vector<std::string> things;
    for (const Tag& tag : tags) {
        if (!is_wanted(tag.key)) continue;
        things.push_back(statement.what == CardinalityOf::TagKeys ? tag.key : tag.value);
    }
    return things;
}

Result<Counts> count_things(const ShowCardinality& statement, const StatementContext& context,
                            const std::string& database, const std::vector<Subject>& subjects) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto group_tags, grouped_tags(statement));
    TIDEMARK_ASSIGN_OR_RETURN(const auto is_wanted, name_matcher(statement.with_key));
    Counts counts;
    if (is_of_database(statement)) counts[CountGroup()] = 0;
    std::map<CountGroup, std::set<std::string>> things;
    for (const Subject& subject : subjects) {
        if (statement.what == CardinalityOf::Measurements) {
            ++counts[CountGroup()];
            continue;
        }
        if (statement.what == CardinalityOf::FieldKeys) {
            const auto fields = context.store.field_keys(database, subject.measurement);
            counts[{subject.measurement, {}}] = fields.size();
            continue;
        }
        for (const TagSet& tags : subject.series) {
            CountGroup group{is_of_database(statement) ? "" : subject.measurement, {}};
            for (const std::string& tag : group_tags) {
                group.tags.emplace_back(tag, tag_value(tags, tag));
            }
            const std::string key = series_key(subject.measurement, tags);
            for (std::string& thing : things_of(statement, key, tags, is_wanted)) {
                things[group].insert(std::move(thing));
            }
        }
    }
    for (const auto& [group, found] : things) counts[group] = found.size();
    return counts;
}

}  // namespace

StatementResult show(const ShowDatabases&, const StatementContext& context) {
    StatementResult result;
    RowTable rows;
    for (std::string& name : context.store.databases()) rows.push_back({Cell(std::move(name))});
    // InfluxDB shows this one table also when it is empty.
    result.series.push_back({"databases", {}, {"name"}, std::move(rows)});
    return result;
}

StatementResult show(const ShowRetentionPolicies& statement, const StatementContext& context) {
    const std::string& database =
        statement.database.empty() ? context.options.database : statement.database;
    Status status = check_database(context.store, database);
    if (!status) return failed(std::move(status).error());
    RowTable rows;
    for (const RetentionPolicy& policy : context.store.retention_policies(database)) {
        const bool has_no_limit = policy.future_limit_ns == kHoldForever;
        rows.push_back({Cell(policy.name), Cell(print_go_duration(policy.duration_ns)),
                        Cell(print_go_duration(policy.shard_duration_ns)),
                        Cell(static_cast<std::int64_t>(policy.replication)),
                        Cell(has_no_limit ? "INF" : print_go_duration(policy.future_limit_ns)),
                        Cell(print_go_duration(policy.past_limit_ns)), Cell(policy.is_default)});
    }
    StatementResult result;
    // InfluxDB shows this table also when it is empty.
    result.series.push_back({"",
                             {},
                             {"name", "duration", "shardGroupDuration", "replicaN",
                              "futureWriteLimit", "pastWriteLimit", "default"},
                             std::move(rows)});
    return result;
}

StatementResult show(const ShowQueries&, const StatementContext& context) {
    RowTable rows;
    for (RunningQuery& query : context.running.list()) {
        rows.push_back({Cell(query.id), Cell(std::move(query.text)),
                        Cell(std::move(query.database)), Cell(print_go_duration(query.age_ns)),
                        Cell(std::string(query.is_killed ? "killed" : "running"))});
    }
    StatementResult result;
    result.series.push_back(
        {"", {}, {"qid", "query", "database", "duration", "status"}, std::move(rows)});
    return result;
}

StatementResult show(const ShowMeasurements& statement, const StatementContext& context) {
    SubjectReader reader(statement.clauses, context);
    auto subjects = reader.read();
    if (!subjects) return failed(std::move(subjects).error());
    if (reader.where().time.has_lower || reader.where().time.has_upper) {
        return failed(Error(ErrorCode::InvalidArgument,
                            "SHOW MEASUREMENTS doesn't support time in WHERE clause"));
    }
    auto matches = name_matcher(statement.with_measurement);
    if (!matches) return failed(std::move(matches).error());
    RowTable rows;
    for (const Subject& subject : subjects.value()) {
        if (matches.value()(subject.measurement)) rows.push_back({Cell(subject.measurement)});
    }
    limit(rows, statement.clauses.limits.limit, statement.clauses.limits.offset);
    StatementResult result;
    add_series(result, "measurements", {"name"}, std::move(rows));
    return result;
}

StatementResult show(const ShowSeries& statement, const StatementContext& context) {
    SubjectReader reader(statement.clauses, context);
    auto subjects = reader.read();
    if (!subjects) return failed(std::move(subjects).error());
    std::vector<std::string> keys;
    for (const Subject& subject : subjects.value()) {
        for (const TagSet& tags : subject.series) {
            keys.push_back(series_key(subject.measurement, tags));
        }
    }
    std::sort(keys.begin(), keys.end());
    RowTable rows;
    rows.reserve(keys.size(), 1);
    for (std::string& key : keys) rows.push_back({Cell(std::move(key))});
    limit(rows, statement.clauses.limits.limit, statement.clauses.limits.offset);
    StatementResult result;
    result.messages = reader.take_messages();
    add_series(result, "", {"key"}, std::move(rows));
    return result;
}

StatementResult show(const ShowTagKeys& statement, const StatementContext& context) {
    auto matches = name_matcher(statement.with_key);
    if (!matches) return failed(std::move(matches).error());
    return per_measurement(statement.clauses, context, {"tagKey"},
                           [&](const std::string&, const Subject& subject) {
                               std::set<std::string> keys;
                               for (const TagSet& tags : subject.series) {
                                   for (const Tag& tag : tags) keys.insert(tag.key);
                               }
                               RowTable rows;
                               for (const std::string& key : keys) {
                                   if (matches.value()(key)) rows.push_back({Cell(key)});
                               }
                               return rows;
                           });
}

StatementResult show(const ShowTagValues& statement, const StatementContext& context) {
    auto matches = name_matcher(statement.with_key);
    if (!matches) return failed(std::move(matches).error());
    std::set<std::string> known;
    StatementResult result =
        per_measurement(statement.clauses, context, {"key", "value"},
                        [&](const std::string&, const Subject& subject) {
                            std::set<Tag> found;
                            for (const TagSet& tags : subject.series) {
                                for (const Tag& tag : tags) {
                                    known.insert(tag.key);
                                    if (matches.value()(tag.key)) found.insert(tag);
                                }
                            }
                            RowTable rows;
                            rows.reserve(found.size(), 2);
                            for (const Tag& tag : found) {
                                rows.push_back({Cell(tag.key), Cell(tag.value)});
                            }
                            return rows;
                        });
    const std::vector<std::string> tags(known.begin(), known.end());
    for (const std::string& name : wanted_names(statement.with_key)) {
        if (statement.clauses.where || known.empty() || known.contains(name)) continue;
        warn(result.messages, "there is no tag " + print_identifier(name) + suggestion(name, tags));
    }
    return result;
}

StatementResult show(const ShowFieldKeys& statement, const StatementContext& context) {
    return per_measurement(
        statement.clauses, context, {"fieldKey", "fieldType"},
        [&](const std::string& database, const Subject& subject) {
            RowTable rows;
            for (const FieldKey& field : context.store.field_keys(database, subject.measurement)) {
                rows.push_back({Cell(field.name), Cell(std::string(field_type_name(field.type)))});
            }
            return rows;
        });
}

StatementResult show(const ShowCardinality& statement, const StatementContext& context) {
    SubjectReader reader(statement.clauses, context);
    auto subjects = reader.read();
    if (!subjects) return failed(std::move(subjects).error());
    if (reader.where().time.has_lower || reader.where().time.has_upper) {
        return failed(Error(ErrorCode::InvalidArgument,
                            "SHOW " + std::string(cardinality_name(statement.what)) +
                                " EXACT CARDINALITY doesn't support time in WHERE clause"));
    }
    auto counts = count_things(statement, context, reader.database(), subjects.value());
    if (!counts) return failed(std::move(counts).error());
    StatementResult result;
    for (auto& [group, count] : counts.value()) {
        RowTable rows;
        rows.push_back({Cell(static_cast<std::int64_t>(count))});
        limit(rows, statement.clauses.limits.limit, statement.clauses.limits.offset);
        add_series(result, group.measurement, {std::string(count_column(statement))},
                   std::move(rows));
        if (!result.series.empty()) result.series.back().tags = group.tags;
    }
    limit(result.series, statement.clauses.limits.series_limit,
          statement.clauses.limits.series_offset);
    return result;
}

}  // namespace tidemark::query
