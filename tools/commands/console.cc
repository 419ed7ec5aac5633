#include "tools/console/console.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include <unistd.h>

#include "tools/commands/commands.h"
#include "tools/session/terminal_style.h"

namespace tidemark::tools {
namespace {

// TIDEMARK_HISTORY says where; empty: nowhere.
std::string history_path() {
    if (const char* const path = std::getenv("TIDEMARK_HISTORY")) return path;
    const char* const home = std::getenv("HOME");
    return home == nullptr ? std::string() : std::string(home) + "/.tidemark_history";
}

ConsoleScreen make_screen() {
    ConsoleScreen screen{std::cout, std::cerr};
    screen.output_style = style_of(STDOUT_FILENO);
    screen.has_colored_remarks = style_of(STDERR_FILENO).has_color;
    screen.is_terminal = ::isatty(STDOUT_FILENO) != 0;
    return screen;
}

// The statements of the files, in order; false when one cannot be read.
bool read_files(const std::vector<std::string>& paths, std::vector<std::string>& texts) {
    texts.reserve(paths.size());
    for (const std::string& path : paths) {
        std::ifstream file(path, std::ios::binary);
        texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        if (file.is_open() && !file.bad()) continue;
        std::cerr << "error: cannot read " << path << ": is it a file that is there?\n";
        return false;
    }
    return true;
}

}  // namespace

ExitCode console(const ConsoleOptions& options) {
    const Renderer* const renderer = find_renderer(options.format);
    if (renderer == nullptr) {
        std::cerr << "error: found --format " << options.format << ", expected one of "
                  << renderer_names() << '\n';
        return kExitUsage;
    }
    std::vector<std::string> texts;
    if (!read_files(options.files, texts)) return kExitCannotOpen;
    Result<std::unique_ptr<StatementRunner>> runner = open_place(options.place);
    if (!runner) {
        std::cerr << "error: " << std::move(runner).error().message() << '\n';
        return kExitCannotOpen;
    }
    CancelOnInterrupt interrupts;
    Console session(*runner.value(), interrupts, make_screen());
    session.database = options.database;
    session.renderer = renderer;
    for (const std::string& text : options.statements) session.run_text(text);
    for (const std::string& text : texts) session.run_text(text);
    if (!options.statements.empty() || !texts.empty()) return session.exit_code();
    LineEditor editor(history_path(), interrupts);
    session.run(editor);
    // People saw the errors; scripts need to be told.
    return editor.is_interactive() ? kExitOk : session.exit_code();
}

}  // namespace tidemark::tools
