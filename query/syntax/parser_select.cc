#include "query/syntax/parser_select.h"

#include <utility>

#include "query/syntax/parser_expression.h"

namespace tidemark::query {
namespace {

Result<SelectItem> parse_item(TokenStream& tokens) {
    TIDEMARK_ASSIGN_OR_RETURN(Expression expression, parse_item_expression(tokens));
    SelectItem item{std::move(expression), std::nullopt};
    if (tokens.accept_word("AS")) {
        TIDEMARK_ASSIGN_OR_RETURN(item.alias, tokens.expect_name());
    }
    return item;
}

// INTO [[database.]policy.]name, where the name may be :MEASUREMENT.
Result<IntoTarget> parse_into(TokenStream& tokens) {
    IntoTarget target;
    target.location = tokens.location();
    std::vector<std::string> parts;
    while (true) {
        if (tokens.accept_symbol(":")) {
            TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("MEASUREMENT"));
            break;
        }
        const bool is_empty_policy = parts.size() == 1 && tokens.is_symbol(".");
        std::string part;
        if (!is_empty_policy) {
            TIDEMARK_ASSIGN_OR_RETURN(part, tokens.expect_name());
        }
        if (parts.size() == 2 || !tokens.is_symbol(".")) {
            target.measurement = std::move(part);
            break;
        }
        parts.push_back(std::move(part));
        tokens.take();
    }
    if (!parts.empty()) target.policy = std::move(parts.back());
    if (parts.size() == 2) target.database = std::move(parts.front());
    return target;
}

Result<Source> parse_source(TokenStream& tokens) {
    const Location location = tokens.location();
    if (!tokens.is_symbol("(")) {
        TIDEMARK_ASSIGN_OR_RETURN(MeasurementSource source, parse_measurement(tokens));
        return Source(std::move(source));
    }
    const NestingGuard guard(tokens);
    TIDEMARK_RETURN_IF_ERROR(guard.check());
    tokens.take();
    if (!tokens.is_word("SELECT")) {
        tokens.note_expected("SELECT");
        return tokens.unexpected();
    }
    TIDEMARK_ASSIGN_OR_RETURN(SelectStatement select, parse_select(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol(")"));
    return Source(SubquerySource{location, std::move(select)});
}

Result<std::vector<std::string>> parse_names(TokenStream& tokens) {
    std::vector<std::string> names;
    do {
        TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_name());
        names.push_back(std::move(name));
    } while (tokens.accept_symbol(","));
    return names;
}

Result<ExceptClause> parse_except(TokenStream& tokens, Location location) {
    ExceptClause except{location, false, {}};
    do {
        if (tokens.accept_word("MAINTENANCE")) {
            except.maintenance = true;
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_name());
        except.calendars.push_back(std::move(name));
    } while (tokens.accept_symbol(","));
    return except;
}

Result<UnknownAs> parse_unknown_as(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("AS"));
    if (tokens.accept_word("BAD")) return UnknownAs::Bad;
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("GOOD"));
    return UnknownAs::Good;
}

Result<WindowClause> parse_window(TokenStream& tokens, Location location) {
    const Location width_location = tokens.location();
    TIDEMARK_ASSIGN_OR_RETURN(const Duration width, tokens.expect_duration());
    if (width.count == 0) {
        return tokens.error_at(width_location, "found 0s, expected a duration above zero");
    }
    return WindowClause{location, width};
}

// Behind fill.
Result<FillClause> parse_fill(TokenStream& tokens, Location location) {
    FillClause fill;
    fill.location = location;
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol("("));
    if (tokens.accept_word("null")) {
        fill.kind = FillKind::Null;
    } else if (tokens.accept_word("none")) {
        fill.kind = FillKind::None;
    } else if (tokens.accept_word("previous")) {
        fill.kind = FillKind::Previous;
        if (tokens.accept_symbol(",")) {
            TIDEMARK_ASSIGN_OR_RETURN(fill.longest, tokens.expect_duration());
        }
    } else if (tokens.accept_word("linear")) {
        fill.kind = FillKind::Linear;
    } else {
        fill.kind = FillKind::Number;
        TIDEMARK_ASSIGN_OR_RETURN(fill.number, parse_number(tokens));
    }
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol(")"));
    return fill;
}

Result<TimeZoneClause> parse_time_zone(TokenStream& tokens, Location location) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol("("));
    TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_string());
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol(")"));
    return TimeZoneClause{location, std::move(name)};
}

// Takes `word` when it is there; an error when the clause was written before.
Result<bool> accept_clause(TokenStream& tokens, std::string_view word, bool is_written) {
    if (!tokens.is_word(word)) {
        if (!is_written) tokens.accept_word(word);  // Only remembers it.
        return false;
    }
    if (is_written) return tokens.error_here(std::string(word) + " is given twice");
    return tokens.accept_word(word);
}

// The clauses around GROUP BY that say how samples become states; in any order.
Status parse_state_clauses(TokenStream& tokens, SelectStatement& select) {
    while (true) {
        const Location location = tokens.location();
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_during,
                                  accept_clause(tokens, "DURING", select.during.has_value()));
        if (is_during) {
            TIDEMARK_ASSIGN_OR_RETURN(std::vector<std::string> calendars, parse_names(tokens));
            select.during = DuringClause{location, std::move(calendars)};
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_except,
                                  accept_clause(tokens, "EXCEPT", select.except.has_value()));
        if (is_except) {
            TIDEMARK_ASSIGN_OR_RETURN(select.except, parse_except(tokens, location));
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_stale,
                                  accept_clause(tokens, "STALE", select.stale.has_value()));
        if (is_stale) {
            TIDEMARK_ASSIGN_OR_RETURN(select.stale, parse_stale(tokens, location));
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_unknown,
                                  accept_clause(tokens, "UNKNOWN", select.unknown_as.has_value()));
        if (!is_unknown) return success();
        TIDEMARK_ASSIGN_OR_RETURN(select.unknown_as, parse_unknown_as(tokens));
    }
}

// WINDOW, HAVING and fill, and the state clauses for those who write them behind GROUP BY.
Status parse_window_clauses(TokenStream& tokens, SelectStatement& select) {
    while (true) {
        TIDEMARK_RETURN_IF_ERROR(parse_state_clauses(tokens, select));
        const Location location = tokens.location();
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_window,
                                  accept_clause(tokens, "WINDOW", select.window.has_value()));
        if (is_window) {
            TIDEMARK_ASSIGN_OR_RETURN(select.window, parse_window(tokens, location));
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_having,
                                  accept_clause(tokens, "HAVING", select.having.has_value()));
        if (is_having) {
            tokens.clause = Clause::GroupCondition;
            TIDEMARK_ASSIGN_OR_RETURN(select.having, parse_expression(tokens));
            tokens.clause = Clause::Condition;
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_fill,
                                  accept_clause(tokens, "fill", select.fill.has_value()));
        if (!is_fill) return success();
        TIDEMARK_ASSIGN_OR_RETURN(select.fill, parse_fill(tokens, location));
    }
}

Status parse_items(TokenStream& tokens, SelectStatement& select) {
    tokens.clause = Clause::Items;
    do {
        TIDEMARK_ASSIGN_OR_RETURN(SelectItem item, parse_item(tokens));
        select.items.push_back(std::move(item));
    } while (tokens.accept_symbol(","));
    tokens.clause = Clause::Condition;
    return success();
}

Status parse_sources(TokenStream& tokens, SelectStatement& select) {
    do {
        TIDEMARK_ASSIGN_OR_RETURN(Source source, parse_source(tokens));
        select.sources.push_back(std::move(source));
    } while (tokens.accept_symbol(","));
    return success();
}

// From ORDER BY to tz().
Status parse_tail(TokenStream& tokens, SelectStatement& select) {
    if (tokens.accept_word("ORDER")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("BY"));
        TIDEMARK_ASSIGN_OR_RETURN(select.order_by, parse_sort_keys(tokens));
    }
    TIDEMARK_ASSIGN_OR_RETURN(select.limits, parse_limits(tokens));
    const Location location = tokens.location();
    if (tokens.accept_word("tz")) {
        TIDEMARK_ASSIGN_OR_RETURN(select.time_zone, parse_time_zone(tokens, location));
    }
    return success();
}

}  // namespace

Result<StaleClause> parse_stale(TokenStream& tokens, Location location) {
    if (tokens.accept_word("NONE")) return StaleClause{location, std::nullopt};
    TIDEMARK_ASSIGN_OR_RETURN(const Duration hold, tokens.expect_duration());
    return StaleClause{location, hold};
}

Result<SelectStatement> parse_select(TokenStream& tokens) {
    SelectStatement select;
    select.location = tokens.location();
    tokens.take();
    TIDEMARK_RETURN_IF_ERROR(parse_items(tokens, select));
    if (tokens.accept_word("INTO")) {
        TIDEMARK_ASSIGN_OR_RETURN(select.into, parse_into(tokens));
    }
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("FROM"));
    TIDEMARK_RETURN_IF_ERROR(parse_sources(tokens, select));
    if (tokens.accept_word("WHERE")) {
        TIDEMARK_ASSIGN_OR_RETURN(select.where, parse_expression(tokens));
    }
    TIDEMARK_RETURN_IF_ERROR(parse_state_clauses(tokens, select));
    if (tokens.accept_word("GROUP")) {
        TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("BY"));
        TIDEMARK_ASSIGN_OR_RETURN(select.group_by, parse_dimensions(tokens));
    }
    TIDEMARK_RETURN_IF_ERROR(parse_window_clauses(tokens, select));
    TIDEMARK_RETURN_IF_ERROR(parse_tail(tokens, select));
    return select;
}

}  // namespace tidemark::query
