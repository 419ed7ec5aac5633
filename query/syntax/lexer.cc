#include "query/syntax/lexer.h"

#include <algorithm>
#include <array>

#include "query/syntax/duration.h"

namespace tidemark::query {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word_char(char c) { return is_letter(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

constexpr std::array<std::string_view, 4> kTwoCharSymbols = {"!=", "<>", "<=", ">="};
constexpr std::array<std::string_view, 3> kMatchSymbols = {"=~", "!~", "::"};
constexpr std::string_view kOneCharSymbols = "+-*/%&|^=<>(),;:.";

// Sorted. TRUE and FALSE are literals; the rest is the list of InfluxDB 1.8.
constexpr auto kReservedWords = std::to_array<std::string_view>({"ALL",
                                                                 "ALTER",
                                                                 "ANALYZE",
                                                                 "AND",
                                                                 "ANY",
                                                                 "AS",
                                                                 "ASC",
                                                                 "BEGIN",
                                                                 "BY",
                                                                 "CARDINALITY",
                                                                 "CONTINUOUS",
                                                                 "CREATE",
                                                                 "DATABASE",
                                                                 "DATABASES",
                                                                 "DEFAULT",
                                                                 "DELETE",
                                                                 "DESC",
                                                                 "DESTINATIONS",
                                                                 "DIAGNOSTICS",
                                                                 "DISTINCT",
                                                                 "DROP",
                                                                 "DURATION",
                                                                 "END",
                                                                 "EVERY",
                                                                 "EXACT",
                                                                 "EXPLAIN",
                                                                 "FALSE",
                                                                 "FIELD",
                                                                 "FOR",
                                                                 "FROM",
                                                                 "GRANT",
                                                                 "GRANTS",
                                                                 "GROUP",
                                                                 "GROUPS",
                                                                 "IN",
                                                                 "INF",
                                                                 "INSERT",
                                                                 "INTO",
                                                                 "KEY",
                                                                 "KEYS",
                                                                 "KILL",
                                                                 "LIMIT",
                                                                 "MEASUREMENT",
                                                                 "MEASUREMENTS",
                                                                 "NAME",
                                                                 "OFFSET",
                                                                 "ON",
                                                                 "OR",
                                                                 "ORDER",
                                                                 "PASSWORD",
                                                                 "POLICIES",
                                                                 "POLICY",
                                                                 "PRIVILEGES",
                                                                 "QUERIES",
                                                                 "QUERY",
                                                                 "READ",
                                                                 "REPLICATION",
                                                                 "RESAMPLE",
                                                                 "RETENTION",
                                                                 "REVOKE",
                                                                 "SELECT",
                                                                 "SERIES",
                                                                 "SET",
                                                                 "SHARD",
                                                                 "SHARDS",
                                                                 "SHOW",
                                                                 "SLIMIT",
                                                                 "SOFFSET",
                                                                 "STATS",
                                                                 "SUBSCRIPTION",
                                                                 "SUBSCRIPTIONS",
                                                                 "TAG",
                                                                 "TO",
                                                                 "TRUE",
                                                                 "USER",
                                                                 "USERS",
                                                                 "VALUES",
                                                                 "VERBOSE",
                                                                 "WHERE",
                                                                 "WITH",
                                                                 "WRITE"});

// The end of the blanks and comments at `offset`, or npos when a comment never ends.
std::size_t skip_blanks(std::string_view text, std::size_t offset) {
    while (offset < text.size()) {
        if (is_space(text[offset])) {
            ++offset;
        } else if (text.substr(offset, 2) == "--") {
            offset = std::min(text.find('\n', offset), text.size());
        } else if (text.substr(offset, 2) == "/*") {
            const std::size_t close = text.find("*/", offset + 2);
            if (close == std::string_view::npos) return close;
            offset = close + 2;
        } else {
            break;
        }
    }
    return offset;
}

}  // namespace

Lexer::Lexer(std::string_view text) : text_(text), line_begins_{0} {
    for (std::size_t offset = 0; offset < text.size(); ++offset) {
        if (text[offset] == '\n') line_begins_.push_back(offset + 1);
    }
}

SourceLocation Lexer::location(std::size_t offset) const {
    const auto behind = std::ranges::upper_bound(line_begins_, offset);
    const auto line = static_cast<std::size_t>(behind - line_begins_.begin());
    return {line, offset - line_begins_[line - 1] + 1};
}

Token Lexer::token(TokenKind kind, std::size_t begin, std::size_t end) const {
    return {kind, std::string(text_.substr(begin, end - begin)), {}, begin, end};
}

Token Lexer::bad(std::size_t begin, std::size_t end, std::string message) const {
    Token result = token(TokenKind::Bad, begin, end);
    result.value = std::move(message);
    return result;
}

Token Lexer::scan(std::size_t offset) const {
    const std::size_t begin = skip_blanks(text_, offset);
    if (begin == std::string_view::npos) {
        const std::size_t open = text_.find("/*", offset);
        return bad(open, text_.size(), "this comment is never closed, expected */");
    }
    if (begin >= text_.size()) return token(TokenKind::End, text_.size(), text_.size());
    const char first = text_[begin];
    if (is_letter(first)) {
        std::size_t end = begin;
        while (is_word_char(at(end))) ++end;
        Token word = token(TokenKind::Word, begin, end);
        word.value = word.text;
        return word;
    }
    if (first == '"') return scan_quoted(begin, '"', TokenKind::QuotedName);
    if (first == '\'') return scan_quoted(begin, '\'', TokenKind::String);
    if (first == '$') return scan_parameter(begin);
    if (is_digit(first) || (first == '.' && is_digit(at(begin + 1)))) return scan_number(begin);
    return scan_symbol(begin);
}

Token Lexer::scan_quoted(std::size_t begin, char quote, TokenKind kind) const {
    std::string value;
    std::size_t offset = begin + 1;
    for (; offset < text_.size() && text_[offset] != '\n'; ++offset) {
        const char c = text_[offset];
        if (c == quote) {
            Token result = token(kind, begin, offset + 1);
            result.value = std::move(value);
            return result;
        }
        if (c != '\\') {
            value += c;
            continue;
        }
        const char escaped = at(++offset);
        if (escaped == 'n') {
            value += '\n';
        } else if (escaped == '\\' || escaped == '\'' || escaped == '"') {
            value += escaped;
        } else {
            return bad(offset - 1, std::min(offset + 1, text_.size()),
                       R"(a backslash must be followed by \, ', " or n; write \\ for a backslash)");
        }
    }
    const std::string_view what = quote == '"' ? "identifier" : "string";
    return bad(begin, offset,
               "this " + std::string(what) + " is never closed, expected " + std::string(1, quote));
}

// 12, 1.5, .5, 1e-3 and durations such as 1h30m.
Token Lexer::scan_number(std::size_t begin) const {
    std::size_t end = begin;
    while (is_digit(at(end))) ++end;
    TokenKind kind = TokenKind::Integer;
    if (at(end) == '.' && is_digit(at(end + 1))) {
        kind = TokenKind::Number;
        ++end;
        while (is_digit(at(end))) ++end;
    }
    if (at(end) == 'e' || at(end) == 'E') {
        std::size_t digits = end + 1;
        if (at(digits) == '+' || at(digits) == '-') ++digits;
        if (is_digit(at(digits))) {
            while (is_digit(at(digits))) ++digits;
            return token(TokenKind::Number, begin, digits);
        }
    }
    const bool unit_follows = is_letter(at(end)) || is_beyond_ascii(at(end));
    if (kind == TokenKind::Number || !unit_follows) return token(kind, begin, end);

    while (is_word_char(at(end)) || is_beyond_ascii(at(end))) ++end;
    Token duration = token(TokenKind::Duration, begin, end);
    if (parse_duration(duration.text)) return duration;
    return bad(begin, end,
               "found " + duration.text +
                   ", expected a duration such as 1h30m of at most 292 years (units ns, u, ms, s, "
                   "m, h, d, w; alone: wk, mo, q, y)");
}

Token Lexer::scan_parameter(std::size_t begin) const {
    if (at(begin + 1) == '"') {
        Token quoted = scan_quoted(begin + 1, '"', TokenKind::Parameter);
        if (quoted.kind == TokenKind::Bad) return quoted;
        quoted.text.insert(0, "$");
        quoted.begin = begin;
        return quoted;
    }
    std::size_t end = begin + 1;
    while (is_word_char(at(end))) ++end;
    if (end == begin + 1) return bad(begin, end, "found $, expected the name of a parameter");
    Token result = token(TokenKind::Parameter, begin, end);
    result.value = result.text.substr(1);
    return result;
}

Token Lexer::scan_regex(std::size_t begin) const {
    std::string value;
    std::size_t offset = begin + 1;
    for (; offset < text_.size() && text_[offset] != '\n'; ++offset) {
        const char c = text_[offset];
        if (c == '/') {
            Token result = token(TokenKind::Regex, begin, offset + 1);
            result.value = std::move(value);
            return result;
        }
        if (c == '\\' && offset + 1 < text_.size() && text_[offset + 1] != '\n') {
            ++offset;
            if (text_[offset] != '/') value += '\\';
            value += text_[offset];
        } else {
            value += c;
        }
    }
    return bad(begin, offset, "this regex is never closed, expected /");
}

Token Lexer::scan_symbol(std::size_t begin) const {
    const std::string_view two = text_.substr(begin, 2);
    const auto is_two = [two](std::string_view symbol) { return symbol == two; };
    if (std::ranges::any_of(kTwoCharSymbols, is_two) ||
        std::ranges::any_of(kMatchSymbols, is_two)) {
        return token(TokenKind::Symbol, begin, begin + 2);
    }
    if (kOneCharSymbols.find(text_[begin]) != std::string_view::npos) {
        return token(TokenKind::Symbol, begin, begin + 1);
    }
    std::size_t end = begin + 1;
    while (is_beyond_ascii(text_[begin]) && (static_cast<unsigned char>(at(end)) & 0xc0) == 0x80) {
        ++end;
    }
    std::string message = "unexpected character " + std::string(text_.substr(begin, end - begin));
    if (is_beyond_ascii(text_[begin])) message += "; names with it stand in double quotes";
    return bad(begin, end, std::move(message));
}

bool is_reserved_word(std::string_view word) {
    std::string upper(word);
    std::ranges::transform(upper, upper.begin(), to_upper);
    return std::ranges::binary_search(kReservedWords, std::string_view(upper));
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right,
                              [](char a, char b) { return to_upper(a) == to_upper(b); });
}

}  // namespace tidemark::query
