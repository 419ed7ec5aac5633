#include "tools/console/statement_buffer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tidemark::tools {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_blank_char(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string upper_case(std::string_view word) {
    std::string upper(word);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

// Walks over statements just well enough to tell what a semicolon or a slash means.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {
        while (offset_ < text_.size()) step();
    }

    // The last character that means something, outside of comments: 'x' for any operand; 0: none.
    char last() const { return last_; }

    // A string, name, regex or comment is open at the end.
    bool is_open() const { return is_open_; }

private:
    void step() {
        const char c = text_[offset_];
        const std::string_view two = text_.substr(offset_, 2);
        if (is_blank_char(c)) {
            ++offset_;
        } else if (two == "--") {
            skip_to("\n");
            is_open_ = false;  // The end of the text ends such a comment too.
        } else if (two == "/*") {
            offset_ += 2;
            skip_to("*/");
        } else if (c == '\'' || c == '"' || (c == '/' && regex_may_begin())) {
            skip_delimited(c);
        } else if (is_letter(c)) {
            skip_word();
        } else {
            last_ = c;
            ++offset_;
        }
    }

    // Where an operand is expected a slash opens a regex, else it divides.
    bool regex_may_begin() const {
        if (last_ == 'x') return is_regex_word_;
        return std::string_view("~(,.").find(last_) != std::string_view::npos;
    }

    void skip_to(std::string_view end) {
        const std::size_t found = text_.find(end, offset_);
        is_open_ = found == std::string_view::npos;
        offset_ = is_open_ ? text_.size() : found + end.size();
    }

    void skip_delimited(char delimiter) {
        is_open_ = true;
        for (++offset_; offset_ < text_.size() && is_open_; ++offset_) {
            const char c = text_[offset_];
            if (c == '\\') ++offset_;
            // A line ends what was not closed: the parser refuses it.
            is_open_ = c != delimiter && c != '\n';
        }
        offset_ = std::min(offset_, text_.size());
        set_operand();
    }

    void skip_word() {
        const std::size_t begin = offset_;
        while (offset_ < text_.size() && is_letter(text_[offset_])) ++offset_;
        constexpr auto kBeforeRegex = std::to_array<std::string_view>({"FROM", "BY", "SELECT"});
        const std::string word = upper_case(text_.substr(begin, offset_ - begin));
        set_operand();
        is_regex_word_ = std::ranges::find(kBeforeRegex, word) != kBeforeRegex.end();
    }

    void set_operand() {
        last_ = 'x';
        is_regex_word_ = false;
    }

    std::string_view text_;
    std::size_t offset_ = 0;
    char last_ = 0;
    bool is_open_ = false;
    bool is_regex_word_ = false;  // `last_` is a word that a regex may follow.
};

}  // namespace

void StatementBuffer::add_line(std::string_view line) {
    if (!text_.empty()) text_ += '\n';
    text_ += line;
}

bool StatementBuffer::is_blank() const {
    const Scanner scanner(text_);
    return scanner.last() == 0 && !scanner.is_open();
}

bool StatementBuffer::is_complete() const {
    const Scanner scanner(text_);
    return scanner.last() == ';' && !scanner.is_open();
}

std::string StatementBuffer::take() { return std::exchange(text_, {}); }

}  // namespace tidemark::tools
