#pragma once

#include <string>
#include <vector>

#include "server/server.h"
#include "tools/commands/exit_code.h"

// What each subcommand does once its options are known. All report errors on standard error.

namespace tidemark::tools {

struct ServeOptions {
    std::string directory;
    bool is_strict = false;  ///< Do not serve a damaged store.
    server::ServerOptions server;
};

/// `tidemark serve`: serves the store until SIGTERM or SIGINT, then makes everything durable and
/// closes it. Prints `listening line HOST:PORT` and `listening http HOST:PORT` when ready.
ExitCode serve(const ServeOptions& options);

struct QueryCommandOptions {
    std::string text;
    std::string place;  ///< Directory or URL.
    std::string database;
    std::string format;                     ///< A renderer's name.
    std::vector<std::string> parameters{};  ///< NAME=VALUE: what stands for $NAME.
};

/// `tidemark query`: rows on standard output, errors and messages on standard error.
ExitCode query(const QueryCommandOptions& options);

struct ConsoleOptions {
    std::string place;
    std::string database;
    std::string format;
    std::vector<std::string> statements{};  ///< Executed instead of what is typed,
    std::vector<std::string> files{};       ///< and then the statements in these.
};

/// `tidemark console`: reads statements from a terminal, or executes those of a script.
ExitCode console(const ConsoleOptions& options);

}  // namespace tidemark::tools
