// The real server is killed with SIGKILL twenty times while clients write; whatever was
// acknowledged by the orderly close of a half-closed connection must be there afterwards.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <tidemark/query.h>
#include <tidemark/store.h>

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
    std::vector<bool> acknowledged;  // Of each number below sent_count.

    std::string next_lines() {
        std::string lines = "#tidemark db=crash\n";
        for (std::int64_t i = 0; i < kPointsPerConnection; ++i, ++sent_count) {
            lines += "events,writer=" + name + " number=" + std::to_string(sent_count) + "i " +
                     std::to_string(kFirstTimeNs + sent_count * kStepNs) + "\n";
        }
        return lines;
    }

    void write_until(const std::atomic<bool>& stop, const std::string& endpoint) {
        while (!stop) {
            const std::string lines = next_lines();
            const bool durable = tools::send_lines(endpoint, lines).has_value();
            acknowledged.resize(static_cast<std::size_t>(sent_count), durable);
        }
    }
};

std::map<std::int64_t, std::int64_t> stored_numbers(Store& store, const std::string& writer) {
    QueryOptions options;
    options.database = "crash";
    const QueryResult result =
        execute(store, "SELECT number FROM events WHERE writer = '" + writer + "'", options);
    REQUIRE_FALSE(result.syntax_error.has_value());
    REQUIRE(result.statements.size() == 1);
    REQUIRE_FALSE(result.statements[0].error.has_value());
    std::map<std::int64_t, std::int64_t> numbers;
    for (const ResultSeries& series : result.statements[0].series) {
        for (const auto& row : series.rows) {
            numbers[std::get<TimeCell>(row[0]).ns] = std::get<std::int64_t>(row[1]);
        }
    }
    return numbers;
}

void check_against_store(const fs::path& directory, const std::vector<Writer>& writers) {
    auto opened = Store::open(directory.string(), {});
    REQUIRE(opened.has_value());
    Store& store = *opened.value();
    for (const Writer& writer : writers) {
        const auto numbers = stored_numbers(store, writer.name);
        std::int64_t lost_count = 0;
        for (std::size_t i = 0; i < writer.acknowledged.size(); ++i) {
            const auto time_ns = kFirstTimeNs + static_cast<std::int64_t>(i) * kStepNs;
            if (writer.acknowledged[i] && !numbers.contains(time_ns)) ++lost_count;
        }
        CHECK(lost_count == 0);
        std::int64_t invented_count = 0;
        for (const auto& [time_ns, number] : numbers) {
            const bool was_sent = number < writer.sent_count;
            if (!was_sent || time_ns != kFirstTimeNs + number * kStepNs) ++invented_count;
        }
        CHECK(invented_count == 0);
    }
}

}  // namespace

TEST_CASE("what a killed server acknowledged is there after restart", "[crash]") {
    const TemporaryDirectory temporary;
    const fs::path directory = temporary.path();
    std::mt19937 random(42);
    std::vector<Writer> writers = {{"a", 0, {}}, {"b", 0, {}}};

    for (int kill = 0; kill < kKills; ++kill) {
        INFO("kill " << kill);
        Server server = start_server(directory);
        std::atomic<bool> stop{false};
        std::vector<std::thread> threads;
        for (Writer& writer : writers) {
            threads.emplace_back([&] { writer.write_until(stop, server.line_endpoint); });
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(30 + random() % 200));
        server.process->kill();
        stop = true;
        for (std::thread& thread : threads) thread.join();
        server.process->wait();
        check_against_store(directory, writers);
    }
    for (const Writer& writer : writers) {
        const auto acknowledged_count =
            std::count(writer.acknowledged.begin(), writer.acknowledged.end(), true);
        CHECK(acknowledged_count > kPointsPerConnection);  // The kills let something through.
    }
}

}  // namespace tidemark::tests
