#include <algorithm>
#include <optional>
#include <utility>

#include <tidemark/statement_text.h>

#include "query/functions/function_table.h"
#include "query/functions/math_functions.h"
#include "query/syntax/lexer.h"
#include "query/syntax/parser.h"
#include "query/syntax/printer.h"

namespace tidemark {
namespace query {
namespace {

// What a SELECT, or another statement with FROM, is about.
struct Subject {
    std::string database;
    std::vector<std::string> measurements;
};

// Walks over the tokens around a place and remembers what FROM says for the SELECT the place is in.
// The text may be wrong anywhere: reading ends where a token cannot be read.
class SubjectFinder {
public:
    SubjectFinder(std::string_view text, std::size_t place) : lexer_(text), place_(place) {}

    Subject find() {
        while (!is_done_) {
            const Token token = lexer_.scan(offset_);
            if (token.kind == TokenKind::End || token.kind == TokenKind::Bad) break;
            offset_ = token.end;
            if (!target_ && token.end > place_) target_ = selects_.size() - 1;
            take(token);
        }
        return found_ ? *found_ : selects_[target_.value_or(selects_.size() - 1)];
    }

private:
    void take(const Token& token) {
        if (token.kind == TokenKind::Symbol) return take_symbol(token.text);
        if (token.kind != TokenKind::Word) return;
        if (equals_ignoring_case(token.text, "FROM")) {
            do {
                read_source();
            } while (accept(","));
        } else if (equals_ignoring_case(token.text, "ON")) {
            if (const auto name = accept_name()) selects_.back().database = *name;
        }
    }

    void take_symbol(std::string_view symbol) {
        if (symbol == "(") {
            const bool is_select = equals_ignoring_case(lexer_.scan(offset_).text, "SELECT");
            parentheses_.push_back(is_select);
            if (is_select) selects_.emplace_back();
        } else if (symbol == ")" && !parentheses_.empty()) {
            if (parentheses_.back()) end_subquery();
            parentheses_.pop_back();
        } else if (symbol == ";" && target_) {
            is_done_ = true;
        } else if (symbol == ";") {
            selects_.assign(1, {});
            parentheses_.clear();
        }
    }

    void end_subquery() {
        Subject inner = std::move(selects_.back());
        selects_.pop_back();
        if (target_ == selects_.size()) {
            found_ = std::move(inner);
            is_done_ = true;
        } else if (selects_.back().measurements.empty()) {
            selects_.back() = std::move(inner);
        }
    }

    // measurement, policy.measurement or database.[policy].measurement
    void read_source() {
        std::vector<std::string> parts;
        while (parts.size() < 3) {
            const auto name = accept_name();
            if (!name) break;
            parts.push_back(*name);
            if (!accept(".")) break;
            if (accept(".")) parts.emplace_back();  // The default policy.
        }
        if (parts.empty()) return;
        if (parts.size() > 1) selects_.back().database = parts.size() == 3 ? parts.front() : "";
        selects_.back().measurements.push_back(parts.back());
    }

    // A name, unless it is the word that is being typed.
    std::optional<std::string> accept_name() {
        const Token token = lexer_.scan(offset_);
        const bool is_name = token.kind == TokenKind::QuotedName ||
                             (token.kind == TokenKind::Word && !is_reserved_word(token.text));
        if (!is_name || (token.begin < place_ && place_ <= token.end)) return std::nullopt;
        if (!target_ && token.end > place_) target_ = selects_.size() - 1;
        offset_ = token.end;
        return token.value;
    }

    bool accept(std::string_view symbol) {
        const Token token = lexer_.scan(offset_);
        if (token.kind != TokenKind::Symbol || token.text != symbol) return false;
        offset_ = token.end;
        return true;
    }

    Lexer lexer_;
    std::size_t place_;
    std::size_t offset_ = 0;
    std::vector<Subject> selects_{1};  // The statement, and the subqueries around the token.
    std::vector<bool> parentheses_;    // True where a subquery begins.
    std::optional<std::size_t> target_;
    std::optional<Subject> found_;
    bool is_done_ = false;
};

}  // namespace
}  // namespace query

ExpectedInput expected_input(std::string_view text, std::size_t place) {
    place = std::min(place, text.size());
    query::ExpectedAtEnd expected = query::expected_at_end(text.substr(0, place));
    ExpectedInput input = std::move(expected.input);
    if (expected.takes_function) {
        input.functions.reserve(query::function_table().size());
        for (const query::FunctionInfo& info : query::function_table()) {
            const bool can_be_typed = query::spelled_name(info.name) == info.name;
            if (can_be_typed) input.functions.emplace_back(info.name);
        }
        for (const query::MathFunction& function : query::math_functions()) {
            input.functions.emplace_back(function.name);
        }
    }
    if (input.is_empty()) return input;
    query::Subject subject = query::SubjectFinder(text, place).find();
    input.database = std::move(subject.database);
    input.measurements = std::move(subject.measurements);
    return input;
}

std::string identifier_text(std::string_view name) { return query::print_identifier(name); }

std::string string_text(std::string_view value) { return query::print_string(value); }

}  // namespace tidemark
