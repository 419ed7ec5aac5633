// The program on a disk that misbehaves: its file calls fail, because the library failing_calls is
// preloaded; and its files are damaged while it runs.

#include <algorithm>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "tests/server/test_client.h"
#include "tests/support/failing_calls.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/program.h"
#include "tools/demo/line_sender.h"

namespace fs = std::filesystem;

namespace tidemark::tests {
namespace {

using tools::Serving;
using tools::shell;

/// A server whose calls fail as its faults say.
struct FaultyServer {
    explicit FaultyServer(const TemporaryDirectory& directory)
        : faults(shared_call_faults(directory.path_of("faults").c_str())),
          server(directory.path_of("store"), directory.path_of("log"), "--http 127.0.0.1:0",
                 "env LD_PRELOAD=" TIDEMARK_FAILING_CALLS
                 " ASAN_OPTIONS=verify_asan_link_order=0 TIDEMARK_CALL_FAULTS=" +
                     directory.path_of("faults")) {
        for (const std::string database : {"ops", "spare"}) {
            ask_http(server.http_endpoint(), "POST /query?q=CREATE%20DATABASE%20" + database);
        }
    }

    /// The line's answer: "204" when it is durable.
    std::string write(const std::string& line, const std::string& database = "ops") const {
        const std::string answer =
            ask_http(server.http_endpoint(), "POST /write?db=" + database, "", line);
        REQUIRE(answer.size() > 12);
        return answer.substr(9, 3);
    }

    CallFaults& faults;
    Serving server;
};

std::string csv_of(const std::string& place) {
    return shell("query 'SELECT usage FROM cpu' --db ops --format csv --at " + place).text;
}

bool has_usage(const std::string& csv, int usage) {
    return csv.find("Z," + std::to_string(usage) + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a server whose disk is full refuses writes, answers, and resumes by itself",
          "[crash][server]") {
    const TemporaryDirectory directory;
    const FaultyServer faulty(directory);
    REQUIRE(faulty.write("cpu usage=1 1") == "204");
    faulty.faults.is_full = 1;
    CHECK(faulty.write("cpu usage=2 2") == "507");
    CHECK(faulty.write("cpu usage=3 3") == "507");
    // Lines over TCP are not answered; that they are not durable shows in the connection's end.
    CHECK_FALSE(
        tools::send_lines(faulty.server.line_endpoint(), "#tidemark db=ops\ncpu usage=4 4\n"));
    CHECK(has_usage(csv_of(faulty.server.url()), 1));
    CHECK(faulty.faults.fault_count > 0);

    faulty.faults.is_full = 0;
    std::string status = faulty.write("cpu usage=5 5");
    for (int attempt = 0; status != "204" && attempt < 10'000; ++attempt) {
        status = faulty.write("cpu usage=5 5");
    }
    REQUIRE(status == "204");
    CHECK(has_usage(csv_of(faulty.server.url()), 5));
    CHECK(faulty.server.stop() == 0);
    const std::string csv = csv_of(directory.path_of("store"));
    CHECK(has_usage(csv, 1));
    CHECK(has_usage(csv, 5));
    CHECK(shell("verify " + directory.path_of("store")).exit_code == 0);
}

TEST_CASE("a server whose disk failed to sync acknowledges nothing more until it is restarted",
          "[crash][server]") {
    const TemporaryDirectory directory;
    {
        const FaultyServer faulty(directory);
        REQUIRE(faulty.write("cpu usage=1 1") == "204");
        faulty.faults.failing_sync_count = 1;
        CHECK(faulty.write("cpu usage=2 2") == "500");
        CHECK(faulty.faults.failing_sync_count == 0);
        CHECK(faulty.write("cpu usage=3 3") == "500");
        CHECK_FALSE(
            tools::send_lines(faulty.server.line_endpoint(), "#tidemark db=ops\ncpu usage=4 4\n"));
        CHECK(has_usage(csv_of(faulty.server.url()), 1));
        CHECK(faulty.server.stop() == 3);
    }
    const FaultyServer healed(directory);
    REQUIRE(healed.write("cpu usage=5 5") == "204");
    const std::string csv = csv_of(healed.server.url());
    CHECK(has_usage(csv, 1));
    CHECK_FALSE(has_usage(csv, 2));
    CHECK_FALSE(has_usage(csv, 3));
    CHECK(has_usage(csv, 5));
    CHECK(healed.server.stop() == 0);
}

TEST_CASE("a server whose calls are interrupted and short loses and invents nothing",
          "[crash][server]") {
    const TemporaryDirectory directory;
    std::string lines = "#tidemark db=ops\n";
    for (int time = 1000; time < 3000; ++time) {
        lines += "cpu usage=" + std::to_string(time) + ' ' + std::to_string(time) + '\n';
    }
    std::string written;
    {
        const FaultyServer faulty(directory);
        faulty.faults.is_interrupting = 1;
        faulty.faults.transfer_limit_bytes = 4;
        REQUIRE(tools::send_lines(faulty.server.line_endpoint(), lines));
        written = csv_of(faulty.server.url());
        CHECK(faulty.faults.fault_count > 100);
        CHECK(faulty.server.stop() == 0);
    }
    // The segment is written by now; it is read with the same calls.
    const FaultyServer again(directory);
    CHECK(csv_of(again.server.url()) == written);
    CHECK(std::count(written.begin(), written.end(), '\n') == 2001);
    for (int time = 1000; time < 3000; ++time) REQUIRE(has_usage(written, time));
    CHECK(again.server.stop() == 0);
    CHECK(shell("verify " + directory.path_of("store")).exit_code == 0);
}

TEST_CASE("a server whose segment is made shorter while it runs says so and lives on",
          "[crash][server]") {
    const TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    {
        const FaultyServer server(directory);
        REQUIRE(server.write("cpu usage=1 1") == "204");
        REQUIRE(server.server.stop() == 0);
    }
    const FaultyServer server(directory);
    REQUIRE(has_usage(csv_of(server.server.url()), 1));
    for (const auto& entry : fs::directory_iterator(store + "/segments")) {
        fs::resize_file(entry.path(), 0);
    }
    const tools::Output answer =
        shell("query 'SELECT usage FROM cpu' --db ops --at " + server.server.url());
    CHECK(answer.exit_code == 1);
    CHECK(answer.text.find("cannot be read any more") != std::string::npos);
    CHECK(server.write("cpu usage=2 2", "spare") == "204");
    CHECK(shell("query 'SELECT usage FROM cpu' --db spare --at " + server.server.url()).exit_code ==
          0);
    CHECK(server.server.stop() == 0);
}

}  // namespace tidemark::tests
