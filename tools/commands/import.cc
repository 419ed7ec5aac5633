#include "tools/commands/import.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "tools/commands/subcommand.h"
#include "tools/session/cancellation.h"
#include "tools/transfer/csv_point_reader.h"
#include "tools/transfer/importer.h"
#include "tools/transfer/line_point_reader.h"

namespace tidemark::tools {
namespace {

constexpr const char* kExamples = R"(
Examples:
  tidemark import --data my-kpis --db ops cpu.lp
      line protocol into a directory that no server has open; made when it is not there
  zcat old.gz | tidemark import --at http://127.0.0.1:8086 --db ops --precision s -
      standard input, times in seconds, through a server; gzip files are unpacked as they are, too
  tidemark import --data my-kpis --db ops latency.csv --tag service,region
      CSV with a header: the column 'time', two tags, all other columns are fields; the measurement
      is 'latency', after the file. What was understood is shown.
  tidemark import --data my-kpis --db ops export.csv --measurement probe --time when
      --time-format '%d.%m.%Y %H:%M:%S' --tag host --type up:boolean,code:integer
      everything said
  tidemark import --data my-kpis --db ops --rejects bad.lp january.lp february.lp.gz
      lines that are refused go to bad.lp, each below a comment that says why: correct them there
      and import bad.lp

A bad line never stops an import. Importing a file again changes nothing: a point at the same time
of the same series takes the place of the one before.
Exit codes: 0 all taken, 1 something was refused, 2 wrong usage, 3 cannot open or read something.
)";

ExitCode report(ExitCode code, const std::string& message) {
    std::fprintf(stderr, "error: %s\n", message.c_str());
    return code;
}

// A command line that is understood, but asks for what cannot be.
ExitCode code_of(const Error& error) {
    return error.code() == ErrorCode::InvalidArgument ? kExitUsage : kExitCannotOpen;
}

bool is_csv(const ImportOptions& options, const std::string& file) {
    if (options.format != "auto") return options.format == "csv";
    std::filesystem::path path(file);
    if (path.extension() == ".gz") path = path.stem();
    return path.extension() == ".csv" || path.extension() == ".tsv";
}

// "latency" of "data/latency.csv.gz".
std::string measurement_of(const std::string& file) {
    if (file == ByteSource::kStandardInput) return {};
    std::filesystem::path path(file);
    if (path.extension() == ".gz") path = path.stem();
    return path.stem().string();
}

Result<std::unique_ptr<PointReader>> make_reader(const ImportOptions& options,
                                                 const std::string& file, ImportTarget& target,
                                                 std::unique_ptr<ByteSource> source) {
    if (!is_csv(options, file)) {
        const auto precision = storage::parse_time_precision(options.precision);
        if (!precision) {
            return Error(ErrorCode::InvalidArgument, "found --precision " + options.precision +
                                                         ", expected " +
                                                         std::string(storage::kTimePrecisionNames));
        }
        return std::unique_ptr<PointReader>(
            std::make_unique<LinePointReader>(std::move(source), *precision));
    }
    CsvOptions csv = options.csv;
    const bool is_named = !csv.measurement.empty() || !csv.measurement_column.empty();
    if (!is_named) csv.measurement = measurement_of(file);
    return std::unique_ptr<PointReader>(std::make_unique<CsvPointReader>(
        std::move(source), std::move(csv),
        [&target](const std::string& measurement) { return target.field_types(measurement); }));
}

class ImportCommand {
public:
    explicit ImportCommand(const ImportOptions& options) : options_(options) {}

    ExitCode run() {
        if (auto usable = open_files(); !usable) {
            return report(code_of(usable.error()), usable.error().message());
        }
        const CancelOnInterrupt cancel;
        auto target =
            options_.url.empty()
                ? open_import_directory(options_.directory, options_.database, options_.policy)
                : open_import_server(options_.url, options_.database, options_.policy,
                                     cancel.requested());
        if (!target) {
            return cancel.requested() ? kExitInterrupted
                                      : report(code_of(target.error()), target.error().message());
        }
        Status status = import_all(*target.value(), cancel.requested());
        Status finished = target.value()->finish();
        if (status) status = std::move(finished);
        if (Status closed = rejects_->close(); status && !closed) status = std::move(closed);
        return conclude(status);
    }

private:
    // All of them, before anything is written: a misspelled name is noticed at once.
    Status open_files() {
        for (const std::string& file : options_.files) {
            TIDEMARK_ASSIGN_OR_RETURN(auto source, ByteSource::open(file));
            sources_.push_back(std::move(source));
        }
        std::unique_ptr<ByteSink> sink;
        if (!options_.rejects.empty()) {
            TIDEMARK_RETURN_IF_ERROR(check_rejects_file());
            TIDEMARK_ASSIGN_OR_RETURN(sink, ByteSink::open(options_.rejects));
        }
        rejects_.emplace(std::move(sink), [](const std::string& line) {
            std::fprintf(stderr, "refused %s\n", line.c_str());
        });
        return success();
    }

    // Making it empties it.
    Status check_rejects_file() const {
        for (const std::string& file : options_.files) {
            std::error_code ignored;  // One of them may not be there, or be no file.
            if (!std::filesystem::equivalent(file, options_.rejects, ignored)) continue;
            return Error(ErrorCode::InvalidArgument,
                         "found --rejects " + options_.rejects +
                             ", which is imported itself; name another file");
        }
        return success();
    }

    Status import_all(ImportTarget& target, const std::atomic<bool>& cancelled) {
        ProgressLine progress(stderr);
        Importer importer(target, *rejects_, progress, cancelled, [](const std::string& remark) {
            std::fprintf(stderr, "%s\n", remark.c_str());
        });
        Status status = success();
        for (std::size_t index = 0; status && index < sources_.size(); ++index) {
            status =
                import_file(options_.files[index], std::move(sources_[index]), target, importer);
        }
        counts_ = importer.counts();
        return status;
    }

    Status import_file(const std::string& file, std::unique_ptr<ByteSource> source,
                       ImportTarget& target, Importer& importer) {
        const ByteSource& watched = *source;  // The reader keeps it.
        TIDEMARK_ASSIGN_OR_RETURN(const auto reader,
                                  make_reader(options_, file, target, std::move(source)));
        Status status = importer.import(file, watched, *reader);
        if (!status && status.error().code() == ErrorCode::InvalidArgument) {
            return std::move(status).error().within(file);
        }
        return status;
    }

    ExitCode conclude(const Status& status) const {
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
        const std::string summary = fmt::format(
            "imported {} points ({} values) from {} lines in {:.1f} s; refused {} lines",
            grouped_digits(counts_.point_count), grouped_digits(counts_.sample_count),
            grouped_digits(counts_.line_count), seconds, grouped_digits(rejects_->count()));
        const bool is_begun = counts_.line_count > 0 || rejects_->count() > 0;
        if (status || is_begun) {
            std::printf("%s%s\n", summary.c_str(), where_rejects_are().c_str());
        }
        if (!status) {
            const bool is_stopped = status.error().code() == ErrorCode::Cancelled;
            if (is_stopped) return kExitInterrupted;
            return report(code_of(status.error()),
                          status.error().message() +
                              (counts_.point_count > 0
                                   ? "; what was imported until then stays: importing the file "
                                     "again changes nothing of it"
                                   : ""));
        }
        return rejects_->count() == 0 ? kExitOk : kExitStatement;
    }

    std::string where_rejects_are() const {
        if (rejects_->count() == 0) return {};
        if (!options_.rejects.empty()) return ", see " + options_.rejects;
        const bool is_by_name = options_.format == "auto" && counts_.point_count == 0;
        const bool may_be_csv =
            is_by_name && std::ranges::none_of(options_.files, [this](const std::string& file) {
                return is_csv(options_, file);
            });
        return may_be_csv ? "; if it is CSV, say --format csv"
                          : ": --rejects FILE keeps all of them, with reasons";
    }

    const ImportOptions& options_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::vector<std::unique_ptr<ByteSource>> sources_;
    std::optional<RejectLog> rejects_;
    ImportCounts counts_;
};

struct ParsedImport {
    ImportOptions options;
    std::string separator;
};

Result<std::optional<char>> parse_separator(const std::string& text) {
    if (text.empty()) return std::optional<char>();
    if (text == "tab" || text == "\\t") return std::optional('\t');
    const bool is_usable = text.size() == 1 && text != "\"" && text != "\n" && text != "\r";
    if (is_usable) return std::optional(text.front());
    return Error(ErrorCode::InvalidArgument,
                 "found --separator " + text + ", expected one character, or 'tab'");
}

void add_csv_options(CLI::App& command, ParsedImport& parsed) {
    CsvOptions& csv = parsed.options.csv;
    const std::string group = "CSV";
    command
        .add_option("--time", csv.time_column, "column of the time; else 'time', 'timestamp', ..")
        ->group(group);
    command
        .add_option("--time-format", csv.time_format,
                    "how it is written: " + std::string(kTimeFormatNames) + "; else guessed")
        ->group(group);
    CLI::Option* const measurement =
        command.add_option("--measurement", csv.measurement, "of all rows; else the file's name")
            ->group(group);
    command.add_option("--measurement-column", csv.measurement_column, "column that names it")
        ->excludes(measurement)
        ->group(group);
    command.add_option("--tag", csv.tags, "columns that are tags: NAME,..")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option("--field", csv.fields,
                    "columns that are fields: NAME[:TYPE],..; else all that are left")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option("--type", csv.types,
                    "types of fields: NAME:TYPE,.. of float, integer, unsigned, boolean, string; "
                    "else as in the database, or guessed: numbers are floats")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->group(group);
    command.add_option("--separator", parsed.separator, "between cells; else , ; or tab")
        ->group(group);
    command
        .add_flag("--decimal-comma", csv.has_decimal_commas,
                  "numbers are written 12,5 instead of 12.5")
        ->group(group);
}

}  // namespace

ExitCode import_files(const ImportOptions& options) { return ImportCommand(options).run(); }

Subcommand add_import_command(CLI::App& app) {
    auto parsed = std::make_shared<ParsedImport>();
    ImportOptions& options = parsed->options;
    CLI::App& command =
        *app.add_subcommand("import", "bring files of line protocol or CSV into a database");
    CLI::Option_group* const place = command.add_option_group("Place", "one of");
    place->add_option("--data", options.directory,
                      "directory of a store that no server has open; made if absent");
    place->add_option("--at", options.url, "a server's URL");
    place->require_option(1);
    command.add_option("--db", options.database, "the database; made if absent")->required();
    command.add_option("--policy", options.policy, "retention policy; else the default one");
    command.add_option("files", options.files, "files, gzip or not; '-' is standard input")
        ->required();
    command.add_option("--format", options.format, "line, csv, or auto: by the file's name")
        ->capture_default_str()
        ->check(CLI::IsMember({"auto", "line", "csv"}));
    command
        .add_option("--precision", options.precision,
                    "unit of times in line protocol: " + std::string(storage::kTimePrecisionNames))
        ->capture_default_str();
    command.add_option("--rejects", options.rejects,
                       "file for the lines that are refused, with reasons");
    add_csv_options(command, *parsed);
    command.footer(kExamples);
    return {&command, [parsed] {
                auto separator = parse_separator(parsed->separator);
                if (!separator) return report(kExitUsage, separator.error().message());
                parsed->options.csv.separator = separator.value();
                return import_files(parsed->options);
            }};
}

}  // namespace tidemark::tools
