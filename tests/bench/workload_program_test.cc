#include <filesystem>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/tools/program.h"

// `tidemark_workload` as scripts see it.

namespace tidemark::bench {
namespace {

using tools::Output;
using tools::shell;

std::set<std::string> names_in(const std::string& directory) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        names.insert(entry.path().filename().string());
    }
    return names;
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the program says in JSON what it made", "[workload_program]") {
    const Output output = shell("--ticks 10 --hosts 3 --loss 0 --seed 18446744073709551615");
    CHECK(output.exit_code == 0);
    CHECK(output.text ==
          R"({"hosts":3,"series":30,"ticks":10,"t0_s":1767571200,"step_s":10,)"
          R"("seed":18446744073709551615,"lines":120,"samples":300,"line_protocol_bytes":0})"
          "\n");
}

TEST_CASE("each form goes into the files named after it", "[workload_program]") {
    const tests::TemporaryDirectory directory;
    const auto path = [&](const std::string& name) { return directory.path_of(name); };
    const Output output =
        shell("--ticks 10 --hosts 3 --line-protocol " + path("lines.lp") + " --split 2 --csv " +
              path("tables/csv") + " --columns " + path("columns") + " --openmetrics " +
              path("families.om") + " --remote-write " + path("bodies.rw") + " --answers " +
              path("answers.json"));
    INFO(output.text);
    REQUIRE(output.exit_code == 0);
    CHECK(names_in(directory.path()) ==
          std::set<std::string>{"answers.json", "bodies.rw", "columns", "families.om", "lines.lp.0",
                                "lines.lp.1", "tables"});
    CHECK(names_in(path("tables/csv")) ==
          std::set<std::string>{"cpu.csv", "http.csv", "svc.csv", "sys.csv"});
    CHECK(names_in(path("columns")).size() == 10);
    CHECK(names_in(path("columns")).contains("http_latency_ms.f64"));

    const std::uintmax_t size_bytes = std::filesystem::file_size(path("lines.lp.0")) +
                                      std::filesystem::file_size(path("lines.lp.1"));
    CHECK(holds(output.text, "\"line_protocol_bytes\":" + std::to_string(size_bytes) + "}"));
}

TEST_CASE("one sender gets the file itself", "[workload_program]") {
    const tests::TemporaryDirectory directory;
    const Output output = shell("--ticks 2 --hosts 1 --split 1 --jitter 500 --line-protocol " +
                                directory.path_of("lines.lp"));
    CHECK(output.exit_code == 0);
    CHECK(names_in(directory.path()) == std::set<std::string>{"lines.lp"});
}

TEST_CASE("wrong options of the workload program end with 2 and say why", "[workload_program]") {
    const Output no_hosts = shell("--hosts 0");
    CHECK(no_hosts.exit_code == 2);
    CHECK(holds(no_hosts.text, "error: 0 hosts with 1000 ticks: expected at least one of each"));
    const Output unknown = shell("--tiks 5");
    CHECK(unknown.exit_code == 2);
    CHECK(holds(unknown.text, "--tiks"));
    const Output jitter = shell("--answers a.json --line-protocol a.lp --jitter 5");
    CHECK(jitter.exit_code == 2);
    CHECK(holds(jitter.text, "--jitter excludes --answers"));
    CHECK(shell("--split 2").exit_code == 2);
}

TEST_CASE("a file that cannot be written ends the workload program with 3", "[workload_program]") {
    const Output output = shell("--ticks 1 --hosts 1 --answers /proc/no-such-folder/answers.json");
    CHECK(output.exit_code == 3);
    CHECK(holds(output.text, "/proc/no-such-folder/answers.json: cannot write"));
}

}  // namespace tidemark::bench
