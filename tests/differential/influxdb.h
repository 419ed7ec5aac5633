#pragma once

#include <memory>
#include <string>
#include <thread>

#include "tests/support/temporary_directory.h"
#include "tools/demo/child_process.h"

namespace tidemark::tests {

/// Where InfluxDB's server is: the environment variable TIDEMARK_INFLUXD, else where Debian's
/// package `influxdb` puts it. Empty when there is none.
std::string influxd_path();

/// An InfluxDB on free ports of 127.0.0.1 with its data in a temporary directory; it reports
/// nothing to anybody. Ended by the destructor.
class InfluxDb {
public:
    /// Returns when it takes requests; the test fails when it does not start.
    explicit InfluxDb(const std::string& program);
    ~InfluxDb();
    InfluxDb(const InfluxDb&) = delete;
    InfluxDb& operator=(const InfluxDb&) = delete;

    /// 127.0.0.1:PORT, for HTTP.
    const std::string& address() const { return address_; }

private:
    TemporaryDirectory directory_;
    std::unique_ptr<tools::ChildProcess> process_;
    std::string address_;
    std::thread log_reader_;  // Or the log fills the pipe, and InfluxDB waits.
};

}  // namespace tidemark::tests
