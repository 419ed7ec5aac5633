#include "tools/inspect/inspect.h"

#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "tools/commands/subcommand.h"
#include "tools/session/cancellation.h"
#include "tools/transfer/progress_line.h"

namespace tidemark::tools {
namespace {

constexpr const char* kInspectExamples = R"(
Examples:
  tidemark inspect my-kpis
      a whole store: its files, measurements, live segments, and how each field is stored
  tidemark inspect my-kpis/segments/segment-0000000000000001.seg
      one segment: sections, codec, width and bytes per sample of each field
  tidemark inspect --full my-kpis/wal/wal-0000000000000001.wal
      with every frame of the log, or every row group of a segment

Files are told apart by their first bytes; the names are those of FORMAT.md. Nothing is written, and
a server may have the store open.
Exit codes: 0 ok, 3 cannot open the file or it is none of a store's.
)";

constexpr const char* kVerifyExamples = R"(
Examples:
  tidemark verify my-kpis
      reads every file of the store and compares every checksum; a server may have it open
  tidemark verify /backup/my-kpis || mail -s 'backup is damaged' ops
      as a check of a backup

Each finding names file and offset, what it means and what to do. A note is no damage: the trace of
a crash that cost nothing, or a file that is not a part of the store. Nothing is written or repaired.
Exit codes: 0 every checksum is right, 1 something is damaged, 2 wrong usage, 3 cannot open it.
)";

ExitCode report_cannot_open(const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.message().c_str());
    return kExitCannotOpen;
}

ExitCode inspect(const std::string& path, bool is_full) {
    const auto text = inspect_path(path, is_full);
    if (!text) return report_cannot_open(text.error());
    std::fwrite(text.value().data(), 1, text.value().size(), stdout);
    return kExitOk;
}

ExitCode verify(const std::string& directory) {
    const CancelOnInterrupt cancel;
    ProgressLine progress(stderr);
    const auto outcome = verify_directory(directory, [&](const std::string& file) {
        progress.show(file);
        return !cancel.requested().load();
    });
    progress.clear();
    if (!outcome) {
        if (outcome.error().code() == ErrorCode::Cancelled) return kExitInterrupted;
        return report_cannot_open(outcome.error());
    }
    std::printf("%s%s\n", outcome.value().findings.c_str(), outcome.value().summary.c_str());
    return outcome.value().has_damage ? kExitStatement : kExitOk;
}

struct InspectOptions {
    std::string path;
    bool is_full = false;
};

}  // namespace

Subcommand add_inspect_command(CLI::App& app) {
    auto options = std::make_shared<InspectOptions>();
    CLI::App& command =
        *app.add_subcommand("inspect", "show what is in a store or one of its files");
    command.add_option("path", options->path, "a store's directory, or a file of it")->required();
    command.add_flag("--full", options->is_full, "with every row group or frame");
    command.footer(kInspectExamples);
    return {&command, [options] { return inspect(options->path, options->is_full); }};
}

Subcommand add_verify_command(CLI::App& app) {
    auto directory = std::make_shared<std::string>();
    CLI::App& command = *app.add_subcommand("verify", "compare every checksum of a store");
    command.add_option("directory", *directory, "of the store")->required();
    command.footer(kVerifyExamples);
    return {&command, [directory] { return verify(*directory); }};
}

}  // namespace tidemark::tools
