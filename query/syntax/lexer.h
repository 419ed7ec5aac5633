#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/query.h>

namespace tidemark::query {

enum class TokenKind : std::uint8_t {
    End,
    Word,        ///< Bare: a keyword or an identifier, which only the parser can tell.
    QuotedName,  ///< "x"
    String,      ///< 'x'
    Integer,
    Number,
    Duration,
    Regex,
    Parameter,  ///< $x
    Symbol,
    Bad,  ///< `value` says what is wrong with it.
};

struct Token {
    TokenKind kind = TokenKind::End;
    std::string text;       ///< As written.
    std::string value;      ///< What stands between the delimiters, escapes resolved.
    std::size_t begin = 0;  ///< Offset of the first byte.
    std::size_t end = 0;    ///< Offset behind the last byte.
};

/// Cuts a text into tokens, one at a time and from any offset: whether a slash divides or opens a
/// regex is known only to the parser. `text` must outlive the lexer.
class Lexer {
public:
    explicit Lexer(std::string_view text);

    /// The first token at or behind `offset`; a slash divides.
    Token scan(std::size_t offset) const;

    /// The regex whose opening slash is at `offset`.
    Token scan_regex(std::size_t offset) const;

    SourceLocation location(std::size_t offset) const;

private:
    Token scan_quoted(std::size_t begin, char quote, TokenKind kind) const;
    Token scan_number(std::size_t begin) const;
    Token scan_parameter(std::size_t begin) const;
    Token scan_symbol(std::size_t begin) const;
    Token token(TokenKind kind, std::size_t begin, std::size_t end) const;
    Token bad(std::size_t begin, std::size_t end, std::string message) const;
    char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

    std::string_view text_;
    std::vector<std::size_t> line_begins_;
};

/// True for InfluxQL's keywords, which are no identifiers unless quoted. Whatever Tidemark adds is
/// not among them. Any case.
bool is_reserved_word(std::string_view word);

/// Compares ignoring the case of ASCII letters.
bool equals_ignoring_case(std::string_view left, std::string_view right);

}  // namespace tidemark::query
