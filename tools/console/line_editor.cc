#include "tools/console/line_editor.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cwchar>
#include <utility>

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include "tools/render/cell_text.h"

namespace tidemark::tools {
namespace {

constexpr int kHistorySize = 1000;
constexpr std::size_t kListWidth = 78;
constexpr std::size_t kMostListed = 120;
constexpr wchar_t kCtrlD = 4;

// Candidates in columns, as a shell shows them.
std::string listed(const std::vector<std::string>& candidates) {
    std::size_t width = 0;
    for (const std::string& candidate : candidates) {
        width = std::max(width, display_width(candidate) + 2);
    }
    const std::size_t per_line = std::max<std::size_t>(kListWidth / width, 1);
    std::string text;
    for (std::size_t i = 0; i < std::min(candidates.size(), kMostListed); ++i) {
        const std::string shown = printable(candidates[i]);
        const bool is_last = (i + 1) % per_line == 0 || i + 1 == candidates.size();
        text += shown;
        text += is_last ? "\n" : std::string(width - std::min(width, display_width(shown)), ' ');
    }
    if (candidates.size() > kMostListed) {
        text += "\n... and " + std::to_string(candidates.size() - kMostListed) + " more\n";
    }
    return text;
}

}  // namespace

// libedit's two handles. It calls back with its own handle, which knows us.
class LineEditor::Terminal {
public:
    Terminal(std::string history_path, const CancelOnInterrupt& interrupts)
        : interrupts_(interrupts),
          editor_(el_init("tidemark", stdin, stdout, stderr)),
          history_(history_init()),
          history_path_(std::move(history_path)) {
        el_set(editor_, EL_CLIENTDATA, this);
        el_set(editor_, EL_PROMPT, &Terminal::prompt_of);
        el_set(editor_, EL_EDITOR, "emacs");
        // Signals stay ours: Ctrl-C must not go to the whole process group.
        el_set(editor_, EL_SIGNAL, 0);
        el_set(editor_, EL_GETCFN, &Terminal::read_character);
        el_set(editor_, EL_ADDFN, "tidemark-complete", "completes", &Terminal::complete_at_tab);
        el_set(editor_, EL_BIND, "^I", "tidemark-complete", nullptr);
        HistEvent event;
        history(history_, &event, H_SETSIZE, kHistorySize);
        history(history_, &event, H_SETUNIQUE, 1);
        el_set(editor_, EL_HIST, history, history_);
        if (!history_path_.empty()) history(history_, &event, H_LOAD, history_path_.c_str());
    }

    ~Terminal() {
        history_end(history_);
        el_end(editor_);
    }

    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    LineInput read_line(const std::string& prompt) {
        prompt_ = prompt;
        was_interrupted_ = false;
        el_resize(editor_);
        // Before the prompt is seen, so that keys typed then are keys already.
        el_set(editor_, EL_PREP_TERM, 1);
        may_be_typed_ahead_ = is_input_there();
        int size = 0;
        const char* const line = el_gets(editor_, &size);
        if (was_interrupted_) {
            std::fputs("^C\n", stdout);
            std::fflush(stdout);
            el_reset(editor_);
            return {LineInput::Kind::Interrupted};
        }
        if (line == nullptr || size <= 0) return {LineInput::Kind::End};
        std::string text(line, static_cast<std::size_t>(size));
        if (text.ends_with('\n')) text.pop_back();
        return {LineInput::Kind::Line, std::move(text)};
    }

    void set_completer(LineCompleter completer) { completer_ = std::move(completer); }

    // Saved at once: a console may also end by a signal.
    void add_to_history(const std::string& entry) {
        HistEvent event;
        history(history_, &event, H_ENTER, entry.c_str());
        if (!history_path_.empty()) history(history_, &event, H_SAVE, history_path_.c_str());
    }

private:
    static Terminal& of(EditLine* editor) {
        void* self = nullptr;
        el_get(editor, EL_CLIENTDATA, &self);
        return *static_cast<Terminal*>(self);
    }

    static char* prompt_of(EditLine* editor) { return of(editor).prompt_.data(); }

    // One character of the locale, or 0 at the end of the input, or -1.
    static int read_character(EditLine* editor, wchar_t* character) {
        Terminal& self = of(editor);
        std::mbstate_t state{};
        while (true) {
            self.may_be_typed_ahead_ = self.may_be_typed_ahead_ && is_input_there();
            if (!self.interrupts_.wait_readable(STDIN_FILENO)) {
                self.was_interrupted_ = true;
                return -1;
            }
            char byte = 0;
            const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return static_cast<int>(count);
            const std::size_t parsed = std::mbrtowc(character, &byte, 1, &state);
            if (parsed == static_cast<std::size_t>(-1)) {
                state = std::mbstate_t{};  // No character: left out.
            } else if (parsed != static_cast<std::size_t>(-2)) {
                // While a statement runs the terminal takes Ctrl-D as the end of a line, which is
                // a NUL for those who read keys afterwards.
                if (*character == L'\0' && self.may_be_typed_ahead_) *character = kCtrlD;
                return 1;
            }
        }
    }

    static bool is_input_there() {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        return ::poll(&input, 1, 0) > 0;
    }

    static unsigned char complete_at_tab(EditLine* editor, int) { return of(editor).complete(); }

    unsigned char complete() {
        if (!completer_) return CC_ERROR;
        const LineInfo* const info = el_line(editor_);
        const std::string line(info->buffer, info->lastchar);
        const auto place = static_cast<std::size_t>(info->cursor - info->buffer);
        const LineCompletion completion = completer_(line, place);
        if (completion.candidates.empty() || completion.begin > place) return CC_ERROR;
        const std::string typed = line.substr(completion.begin, place - completion.begin);
        const std::string common = completion.common_prefix();
        const bool is_only = completion.candidates.size() == 1;
        if (common != typed && (is_only || common.size() > typed.size())) {
            el_deletestr(editor_, static_cast<int>(display_width(typed)));
            el_insertstr(editor_, common.c_str());
            return CC_REFRESH;
        }
        if (is_only) return CC_ERROR;
        std::fputs(("\n" + listed(completion.candidates)).c_str(), stdout);
        std::fflush(stdout);
        return CC_REDISPLAY;
    }

    const CancelOnInterrupt& interrupts_;
    EditLine* editor_;
    History* history_;
    std::string history_path_;
    std::string prompt_;
    LineCompleter completer_;
    bool was_interrupted_ = false;
    bool may_be_typed_ahead_ = false;
};

LineEditor::LineEditor(const std::string& history_path, const CancelOnInterrupt& interrupts)
    : interrupts_(interrupts) {
    const bool is_terminal = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
    if (is_terminal) terminal_ = std::make_unique<Terminal>(history_path, interrupts);
}

LineEditor::~LineEditor() = default;

bool LineEditor::is_interactive() const { return terminal_ != nullptr; }

LineInput LineEditor::read_line(const std::string& prompt) {
    return terminal_ ? terminal_->read_line(prompt) : read_plain_line();
}

LineInput LineEditor::read_plain_line() {
    while (true) {
        const std::size_t newline = unread_.find('\n');
        if (newline != std::string::npos) {
            LineInput input{LineInput::Kind::Line, unread_.substr(0, newline)};
            unread_.erase(0, newline + 1);
            return input;
        }
        if (is_at_end_ && unread_.empty()) return {LineInput::Kind::End};
        if (is_at_end_) return {LineInput::Kind::Line, std::exchange(unread_, {})};
        if (!interrupts_.wait_readable(STDIN_FILENO)) return {LineInput::Kind::Interrupted};
        char buffer[65536];
        const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) is_at_end_ = true;
        if (count > 0) unread_.append(buffer, static_cast<std::size_t>(count));
    }
}

void LineEditor::set_completer(LineCompleter completer) {
    if (terminal_) terminal_->set_completer(std::move(completer));
}

void LineEditor::add_to_history(const std::string& entry) {
    if (!terminal_ || entry.empty() || entry.front() == ' ') return;
    std::string one_line = entry;
    std::ranges::replace(one_line, '\n', ' ');
    terminal_->add_to_history(one_line);
}

}  // namespace tidemark::tools
