#include "tests/differential/influxdb.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

std::string configuration(const TemporaryDirectory& directory) {
    const auto quoted = [&](const std::string& name) {
        return "\"" + directory.path_of(name) + "\"\n";
    };
    return "reporting-disabled = true\nbind-address = \"127.0.0.1:0\"\n"
           "[meta]\ndir = " +
           quoted("meta") + "[data]\ndir = " + quoted("data") + "wal-dir = " + quoted("wal") +
           "query-log-enabled = false\n"
           "[monitor]\nstore-enabled = false\n"
           "[subscriber]\nenabled = false\n"
           "[continuous_queries]\nenabled = false\n"
           "[http]\nbind-address = \"127.0.0.1:0\"\nlog-enabled = false\nmax-row-limit = 100000\n";
}

// `.. msg="Listening on HTTP" .. addr=127.0.0.1:36613 ..`: the address; empty in other lines.
std::string listening_address(const std::string& log_line) {
    constexpr std::string_view kKey = " addr=";
    const std::size_t key = log_line.find(kKey);
    if (log_line.find("\"Listening on HTTP\"") == std::string::npos || key == std::string::npos) {
        return {};
    }
    const std::size_t begin = key + kKey.size();
    return log_line.substr(begin, log_line.find(' ', begin) - begin);
}

}  // namespace

std::string influxd_path() {
    const char* const named = std::getenv("TIDEMARK_INFLUXD");
    const std::string path = named == nullptr ? "/usr/bin/influxd" : named;
    return std::filesystem::exists(path) ? path : "";
}

InfluxDb::InfluxDb(const std::string& program) {
    const std::string path = directory_.path_of("influxdb.conf");
    std::ofstream(path) << configuration(directory_);
    // It logs to standard error.
    const std::string command = R"(exec "$0" run -config "$1" 2>&1)";
    auto started = tools::ChildProcess::start({"/bin/sh", "-c", command, program, path});
    REQUIRE(started.has_value());
    process_ = std::move(started).value();
    std::string log;
    while (address_.empty()) {
        const auto line = process_->read_line();
        INFO(log);
        REQUIRE(line.has_value());
        address_ = listening_address(*line);
        log += *line + "\n";
    }
    log_reader_ = std::thread([this] {
        while (process_->read_line()) {
        }
    });
}

InfluxDb::~InfluxDb() {
    process_->terminate();
    if (log_reader_.joinable()) log_reader_.join();
}

}  // namespace tidemark::tests
