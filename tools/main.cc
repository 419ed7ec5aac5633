// The `tidemark` program: reads the command line and hands over to tools/commands.

#include <clocale>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <tidemark/version.h>

#include "server/limits.h"
#include "storage/base/mapping_guard.h"
#include "tools/commands/commands.h"
#include "tools/commands/subcommand.h"
#include "tools/commands/usage_error.h"
#include "tools/render/renderer.h"
#include "tools/session/statement_runner.h"

namespace tidemark::tools {
namespace {

constexpr const char* kServerUrl = "http://127.0.0.1:8086";

constexpr const char* kExamples = R"(
Examples:
  tidemark serve --data my-kpis
      line protocol on 127.0.0.1:9009, InfluxDB 1.x's HTTP on 127.0.0.1:8086
  printf '#tidemark db=ops\ncpu,host=a usage=81.5\n' >/dev/tcp/127.0.0.1/9009
      sends a sample (bash)
  tidemark query 'SELECT * FROM cpu' --db ops
      asks the server
  tidemark query 'SHOW MEASUREMENTS' --at my-kpis --db ops --format json
      asks a directory that no server has open
  tidemark console --db ops
      statements line by line
  tidemark import --data my-kpis --db ops latency.csv --tag service
      loads a CSV file; line protocol and gzip as well
  tidemark export --data my-kpis --db ops --output ops.lp.gz
      saves a database
  tidemark inspect my-kpis
      how the data is stored, and what it takes
  tidemark verify my-kpis
      compares every checksum

`tidemark COMMAND --help` has more examples.
Exit codes: 0 ok, 1 a statement failed or something was refused, 2 wrong usage, 3 cannot open the
store or a file, or reach the server, 130 stopped by Ctrl-C.
)";

constexpr const char* kQueryExamples = R"(
Examples:
  tidemark query 'SELECT mean(usage) FROM cpu WHERE time > now() - 1h GROUP BY time(5m), host' --db ops
  tidemark query 'SELECT uptime(up = 1), coverage(up = 1) FROM probe
                  WHERE time > now() - 7d STALE 45s GROUP BY time(1d)' --db ops
  tidemark query 'SELECT episodes(usage > 80, FOR 5m) FROM cpu WHERE time > now() - 1d' --db ops
  tidemark query 'SELECT usage FROM cpu WHERE host = $host AND usage > $limit' --db ops
                  --param host=a --param limit=80
)";

constexpr const char* kConsoleExamples = R"(
Examples:
  tidemark console --db ops
      asks the server on this machine, line by line; Tab completes, .help shows the commands
  tidemark console my-kpis --db ops -c 'SHOW FIELD KEYS' -c '.chart SELECT usage FROM cpu'
      asks a directory that no server has open
  tidemark console --db ops -f report.sql --format markdown > report.md
  echo 'SELECT count(usage) FROM cpu' | tidemark console --db ops --format csv

On a terminal durations read "1h 35m" and lines are coloured (not when NO_COLOR is set); what is
typed is remembered in ~/.tidemark_history, or in the file that TIDEMARK_HISTORY names.
Exit codes: 0 ok, 1 a statement failed, 2 wrong usage, 3 cannot open, 130 interrupted.
)";

CLI::Option* add_format(CLI::App& command, std::string& format) {
    return command.add_option("--format", format, "how answers are shown: " + renderer_names())
        ->capture_default_str();
}

// The limits of a server, each with its option.
void add_limits(CLI::App& command, server::ServerOptions& options) {
    constexpr std::size_t kLargestBytes = std::size_t{1} << 30;
    constexpr std::size_t kMostConnections = 100'000;
    const auto add = [&](const char* option, std::size_t& limit, std::size_t largest,
                         const char* description) {
        command.add_option(option, limit, description)
            ->capture_default_str()
            ->check(CLI::Range(std::size_t{1}, largest));
    };
    add(server::kLineBytesOption, options.line_size_limit_bytes, kLargestBytes,
        "the longest line; each line connection has a buffer of this size");
    add(server::kBodyBytesOption, options.body_size_limit_bytes, kLargestBytes,
        "the largest body of /write, as sent and as unpacked");
    add(server::kQueryBytesOption, options.query_size_limit_bytes, kLargestBytes,
        "the largest body of /query");
    constexpr std::size_t kNoLimit = std::numeric_limits<std::int64_t>::max();
    constexpr std::size_t kMostSeconds = 366UL * 86'400;
    add(server::kQueryRowsOption, options.query_limits.row_count, kNoLimit,
        "rows of the answers to one request");
    add(server::kQuerySecondsOption, options.query_limits.seconds, kMostSeconds,
        "how long a statement may take");
    add(server::kQueryMemoryOption, options.query_limits.memory_bytes, kNoLimit,
        "bytes of samples and rows that a statement may hold at a time");
    add(server::kConnectionsOption, options.connection_limit, kMostConnections,
        "connections at a time, of each port");
}

int run(int argument_count, char** arguments) {
    CLI::App app("Tidemark: a time-series storage engine for KPIs", "tidemark");
    app.set_version_flag("--version", std::string("tidemark ") + kVersion);
    app.require_subcommand(1);
    app.footer(kExamples);
    app.failure_message(describe_usage_error);

    ServeOptions serve_options;
    CLI::App& serve_command = *app.add_subcommand("serve", "serve a store to the network");
    serve_command
        .add_option("--data", serve_options.directory, "directory of the store, made if absent")
        ->required();
    serve_command
        .add_option("--line", serve_options.server.line_endpoint,
                    "HOST:PORT for line protocol over TCP; port 0 takes a free one")
        ->capture_default_str();
    serve_command
        .add_option("--http", serve_options.server.http_endpoint,
                    "HOST:PORT for /write, /query, /ping and /health; port 0 takes a free one")
        ->capture_default_str();
    serve_command.add_flag("--strict", serve_options.is_strict,
                           "refuse a damaged store, and leave it as it is, instead of serving "
                           "what verifies");
    add_limits(serve_command, serve_options.server);
    serve_command.footer(
        "\nOnly loopback addresses are bound. When ready, standard output says\n"
        "  listening line HOST:PORT\n  listening http HOST:PORT\n"
        "SIGTERM and Ctrl-C end it: everything it took is durable then.\n");

    QueryCommandOptions query_options{{}, kServerUrl, kDefaultDatabase, "table"};
    CLI::App& query_command =
        *app.add_subcommand("query", "execute statements and show the answers");
    query_command.add_option("statement", query_options.text, "one or more, separated by ';'")
        ->required();
    query_command.add_option("--at", query_options.place, "a server's URL or a store's directory")
        ->capture_default_str();
    query_command.add_option("--db", query_options.database, "the database")->capture_default_str();
    add_format(query_command, query_options.format);
    query_command
        .add_option(
            "--param", query_options.parameters,
            "NAME=VALUE for $NAME in the statement, as JSON or else as a text; may be given "
            "several times")
        ->allow_extra_args(false);
    query_command.footer(kQueryExamples);

    ConsoleOptions console_options{kServerUrl, kDefaultDatabase, "table"};
    CLI::App& console_command =
        *app.add_subcommand("console", "statements line by line; .help inside");
    console_command
        .add_option("--at,place", console_options.place, "a server's URL or a store's directory")
        ->capture_default_str();
    console_command.add_option("--db", console_options.database, "the database")
        ->capture_default_str();
    add_format(console_command, console_options.format);
    console_command
        .add_option("-c,--command", console_options.statements,
                    "statements or dot commands to execute instead of asking for some; may be "
                    "given several times")
        ->allow_extra_args(false);
    console_command
        .add_option("-f,--file", console_options.files, "a file of statements to execute")
        ->allow_extra_args(false);
    console_command.footer(kConsoleExamples);

    const std::vector<Subcommand> more_commands{add_import_command(app), add_export_command(app),
                                                add_inspect_command(app), add_verify_command(app),
                                                add_restore_command(app)};

    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kExitOk : kExitUsage;
    }
    if (serve_command.parsed()) return serve(serve_options);
    if (query_command.parsed()) return query(query_options);
    for (const Subcommand& command : more_commands) {
        if (command.parser->parsed()) return command.run();
    }
    return console(console_options);
}

}  // namespace
}  // namespace tidemark::tools

int main(int argument_count, char** arguments) {
    std::setlocale(LC_CTYPE, "");  // Which characters the terminal understands.
    // A segment that somebody makes shorter is an error of whoever reads it, not the process's end.
    tidemark::storage::install_mapping_guard();
    return tidemark::tools::run(argument_count, arguments);
}
