#include <algorithm>
#include <utility>

#include "query/syntax/parser_select.h"
#include "query/syntax/parser_statement.h"

// Users, grants, continuous queries, subscriptions and shards: their grammar is checked, so that a
// typing error is told as such, and their text kept.

namespace tidemark::query {
namespace {

StatementNode make_foreign(TokenStream& tokens, ForeignTopic topic, Location location) {
    return ForeignStatement{location, topic, tokens.stop_recording()};
}

Result<std::optional<StatementNode>> finish(TokenStream& tokens, ForeignTopic topic,
                                            Location location, const Status& parsed) {
    if (!parsed) return Error(parsed.error());
    return std::optional<StatementNode>(make_foreign(tokens, topic, location));
}

Status expect_any_name(TokenStream& tokens) {
    TIDEMARK_ASSIGN_OR_RETURN([[maybe_unused]] const std::string name, tokens.expect_name());
    return success();
}

Status expect_any_string(TokenStream& tokens) {
    TIDEMARK_ASSIGN_OR_RETURN([[maybe_unused]] const std::string text, tokens.expect_string());
    return success();
}

Status parse_name_on_database(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(expect_any_name(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("ON"));
    return expect_any_name(tokens);
}

Status parse_name_on_policy(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(parse_name_on_database(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol("."));
    return expect_any_name(tokens);
}

Status parse_create_user(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(expect_any_name(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("WITH"));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("PASSWORD"));
    TIDEMARK_RETURN_IF_ERROR(expect_any_string(tokens));
    if (!tokens.accept_word("WITH")) return success();
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("ALL"));
    return tokens.expect_word("PRIVILEGES");
}

Status parse_create_subscription(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(parse_name_on_policy(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("DESTINATIONS"));
    if (!tokens.accept_word("ALL")) TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("ANY"));
    do {
        TIDEMARK_RETURN_IF_ERROR(expect_any_string(tokens));
    } while (tokens.accept_symbol(","));
    return success();
}

struct Resample {
    Location for_location;
    std::optional<Duration> every;
    std::optional<Duration> span;  // FOR
};

Result<Resample> parse_resample(TokenStream& tokens) {
    Resample resample;
    if (!tokens.accept_word("RESAMPLE")) return resample;
    if (tokens.accept_word("EVERY")) {
        TIDEMARK_ASSIGN_OR_RETURN(resample.every, tokens.expect_duration());
    }
    if (tokens.accept_word("FOR")) {
        resample.for_location = tokens.location();
        TIDEMARK_ASSIGN_OR_RETURN(resample.span, tokens.expect_duration());
    } else if (!resample.every) {
        return tokens.unexpected();
    }
    return resample;
}

// A continuous query must look back at least as far as it steps.
Status check_resample(TokenStream& tokens, const Resample& resample,
                      const SelectStatement& select) {
    if (!resample.span) return success();
    std::int64_t minimum_ns = resample.every ? resample.every->fixed_ns().value_or(0) : 0;
    for (const Dimension& dimension : select.group_by) {
        const auto* time = std::get_if<TimeDimension>(&dimension);
        if (time != nullptr) minimum_ns = std::max(minimum_ns, time->width.fixed_ns().value_or(0));
    }
    const std::optional<std::int64_t> span_ns = resample.span->fixed_ns();
    if (!span_ns || *span_ns >= minimum_ns) return success();
    return tokens.error_at(resample.for_location,
                           "FOR duration must be >= GROUP BY time duration: must be a minimum of " +
                               print_duration({minimum_ns, DurationUnit::Nanosecond}) + ", got " +
                               print_duration(*resample.span));
}

Status parse_create_continuous_query(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("QUERY"));
    TIDEMARK_RETURN_IF_ERROR(parse_name_on_database(tokens));
    TIDEMARK_ASSIGN_OR_RETURN(const Resample resample, parse_resample(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("BEGIN"));
    if (!tokens.is_word("SELECT")) {
        tokens.note_expected("SELECT");
        return tokens.unexpected();
    }
    TIDEMARK_ASSIGN_OR_RETURN(const SelectStatement select, parse_select(tokens));
    if (!select.into) {
        return tokens.error_at(select.location, "a continuous query needs SELECT .. INTO ..");
    }
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("END"));
    return check_resample(tokens, resample, select);
}

// READ | WRITE | ALL [PRIVILEGES], then ON database, which only ALL may leave out. `direction` is
// TO or FROM.
Status parse_privileges(TokenStream& tokens, std::string_view direction) {
    const bool is_all = tokens.is_word("ALL");
    if (is_all) {
        tokens.take();
        tokens.accept_word("PRIVILEGES");
    } else if (!tokens.accept_word("READ") && !tokens.accept_word("WRITE")) {
        tokens.note_expected("ALL [PRIVILEGES]");
        return tokens.unexpected();
    }
    if (tokens.accept_word("ON")) {
        TIDEMARK_RETURN_IF_ERROR(expect_any_name(tokens));
    } else if (!is_all) {
        return tokens.unexpected();
    }
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word(direction));
    return expect_any_name(tokens);
}

Status parse_set_password(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("PASSWORD"));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("FOR"));
    TIDEMARK_RETURN_IF_ERROR(expect_any_name(tokens));
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol("="));
    return expect_any_string(tokens);
}

Status parse_drop_continuous_query(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("QUERY"));
    return parse_name_on_database(tokens);
}

Status expect_shard_id(TokenStream& tokens) {
    TIDEMARK_ASSIGN_OR_RETURN([[maybe_unused]] const std::uint64_t id, tokens.expect_unsigned());
    return success();
}

Status parse_grants_of_user(TokenStream& tokens) {
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("FOR"));
    return expect_any_name(tokens);
}

}  // namespace

Result<std::optional<StatementNode>> parse_foreign_create(TokenStream& tokens) {
    const Location location = tokens.location();
    if (tokens.accept_word("CONTINUOUS")) {
        return finish(tokens, ForeignTopic::ContinuousQueries, location,
                      parse_create_continuous_query(tokens));
    }
    if (tokens.accept_word("USER")) {
        return finish(tokens, ForeignTopic::Users, location, parse_create_user(tokens));
    }
    if (tokens.accept_word("SUBSCRIPTION")) {
        return finish(tokens, ForeignTopic::Subscriptions, location,
                      parse_create_subscription(tokens));
    }
    return std::optional<StatementNode>();
}

Result<std::optional<StatementNode>> parse_foreign_drop(TokenStream& tokens) {
    const Location location = tokens.location();
    if (tokens.accept_word("CONTINUOUS")) {
        return finish(tokens, ForeignTopic::ContinuousQueries, location,
                      parse_drop_continuous_query(tokens));
    }
    if (tokens.accept_word("USER")) {
        return finish(tokens, ForeignTopic::Users, location, expect_any_name(tokens));
    }
    if (tokens.accept_word("SUBSCRIPTION")) {
        return finish(tokens, ForeignTopic::Subscriptions, location, parse_name_on_policy(tokens));
    }
    if (tokens.accept_word("SHARD")) {
        return finish(tokens, ForeignTopic::Shards, location, expect_shard_id(tokens));
    }
    return std::optional<StatementNode>();
}

Result<std::optional<StatementNode>> parse_foreign_show(TokenStream& tokens) {
    const Location location = tokens.location();
    if (tokens.accept_word("CONTINUOUS")) {
        return finish(tokens, ForeignTopic::ContinuousQueries, location,
                      tokens.expect_word("QUERIES"));
    }
    if (tokens.accept_word("GRANTS")) {
        return finish(tokens, ForeignTopic::Grants, location, parse_grants_of_user(tokens));
    }
    if (tokens.accept_word("USERS")) {
        return finish(tokens, ForeignTopic::UserList, location, success());
    }
    if (tokens.accept_word("SUBSCRIPTIONS")) {
        return finish(tokens, ForeignTopic::Subscriptions, location, success());
    }
    if (tokens.accept_word("SHARDS")) {
        return finish(tokens, ForeignTopic::Shards, location, success());
    }
    if (tokens.accept_word("SHARD")) {
        return finish(tokens, ForeignTopic::Shards, location, tokens.expect_word("GROUPS"));
    }
    return std::optional<StatementNode>();
}

Result<StatementNode> parse_grant(TokenStream& tokens) {
    const Location location = tokens.location();
    TIDEMARK_RETURN_IF_ERROR(parse_privileges(tokens, "TO"));
    return make_foreign(tokens, ForeignTopic::Grants, location);
}

Result<StatementNode> parse_revoke(TokenStream& tokens) {
    const Location location = tokens.location();
    TIDEMARK_RETURN_IF_ERROR(parse_privileges(tokens, "FROM"));
    return make_foreign(tokens, ForeignTopic::Grants, location);
}

Result<StatementNode> parse_set(TokenStream& tokens) {
    const Location location = tokens.location();
    TIDEMARK_RETURN_IF_ERROR(parse_set_password(tokens));
    return make_foreign(tokens, ForeignTopic::Users, location);
}

}  // namespace tidemark::query
