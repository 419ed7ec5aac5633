#include "tools/console/line_editor.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include <histedit.h>
#include <unistd.h>

namespace tidemark::tools {
namespace {

constexpr int kHistorySize = 1000;

}  // namespace

// libedit's two handles. It calls back for the prompt with its own handle, which knows us.
class LineEditor::Terminal {
public:
    explicit Terminal(std::string history_path)
        : editor_(el_init("tidemark", stdin, stdout, stderr)),
          history_(history_init()),
          history_path_(std::move(history_path)) {
        el_set(editor_, EL_CLIENTDATA, this);
        el_set(editor_, EL_PROMPT, &Terminal::prompt_of);
        el_set(editor_, EL_EDITOR, "emacs");
        el_set(editor_, EL_SIGNAL, 1);
        HistEvent event;
        history(history_, &event, H_SETSIZE, kHistorySize);
        history(history_, &event, H_SETUNIQUE, 1);
        el_set(editor_, EL_HIST, history, history_);
        if (!history_path_.empty()) history(history_, &event, H_LOAD, history_path_.c_str());
    }

    ~Terminal() {
        HistEvent event;
        if (!history_path_.empty()) history(history_, &event, H_SAVE, history_path_.c_str());
        history_end(history_);
        el_end(editor_);
    }

    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    std::optional<std::string> read_line(const std::string& prompt) {
        prompt_ = prompt;
        int size = 0;
        const char* const line = el_gets(editor_, &size);
        if (line == nullptr || size <= 0) return std::nullopt;
        std::string text(line, static_cast<std::size_t>(size));
        if (text.ends_with('\n')) text.pop_back();
        return text;
    }

    void add_to_history(const std::string& entry) {
        HistEvent event;
        history(history_, &event, H_ENTER, entry.c_str());
    }

private:
    static char* prompt_of(EditLine* editor) {
        void* self = nullptr;
        el_get(editor, EL_CLIENTDATA, &self);
        return static_cast<Terminal*>(self)->prompt_.data();
    }

    EditLine* editor_;
    History* history_;
    std::string history_path_;
    std::string prompt_;
};

LineEditor::LineEditor(const std::string& history_path) {
    const bool is_terminal = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
    if (is_terminal) terminal_ = std::make_unique<Terminal>(history_path);
}

LineEditor::~LineEditor() = default;

bool LineEditor::is_interactive() const { return terminal_ != nullptr; }

std::optional<std::string> LineEditor::read_line(const std::string& prompt) {
    if (terminal_) return terminal_->read_line(prompt);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
}

void LineEditor::add_to_history(const std::string& entry) {
    if (!terminal_) return;
    std::string one_line = entry;
    std::ranges::replace(one_line, '\n', ' ');
    terminal_->add_to_history(one_line);
}

}  // namespace tidemark::tools
