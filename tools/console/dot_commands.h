#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidemark::tools {

class Console;

/// A command of the console itself, such as `.mode csv`.
struct DotCommand {
    std::string_view name;      ///< With its dot.
    std::string_view argument;  ///< For help; empty: none.
    std::string_view description;
    void (*run)(Console& console, const std::string& argument);
};

/// All there are; .help shows this table.
std::span<const DotCommand> dot_commands();

/// Whether `line` begins with the name of one.
bool is_dot_command(std::string_view line);

/// Runs the command of `line`, which begins with a dot. An unknown one is an error that names the
/// others.
void run_dot_command(Console& console, const std::string& line);

}  // namespace tidemark::tools
