// `tidemark_workload`: writes the workload of the benchmarks in the forms that the systems load,
// and the exact answers to their questions. Standard output says in JSON how much that is.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include <tidemark/result.h>

#include "bench/support/exact_answers.h"
#include "bench/support/kpi_shapes.h"
#include "bench/support/workload_writers.h"
#include "server/format/json_writer.h"
#include "storage/base/file_system.h"
#include "tools/commands/exit_code.h"
#include "tools/transfer/byte_sink.h"

namespace tidemark::bench {
namespace {

constexpr const char* kExamples = R"(
Examples:
  tidemark_workload --ticks 10000 --line-protocol lines.lp --answers answers.json
      100 hosts, 10 s apart: 10 million samples, and what is true of them
  tidemark_workload --ticks 10000 --line-protocol lines.lp --split 2
      lines.lp.0 and lines.lp.1, for two senders
  tidemark_workload --hosts 20 --step 300 --ticks 105120 --t0 1735689600 --csv tables
      a year of slow KPIs as tables/cpu.csv, http.csv, svc.csv and sys.csv

The same numbers give the same bytes. Exit codes: 0 ok, 2 wrong usage, 3 a file cannot be written.
)";

struct Outputs {
    std::string line_protocol_path;
    std::size_t part_count = 1;
    std::uint64_t jitter_limit_ms = 0;
    std::string csv_directory;
    std::string open_metrics_path;
    std::string remote_write_path;
    std::string columns_directory;
    std::string answers_path;
};

using Write = std::function<Status(const ByteConsumer&)>;

/// What `write` gives to its consumer, as a file; its size in bytes.
Result<std::uint64_t> write_file(const std::string& path, const Write& write) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto sink, tools::ByteSink::open(path));
    std::uint64_t size_bytes = 0;
    TIDEMARK_RETURN_IF_ERROR(write([&](std::string_view bytes) {
        size_bytes += bytes.size();
        return sink->write(bytes);
    }));
    TIDEMARK_RETURN_IF_ERROR(sink->close());
    return size_bytes;
}

/// One file, or one for each sender; their size in bytes.
Result<std::uint64_t> write_line_protocol_files(const Workload& workload, const Outputs& outputs) {
    std::uint64_t size_bytes = 0;
    for (std::size_t part = 0; part < outputs.part_count; ++part) {
        const std::string suffix = outputs.part_count == 1 ? "" : "." + std::to_string(part);
        const HostRange hosts = host_range(workload, part, outputs.part_count);
        TIDEMARK_ASSIGN_OR_RETURN(
            const std::uint64_t part_size_bytes,
            write_file(outputs.line_protocol_path + suffix, [&](const ByteConsumer& consume) {
                return write_line_protocol(workload, hosts, outputs.jitter_limit_ms, consume);
            }));
        size_bytes += part_size_bytes;
    }
    return size_bytes;
}

Status write_csv_files(const Workload& workload, const std::string& directory) {
    TIDEMARK_RETURN_IF_ERROR(storage::posix_file_system().create_directories(directory));
    for (const KpiMeasurement& measurement : kKpiMeasurements) {
        const std::string name = std::string(measurement.name) + ".csv";
        const auto written = write_file(
            storage::join_path(directory, name),
            [&](const ByteConsumer& consume) { return write_csv(workload, measurement, consume); });
        if (!written) return written.error();
    }
    return success();
}

Status write_column_files(const Workload& workload, const std::string& directory) {
    TIDEMARK_RETURN_IF_ERROR(storage::posix_file_system().create_directories(directory));
    for (const KpiMeasurement& measurement : kKpiMeasurements) {
        for (std::size_t f = 0; f < measurement.fields.size(); ++f) {
            const std::string name = column_name(measurement, measurement.fields[f]) + ".f64";
            const auto written =
                write_file(storage::join_path(directory, name), [&](const ByteConsumer& consume) {
                    return write_column(workload, measurement.first_column + f, consume);
                });
            if (!written) return written.error();
        }
    }
    return success();
}

using WriteWorkload = Status (*)(const Workload&, const ByteConsumer&);

Status write_single_file(const Workload& workload, const std::string& path, WriteWorkload write) {
    const auto written =
        write_file(path, [&](const ByteConsumer& consume) { return write(workload, consume); });
    if (!written) return written.error();
    return success();
}

std::string describe(const Workload& workload, std::uint64_t line_protocol_bytes) {
    const WorkloadOptions& options = workload.options();
    std::string text;
    server::JsonWriter json(text, false);
    json.begin_object();
    const auto member = [&](std::string_view name, std::uint64_t value) {
        json.key(name);
        json.unsigned_integer(value);
    };
    member("hosts", options.host_count);
    member("series", workload.series_count());
    member("ticks", options.tick_count);
    json.key("t0_s");
    json.integer(options.begin_s);
    json.key("step_s");
    json.integer(options.step_s);
    member("seed", options.seed);
    member("lines", workload.line_count());
    member("samples", workload.sample_count());
    member("line_protocol_bytes", line_protocol_bytes);
    json.end_object();
    return text + "\n";
}

/// Writes what is asked for; the description of the workload.
Result<std::string> write_outputs(const WorkloadOptions& options, const Outputs& outputs) {
    TIDEMARK_ASSIGN_OR_RETURN(const Workload workload, Workload::generate(options));
    std::uint64_t line_protocol_bytes = 0;
    if (!outputs.line_protocol_path.empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(line_protocol_bytes,
                                  write_line_protocol_files(workload, outputs));
    }
    if (!outputs.csv_directory.empty()) {
        TIDEMARK_RETURN_IF_ERROR(write_csv_files(workload, outputs.csv_directory));
    }
    if (!outputs.columns_directory.empty()) {
        TIDEMARK_RETURN_IF_ERROR(write_column_files(workload, outputs.columns_directory));
    }
    if (!outputs.open_metrics_path.empty()) {
        TIDEMARK_RETURN_IF_ERROR(
            write_single_file(workload, outputs.open_metrics_path, write_open_metrics));
    }
    if (!outputs.remote_write_path.empty()) {
        TIDEMARK_RETURN_IF_ERROR(
            write_single_file(workload, outputs.remote_write_path, write_remote_write));
    }
    if (!outputs.answers_path.empty()) {
        TIDEMARK_RETURN_IF_ERROR(
            write_single_file(workload, outputs.answers_path, write_exact_answers));
    }
    return describe(workload, line_protocol_bytes);
}

void add_shape_options(CLI::App& app, WorkloadOptions& options) {
    app.add_option("--ticks", options.tick_count, "samples of each series")->capture_default_str();
    app.add_option("--hosts", options.host_count, "hosts, ten series each")->capture_default_str();
    app.add_option("--seed", options.seed, "of the random numbers")->capture_default_str();
    app.add_option("--t0", options.begin_s, "seconds since 1970 of the first tick")
        ->capture_default_str();
    app.add_option("--step", options.step_s, "seconds from tick to tick")->capture_default_str();
    app.add_option("--loss", options.loss, "share of lines that never arrive, 0 to 1")
        ->capture_default_str();
}

void add_output_options(CLI::App& app, Outputs& outputs) {
    constexpr std::size_t kMostParts = 1000;
    constexpr std::uint64_t kLargestJitterMs = 86'400'000;
    CLI::Option* lines =
        app.add_option("--line-protocol", outputs.line_protocol_path, "file of line protocol");
    app.add_option("--split", outputs.part_count,
                   "files FILE.0, FILE.1, .. instead, with contiguous ranges of hosts")
        ->needs(lines)
        ->check(CLI::Range(std::size_t{1}, kMostParts));
    CLI::Option* jitter =
        app.add_option("--jitter", outputs.jitter_limit_ms,
                       "milliseconds below which each host's tick comes late; line protocol only")
            ->needs(lines)
            ->check(CLI::Range(std::uint64_t{0}, kLargestJitterMs));
    app.add_option("--csv", outputs.csv_directory, "directory of cpu.csv, http.csv, ..");
    app.add_option("--openmetrics", outputs.open_metrics_path, "file for promtool");
    app.add_option("--remote-write", outputs.remote_write_path,
                   "file of Prometheus' remote-write bodies");
    app.add_option("--columns", outputs.columns_directory,
                   "directory of cpu_usage.f64, ..: doubles, host after host");
    app.add_option("--answers", outputs.answers_path,
                   "JSON file of the exact answers; they are of times without jitter")
        ->excludes(jitter);
}

int run(int argument_count, char** arguments) {
    CLI::App app("Writes the workload of Tidemark's benchmarks", "tidemark_workload");
    app.footer(kExamples);
    WorkloadOptions options;
    add_shape_options(app, options);
    Outputs outputs;
    add_output_options(app, outputs);
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? tools::kExitOk : tools::kExitUsage;
    }
    const Result<std::string> description = write_outputs(options, outputs);
    if (!description) {
        std::fprintf(stderr, "error: %s\n", description.error().message().c_str());
        const bool is_usage = description.error().code() == ErrorCode::InvalidArgument;
        return is_usage ? tools::kExitUsage : tools::kExitCannotOpen;
    }
    std::fputs(description.value().c_str(), stdout);
    return tools::kExitOk;
}

}  // namespace
}  // namespace tidemark::bench

int main(int argument_count, char** arguments) {
    return tidemark::bench::run(argument_count, arguments);
}
