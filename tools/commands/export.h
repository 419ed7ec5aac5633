#pragma once

#include <string>
#include <vector>

#include "tools/commands/exit_code.h"

namespace tidemark::tools {

struct ExportOptions {
    std::string directory;  ///< Of a store; or
    std::string url;        ///< of a server. One of both is empty.
    std::string database;
    std::string policy;                     ///< Retention policy; empty: the default one.
    std::vector<std::string> measurements;  ///< Empty: all.
    std::string from;                       ///< A time, empty: from the first sample.
    std::string to;                         ///< Times before it; empty: to the last sample.
    std::string format = "auto";            ///< "line", "csv", or by the name of the output.
    std::string output = "-";               ///< "-" is standard output; gzip when it ends in .gz.
};

/// `tidemark export`: points to the output; the summary, messages and errors on standard error.
/// kExitStatement when something could not be exported.
ExitCode export_points(const ExportOptions& options);

}  // namespace tidemark::tools
