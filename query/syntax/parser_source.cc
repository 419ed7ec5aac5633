#include <utility>

#include "query/syntax/parser_expression.h"
#include "query/syntax/parser_select.h"

// Names of measurements, dimensions, orders and limits: what SELECT, SHOW, DELETE and DROP share.

namespace tidemark::query {
namespace {

Result<TimeDimension> parse_time_dimension(TokenStream& tokens) {
    TimeDimension dimension;
    dimension.location = tokens.location();
    tokens.take();
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol("("));
    const Location width_location = tokens.location();
    TIDEMARK_ASSIGN_OR_RETURN(dimension.width, tokens.expect_duration());
    if (dimension.width.count == 0) {
        return tokens.error_at(width_location, "found 0s, expected a duration above zero");
    }
    if (tokens.accept_symbol(",")) {
        TIDEMARK_ASSIGN_OR_RETURN(dimension.offset, parse_expression(tokens));
    }
    TIDEMARK_RETURN_IF_ERROR(tokens.expect_symbol(")"));
    return dimension;
}

Result<Dimension> parse_dimension(TokenStream& tokens) {
    const Location location = tokens.location();
    if (tokens.accept_symbol("*")) return Dimension(WildcardDimension{location});
    if (tokens.is_regex()) {
        return Dimension(RegexDimension{location, RegexLiteral{tokens.take().value}});
    }
    if (tokens.is_word("time") && tokens.following().text == "(") {
        TIDEMARK_ASSIGN_OR_RETURN(TimeDimension dimension, parse_time_dimension(tokens));
        return Dimension(std::move(dimension));
    }
    tokens.note_expected("time(interval)");
    tokens.note_possible("time(");
    tokens.note_name(SchemaName::Tag);
    TIDEMARK_ASSIGN_OR_RETURN(std::string name, tokens.expect_name());
    while (tokens.accept_symbol(".")) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::string part, tokens.expect_name());
        name.append(".").append(part);
    }
    if (tokens.accept_symbol("::")) TIDEMARK_RETURN_IF_ERROR(tokens.expect_word("TAG"));
    return Dimension(TagDimension{location, std::move(name)});
}

}  // namespace

Result<MeasurementSource> parse_measurement(TokenStream& tokens) {
    MeasurementSource source;
    source.location = tokens.location();
    // At most three parts; an empty one is `database..name`.
    std::vector<std::string> parts;
    while (true) {
        if (tokens.is_regex()) {
            source.measurement = RegexLiteral{tokens.take().value};
            break;
        }
        const bool is_empty_policy = parts.size() == 1 && tokens.is_symbol(".");
        std::string part;
        if (!is_empty_policy) {
            tokens.note_name(SchemaName::Measurement);
            TIDEMARK_ASSIGN_OR_RETURN(part, tokens.expect_name());
        }
        if (parts.size() == 2 || !tokens.is_symbol(".")) {
            source.measurement = std::move(part);
            break;
        }
        parts.push_back(std::move(part));
        tokens.take();
    }
    if (!parts.empty()) source.policy = std::move(parts.back());
    if (parts.size() == 2) source.database = std::move(parts.front());
    return source;
}

Result<std::vector<MeasurementSource>> parse_measurements(TokenStream& tokens) {
    std::vector<MeasurementSource> sources;
    do {
        TIDEMARK_ASSIGN_OR_RETURN(MeasurementSource source, parse_measurement(tokens));
        sources.push_back(std::move(source));
    } while (tokens.accept_symbol(","));
    return sources;
}

Result<std::vector<Dimension>> parse_dimensions(TokenStream& tokens) {
    std::vector<Dimension> dimensions;
    do {
        TIDEMARK_ASSIGN_OR_RETURN(Dimension dimension, parse_dimension(tokens));
        dimensions.push_back(std::move(dimension));
    } while (tokens.accept_symbol(","));
    return dimensions;
}

Result<std::vector<SortKey>> parse_sort_keys(TokenStream& tokens) {
    std::vector<SortKey> keys;
    do {
        SortKey key{tokens.location(), "time", false};
        const bool is_direction = tokens.is_word("ASC") || tokens.is_word("DESC");
        if (!is_direction) {
            if (!tokens.is_name()) {
                for (const std::string_view what : {"identifier", "ASC", "DESC"}) {
                    tokens.note_expected(what);
                }
                tokens.note_possible("time");
                return tokens.unexpected();
            }
            key.column = tokens.take().value;
        }
        key.descending = tokens.accept_word("DESC");
        if (!key.descending) tokens.accept_word("ASC");
        keys.push_back(std::move(key));
    } while (tokens.accept_symbol(","));
    return keys;
}

Result<Limits> parse_limits(TokenStream& tokens) {
    Limits limits;
    const std::pair<std::string_view, std::optional<std::uint64_t>&> clauses[] = {
        {"LIMIT", limits.limit},
        {"OFFSET", limits.offset},
        {"SLIMIT", limits.series_limit},
        {"SOFFSET", limits.series_offset},
    };
    for (const auto& [word, value] : clauses) {
        if (!tokens.accept_word(word)) continue;
        TIDEMARK_ASSIGN_OR_RETURN(value, tokens.expect_unsigned());
    }
    return limits;
}

}  // namespace tidemark::query
