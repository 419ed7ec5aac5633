#include "tools/commands/export.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "tools/commands/subcommand.h"
#include "tools/render/time_parser.h"
#include "tools/session/cancellation.h"
#include "tools/transfer/exporter.h"
#include "tools/transfer/progress_line.h"
#include "tools/transfer/time_text.h"

namespace tidemark::tools {
namespace {

constexpr const char* kExamples = R"(
Examples:
  tidemark export --data my-kpis --db ops --output ops.lp.gz
      a whole database as line protocol, packed
  tidemark export --at http://127.0.0.1:8086 --db ops --measurement cpu --output cpu.csv
      one measurement as CSV, from a server
  tidemark export --data my-kpis --db ops --from 2026-11-01 --to 2026-12-01 | gzip > november.lp.gz
      a month (UTC, the end excluded) to standard output
  tidemark export --data my-kpis --db ops | tidemark import --data copy --db ops -
      copies a database

Importing what was exported gives the same samples, bit by bit. The first line of the CSV,
"#datatype ..", tells `tidemark import` what each column is; other programs can skip it as a comment.
Exit codes: 0 ok, 1 a part could not be exported, 2 wrong usage, 3 cannot open or write something.
)";

ExitCode report(ExitCode code, const std::string& message) {
    std::fprintf(stderr, "error: %s\n", message.c_str());
    return code;
}

bool is_csv(const ExportOptions& options) {
    if (options.format != "auto") return options.format == "csv";
    std::filesystem::path path(options.output);
    if (path.extension() == ".gz") path = path.stem();
    return path.extension() == ".csv";
}

Result<std::int64_t> parse_bound(std::string_view option, const std::string& text) {
    const bool is_number = !text.empty() && text.find_first_not_of("-0123456789") == text.npos &&
                           text.find('-', 1) == text.npos;
    std::optional<std::int64_t> time_ns;
    if (is_number) {
        TIDEMARK_ASSIGN_OR_RETURN(const TimeFormat format, TimeFormat::parse("ns"));
        time_ns = format.read(text);
    } else {
        const auto time = parse_time(text);
        if (time) time_ns = time->ns;
    }
    if (time_ns) return *time_ns;
    return Error(ErrorCode::InvalidArgument,
                 "found " + std::string(option) + " " + text +
                     ", expected a time like 2026-11-01, 2026-11-01T12:00:00Z or nanoseconds");
}

Result<TimeRange> parse_range(const ExportOptions& options) {
    TimeRange range;
    if (!options.from.empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(range.begin_ns, parse_bound("--from", options.from));
    }
    if (!options.to.empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(range.end_ns, parse_bound("--to", options.to));
    }
    if (range.is_empty()) {
        return Error(ErrorCode::InvalidArgument, "--from " + options.from + " is not before --to " +
                                                     options.to +
                                                     ": no sample can be between them");
    }
    return range;
}

std::string joined(const std::vector<PolicyName>& policies) {
    std::string names;
    for (const PolicyName& policy : policies) {
        names.append(names.empty() ? "" : ", ").append(policy.name);
    }
    return names;
}

/// The policies whose points are not exported, where nobody chose one.
Result<std::vector<PolicyName>> policies_left_out(const ExportOptions& options,
                                                  ExportSource& source) {
    TIDEMARK_ASSIGN_OR_RETURN(std::vector<PolicyName> policies, source.policies());
    if (options.policy.empty()) {
        std::erase_if(policies, [](const PolicyName& policy) { return policy.is_default; });
        return policies;
    }
    const bool is_there =
        std::ranges::find(policies, options.policy, &PolicyName::name) != policies.end();
    if (is_there) return std::vector<PolicyName>();
    return Error(ErrorCode::InvalidArgument, "there is no retention policy " + options.policy +
                                                 "; there are " + joined(policies));
}

Status export_all(const ExportOptions& options, const TimeRange& range, ExportSource& source,
                  Exporter& exporter) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto there, source.measurements());
    for (const std::string& wanted : options.measurements) {
        if (std::ranges::find(there, wanted) != there.end()) continue;
        std::string message = "there is no measurement ";
        message.append(wanted).append("; there are ");
        for (std::size_t i = 0; i < there.size(); ++i) {
            message.append(i == 0 ? "" : ", ").append(there[i]);
        }
        return Error(ErrorCode::InvalidArgument, std::move(message));
    }
    for (const std::string& name : options.measurements.empty() ? there : options.measurements) {
        TIDEMARK_RETURN_IF_ERROR(exporter.export_measurement(name, range));
    }
    return success();
}

ExitCode conclude(const Status& status, const ExportSource& source, const ExportCounts& counts,
                  const std::vector<PolicyName>& left_out) {
    if (!left_out.empty()) {
        std::fprintf(stderr,
                     "warning: only the default retention policy was exported, not %s: --policy "
                     "NAME says which one\n",
                     joined(left_out).c_str());
    }
    for (const std::string& message : source.messages()) {
        std::fprintf(stderr, "warning: %s\n", message.c_str());
    }
    if (counts.refused_count > 0) {
        std::fprintf(stderr,
                     "warning: %s points cannot be said in line protocol; --format csv can\n",
                     grouped_digits(counts.refused_count).c_str());
    }
    if (status || counts.point_count > 0) {
        std::fprintf(stderr, "exported %s points (%s values)\n",
                     grouped_digits(counts.point_count).c_str(),
                     grouped_digits(counts.sample_count).c_str());
    }
    if (!status) {
        if (status.error().code() == ErrorCode::Cancelled) return kExitInterrupted;
        const bool is_usage = status.error().code() == ErrorCode::InvalidArgument;
        return report(is_usage ? kExitUsage : kExitCannotOpen, status.error().message());
    }
    const bool is_whole =
        counts.refused_count == 0 && source.messages().empty() && left_out.empty();
    return is_whole ? kExitOk : kExitStatement;
}

}  // namespace

ExitCode export_points(const ExportOptions& options) {
    const auto range = parse_range(options);
    if (!range) return report(kExitUsage, range.error().message());
    const CancelOnInterrupt cancel;
    auto source = options.url.empty() ? open_export_directory(options.directory, options.database,
                                                              options.policy, cancel.requested())
                                      : open_export_server(options.url, options.database,
                                                           options.policy, cancel.requested());
    if (!source) {
        return cancel.requested() ? kExitInterrupted
                                  : report(kExitCannotOpen, source.error().message());
    }
    const auto left_out = policies_left_out(options, *source.value());
    if (!left_out) {
        if (cancel.requested()) return kExitInterrupted;
        const bool is_usage = left_out.error().code() == ErrorCode::InvalidArgument;
        return report(is_usage ? kExitUsage : kExitCannotOpen, left_out.error().message());
    }
    auto sink = ByteSink::open(options.output);
    if (!sink) return report(kExitCannotOpen, sink.error().message());

    // Points on a terminal and progress on the same one would disturb each other.
    ProgressLine progress(options.output == ByteSink::kStandardOutput ? nullptr : stderr);
    const auto writer = is_csv(options) ? make_csv_writer() : make_line_writer();
    Exporter exporter(
        *source.value(), *writer, *sink.value(),
        [&](std::uint64_t point_count) { progress.update(options.output, 0, 0, point_count); },
        [](const std::string& reason) { std::fprintf(stderr, "warning: %s\n", reason.c_str()); });
    Status status = export_all(options, range.value(), *source.value(), exporter);
    Status closed = sink.value()->close();
    if (status) status = std::move(closed);
    progress.clear();
    return conclude(status, *source.value(), exporter.counts(), left_out.value());
}

Subcommand add_export_command(CLI::App& app) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App& command = *app.add_subcommand("export", "write samples as line protocol or CSV");
    CLI::Option_group* const place = command.add_option_group("Place", "one of");
    place->add_option("--data", options->directory,
                      "directory of a store that no server has open; it is only read");
    place->add_option("--at", options->url, "a server's URL");
    place->require_option(1);
    command.add_option("--db", options->database, "the database")->required();
    command.add_option("--policy", options->policy, "retention policy; else the default one");
    command.add_option("--measurement", options->measurements, "only these: NAME,..; else all")
        ->delimiter(',')
        ->allow_extra_args(false);
    command.add_option("--from", options->from,
                       "samples from then on: 2026-11-01, 2026-11-01T12:00:00Z, or nanoseconds");
    command.add_option("--to", options->to, "samples before then");
    command.add_option("--format", options->format, "line, csv, or auto: by the output's name")
        ->capture_default_str()
        ->check(CLI::IsMember({"auto", "line", "csv"}));
    command
        .add_option("--output", options->output,
                    "the file, packed when it ends in .gz; '-' is standard output")
        ->capture_default_str();
    command.footer(kExamples);
    return {&command, [options] { return export_points(*options); }};
}

}  // namespace tidemark::tools
