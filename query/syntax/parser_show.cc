#include <utility>

#include "query/syntax/parser_expression.h"
#include "query/syntax/parser_select.h"
#include "query/syntax/parser_statement.h"

namespace tidemark::query {
namespace {

// Which of the shared clauses a statement takes; ON is taken by all.
struct ClauseSet {
    bool from = true;
    bool with_measurement = false;
    bool with_key = false;
    bool key_is_required = false;
    bool where = true;
    bool group_by = false;
    bool order_by = true;
    bool any_database = false;
};

constexpr ClauseSet kMeasurementsClauses = {
    .from = false, .with_measurement = true, .any_database = true};
constexpr ClauseSet kTagKeysClauses = {.with_key = true};
constexpr ClauseSet kTagValuesClauses = {.with_key = true, .key_is_required = true};
constexpr ClauseSet kCardinalityClauses = {.group_by = true, .order_by = false};
constexpr ClauseSet kTagValuesCardinalityClauses = {
    .with_key = true, .key_is_required = true, .group_by = true, .order_by = false};

struct ParsedClauses {
    SchemaClauses clauses;
    std::optional<NameMatch> match;
};

Status parse_on(TokenStream& tokens, const ClauseSet& set, SchemaClauses& clauses) {
    if (set.any_database && tokens.accept_symbol("*")) {
        clauses.all_databases = true;
    } else {
        tokens.note_name(SchemaName::Database);
        TIDEMARK_ASSIGN_OR_RETURN(clauses.database, tokens.expect_name());
    }
    if (!set.any_database || !tokens.accept_symbol(".")) return success();
    if (tokens.accept_symbol("*")) {
        clauses.all_policies = true;
        return success();
    }
    TIDEMARK_ASSIGN_OR_RETURN(clauses.policy, tokens.expect_name());
    return success();
}

// = x, != x, =~ /x/, !~ /x/, and IN (x, y) where `lists` says so.
Result<NameMatch> parse_name_match(TokenStream& tokens, bool lists) {
    NameMatch match;
    match.location = tokens.location();
    const SchemaName kind = lists ? SchemaName::Tag : SchemaName::Measurement;
    if (lists && tokens.accept_word("IN")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol("("));
        do {
            tokens.note_name(kind);
            TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_name());
            match.names.push_back(std::move(name));
        } while (tokens.accept_symbol(","));
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol(")"));
        return match;
    }
    if (tokens.accept_symbol("=~")) {
        match.op = BinaryOperator::Matches;
    } else if (tokens.accept_symbol("!~")) {
        match.op = BinaryOperator::DoesNotMatch;
    } else if (tokens.accept_symbol("!=") || tokens.accept_symbol("<>")) {
        match.op = BinaryOperator::NotEqual;
    } else {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol("="));
    }
    const bool is_regex =
        match.op == BinaryOperator::Matches || match.op == BinaryOperator::DoesNotMatch;
    if (is_regex) {
        TIDEMARK_ASSIGN_OR_RETURN(match.regex, tokens.expect_regex());
        return match;
    }
    tokens.note_name(kind);
    TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_name());
    match.names.push_back(std::move(name));
    return match;
}

Status parse_with(TokenStream& tokens, const ClauseSet& set, ParsedClauses& parsed) {
    if (set.with_key) {
        if (set.key_is_required) TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("WITH"));
        if (!set.key_is_required && !tokens.accept_word("WITH")) return success();
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("KEY"));
        TIDEMARK_ASSIGN_OR_RETURN(parsed.match, parse_name_match(tokens, true));
    } else if (set.with_measurement && tokens.accept_word("WITH")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("MEASUREMENT"));
        TIDEMARK_ASSIGN_OR_RETURN(parsed.match, parse_name_match(tokens, false));
    }
    return success();
}

Result<ParsedClauses> parse_clauses(TokenStream& tokens, const ClauseSet& set) {
    ParsedClauses parsed;
    SchemaClauses& clauses = parsed.clauses;
    if (tokens.accept_word("ON")) {
        TIDEMARK_RETURN_IF_ERROR(parse_on(tokens, set, clauses));
    }
    if (set.from && tokens.accept_word("FROM")) {
        TIDEMARK_ASSIGN_OR_RETURN(clauses.sources, parse_measurements(tokens));
    }
    TIDEMARK_RETURN_IF_ERROR(parse_with(tokens, set, parsed));
    if (set.where && tokens.accept_word("WHERE")) {
        TIDEMARK_ASSIGN_OR_RETURN(clauses.where, parse_expression(tokens));
    }
    if (set.group_by && tokens.accept_word("GROUP")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("BY"));
        TIDEMARK_ASSIGN_OR_RETURN(clauses.group_by, parse_dimensions(tokens));
    }
    if (set.order_by && tokens.accept_word("ORDER")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("BY"));
        TIDEMARK_ASSIGN_OR_RETURN(clauses.order_by, parse_sort_keys(tokens));
    }
    TIDEMARK_ASSIGN_OR_RETURN(clauses.limits, parse_limits(tokens));
    return parsed;
}

// [EXACT] CARDINALITY and its clauses.
Result<StatementNode> parse_cardinality(TokenStream& tokens, CardinalityOf what) {
    ShowCardinality show;
    show.what = what;
    show.exact = tokens.accept_word("EXACT");
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("CARDINALITY"));
    const bool has_key = what == CardinalityOf::TagValues;
    TIDEMARK_ASSIGN_OR_RETURN(
        ParsedClauses parsed,
        parse_clauses(tokens, has_key ? kTagValuesCardinalityClauses : kCardinalityClauses));
    show.with_key = std::move(parsed.match);
    show.clauses = std::move(parsed.clauses);
    return StatementNode(std::move(show));
}

bool is_cardinality(const TokenStream& tokens) {
    return tokens.is_word("EXACT") || tokens.is_word("CARDINALITY");
}

Result<StatementNode> parse_show_measurements(TokenStream& tokens) {
    TIDEMARK_ASSIGN_OR_RETURN(ParsedClauses parsed, parse_clauses(tokens, kMeasurementsClauses));
    return StatementNode(ShowMeasurements{std::move(parsed.match), std::move(parsed.clauses)});
}

Result<StatementNode> parse_show_series(TokenStream& tokens) {
    if (is_cardinality(tokens)) return parse_cardinality(tokens, CardinalityOf::Series);
    tokens.note_expected("EXACT");
    tokens.note_expected("CARDINALITY");
    TIDEMARK_ASSIGN_OR_RETURN(ParsedClauses parsed, parse_clauses(tokens, {}));
    return StatementNode(ShowSeries{std::move(parsed.clauses)});
}

Result<StatementNode> parse_show_tag(TokenStream& tokens) {
    if (tokens.accept_word("KEYS")) {
        TIDEMARK_ASSIGN_OR_RETURN(ParsedClauses parsed, parse_clauses(tokens, kTagKeysClauses));
        return StatementNode(ShowTagKeys{std::move(parsed.match), std::move(parsed.clauses)});
    }
    if (tokens.accept_word("KEY")) return parse_cardinality(tokens, CardinalityOf::TagKeys);
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("VALUES"));
    if (is_cardinality(tokens)) return parse_cardinality(tokens, CardinalityOf::TagValues);
    TIDEMARK_ASSIGN_OR_RETURN(ParsedClauses parsed, parse_clauses(tokens, kTagValuesClauses));
    return StatementNode(ShowTagValues{std::move(*parsed.match), std::move(parsed.clauses)});
}

Result<StatementNode> parse_show_field(TokenStream& tokens) {
    if (tokens.accept_word("KEY")) return parse_cardinality(tokens, CardinalityOf::FieldKeys);
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("KEYS"));
    TIDEMARK_ASSIGN_OR_RETURN(ParsedClauses parsed, parse_clauses(tokens, {.where = false}));
    return StatementNode(ShowFieldKeys{std::move(parsed.clauses)});
}

Result<StatementNode> parse_show_retention_policies(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("POLICIES"));
    ShowRetentionPolicies show;
    TIDEMARK_ASSIGN_OR_RETURN(show.database, parse_on_database(tokens));
    return StatementNode(std::move(show));
}

Result<StatementNode> parse_show_calendars(TokenStream& tokens) {
    ShowCalendars show;
    TIDEMARK_ASSIGN_OR_RETURN(show.database, parse_on_database(tokens));
    return StatementNode(std::move(show));
}

Result<StatementNode> parse_show_maintenance(TokenStream& tokens) {
    ShowMaintenance show;
    TIDEMARK_ASSIGN_OR_RETURN(show.database, parse_on_database(tokens));
    return StatementNode(std::move(show));
}

Result<StatementNode> parse_show_stats(TokenStream& tokens, bool diagnostics) {
    ShowStats show{diagnostics, std::nullopt};
    if (tokens.accept_word("FOR")) {
        TIDEMARK_ASSIGN_OR_RETURN(show.module, tokens.expect_string());
    }
    return StatementNode(std::move(show));
}

}  // namespace

Result<StatementNode> parse_show(TokenStream& tokens) {
    if (tokens.accept_word("DATABASES")) return StatementNode(ShowDatabases{});
    if (tokens.accept_word("MEASUREMENTS")) return parse_show_measurements(tokens);
    if (tokens.accept_word("MEASUREMENT")) {
        return parse_cardinality(tokens, CardinalityOf::Measurements);
    }
    if (tokens.accept_word("SERIES")) return parse_show_series(tokens);
    if (tokens.accept_word("TAG")) return parse_show_tag(tokens);
    if (tokens.accept_word("FIELD")) return parse_show_field(tokens);
    if (tokens.accept_word("RETENTION")) return parse_show_retention_policies(tokens);
    if (tokens.accept_word("CALENDARS")) return parse_show_calendars(tokens);
    if (tokens.accept_word("MAINTENANCE")) return parse_show_maintenance(tokens);
    if (tokens.accept_word("QUERIES")) return StatementNode(ShowQueries{});
    if (tokens.accept_word("STATS")) return parse_show_stats(tokens, false);
    if (tokens.accept_word("DIAGNOSTICS")) return parse_show_stats(tokens, true);
    TIDEMARK_ASSIGN_OR_RETURN(std::optional<StatementNode> foreign, parse_foreign_show(tokens));
    if (foreign) return std::move(*foreign);
    return tokens.unexpected();
}

}  // namespace tidemark::query
