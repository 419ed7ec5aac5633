#include "query/syntax/parser.h"

#include <array>
#include <utility>

#include "query/syntax/parser_expression.h"
#include "query/syntax/parser_select.h"
#include "query/syntax/parser_statement.h"
#include "query/syntax/token_stream.h"

// Recursive descent. One file per noun: parser_expression, parser_source (measurements, dimensions,
// orders, limits), parser_select, parser_show, parser_schema, parser_calendar, parser_foreign.

namespace tidemark::query {
namespace {

Result<StatementNode> parse_explain(TokenStream& tokens) {
    ExplainStatement explain;
    explain.analyze = tokens.accept_word("ANALYZE");
    explain.verbose = tokens.accept_word("VERBOSE");
    if (!tokens.is_word("SELECT")) {
        tokens.accept_word("SELECT");
        return tokens.unexpected();
    }
    TIDEMARK_ASSIGN_OR_RETURN(explain.select, parse_select(tokens));
    return StatementNode(std::move(explain));
}

struct StatementRow {
    std::string_view keyword;
    Result<StatementNode> (*parse)(TokenStream& tokens);  // What follows the keyword.
};

constexpr std::array kStatements = {
    StatementRow{"DELETE", parse_delete},   StatementRow{"SHOW", parse_show},
    StatementRow{"CREATE", parse_create},   StatementRow{"DROP", parse_drop},
    StatementRow{"EXPLAIN", parse_explain}, StatementRow{"GRANT", parse_grant},
    StatementRow{"REVOKE", parse_revoke},   StatementRow{"ALTER", parse_alter},
    StatementRow{"SET", parse_set},         StatementRow{"KILL", parse_kill},
    StatementRow{"BACKUP", parse_backup},
};

Result<Statement> parse_statement(TokenStream& tokens) {
    const Location location = tokens.location();
    if (tokens.is_word("SELECT")) {
        TIDEMARK_ASSIGN_OR_RETURN(SelectStatement select, parse_select(tokens));
        return Statement{location, std::move(select)};
    }
    tokens.accept_word("SELECT");  // Only remembers it.
    tokens.start_recording();
    for (const StatementRow& row : kStatements) {
        if (!tokens.accept_word(row.keyword)) continue;
        TIDEMARK_ASSIGN_OR_RETURN(StatementNode node, row.parse(tokens));
        tokens.stop_recording();
        return Statement{location, std::move(node)};
    }
    return tokens.unexpected();
}

void note_statements(TokenStream& tokens) {
    tokens.note_possible("SELECT");
    for (const StatementRow& row : kStatements) tokens.note_possible(row.keyword);
}

Result<std::vector<Statement>> parse_all(TokenStream& tokens) {
    std::vector<Statement> statements;
    bool may_begin = true;
    while (true) {
        while (tokens.accept_symbol(";")) may_begin = true;
        if (tokens.is_at_end()) {
            if (may_begin) note_statements(tokens);
            return statements;
        }
        TIDEMARK_ASSIGN_OR_RETURN(Statement statement, parse_statement(tokens));
        statements.push_back(std::move(statement));
        may_begin = !tokens.is_at_end();
        if (may_begin) TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol(";"));
    }
}

// A word can follow directly; behind others a blank must stand first.
bool may_follow_directly(std::string_view text) {
    constexpr std::string_view kBefore = " \t\r\n(,=<>+-*.;:";
    return text.empty() || kBefore.find(text.back()) != std::string_view::npos;
}

SyntaxError make_syntax_error(const TokenStream& tokens, const Error& error) {
    return {tokens.error_location(), error.message()};
}

}  // namespace

std::variant<std::vector<Statement>, SyntaxError> parse_statements(
    std::string_view text, const BoundParameters& parameters) {
    TokenStream tokens(text, parameters);
    Result<std::vector<Statement>> statements = parse_all(tokens);
    if (!statements) return make_syntax_error(tokens, statements.error());
    return std::move(statements).value();
}

ExpectedAtEnd expected_at_end(std::string_view text) {
    const BoundParameters no_parameters;
    TokenStream tokens = TokenStream::of_unfinished(text, no_parameters);
    // Fails wherever a statement is unfinished: what it expected there is the answer.
    [[maybe_unused]] const auto statements = parse_all(tokens);
    ExpectedAtEnd expected;
    expected.input.begin = tokens.open_word().begin;
    if (!tokens.is_at_end() || !may_follow_directly(text.substr(0, expected.input.begin)))
        return expected;
    for (const Expectation& expectation : tokens.expected()) {
        if (expectation.is_offered) expected.input.words.push_back(expectation.text);
    }
    expected.input.names = tokens.expected_names();
    expected.input.value_of = tokens.expected_value_of();
    expected.takes_function = tokens.is_function_expected();
    return expected;
}

std::variant<Expression, SyntaxError> parse_expression(std::string_view text,
                                                       const BoundParameters& parameters) {
    TokenStream tokens(text, parameters);
    Result<Expression> expression = parse_expression(tokens);
    if (!expression) return make_syntax_error(tokens, expression.error());
    if (!tokens.is_at_end()) return make_syntax_error(tokens, tokens.unexpected());
    return std::move(expression).value();
}

}  // namespace tidemark::query
