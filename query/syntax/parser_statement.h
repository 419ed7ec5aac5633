#pragma once

#include <tidemark/result.h>

#include "query/syntax/ast.h"
#include "query/syntax/token_stream.h"

// The statements besides SELECT. Each function parses what follows the keyword in its name.

namespace tidemark::query {

using StatementNode = decltype(Statement::node);

Result<StatementNode> parse_show(TokenStream& tokens);

Result<StatementNode> parse_create(TokenStream& tokens);
Result<StatementNode> parse_alter(TokenStream& tokens);
Result<StatementNode> parse_drop(TokenStream& tokens);
Result<StatementNode> parse_delete(TokenStream& tokens);
Result<StatementNode> parse_kill(TokenStream& tokens);
Result<StatementNode> parse_backup(TokenStream& tokens);

// What follows CALENDAR and MAINTENANCE.

/// `may_replace`: OR REPLACE was written.
Result<StatementNode> parse_create_calendar(TokenStream& tokens, bool may_replace);
Result<StatementNode> parse_drop_calendar(TokenStream& tokens);
Result<StatementNode> parse_create_maintenance(TokenStream& tokens);
Result<StatementNode> parse_drop_maintenance(TokenStream& tokens);

/// `[ON database]`; empty when it is not there.
Result<std::string> parse_on_database(TokenStream& tokens);

// Statements that are checked for their grammar and kept as text; `tokens` records since the
// statement's first token.

/// What follows CREATE, DROP and SHOW, when it is a foreign statement's; else nothing is taken.
Result<std::optional<StatementNode>> parse_foreign_create(TokenStream& tokens);
Result<std::optional<StatementNode>> parse_foreign_drop(TokenStream& tokens);
Result<std::optional<StatementNode>> parse_foreign_show(TokenStream& tokens);

Result<StatementNode> parse_grant(TokenStream& tokens);
Result<StatementNode> parse_revoke(TokenStream& tokens);
Result<StatementNode> parse_set(TokenStream& tokens);

}  // namespace tidemark::query
