#include "tools/console/console.h"

#include <cstdlib>
#include <iostream>
#include <memory>

#include "tools/commands/commands.h"

namespace tidemark::tools {
namespace {

std::string history_path() {
    const char* const home = std::getenv("HOME");
    return home == nullptr ? std::string() : std::string(home) + "/.tidemark_history";
}

}  // namespace

ExitCode console(const ConsoleOptions& options) {
    const Renderer* const renderer = find_renderer(options.format);
    if (renderer == nullptr) {
        std::cerr << "error: found --format " << options.format << ", expected one of "
                  << renderer_names() << '\n';
        return kExitUsage;
    }
    Result<std::unique_ptr<StatementRunner>> runner = open_place(options.place);
    if (!runner) {
        std::cerr << "error: " << std::move(runner).error().message() << '\n';
        return kExitCannotOpen;
    }
    LineEditor editor(history_path());
    Console session(*runner.value(), editor, std::cout, std::cerr);
    session.database = options.database;
    session.renderer = renderer;
    const bool is_ok = session.run();
    // People saw the errors; scripts need to be told.
    return is_ok || editor.is_interactive() ? kExitOk : kExitStatement;
}

}  // namespace tidemark::tools
