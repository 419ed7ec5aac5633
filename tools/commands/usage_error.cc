#include "tools/commands/usage_error.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace tidemark::tools {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : separator).append(word);
    return text;
}

std::string command_names(const CLI::App& app) {
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    std::vector<std::string> names;
    names.reserve(commands.size());
    for (const CLI::App* command : commands) names.push_back(command->get_name());
    return joined(names, ", ");
}

std::string option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return joined(names, " ");
}

// What nothing asked for: options that do not exist, or more words than the command takes.
std::string describe_extras(const CLI::App& command) {
    const std::vector<std::string> extras = command.remaining();
    const auto option = std::ranges::find_if(
        extras, [](const std::string& text) { return text.starts_with('-') && text.size() > 1; });
    if (option != extras.end()) {
        return "found " + *option + ", expected one of " + option_names(command);
    }
    return "found " + joined(extras, " ") +
           " behind all that the command takes; a text with blanks in it stands in quotes";
}

}  // namespace

std::string describe_usage_error(const CLI::App* app, const CLI::Error& error) {
    const std::vector<CLI::App*> commands = app->get_subcommands();
    if (commands.empty()) {
        const std::vector<std::string> words = app->remaining();
        const std::string found = words.empty() ? "no command" : words.front();
        return "error: found " + found + ", expected one of " + command_names(*app) +
               "\n`tidemark --help` has examples\n";
    }
    const CLI::App& command = *commands.front();
    const bool has_extras = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    return "error: " + (has_extras ? describe_extras(command) : std::string(error.what())) +
           "\n`tidemark " + command.get_name() + " --help` has examples\n";
}

}  // namespace tidemark::tools
