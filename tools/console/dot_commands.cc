#include "tools/console/dot_commands.h"

#include <algorithm>
#include <array>
#include <ostream>

#include <fmt/format.h>

#include "tools/console/console.h"

namespace tidemark::tools {
namespace {

void show_help(Console& console, const std::string&) {
    for (const DotCommand& command : dot_commands()) {
        const std::string usage = fmt::format("{} {}", command.name, command.argument);
        console.output() << fmt::format("{:<14} {}\n", usage, command.description);
    }
    console.output() << R"(
Statements end with ';' and may take several lines. To begin with:
  SHOW DATABASES;
  SHOW FIELD KEYS;
  SELECT mean(usage) FROM cpu WHERE time > now() - 1h GROUP BY time(5m), host;
  SELECT uptime(up = 1), coverage(up = 1) FROM probe WHERE time > now() - 7d GROUP BY time(1d);
)";
}

void use_database(Console& console, const std::string& name) {
    if (name.empty()) {
        console.fail(".use needs the name of a database; SHOW DATABASES lists them");
        return;
    }
    console.database = name;
}

void choose_mode(Console& console, const std::string& name) {
    const Renderer* const renderer = find_renderer(name);
    if (renderer == nullptr) {
        console.fail(fmt::format("found .mode {}, expected one of {}", name, renderer_names()));
        return;
    }
    console.renderer = renderer;
}

void show_schema(Console& console, const std::string&) {
    console.execute("SHOW MEASUREMENTS; SHOW TAG KEYS; SHOW FIELD KEYS");
}

void leave(Console& console, const std::string&) { console.stop(); }

constexpr std::array kCommands = {
    DotCommand{".help", "", "this text", show_help},
    DotCommand{".use", "NAME", "the database that statements work on", use_database},
    DotCommand{".mode", "NAME", "how answers are shown: table, csv or json", choose_mode},
    DotCommand{".schema", "", "measurements, tags and fields of the database", show_schema},
    DotCommand{".exit", "", "leave (so does Ctrl-D)", leave},
};

// Without blanks, semicolons and quotes around it: `.use "ops";`.
std::string trimmed(std::string_view text) {
    constexpr std::string_view kDropped = " \t\r;\"";
    const std::size_t begin = text.find_first_not_of(kDropped);
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(kDropped) - begin + 1));
}

std::string command_names() {
    std::string names;
    for (const DotCommand& command : kCommands) {
        if (!names.empty()) names += ", ";
        names += command.name;
    }
    return names;
}

}  // namespace

std::span<const DotCommand> dot_commands() { return kCommands; }

void run_dot_command(Console& console, const std::string& line) {
    const std::size_t blank = std::min(line.find_first_of(" \t"), line.size());
    const std::string name = trimmed(line.substr(0, blank));
    const auto command = std::ranges::find(kCommands, name, &DotCommand::name);
    if (command == kCommands.end()) {
        console.fail(fmt::format("found {}, expected one of {}", name, command_names()));
        return;
    }
    command->run(console, trimmed(line.substr(blank)));
}

}  // namespace tidemark::tools
