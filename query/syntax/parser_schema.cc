#include <utility>

#include "query/syntax/parser_expression.h"
#include "query/syntax/parser_select.h"
#include "query/syntax/parser_statement.h"

// CREATE, ALTER and DROP of databases, retention policies, measurements and series; DELETE, KILL,
// BACKUP.

namespace tidemark::query {
namespace {

enum class PolicyStatement : std::uint8_t { CreateDatabase, CreatePolicy, AlterPolicy };

// A policy may be called `default`, although that is a keyword.
Result<std::string> expect_policy_name(TokenStream& tokens) {
    if (tokens.is_word("DEFAULT")) return tokens.take().value;
    return tokens.expect_name();
}

// A duration, or INF as 0.
Result<Duration> expect_duration_or_infinity(TokenStream& tokens) {
    if (tokens.accept_word("INF")) return Duration{};
    return tokens.expect_duration();
}

Result<Duration> parse_shard_duration(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("DURATION"));
    if (tokens.is_word("INF")) {
        return tokens.error_here("found INF, expected duration: shards are never infinitely long");
    }
    return tokens.expect_duration();
}

// Takes one option; false when none is there.
Result<bool> parse_policy_option(TokenStream& tokens, PolicyStatement statement,
                                 PolicyOptions& options) {
    if (!options.duration && tokens.accept_word("DURATION")) {
        TIDEMARK_ASSIGN_OR_RETURN(options.duration, expect_duration_or_infinity(tokens));
        return true;
    }
    if (statement == PolicyStatement::CreateDatabase && !options.name &&
        tokens.accept_word("NAME")) {
        TIDEMARK_ASSIGN_OR_RETURN(options.name, expect_policy_name(tokens));
        return true;
    }
    if (!options.replication && tokens.accept_word("REPLICATION")) {
        TIDEMARK_ASSIGN_OR_RETURN(options.replication, tokens.expect_unsigned());
        return true;
    }
    if (!options.shard_duration && tokens.accept_word("SHARD")) {
        TIDEMARK_ASSIGN_OR_RETURN(options.shard_duration, parse_shard_duration(tokens));
        return true;
    }
    if (!options.future_limit && tokens.accept_word("FUTURE")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("LIMIT"));
        options.has_no_future_limit = tokens.is_word("INF");
        TIDEMARK_ASSIGN_OR_RETURN(options.future_limit, expect_duration_or_infinity(tokens));
        return true;
    }
    if (!options.past_limit && tokens.accept_word("PAST")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("LIMIT"));
        TIDEMARK_ASSIGN_OR_RETURN(options.past_limit, expect_duration_or_infinity(tokens));
        return true;
    }
    if (statement != PolicyStatement::CreateDatabase && !options.is_default &&
        tokens.accept_word("DEFAULT")) {
        options.is_default = true;
        return true;
    }
    return false;
}

// As many options as there are, at least one.
Result<PolicyOptions> parse_policy_options(TokenStream& tokens, PolicyStatement statement) {
    PolicyOptions options;
    bool is_taken = false;
    for (bool is_first = true;; is_first = false) {
        TIDEMARK_ASSIGN_OR_RETURN(is_taken, parse_policy_option(tokens, statement, options));
        if (is_taken) continue;
        if (is_first) return tokens.unexpected();
        return options;
    }
}

Result<StatementNode> parse_create_database(TokenStream& tokens) {
    CreateDatabase create;
    create.location = tokens.location();
    TIDEMARK_ASSIGN_OR_RETURN(create.name, tokens.expect_name());
    if (tokens.accept_word("WITH")) {
        TIDEMARK_ASSIGN_OR_RETURN(create.policy,
                                  parse_policy_options(tokens, PolicyStatement::CreateDatabase));
    }
    return StatementNode(std::move(create));
}

// Behind RETENTION: POLICY name ON database.
struct PolicyPlace {
    Location location;
    std::string name;
    std::string database;
};

Result<PolicyPlace> parse_policy_place(TokenStream& tokens) {
    PolicyPlace place;
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("POLICY"));
    place.location = tokens.location();
    tokens.note_name(SchemaName::RetentionPolicy);
    TIDEMARK_ASSIGN_OR_RETURN(place.name, expect_policy_name(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("ON"));
    tokens.note_name(SchemaName::Database);
    TIDEMARK_ASSIGN_OR_RETURN(place.database, tokens.expect_name());
    return place;
}

Result<StatementNode> parse_create_policy(TokenStream& tokens) {
    TIDEMARK_ASSIGN_OR_RETURN(PolicyPlace place, parse_policy_place(tokens));
    PolicyOptions options;
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("DURATION"));
    TIDEMARK_ASSIGN_OR_RETURN(options.duration, expect_duration_or_infinity(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("REPLICATION"));
    TIDEMARK_ASSIGN_OR_RETURN(options.replication, tokens.expect_unsigned());
    bool is_taken = true;
    while (is_taken) {
        TIDEMARK_ASSIGN_OR_RETURN(
            is_taken, parse_policy_option(tokens, PolicyStatement::CreatePolicy, options));
    }
    return StatementNode(CreateRetentionPolicy{place.location, std::move(place.name),
                                               std::move(place.database), std::move(options)});
}

struct RowsToRemove {
    std::vector<MeasurementSource> sources;
    std::optional<Expression> where;
};

// [FROM ..] [WHERE ..], at least one. The measurements are the session database's.
Result<RowsToRemove> parse_rows_to_remove(TokenStream& tokens) {
    RowsToRemove rows;
    const bool has_sources = tokens.accept_word("FROM");
    if (has_sources) {
        TIDEMARK_ASSIGN_OR_RETURN(rows.sources, parse_measurements(tokens));
    }
    for (const MeasurementSource& source : rows.sources) {
        if (source.database.empty()) continue;
        return tokens.error_at(
            source.location,
            "a database is not supported here: the statement works on the session's");
    }
    if (tokens.accept_word("WHERE")) {
        TIDEMARK_ASSIGN_OR_RETURN(rows.where, parse_expression(tokens));
    } else if (!has_sources) {
        return tokens.unexpected();
    }
    return rows;
}

// A series is in all policies of its database.
Status check_no_policy(TokenStream& tokens, const std::vector<MeasurementSource>& sources) {
    for (const MeasurementSource& source : sources) {
        if (source.policy.empty()) continue;
        return tokens.error_at(
            source.location,
            "a retention policy is not supported here: the statement works on all of them");
    }
    return success();
}

// Behind SET: STALE and how long.
Result<StatementNode> parse_set_stale(TokenStream& tokens, SetStale set) {
    const Location location = tokens.location();
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("STALE"));
    TIDEMARK_ASSIGN_OR_RETURN(set.stale, parse_stale(tokens, location));
    return StatementNode(std::move(set));
}

Result<StatementNode> parse_alter_database(TokenStream& tokens) {
    const Location location = tokens.location();
    tokens.note_name(SchemaName::Database);
    TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_name());
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("SET"));
    if (!tokens.accept_word("NAN")) {
        return parse_set_stale(tokens, {location, std::move(name), std::nullopt, {}});
    }
    const bool is_accepted = tokens.accept_word("ACCEPT");
    if (!is_accepted) TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("REFUSE"));
    return StatementNode(SetNan{location, std::move(name), is_accepted});
}

Result<StatementNode> parse_alter_measurement(TokenStream& tokens) {
    SetStale set;
    set.location = tokens.location();
    TIDEMARK_ASSIGN_OR_RETURN(set.measurement, tokens.expect_name());
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("ON"));
    tokens.note_name(SchemaName::Database);
    TIDEMARK_ASSIGN_OR_RETURN(set.database, tokens.expect_name());
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("SET"));
    return parse_set_stale(tokens, std::move(set));
}

}  // namespace

Result<StatementNode> parse_create(TokenStream& tokens) {
    if (tokens.accept_word("DATABASE")) return parse_create_database(tokens);
    if (tokens.accept_word("RETENTION")) return parse_create_policy(tokens);
    if (tokens.accept_word("CALENDAR")) return parse_create_calendar(tokens, false);
    if (tokens.accept_word("MAINTENANCE")) return parse_create_maintenance(tokens);
    if (tokens.accept_word("OR")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("REPLACE"));
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("CALENDAR"));
        return parse_create_calendar(tokens, true);
    }
    TIDEMARK_ASSIGN_OR_RETURN(std::optional<StatementNode> foreign, parse_foreign_create(tokens));
    if (foreign) return std::move(*foreign);
    return tokens.unexpected();
}

Result<StatementNode> parse_alter(TokenStream& tokens) {
    if (tokens.accept_word("DATABASE")) return parse_alter_database(tokens);
    if (tokens.accept_word("MEASUREMENT")) return parse_alter_measurement(tokens);
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("RETENTION"));
    TIDEMARK_ASSIGN_OR_RETURN(PolicyPlace place, parse_policy_place(tokens));
    TIDEMARK_ASSIGN_OR_RETURN(PolicyOptions options,
                              parse_policy_options(tokens, PolicyStatement::AlterPolicy));
    return StatementNode(AlterRetentionPolicy{place.location, std::move(place.name),
                                              std::move(place.database), std::move(options)});
}

Result<StatementNode> parse_drop(TokenStream& tokens) {
    if (tokens.accept_word("DATABASE")) {
        const Location location = tokens.location();
        tokens.note_name(SchemaName::Database);
        TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_name());
        return StatementNode(DropDatabase{location, std::move(name)});
    }
    if (tokens.accept_word("RETENTION")) {
        TIDEMARK_ASSIGN_OR_RETURN(PolicyPlace place, parse_policy_place(tokens));
        return StatementNode(
            DropRetentionPolicy{place.location, std::move(place.name), std::move(place.database)});
    }
    if (tokens.accept_word("MEASUREMENT")) {
        const Location location = tokens.location();
        tokens.note_name(SchemaName::Measurement);
        TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_name());
        return StatementNode(DropMeasurement{location, std::move(name)});
    }
    if (tokens.accept_word("SERIES")) {
        const Location location = tokens.location();
        TIDEMARK_ASSIGN_OR_RETURN(RowsToRemove rows, parse_rows_to_remove(tokens));
        TIDEMARK_RETURN_IF_ERROR(check_no_policy(tokens, rows.sources));
        return StatementNode(DropSeries{location, std::move(rows.sources), std::move(rows.where)});
    }
    if (tokens.accept_word("CALENDAR")) return parse_drop_calendar(tokens);
    if (tokens.accept_word("MAINTENANCE")) return parse_drop_maintenance(tokens);
    TIDEMARK_ASSIGN_OR_RETURN(std::optional<StatementNode> foreign, parse_foreign_drop(tokens));
    if (foreign) return std::move(*foreign);
    return tokens.unexpected();
}

Result<StatementNode> parse_delete(TokenStream& tokens) {
    const Location location = tokens.location();
    TIDEMARK_ASSIGN_OR_RETURN(RowsToRemove rows, parse_rows_to_remove(tokens));
    return StatementNode(DeleteStatement{location, std::move(rows.sources), std::move(rows.where)});
}

Result<StatementNode> parse_backup(TokenStream& tokens) {
    Backup backup;
    backup.location = tokens.location();
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("TO"));
    TIDEMARK_ASSIGN_OR_RETURN(backup.directory, tokens.expect_string());
    return StatementNode(std::move(backup));
}

Result<StatementNode> parse_kill(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("QUERY"));
    KillQuery kill;
    kill.location = tokens.location();
    TIDEMARK_ASSIGN_OR_RETURN(kill.id, tokens.expect_unsigned());
    if (tokens.accept_word("ON")) {
        TIDEMARK_ASSIGN_OR_RETURN(kill.host, tokens.expect_name());
    }
    return StatementNode(std::move(kill));
}

}  // namespace tidemark::query
