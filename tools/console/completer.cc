#include "tools/console/completer.h"

#include <algorithm>
#include <utility>

#include <tidemark/statement_text.h>

#include "tools/console/dot_commands.h"
#include "tools/render/renderer.h"

namespace tidemark::tools {
namespace {

bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool begins_ignoring_case(std::string_view text, std::string_view prefix) {
    return lower_case(text.substr(0, prefix.size())) == lower_case(prefix);
}

// Gathers the candidates for what was typed of a word.
class Candidates {
public:
    explicit Candidates(std::string_view typed) : typed_(typed) {}

    void add_word(const std::string& word) {
        if (is_quoted() || !begins_ignoring_case(word, typed_)) return;
        const bool is_lower = !typed_.empty() && std::ranges::all_of(typed_, is_lower_letter);
        std::string text = is_lower ? lower_case(word) : word;
        if (text == "fill" || text == "tz") text += '(';
        const bool is_finished = text.ends_with('(') || text.ends_with(')');
        add(is_finished ? text : text + " ");
    }

    void add_function(const std::string& name) {
        if (!is_quoted() && begins_ignoring_case(name, typed_)) add(name + "(");
    }

    // A name, quoted when it must be or when a quote was typed.
    void add_name(const std::string& name) {
        std::string text = identifier_text(name);
        if (typed_.starts_with('"')) {
            if (!name.starts_with(typed_.substr(1))) return;
            add(text.starts_with('"') ? text : '"' + text + '"');
        } else if (!is_quoted() && begins_ignoring_case(name, typed_)) {
            add(std::move(text));
        }
    }

    // As statements write it. A tag's value may be begun without its quote.
    void add_value(const std::string& text) {
        const bool is_string = text.starts_with('\'');
        std::string_view shown = text;
        if (is_string && !typed_.starts_with('\'')) shown.remove_prefix(1);
        if (shown.starts_with(typed_)) add(text);
    }

    LineCompletion take(std::size_t begin) { return {begin, std::move(candidates_)}; }

private:
    bool is_quoted() const { return typed_.starts_with('"') || typed_.starts_with('\''); }

    void add(std::string text) {
        const bool is_known = std::ranges::find(candidates_, text) != candidates_.end();
        if (!is_known) candidates_.push_back(std::move(text));
    }

    std::string_view typed_;
    std::vector<std::string> candidates_;
};

// Behind the last blank.
std::size_t word_begin(std::string_view line, std::size_t place) {
    const std::size_t blank = line.substr(0, place).find_last_of(" \t");
    return blank == std::string_view::npos ? 0 : blank + 1;
}

}  // namespace

std::string LineCompletion::common_prefix() const {
    if (candidates.empty()) return {};
    std::string_view common = candidates.front();
    for (const std::string& candidate : candidates) {
        const auto differing = std::ranges::mismatch(common, candidate);
        common = common.substr(0, static_cast<std::size_t>(differing.in1 - common.begin()));
    }
    // Never a part of a character.
    while (!common.empty() && common.size() < candidates.front().size() &&
           (static_cast<unsigned char>(candidates.front()[common.size()]) & 0xc0) == 0x80) {
        common.remove_suffix(1);
    }
    return std::string(common);
}

LineCompletion complete_statement(std::string_view text, std::size_t place,
                                  const std::string& database, SchemaReader& schema) {
    const ExpectedInput expected = expected_input(text, place);
    const std::string_view typed = text.substr(expected.begin, place - expected.begin);
    Candidates candidates(typed);
    if (expected.is_empty()) return candidates.take(expected.begin);
    const std::string& named_database = expected.database.empty() ? database : expected.database;
    if (!expected.value_of.empty()) {
        const std::string_view prefix = typed.starts_with('\'') ? typed.substr(1) : typed;
        for (const std::string& value :
             schema.values(expected.value_of, prefix, named_database, expected.measurements)) {
            candidates.add_value(value);
        }
        if (LineCompletion values = candidates.take(expected.begin); !values.candidates.empty()) {
            return values;
        }
    }
    for (const SchemaName kind : expected.names) {
        for (const std::string& name : schema.names(kind, named_database, expected.measurements)) {
            candidates.add_name(name);
        }
    }
    for (const std::string& function : expected.functions) candidates.add_function(function);
    for (const std::string& word : expected.words) candidates.add_word(word);
    const bool is_statement = std::ranges::find(expected.words, "SHOW") != expected.words.end();
    if (is_statement) candidates.add_word("INSERT");
    return candidates.take(expected.begin);
}

LineCompletion complete_dot_command(std::string_view line, std::size_t place,
                                    const std::string& database, SchemaReader& schema) {
    const std::size_t begin = word_begin(line, place);
    Candidates candidates(line.substr(begin, place - begin));
    if (begin == 0) {
        for (const DotCommand& command : dot_commands()) {
            candidates.add_word(std::string(command.name));
        }
        return candidates.take(begin);
    }
    const std::string_view command = line.substr(0, line.find_first_of(" \t"));
    if (command == ".mode") {
        for (const Renderer& renderer : renderers()) {
            candidates.add_word(std::string(renderer.name));
        }
    } else if (command == ".use") {
        for (const std::string& name : schema.names(SchemaName::Database, database, {})) {
            candidates.add_name(name);
        }
    } else if (command == ".schema") {
        for (const std::string& name : schema.names(SchemaName::Measurement, database, {})) {
            candidates.add_name(name);
        }
    } else if (command == ".chart" || command == ".watch" || command == ".explain") {
        // The statement begins behind the command and an interval.
        const std::size_t select = lower_case(line.substr(0, place)).find("select");
        if (select == std::string::npos || select + 6 >= place) {
            candidates.add_word("SELECT");
            return candidates.take(begin);
        }
        LineCompletion completion =
            complete_statement(line.substr(select), place - select, database, schema);
        completion.begin += select;
        return completion;
    }
    return candidates.take(begin);
}

}  // namespace tidemark::tools
