#pragma once

#include <functional>
#include <vector>

#include "tools/commands/exit_code.h"

namespace CLI {
class App;
}  // namespace CLI

namespace tidemark::tools {

/// A command behind the program's name: its part of the command line, and what it does once that
/// was parsed.
struct Subcommand {
    CLI::App* parser;
    std::function<ExitCode()> run;
};

Subcommand add_import_command(CLI::App& app);
Subcommand add_export_command(CLI::App& app);
Subcommand add_inspect_command(CLI::App& app);
Subcommand add_verify_command(CLI::App& app);
Subcommand add_restore_command(CLI::App& app);

}  // namespace tidemark::tools
