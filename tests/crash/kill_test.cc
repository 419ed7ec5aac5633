// The real server is killed with SIGKILL twenty times while clients write; whatever was
// acknowledged by the orderly close of a half-closed connection must be there afterwards.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <tidemark/store.h>

#include "tests/support/ledger.h"
#include "tests/support/temporary_directory.h"
#include "tools/demo/child_process.h"
#include "tools/demo/line_sender.h"

namespace fs = std::filesystem;

namespace tidemark::tests {
namespace {

constexpr std::int64_t kFirstTimeNs = 1'700'000'000'000'000'000;
constexpr std::int64_t kStepNs = 1'000'000;
constexpr std::int64_t kPointsPerConnection = 200;
constexpr int kKills = 20;

struct Server {
    std::unique_ptr<tools::ChildProcess> process;
    std::string line_endpoint;
};

Server start_server(const fs::path& directory) {
    auto process =
        tools::ChildProcess::start({TIDEMARK_BINARY, "serve", "--data", directory.string(),
                                    "--line", "127.0.0.1:0", "--http", "127.0.0.1:0"});
    REQUIRE(process.has_value());
    Server server{std::move(process).value(), {}};
    const std::string announcement = "listening line ";
    while (server.line_endpoint.empty()) {
        const auto line = server.process->read_line();
        REQUIRE(line.has_value());
        if (line->starts_with(announcement)) {
            server.line_endpoint = line->substr(announcement.size());
        }
    }
    return server;
}

// One client: a connection after the other, each of its own consecutive numbers.
struct Writer {
    std::string name;
    std::int64_t sent_count = 0;

    std::vector<PlainPoint> next_points() {
        std::vector<PlainPoint> points(kPointsPerConnection);
        for (PlainPoint& point : points) {
            point = {"events",
                     {{"writer", name}},
                     kFirstTimeNs + sent_count * kStepNs,
                     {{"number", sent_count}}};
            ++sent_count;
        }
        return points;
    }

    void write_until(const std::atomic<bool>& stop, const std::string& endpoint, Ledger& ledger) {
        while (!stop) {
            const std::vector<PlainPoint> points = next_points();
            std::string lines = "#tidemark db=crash\n";
            for (const PlainPoint& point : points) {
                lines += "events,writer=" + name + " number=" +
                         std::to_string(std::get<std::int64_t>(point.fields[0].second)) + "i " +
                         std::to_string(point.time_ns) + "\n";
            }
            const Ledger::Entry entry = ledger.sending({"crash"}, points);
            if (tools::send_lines(endpoint, lines)) ledger.acknowledged(entry);
        }
    }
};

void check_against_store(const fs::path& directory, const Ledger& ledger) {
    auto opened = Store::open(directory.string(), {});
    REQUIRE(opened.has_value());
    const auto complaints = ledger.complaints(*opened.value());
    for (const std::string& complaint : complaints) UNSCOPED_INFO(complaint);
    CHECK(complaints.empty());
}

}  // namespace

TEST_CASE("what a killed server acknowledged is there after restart", "[crash]") {
    const TemporaryDirectory temporary;
    const fs::path directory = temporary.path();
    std::mt19937 random(42);
    std::vector<Writer> writers = {{"a"}, {"b"}};
    Ledger ledger;
    // The first line to arrive makes it.
    ledger.creating("crash");

    for (int kill = 0; kill < kKills; ++kill) {
        INFO("kill " << kill);
        Server server = start_server(directory);
        std::atomic<bool> stop{false};
        std::vector<std::thread> threads;
        for (Writer& writer : writers) {
            threads.emplace_back([&] { writer.write_until(stop, server.line_endpoint, ledger); });
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(30 + random() % 200));
        server.process->kill();
        stop = true;
        for (std::thread& thread : threads) thread.join();
        server.process->wait();
        check_against_store(directory, ledger);
    }
    CHECK(ledger.acknowledged_count() > writers.size());  // The kills let something through.
}

}  // namespace tidemark::tests
