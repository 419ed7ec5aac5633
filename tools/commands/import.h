#pragma once

#include <string>
#include <vector>

#include "tools/commands/exit_code.h"
#include "tools/transfer/csv_table.h"

namespace tidemark::tools {

struct ImportOptions {
    std::string directory;  ///< Of a store; or
    std::string url;        ///< of a server. One of both is empty.
    std::string database;
    std::string policy;              ///< Retention policy; empty: the default one.
    std::vector<std::string> files;  ///< "-" is standard input.
    std::string format = "auto";     ///< "line", "csv", or by the name of each file.
    std::string precision = "ns";    ///< Of line protocol.
    CsvOptions csv;
    std::string rejects;  ///< File for refused lines; empty: the first ones are shown.
};

/// `tidemark import`: the summary on standard output; refused lines, remarks, errors and progress
/// on standard error. kExitStatement when a line was refused.
ExitCode import_files(const ImportOptions& options);

}  // namespace tidemark::tools
