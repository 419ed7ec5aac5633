// `./dev demo`: what Tidemark does, on real KPI series, in half a minute. Starts the real server in
// the directory given (./dev removes it afterwards, whatever happens), streams line protocol to it
// over TCP, and asks through the real command line, printing each statement above its answer.

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <tidemark/result.h>

#include "tools/demo/child_process.h"
#include "tools/demo/kpi_series.h"
#include "tools/demo/line_sender.h"

namespace fs = std::filesystem;

namespace tidemark::tools {
namespace {

struct Question {
    std::string_view headline;
    std::string_view statement;
};

constexpr std::array<Question, 5> kQuestions = {{
    {"Latency of a dependency: median and 99th percentile of the last 24 h, every 6 h",
     "SELECT percentile_disc(latency_ms, 0.5) AS p50, percentile_disc(latency_ms, 0.99) AS p99 "
     "FROM dependency WHERE api = 'outbound-12' AND time >= '2018-06-28' AND time < '2018-06-30' "
     "GROUP BY time(6h) WINDOW 1d"},
    {"Uptime of a road per day (up = flowing, occupancy below 15), beside how much of the day is "
     "known",
     "SELECT uptime(occupancy < 15), coverage(occupancy < 15), "
     "unknown(occupancy < 15, 1m) AS unknown_minutes FROM road "
     "WHERE time >= '2015-09-08' AND time < '2015-09-15' STALE 10m GROUP BY time(1d)"},
    {"Hours above 80 % and the longest stretch, per host",
     "SELECT time_in(usage > 80, 1h) AS hours, longest(usage > 80, 1h) AS longest_hours FROM cpu "
     "WHERE time >= '2014-04-02' AND time < '2014-04-16T14:50:00Z' STALE 10m GROUP BY host"},
    {"The episodes behind it: at least 30 min above 80 %, dips up to 10 min bridged",
     "SELECT episodes(usage > 80, FOR 30m, KEEP 10m) FROM cpu WHERE host = 'ac20cd' "
     "AND time >= '2014-04-12' AND time < '2014-04-16T14:50:00Z' STALE 10m"},
    {"Who is above 80 % now, and since when",
     "SELECT last(usage) AS usage, current(usage > 80, 1m) AS minutes FROM cpu "
     "WHERE time >= '2014-04-16' AND time < '2014-04-16T14:50:00Z' STALE 10m GROUP BY host "
     "HAVING current(usage > 80) >= 30m"},
}};

struct RunningServer {
    std::unique_ptr<ChildProcess> process;
    std::string line_endpoint;
    std::string http_endpoint;
};

Result<RunningServer> start_server(const std::string& tidemark, const fs::path& directory) {
    TIDEMARK_ASSIGN_OR_RETURN(
        auto process, ChildProcess::start({tidemark, "serve", "--data", directory.string(),
                                           "--line", "127.0.0.1:0", "--http", "127.0.0.1:0"}));
    RunningServer server{std::move(process), {}, {}};
    constexpr std::string_view kLine = "listening line ";
    constexpr std::string_view kHttp = "listening http ";
    while (server.line_endpoint.empty() || server.http_endpoint.empty()) {
        const auto line = server.process->read_line();
        if (!line) return Error(ErrorCode::IoError, "the server ended before it was ready");
        if (line->starts_with(kLine)) server.line_endpoint = line->substr(kLine.size());
        if (line->starts_with(kHttp)) server.http_endpoint = line->substr(kHttp.size());
    }
    return server;
}

Result<std::string> ask(const std::string& tidemark, const std::string& place,
                        std::string_view statement, std::string_view format) {
    TIDEMARK_ASSIGN_OR_RETURN(const Output output,
                              run_program({tidemark, "query", std::string(statement), "--at", place,
                                           "--db", "demo", "--format", std::string(format)}));
    if (output.exit_code != 0) {
        return Error(ErrorCode::InvalidArgument,
                     fmt::format("{}: exit code {}", statement, output.exit_code));
    }
    return output.text;
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// The CSV of the last question, one sentence per row: name,tags,time,usage,minutes.
void print_status_lines(const std::string& csv) {
    for (const std::string& row : split(csv, '\n')) {
        const std::vector<std::string> cells = split(row, ',');
        if (cells.size() < 5 || !cells[1].starts_with("host=")) continue;
        const double usage = std::strtod(cells[3].c_str(), nullptr);
        const double minutes = std::strtod(cells[4].c_str(), nullptr);
        fmt::print("  host {} at {:.0f} %, above 80, for the last {:.0f} min\n", cells[1].substr(5),
                   usage, minutes);
    }
}

std::uintmax_t size_of_files(const fs::path& directory, std::string_view extension) {
    std::uintmax_t size_bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (entry.is_regular_file() &&
            (extension.empty() || entry.path().extension() == extension)) {
            size_bytes += entry.file_size();
        }
    }
    return size_bytes;
}

KpiLines demo_series(const fs::path& data_root) {
    Result<KpiLines> published = load_published_series(data_root);
    return published ? std::move(published).value() : generate_series();
}

Status ask_all(const std::string& tidemark, const std::string& url) {
    for (const Question& question : kQuestions) {
        fmt::print("\n## {}\n{};\n\n", question.headline, question.statement);
        TIDEMARK_ASSIGN_OR_RETURN(const std::string table,
                                  ask(tidemark, url, question.statement, "table"));
        fmt::print("{}", table);
    }
    TIDEMARK_ASSIGN_OR_RETURN(const std::string csv,
                              ask(tidemark, url, kQuestions.back().statement, "csv"));
    print_status_lines(csv);
    return success();
}

Status run_demo(const std::string& tidemark, const fs::path& directory, const fs::path& data_root) {
    TIDEMARK_ASSIGN_OR_RETURN(RunningServer server, start_server(tidemark, directory));
    fmt::print("server: line protocol on {}, HTTP on {}, data in {}\n", server.line_endpoint,
               server.http_endpoint, directory.string());

    const KpiLines lines = demo_series(data_root);
    const auto begin = std::chrono::steady_clock::now();
    TIDEMARK_RETURN_IF_ERROR(send_lines(server.line_endpoint, "#tidemark db=demo\n" + lines.text));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    fmt::print("{} samples of {} series over TCP, durable after {:.2f} s: {}\n", lines.line_count,
               lines.series_count, took.count(), lines.origin);

    TIDEMARK_RETURN_IF_ERROR(ask_all(tidemark, "http://" + server.http_endpoint));

    server.process->terminate();
    if (const int code = server.process->wait(); code != 0) {
        return Error(ErrorCode::IoError, fmt::format("the server ended with exit code {}", code));
    }
    const std::uintmax_t size_bytes = size_of_files(directory, "");
    fmt::print(
        "\n## On disk after the server's stop\n{} bytes in all for {} samples: {:.2f} bytes "
        "per sample, every double bit for bit\n",
        size_bytes, lines.line_count,
        static_cast<double>(size_bytes) / static_cast<double>(lines.line_count));
    fmt::print(R"(
## How to go on
  build/release/tidemark serve --data my-kpis               # line protocol on 9009, HTTP on 8086
  echo 'cpu,host=a usage=81.5' >/dev/tcp/127.0.0.1/9009     # in bash; or any InfluxDB 1.x client
  build/release/tidemark console http://127.0.0.1:8086      # ask it; .help shows what it knows
)");
    return success();
}

}  // namespace
}  // namespace tidemark::tools

int main(int argc, char** argv) {
    CLI::App app("Shows Tidemark at work on KPI series");
    std::string tidemark;
    app.add_option("--tidemark", tidemark, "the tidemark binary")->required();
    std::string directory;
    app.add_option("--directory", directory, "an empty directory for the store")->required();
    const char* from_environment = std::getenv("TIDEMARK_SHARED_DATA");
    std::string data_root = from_environment != nullptr ? from_environment : TIDEMARK_SHARED_DATA;
    app.add_option("--data", data_root, "folder of published series");
    CLI11_PARSE(app, argc, argv);

    const tidemark::Status status = tidemark::tools::run_demo(tidemark, directory, data_root);
    if (!status) {
        std::fprintf(stderr, "demo: %s\n", status.error().message().c_str());
        return 1;
    }
    return 0;
}
