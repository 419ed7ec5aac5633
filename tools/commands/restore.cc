#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include <tidemark/store.h>

#include "tools/commands/subcommand.h"

namespace tidemark::tools {
namespace {

constexpr const char* kExamples = R"(
Examples:
  tidemark query "BACKUP TO '/backup/2026-11-22'" --at http://127.0.0.1:8086
      copies a server's store while it goes on being written; --at takes a directory too
  tidemark restore /backup/2026-11-22 my-kpis
      makes a store of that backup in a new directory

Every byte of the backup is checked first. It stays as it is and can be restored again.
Exit codes: 0 restored, 1 the backup is damaged or the directory is not empty, 2 wrong usage,
3 there is no backup.
)";

struct RestoreOptions {
    std::string backup;
    std::string directory;
};

ExitCode restore(const RestoreOptions& options) {
    const Status status = Store::restore(options.backup, options.directory);
    if (status) {
        std::printf("restored %s to %s\n", options.backup.c_str(), options.directory.c_str());
        return kExitOk;
    }
    std::fprintf(stderr, "error: %s\n", status.error().message().c_str());
    return status.error().code() == ErrorCode::NotFound ? kExitCannotOpen : kExitStatement;
}

}  // namespace

Subcommand add_restore_command(CLI::App& app) {
    auto options = std::make_shared<RestoreOptions>();
    CLI::App& command = *app.add_subcommand("restore", "make a store of a backup");
    command.add_option("backup", options->backup, "the directory that BACKUP TO wrote")->required();
    command.add_option("directory", options->directory, "of the store, new or empty")->required();
    command.footer(kExamples);
    return {&command, [options] { return restore(*options); }};
}

}  // namespace tidemark::tools
