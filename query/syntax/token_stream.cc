#include "query/syntax/token_stream.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "query/syntax/printer.h"
#include "query/syntax/spelling.h"

namespace tidemark::query {
namespace {

template <typename Number>
std::string number_text(Number value) {
    char buffer[32];
    const auto [end, error] = std::to_chars(std::begin(buffer), std::end(buffer), value);
    return {std::begin(buffer), end};
}

// The token that stands for a bound value, as if it had been written.
Token spell(const BoundValue& value) {
    const auto spell_value = Match{
        [](double number) {
            std::string text = number_text(number);
            if (text.find_first_of(".e") == std::string::npos) text += ".0";
            return Token{TokenKind::Number, text, {}};
        },
        [](std::int64_t number) {
            return Token{TokenKind::Integer, number_text(number), {}};
        },
        [](std::uint64_t number) {
            return Token{TokenKind::Integer, number_text(number), {}};
        },
        [](bool flag) {
            const std::string word = flag ? "true" : "false";
            return Token{TokenKind::Word, word, word};
        },
        [](const std::string& text) {
            return Token{TokenKind::String, print_string(text), text};
        },
        [](const Duration& duration) {
            return Token{TokenKind::Duration, print_duration(duration), {}};
        },
        [](const RegexLiteral& regex) {
            return Token{TokenKind::Regex, print(Expression{{}, regex}), regex.pattern};
        },
        [](const BoundIdentifier& identifier) {
            return Token{TokenKind::QuotedName, print_identifier(identifier.name), identifier.name};
        },
    };
    return std::visit(spell_value, value);
}

}  // namespace

TokenStream::TokenStream(std::string_view text, const BoundParameters& parameters)
    : lexer_(text), parameters_(parameters), text_size_bytes_(text.size()) {
    scan_current(0);
}

TokenStream TokenStream::of_unfinished(std::string_view text, const BoundParameters& parameters) {
    TokenStream tokens(text, parameters);
    tokens.is_unfinished_ = true;
    tokens.open_word_.begin = tokens.open_word_.end = text.size();
    tokens.scan_current(0);
    return tokens;
}

// Somebody is still typing it.
bool TokenStream::is_open(const Token& token) const {
    if (!is_unfinished_ || token.end != text_size_bytes_ || token.begin == token.end) return false;
    const bool is_open_quote =
        token.kind == TokenKind::Bad && (token.text.front() == '"' || token.text.front() == '\'');
    return token.kind == TokenKind::Word || is_open_quote;
}

Token TokenStream::scan(std::size_t offset) const {
    Token token = lexer_.scan(offset);
    if (is_open(token)) return {TokenKind::End, {}, {}, text_size_bytes_, text_size_bytes_};
    return token.kind == TokenKind::Parameter ? bind(std::move(token)) : token;
}

void TokenStream::scan_current(std::size_t offset) {
    current_ = scan(offset);
    if (!is_unfinished_ || !is_at_end()) return;
    if (Token token = lexer_.scan(offset); is_open(token)) open_word_ = std::move(token);
}

Token TokenStream::bind(Token parameter) const {
    const auto bound = parameters_.find(parameter.value);
    if (bound == parameters_.end()) {
        parameter.kind = TokenKind::Bad;
        parameter.value = "no value is bound to the parameter " + parameter.text;
        return parameter;
    }
    const auto* number = std::get_if<double>(&bound->second);
    if (number != nullptr && !std::isfinite(*number)) {
        parameter.kind = TokenKind::Bad;
        parameter.value = "the value of the parameter " + parameter.text + " is not finite";
        return parameter;
    }
    Token value = spell(bound->second);
    value.begin = parameter.begin;
    value.end = parameter.end;
    return value;
}

Location TokenStream::location() const {
    // The end of a text is shown right behind its last token, not behind trailing blanks.
    return lexer_.location(is_at_end() ? taken_end_ : current_.begin);
}

bool TokenStream::is_word(std::string_view word) const {
    return current_.kind == TokenKind::Word && equals_ignoring_case(current_.text, word);
}

bool TokenStream::is_symbol(std::string_view symbol) const {
    return current_.kind == TokenKind::Symbol && current_.text == symbol;
}

bool TokenStream::is_name() const {
    if (current_.kind == TokenKind::QuotedName) return true;
    return current_.kind == TokenKind::Word && !is_reserved_word(current_.text);
}

Token TokenStream::following() const { return scan(current_.end); }

Token TokenStream::take() {
    if (is_recording_) recorded_.push_back(current_.text);
    expected_.clear();
    expected_names_.clear();
    expected_value_of_.clear();
    is_function_expected_ = false;
    taken_end_ = current_.end;
    took_equals_ = is_symbol("=");
    Token taken = std::move(current_);
    scan_current(taken_end_);
    return taken;
}

bool TokenStream::accept(bool fits, const Expectation& expectation) {
    if (fits) {
        take();
        return true;
    }
    const auto known = std::ranges::find(expected_, expectation.text, &Expectation::text);
    if (known == expected_.end()) {
        expected_.push_back(expectation);
    } else {
        known->is_listed = known->is_listed || expectation.is_listed;
        known->is_offered = known->is_offered || expectation.is_offered;
    }
    return false;
}

bool TokenStream::accept_word(std::string_view word) {
    return accept(is_word(word), {std::string(word), true, true, true});
}

bool TokenStream::accept_symbol(std::string_view symbol) {
    return accept(is_symbol(symbol), {std::string(symbol), false, false, false});
}

void TokenStream::note_expected(std::string_view what) {
    // Words in capitals are keywords, others describe: "identifier".
    accept(false, {std::string(what), false, true, is_reserved_word(what)});
}

void TokenStream::note_operator(std::string_view word) {
    accept(false, {std::string(word), true, false, takes_conditions()});
}

void TokenStream::note_possible(std::string_view word) {
    accept(false, {std::string(word), false, false, true});
}

void TokenStream::note_name(SchemaName kind) {
    if (std::ranges::find(expected_names_, kind) == expected_names_.end()) {
        expected_names_.push_back(kind);
    }
}

void TokenStream::note_operand() {
    note_name(SchemaName::Field);
    note_name(SchemaName::Tag);
    if (clause == Clause::Condition) {
        note_possible("time");
        note_possible("now()");
    } else {
        is_function_expected_ = true;
    }
}

void TokenStream::note_value_of(std::string_view column) { expected_value_of_ = column; }

Status TokenStream::expect_word(std::string_view word) {
    if (accept_word(word)) return success();
    return unexpected();
}

Status TokenStream::expect_symbol(std::string_view symbol) {
    if (accept_symbol(symbol)) return success();
    note_expected(symbol);
    return unexpected();
}

Result<std::string> TokenStream::expect_name(std::string_view what) {
    if (is_name()) return take().value;
    note_expected(what);
    return unexpected();
}

Result<std::string> TokenStream::expect_string() {
    if (current_.kind == TokenKind::String) return take().value;
    note_expected("string");
    return unexpected();
}

Result<std::uint64_t> TokenStream::expect_unsigned() {
    if (current_.kind == TokenKind::Integer) {
        const std::string& digits = current_.text;
        std::uint64_t value = 0;
        const char* const end = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), end, value);
        if (parsed.ec == std::errc{} && parsed.ptr == end) {
            take();
            return value;
        }
    }
    note_expected("integer");
    return unexpected();
}

Result<Duration> TokenStream::expect_duration() {
    if (current_.kind == TokenKind::Duration) {
        const std::optional<Duration> duration = parse_duration(current_.text);
        if (duration && duration->count >= 0) {
            take();
            return *duration;
        }
    }
    note_expected("duration");
    return unexpected();
}

bool TokenStream::is_regex() {
    if (is_symbol("/")) current_ = lexer_.scan_regex(current_.begin);
    return current_.kind == TokenKind::Regex;
}

Result<RegexLiteral> TokenStream::expect_regex() {
    if (is_regex()) return RegexLiteral{take().value};
    note_expected("regex");
    return unexpected();
}

Error TokenStream::unexpected() {
    if (current_.kind == TokenKind::Bad) return error_here(current_.value);
    std::string message = "found " + (is_at_end() ? std::string("EOF") : current_.text);
    std::string_view separator = ", expected ";
    bool name_was_expected = false;
    for (const Expectation& expectation : expected_) {
        if (!expectation.is_listed) continue;
        message.append(separator).append(expectation.text);
        separator = ", ";
        name_was_expected = name_was_expected || expectation.text == "identifier";
    }
    if (const std::string meant = suggestion(); !meant.empty()) {
        message += "; did you mean " + meant + "?";
    } else if (const std::string hint = advice(); !hint.empty()) {
        message += "; " + hint;
    } else if (name_was_expected && current_.kind == TokenKind::Word) {
        message += "; as a name the keyword stands in double quotes: \"" + current_.text + "\"";
    }
    return error_here(std::move(message));
}

std::string TokenStream::suggestion() const {
    if (current_.kind != TokenKind::Word) return {};
    std::vector<std::string> words;
    for (const Expectation& expectation : expected_) {
        if (expectation.is_word) words.push_back(expectation.text);
    }
    return nearest_spelling(current_.text, words);
}

bool TokenStream::is_expected(std::string_view what) const {
    return std::ranges::find(expected_, what, &Expectation::text) != expected_.end();
}

// For what is written in other languages, or in a hurry.
std::string TokenStream::advice() const {
    const bool is_integer = current_.kind == TokenKind::Integer;
    if (is_expected("duration")) {
        if (is_integer) return "a duration carries its unit, as in " + current_.text + "s";
        if (current_.kind == TokenKind::String) return "a duration stands without quotes";
    }
    if (is_expected("time(interval)") && current_.kind == TokenKind::Duration) {
        return "did you mean time(" + current_.text + ")?";
    }
    if (is_expected("integer") && is_integer) return "it is too large";
    if (took_equals_ && is_symbol("=")) return "a single = compares";
    if (is_word("LIKE")) return "=~ /regex/ compares with a pattern";
    if (!is_expected("SELECT")) return {};
    if (is_word("INSERT")) return "points are written as lines, or by INSERT in the console";
    if (is_word("USE")) return "--db NAME chooses the database, in the console .use NAME";
    return {};
}

Error TokenStream::error_here(std::string message) {
    return error_at(location(), std::move(message));
}

Error TokenStream::error_at(SourceLocation place, std::string message) {
    error_location_ = place;
    return Error(ErrorCode::InvalidArgument, std::move(message));
}

void TokenStream::start_recording() {
    recorded_.clear();
    is_recording_ = true;
}

std::string TokenStream::stop_recording() {
    is_recording_ = false;
    std::string text;
    for (const std::string& token : recorded_) {
        if (!text.empty()) text += ' ';
        text += token;
    }
    return text;
}

Status NestingGuard::check() const {
    if (tokens_.nesting <= kMaxNesting) return success();
    return tokens_.error_here("nested more than " + std::to_string(kMaxNesting) + " levels deep");
}

}  // namespace tidemark::query
