#include "query/syntax/printer.h"
#include "query/syntax/text_writer.h"

namespace tidemark::query {
std::string_view cardinality_name(CardinalityOf what) {
    switch (what) {
        case CardinalityOf::Measurements:
            return "MEASUREMENT";
        case CardinalityOf::Series:
            return "SERIES";
        case CardinalityOf::TagKeys:
            return "TAG KEY";
        case CardinalityOf::TagValues:
            return "TAG VALUES";
        case CardinalityOf::FieldKeys:
            return "FIELD KEY";
    }
    return {};
}

namespace {

class StatementPrinter {
public:
    std::string take() { return out_.take(); }

    void operator()(const SelectStatement& select) { out_.write_select(select); }

    void operator()(const ExplainStatement& explain) {
        out_.write("EXPLAIN ").write(explain.analyze ? "ANALYZE " : "");
        out_.write(explain.verbose ? "VERBOSE " : "").write_select(explain.select);
    }

    void operator()(const ShowDatabases&) { out_.write("SHOW DATABASES"); }

    void operator()(const ShowRetentionPolicies& show) {
        out_.write("SHOW RETENTION POLICIES");
        write_on(show.database);
    }

    void operator()(const ShowMeasurements& show) {
        out_.write("SHOW MEASUREMENTS");
        write_front(show.clauses);
        write_match(" WITH MEASUREMENT ", show.with_measurement);
        write_back(show.clauses);
    }

    void operator()(const ShowSeries& show) {
        out_.write("SHOW SERIES");
        write_front(show.clauses);
        write_back(show.clauses);
    }

    void operator()(const ShowTagKeys& show) {
        out_.write("SHOW TAG KEYS");
        write_front(show.clauses);
        write_match(" WITH KEY ", show.with_key);
        write_back(show.clauses);
    }

    void operator()(const ShowTagValues& show) {
        out_.write("SHOW TAG VALUES");
        write_front(show.clauses);
        write_match(" WITH KEY ", show.with_key);
        write_back(show.clauses);
    }

    void operator()(const ShowFieldKeys& show) {
        out_.write("SHOW FIELD KEYS");
        write_front(show.clauses);
        write_back(show.clauses);
    }

    void operator()(const ShowCardinality& show) {
        out_.write("SHOW ").write(cardinality_name(show.what));
        out_.write(show.exact ? " EXACT CARDINALITY" : " CARDINALITY");
        write_front(show.clauses);
        write_match(" WITH KEY ", show.with_key);
        write_back(show.clauses);
    }

    void operator()(const ShowQueries&) { out_.write("SHOW QUERIES"); }

    void operator()(const ShowStats& show) {
        out_.write(show.diagnostics ? "SHOW DIAGNOSTICS" : "SHOW STATS");
        if (show.module) out_.write(" FOR ").write(print_string(*show.module));
    }

    void operator()(const CreateDatabase& create) {
        out_.write("CREATE DATABASE ").write_name(create.name);
        if (!create.policy) return;
        out_.write(" WITH");
        write_options(*create.policy);
    }

    void operator()(const DropDatabase& drop) {
        out_.write("DROP DATABASE ").write_name(drop.name);
    }

    void operator()(const CreateRetentionPolicy& create) {
        write_policy("CREATE", create.name, create.database);
        write_options(create.options);
    }

    void operator()(const AlterRetentionPolicy& alter) {
        write_policy("ALTER", alter.name, alter.database);
        write_options(alter.options);
    }

    void operator()(const DropRetentionPolicy& drop) {
        write_policy("DROP", drop.name, drop.database);
    }

    void operator()(const SetStale& set) {
        out_.write("ALTER ");
        if (set.measurement) out_.write("MEASUREMENT ").write_name(*set.measurement).write(" ON ");
        if (!set.measurement) out_.write("DATABASE ");
        out_.write_name(set.database).write(" SET STALE ");
        set.stale.hold ? out_.write_duration(*set.stale.hold) : out_.write("NONE");
    }

    void operator()(const SetNan& set) {
        out_.write("ALTER DATABASE ").write_name(set.database);
        out_.write(set.is_accepted ? " SET NAN ACCEPT" : " SET NAN REFUSE");
    }

    void operator()(const DropMeasurement& drop) {
        out_.write("DROP MEASUREMENT ").write_name(drop.name);
    }

    void operator()(const DropSeries& drop) {
        out_.write("DROP SERIES").write_measurements(drop.sources).write_where(drop.where);
    }

    void operator()(const DeleteStatement& statement) {
        out_.write("DELETE").write_measurements(statement.sources).write_where(statement.where);
    }

    void operator()(const Backup& backup) {
        out_.write("BACKUP TO ").write(print_string(backup.directory));
    }

    void operator()(const CreateCalendar& create) {
        out_.write(create.may_replace ? "CREATE OR REPLACE CALENDAR " : "CREATE CALENDAR ");
        out_.write_name(create.name);
        write_on(create.database);
        out_.write(" TZ ").write(print_string(create.zone));
        out_.write(" HOURS ").write(print_string(create.hours));
        if (!create.except_dates.empty()) {
            out_.write(" EXCEPT DATES ");
            out_.write_list(create.except_dates,
                            [this](const std::string& date) { out_.write(print_string(date)); });
        }
        if (!create.reason.empty()) out_.write(" REASON ").write(print_string(create.reason));
    }

    void operator()(const DropCalendar& drop) {
        out_.write("DROP CALENDAR ").write_name(drop.name);
        write_on(drop.database);
    }

    void operator()(const ShowCalendars& show) {
        out_.write("SHOW CALENDARS");
        write_on(show.database);
    }

    void operator()(const CreateMaintenance& create) {
        out_.write("CREATE MAINTENANCE");
        write_on(create.database);
        out_.write(" ON ").write(print_tag_conditions(create.tags));
        out_.write(" FROM ").write_expression(create.begin);
        out_.write(" TO ").write_expression(create.end);
        if (!create.zone.empty()) out_.write(" TZ ").write(print_string(create.zone));
        out_.write(" REASON ").write(print_string(create.reason));
    }

    void operator()(const DropMaintenance& drop) {
        out_.write("DROP MAINTENANCE ").write_name(drop.id);
        write_on(drop.database);
    }

    void operator()(const ShowMaintenance& show) {
        out_.write("SHOW MAINTENANCE");
        write_on(show.database);
    }

    void operator()(const KillQuery& kill) {
        out_.write("KILL QUERY ").write_number(kill.id);
        if (!kill.host.empty()) out_.write(" ON ").write_name(kill.host);
    }

    void operator()(const ForeignStatement& foreign) { out_.write(foreign.text); }

private:
    void write_on(const std::string& database) {
        if (!database.empty()) out_.write(" ON ").write_name(database);
    }

    // ON and FROM.
    void write_front(const SchemaClauses& clauses) {
        const bool has_on = clauses.all_databases || !clauses.database.empty();
        if (has_on) {
            out_.write(" ON ");
            clauses.all_databases ? out_.write("*") : out_.write_name(clauses.database);
        }
        if (clauses.all_policies) out_.write(".*");
        if (!clauses.policy.empty()) out_.write(".").write_name(clauses.policy);
        out_.write_measurements(clauses.sources);
    }

    // From WHERE on.
    void write_back(const SchemaClauses& clauses) {
        out_.write_where(clauses.where).write_group_by(clauses.group_by);
        out_.write_order_by(clauses.order_by).write_limits(clauses.limits);
    }

    void write_match(std::string_view keywords, const std::optional<NameMatch>& match) {
        if (!match) return;
        out_.write(keywords);
        if (match->regex) {
            out_.write(operator_text(match->op)).write(" ").write_regex(*match->regex);
        } else if (match->names.size() == 1) {
            out_.write(operator_text(match->op)).write(" ").write_name(match->names.front());
        } else {
            out_.write("IN (");
            out_.write_list(match->names,
                            [this](const std::string& name) { out_.write_name(name); });
            out_.write(")");
        }
    }

    void write_match(std::string_view keywords, const NameMatch& match) {
        write_match(keywords, std::optional<NameMatch>(match));
    }

    void write_policy(std::string_view verb, std::string_view name, std::string_view database) {
        out_.write(verb).write(" RETENTION POLICY ").write_name(name);
        out_.write(" ON ").write_name(database);
    }

    void write_infinite(std::string_view keywords, const std::optional<Duration>& duration) {
        if (!duration) return;
        out_.write(keywords);
        duration->count == 0 ? out_.write("INF") : out_.write_duration(*duration);
    }

    void write_options(const PolicyOptions& options) {
        write_infinite(" DURATION ", options.duration);
        if (options.replication) out_.write(" REPLICATION ").write_number(*options.replication);
        if (options.shard_duration) {
            out_.write(" SHARD DURATION ").write_duration(*options.shard_duration);
        }
        if (options.future_limit) {
            out_.write(" FUTURE LIMIT ");
            options.has_no_future_limit ? out_.write("INF")
                                        : out_.write_duration(*options.future_limit);
        }
        write_infinite(" PAST LIMIT ", options.past_limit);
        if (options.is_default) out_.write(" DEFAULT");
        if (options.name) out_.write(" NAME ").write_name(*options.name);
    }

    TextWriter out_;
};

}  // namespace

std::string print_tag_conditions(const std::vector<Tag>& tags) {
    if (tags.empty()) return "*";
    std::string text;
    for (const Tag& tag : tags) {
        if (!text.empty()) text += " AND ";
        text += print_identifier(tag.key) + " = " + print_string(tag.value);
    }
    return text;
}

std::string print(const Statement& statement) {
    StatementPrinter printer;
    std::visit([&printer](const auto& node) { printer(node); }, statement.node);
    return printer.take();
}

}  // namespace tidemark::query
