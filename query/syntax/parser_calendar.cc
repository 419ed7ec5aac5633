#include <algorithm>
#include <utility>

#include "query/syntax/parser_expression.h"
#include "query/syntax/parser_statement.h"

// Calendars and maintenance windows.

namespace tidemark::query {
namespace {

Result<std::vector<std::string>> parse_dates(TokenStream& tokens) {
    std::vector<std::string> dates;
    do {
        TIDEMARK_ASSIGN_OR_RETURN(std::string date, tokens.expect_string());
        dates.push_back(std::move(date));
    } while (tokens.accept_symbol(","));
    return dates;
}

// tag = 'value' [AND ..], or *
Result<std::vector<Tag>> parse_tag_conditions(TokenStream& tokens) {
    std::vector<Tag> tags;
    if (tokens.accept_symbol("*")) return tags;
    do {
        const Location location = tokens.location();
        Tag tag;
        tokens.note_name(SchemaName::Tag);
        TIDEMARK_ASSIGN_OR_RETURN(tag.key, tokens.expect_name());
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol("="));
        tokens.note_value_of(tag.key);
        TIDEMARK_ASSIGN_OR_RETURN(tag.value, tokens.expect_string());
        if (std::ranges::find(tags, tag.key, &Tag::key) != tags.end()) {
            return tokens.error_at(location, "tag " + tag.key + " is given twice");
        }
        tags.push_back(std::move(tag));
    } while (tokens.accept_word("AND"));
    return tags;
}

// Behind ON: whether a database is meant. A condition has its = directly behind the name.
bool is_database(const TokenStream& tokens) {
    if (tokens.is_symbol("*")) return false;
    const Token following = tokens.following();
    return following.kind != TokenKind::Symbol || following.text != "=";
}

}  // namespace

Result<std::string> parse_on_database(TokenStream& tokens) {
    if (!tokens.accept_word("ON")) return std::string();
    tokens.note_name(SchemaName::Database);
    return tokens.expect_name();
}

Result<StatementNode> parse_create_calendar(TokenStream& tokens, bool may_replace) {
    CreateCalendar create;
    create.location = tokens.location();
    create.may_replace = may_replace;
    TIDEMARK_ASSIGN_OR_RETURN(create.name, tokens.expect_name());
    TIDEMARK_ASSIGN_OR_RETURN(create.database, parse_on_database(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("TZ"));
    TIDEMARK_ASSIGN_OR_RETURN(create.zone, tokens.expect_string());
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("HOURS"));
    TIDEMARK_ASSIGN_OR_RETURN(create.hours, tokens.expect_string());
    if (tokens.accept_word("EXCEPT")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("DATES"));
        TIDEMARK_ASSIGN_OR_RETURN(create.except_dates, parse_dates(tokens));
    }
    if (tokens.accept_word("REASON")) {
        TIDEMARK_ASSIGN_OR_RETURN(create.reason, tokens.expect_string());
    }
    return StatementNode(std::move(create));
}

Result<StatementNode> parse_drop_calendar(TokenStream& tokens) {
    DropCalendar drop;
    drop.location = tokens.location();
    TIDEMARK_ASSIGN_OR_RETURN(drop.name, tokens.expect_name());
    TIDEMARK_ASSIGN_OR_RETURN(drop.database, parse_on_database(tokens));
    return StatementNode(std::move(drop));
}

Result<StatementNode> parse_create_maintenance(TokenStream& tokens) {
    CreateMaintenance create;
    create.location = tokens.location();
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("ON"));
    if (is_database(tokens)) {
        tokens.note_name(SchemaName::Database);
        TIDEMARK_ASSIGN_OR_RETURN(create.database, tokens.expect_name());
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("ON"));
    }
    TIDEMARK_ASSIGN_OR_RETURN(create.tags, parse_tag_conditions(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("FROM"));
    TIDEMARK_ASSIGN_OR_RETURN(create.begin, parse_expression(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("TO"));
    TIDEMARK_ASSIGN_OR_RETURN(create.end, parse_expression(tokens));
    if (tokens.accept_word("TZ")) {
        TIDEMARK_ASSIGN_OR_RETURN(create.zone, tokens.expect_string());
    }
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("REASON"));
    TIDEMARK_ASSIGN_OR_RETURN(create.reason, tokens.expect_string());
    return StatementNode(std::move(create));
}

Result<StatementNode> parse_drop_maintenance(TokenStream& tokens) {
    DropMaintenance drop;
    drop.location = tokens.location();
    TIDEMARK_ASSIGN_OR_RETURN(drop.id, tokens.expect_name());
    TIDEMARK_ASSIGN_OR_RETURN(drop.database, parse_on_database(tokens));
    return StatementNode(std::move(drop));
}

}  // namespace tidemark::query
