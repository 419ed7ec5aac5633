#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/result.h>
#include <tidemark/statement_text.h>

#include "query/syntax/ast.h"
#include "query/syntax/lexer.h"
#include "query/syntax/parser.h"

namespace tidemark::query {

/// Something that could have stood where parsing came to.
struct Expectation {
    std::string text;
    bool is_word = false;     ///< An error may suggest it for a misspelling.
    bool is_listed = true;    ///< An error lists it.
    bool is_offered = false;  ///< Completion offers it.
};

/// What an expression is part of, which decides what may be typed in it.
enum class Clause : std::uint8_t {
    Condition,       ///< WHERE and the like: no functions but now().
    Items,           ///< Of SELECT: comparisons only inside of calls.
    GroupCondition,  ///< HAVING.
};

/// The tokens of a text as the parser reads them: one at a time, with a look at the next one.
///
/// Every word and every expect_ that does not fit is remembered until the next token is taken, so
/// an error can tell all that could have stood there (commas and dots go without saying). Words are
/// compared in any case, and only bare ones are keywords: "FROM" in double quotes is a name.
class TokenStream {
public:
    /// Both must outlive the stream.
    TokenStream(std::string_view text, const BoundParameters& parameters);

    /// The same for a text that somebody is still typing: a word, name or string that touches its
    /// end is taken for the end. See open_word().
    static TokenStream of_unfinished(std::string_view text, const BoundParameters& parameters);

    /// The token that was taken for the end; none: where an unfinished text ends.
    const Token& open_word() const { return open_word_; }

    const Token& current() const { return current_; }
    Location location() const;
    bool is_at_end() const { return current_.kind == TokenKind::End; }

    // Looks, takes nothing and remembers nothing.
    bool is_word(std::string_view word) const;
    bool is_symbol(std::string_view symbol) const;
    /// A quoted name, or a bare word that is not reserved.
    bool is_name() const;
    /// The token behind the current one.
    Token following() const;

    /// Takes the current token.
    Token take();

    // Takes the current token when it fits.
    bool accept_word(std::string_view word);
    bool accept_symbol(std::string_view symbol);

    // The same, or an error.
    Status expect_word(std::string_view word);
    Status expect_symbol(std::string_view symbol);
    Result<std::string> expect_name(std::string_view what = "identifier");
    Result<std::string> expect_string();
    Result<std::uint64_t> expect_unsigned();
    Result<Duration> expect_duration();
    Result<RegexLiteral> expect_regex();

    /// A slash here opens a regex: reads it as one.
    bool is_regex();

    /// Says that `what` could stand here.
    void note_expected(std::string_view what);

    /// As note_expected(), for words that are possible nearly everywhere (AND, OR): an error
    /// suggests them for a misspelling, but does not list them.
    void note_operator(std::string_view word);

    // For completion only: a word, a name of that kind, fields, tags and functions as operands, or
    // a value of `column` could stand here.
    void note_possible(std::string_view word);
    void note_name(SchemaName kind);
    void note_operand();
    void note_value_of(std::string_view column);

    // What was remembered since the last token.
    const std::vector<Expectation>& expected() const { return expected_; }
    const std::vector<SchemaName>& expected_names() const { return expected_names_; }
    const std::string& expected_value_of() const { return expected_value_of_; }
    bool is_function_expected() const { return is_function_expected_; }

    /// Comparisons and their connectives may stand here, not only arithmetic.
    bool takes_conditions() const { return clause != Clause::Items || nesting > 0; }

    /// "found .., expected .., ..": all that was remembered.
    Error unexpected();
    /// Another error, at `place` (default: here).
    Error error_here(std::string message);
    Error error_at(SourceLocation place, std::string message);

    /// Where the last error was.
    SourceLocation error_location() const { return error_location_; }

    // From start_recording() on, the tokens taken, each with a space behind it except the last.
    void start_recording();
    std::string stop_recording();

    /// Levels of parentheses, calls and subqueries around the current token.
    std::size_t nesting = 0;

    /// Of the expression that is parsed.
    Clause clause = Clause::Condition;

private:
    bool accept(bool fits, const Expectation& expectation);
    void scan_current(std::size_t offset);
    Token scan(std::size_t offset) const;
    bool is_open(const Token& token) const;
    Token bind(Token parameter) const;
    std::string suggestion() const;
    std::string advice() const;
    bool is_expected(std::string_view what) const;

    Lexer lexer_;
    const BoundParameters& parameters_;
    Token current_;
    std::size_t taken_end_ = 0;
    bool took_equals_ = false;  // The last token was "=".
    std::size_t text_size_bytes_;
    bool is_unfinished_ = false;
    Token open_word_;
    std::vector<Expectation> expected_;
    std::vector<SchemaName> expected_names_;
    std::string expected_value_of_;
    bool is_function_expected_ = false;
    std::vector<std::string> recorded_;
    bool is_recording_ = false;
    SourceLocation error_location_;
};

/// Counts one level of nesting while it lives.
class NestingGuard {
public:
    explicit NestingGuard(TokenStream& tokens) : tokens_(tokens) { ++tokens_.nesting; }
    NestingGuard(const NestingGuard&) = delete;
    NestingGuard& operator=(const NestingGuard&) = delete;
    ~NestingGuard() { --tokens_.nesting; }

    Status check() const;

private:
    TokenStream& tokens_;
};

}  // namespace tidemark::query
