#include "tools/console/dot_commands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <ostream>

#include <fmt/format.h>

#include <tidemark/statement_text.h>

#include "tools/console/console.h"
#include "tools/render/cell_text.h"
#include "tools/session/schema_reader.h"

namespace tidemark::tools {
namespace {

constexpr std::string_view kClearScreen = "\x1b[H\x1b[2J";
constexpr auto kDefaultInterval = std::chrono::seconds(2);

void show_help(Console& console, const std::string&) {
    for (const DotCommand& command : dot_commands()) {
        const std::string usage = fmt::format("{} {}", command.name, command.argument);
        console.output() << fmt::format("{:<25} {}\n", usage, command.description);
    }
    console.output() << R"(
Statements end with ';' and may take several lines; Tab completes them, Ctrl-C ends the one that runs
or gives up the one that is typed. To begin with:
  SHOW DATABASES;
  SHOW FIELD KEYS;
  INSERT cpu,host=a usage=81.5
  SELECT mean(usage) FROM cpu WHERE time > now() - 1h GROUP BY time(5m), host;
  SELECT uptime(up = 1), coverage(up = 1) FROM probe WHERE time > now() - 7d GROUP BY time(1d);
  .chart SELECT max(usage), time_in(usage > 80) FROM cpu WHERE time > now() - 1h GROUP BY time(1m)
)" << std::flush;
}

void use_database(Console& console, const std::string& name) {
    if (name.empty()) {
        console.fail(".use needs the name of a database; SHOW DATABASES lists them");
        return;
    }
    console.database = name;
    console.warn_of_absent_database();
}

void choose_mode(Console& console, const std::string& name) {
    const Renderer* const renderer = find_renderer(name);
    if (renderer == nullptr) {
        console.fail(fmt::format("found .mode {}, expected one of {}", name, renderer_names()));
        return;
    }
    console.renderer = renderer;
}

// on, off, or nothing: the other one.
std::optional<bool> parse_switch(const std::string& argument, bool is_on) {
    if (argument.empty()) return !is_on;
    if (argument == "on") return true;
    if (argument == "off") return false;
    return std::nullopt;
}

void turn(Console& console, std::string_view command, const std::string& argument, bool& setting) {
    const std::optional<bool> is_on = parse_switch(argument, setting);
    if (!is_on) {
        console.fail(fmt::format("found {} {}, expected on or off", command, argument));
        return;
    }
    setting = *is_on;
}

void switch_timer(Console& console, const std::string& argument) {
    turn(console, ".timer", argument, console.has_timer);
}

void switch_pager(Console& console, const std::string& argument) {
    turn(console, ".pager", argument, console.has_pager);
}

void choose_times(Console& console, const std::string& argument) {
    if (argument.empty()) {
        console.has_local_times = !console.has_local_times;
    } else if (argument == "local" || argument == "utc") {
        console.has_local_times = argument == "local";
    } else {
        console.fail(fmt::format("found .times {}, expected local or utc", argument));
    }
}

void explain(Console& console, const std::string& argument) {
    const std::string statement = argument.empty() ? console.last_text() : argument;
    if (statement.empty()) {
        console.fail(".explain needs a statement: .explain SELECT max(usage) FROM cpu");
        return;
    }
    // The statement stays the last one, so that .watch and .explain can follow.
    console.execute("EXPLAIN ANALYZE " + statement, *console.renderer);
    console.remember_text(statement);
}

void draw_chart(Console& console, const std::string& argument) {
    const Renderer* const chart = find_renderer("chart");
    if (argument.empty()) {
        console.renderer_of_next = chart;
    } else if (argument == "on") {
        console.renderer = chart;
    } else if (argument == "off") {
        console.renderer = &renderers().front();
    } else {
        console.execute(argument, *chart);
    }
}

// "host, region"
std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        if (!text.empty()) text += ", ";
        text += printable(name);
    }
    return text;
}

std::string fields_with_types(const QueryResult& answer) {
    std::string text;
    for (const StatementResult& statement : answer.statements) {
        for (const ResultSeries& series : statement.series) {
            for (const ConstRow row : series.rows) {
                if (row.size() != 2) continue;
                if (!text.empty()) text += ", ";
                text += printable(cell_text(row[0])) + " (" + cell_text(row[1]) + ")";
            }
        }
    }
    return text;
}

void show_schema(Console& console, const std::string& measurement) {
    const std::atomic<bool>& cancelled = console.interrupts().requested();
    SchemaReader schema(console.runner(), cancelled);
    const std::string& database = console.database;
    std::vector<std::string> names;
    if (!measurement.empty()) {
        names.push_back(measurement);
    } else {
        // Asked for itself, so that an unknown database is told.
        const Result<QueryResult> asked =
            console.runner().run("SHOW MEASUREMENTS", database, cancelled);
        if (!asked) return console.fail(asked.error().message(), kExitCannotOpen);
        const std::vector<StatementResult>& statements = asked.value().statements;
        if (!statements.empty() && statements[0].error) {
            return console.fail(statements[0].error->message());
        }
        names = schema.names(SchemaName::Measurement, database, {});
    }
    if (names.empty()) console.output() << "no measurements in " << database << '\n';
    for (const std::string& name : names) {
        const std::string show = "SHOW FIELD KEYS FROM " + identifier_text(name);
        const Result<QueryResult> fields = console.runner().run(show, database, cancelled);
        if (!fields) return console.fail(fields.error().message(), kExitCannotOpen);
        const std::string field_text = fields_with_types(fields.value());
        if (field_text.empty()) {
            return console.fail("measurement not found: " + name + "; .schema lists all");
        }
        console.output() << printable(name) << "\n  fields  " << field_text << "\n  tags    "
                         << joined(schema.names(SchemaName::Tag, database, {name})) << '\n'
                         << std::flush;
    }
}

// "500ms", "2s", "1m", "1h"; "5" is seconds.
std::optional<std::chrono::milliseconds> parse_interval(std::string_view text) {
    constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"", 1000}};
    constexpr std::int64_t kMostCount = 500;  // Of hours: still an int of milliseconds.
    std::int64_t count = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
    if (parsed.ec != std::errc{} || count <= 0) return std::nullopt;
    const std::string_view unit(parsed.ptr,
                                static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
    for (const auto& [name, unit_ms] : kUnits) {
        if (name != unit || count > kMostCount * 3'600'000 / unit_ms) continue;
        return std::chrono::milliseconds(count * unit_ms);
    }
    return std::nullopt;
}

void watch(Console& console, const std::string& argument) {
    std::chrono::milliseconds interval = kDefaultInterval;
    std::string statement = argument;
    if (!argument.empty() && argument.front() >= '0' && argument.front() <= '9') {
        const std::size_t blank = std::min(argument.find_first_of(" \t"), argument.size());
        const auto given = parse_interval(std::string_view(argument).substr(0, blank));
        if (!given) {
            console.fail(fmt::format("found .watch {}, expected an interval such as 500ms, 2s, 1m",
                                     argument.substr(0, blank)));
            return;
        }
        interval = *given;
        const std::size_t begin = argument.find_first_not_of(" \t", blank);
        statement = begin == std::string::npos ? "" : argument.substr(begin);
    }
    if (statement.empty()) statement = console.last_text();
    if (statement.empty()) {
        console.fail(".watch needs a statement: .watch 2s SELECT last(usage) FROM cpu");
        return;
    }
    console.is_watching = true;
    do {
        if (console.screen().is_terminal) console.output() << kClearScreen;
        if (!console.execute(statement, *console.renderer)) break;
    } while (!console.interrupts().wait_for(interval));
    console.is_watching = false;
}

void redirect(Console& console, const std::string& path) { console.redirect(path); }

void leave(Console& console, const std::string&) { console.stop(); }

constexpr std::array kCommands = {
    DotCommand{".help", "", "this text", show_help},
    DotCommand{".use", "NAME", "the database that statements work on", use_database},
    DotCommand{".schema", "[MEASUREMENT]", "measurements with their fields and tags", show_schema},
    DotCommand{".mode", "NAME", "table, csv, json, jsonl, markdown, line or chart", choose_mode},
    DotCommand{".chart", "[SELECT ..|on|off]", "draws this answer, the next one, or all of them",
               draw_chart},
    DotCommand{".watch", "[2s] [SELECT ..]", "again and again until Ctrl-C; the last one by itself",
               watch},
    DotCommand{".explain", "[SELECT ..]", "how it is answered; the last one by itself", explain},
    DotCommand{".timer", "[on|off]", "how long statements take", switch_timer},
    DotCommand{".times", "[local|utc]", "which clock times are shown by", choose_times},
    DotCommand{".pager", "[on|off]", "answers taller than the screen go through $PAGER or less",
               switch_pager},
    DotCommand{".output", "[FILE]", "where answers go; alone: back to the screen", redirect},
    DotCommand{".exit", "", "leave (so does Ctrl-D)", leave},
};

// Without blanks and semicolons around it, and without the quotes of `.use "ops";`.
std::string trimmed(std::string_view text) {
    constexpr std::string_view kDropped = " \t\r;";
    const std::size_t begin = text.find_first_not_of(kDropped);
    if (begin == std::string_view::npos) return {};
    text = text.substr(begin, text.find_last_not_of(kDropped) - begin + 1);
    const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"' &&
                           text.find('"', 1) == text.size() - 1;
    return std::string(is_quoted ? text.substr(1, text.size() - 2) : text);
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

bool is_dot_command(std::string_view line) {
    const std::string name = trimmed(line.substr(0, line.find_first_of(" \t")));
    return std::ranges::find(kCommands, name, &DotCommand::name) != kCommands.end();
}

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
