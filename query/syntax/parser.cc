#include "query/syntax/parser.h"

#include <array>
#include <utility>

#include "query/syntax/parser_expression.h"
#include "query/syntax/parser_select.h"
#include "query/syntax/parser_statement.h"
#include "query/syntax/token_stream.h"

// Recursive descent. One file per noun: parser_expression, parser_source (measurements, dimensions,
// orders, limits), parser_select, parser_show, parser_schema, parser_foreign.

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

Result<std::vector<Statement>> parse_all(TokenStream& tokens) {
    std::vector<Statement> statements;
    while (true) {
        while (tokens.accept_symbol(";")) {
        }
        if (tokens.is_at_end()) return statements;
        TIDEMARK_ASSIGN_OR_RETURN(Statement statement, parse_statement(tokens));
        statements.push_back(std::move(statement));
        if (!tokens.is_at_end()) {
            TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol(";"));
        }
    }
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

std::variant<Expression, SyntaxError> parse_expression(std::string_view text,
                                                       const BoundParameters& parameters) {
    TokenStream tokens(text, parameters);
    Result<Expression> expression = parse_expression(tokens);
    if (!expression) return make_syntax_error(tokens, expression.error());
    if (!tokens.is_at_end()) return make_syntax_error(tokens, tokens.unexpected());
    return std::move(expression).value();
}

}  // namespace tidemark::query
