#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tests/server/test_client.h"
#include "tests/support/silent_port.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/documented_message.h"
#include "tests/tools/program.h"
#include "tools/demo/line_sender.h"

// Common mistakes, made with the program, get the messages that docs/ERRORS.md lists.

namespace tidemark::tools {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// A server with some samples in the database ops.
struct Operations {
    Operations()
        : log_path(directory.path_of("log")), server(directory.path_of("store"), log_path) {
        REQUIRE(send_lines(server.line_endpoint(),
                           "#tidemark db=ops\n"
                           "cpu,host=a usage=81.5,note=\"x\" 1700000000000000000\n"
                           "cpu,host=b usage=12 1700000000000000000\n")
                    .has_value());
    }
    std::string query(const std::string& statement, const std::string& database = "ops") const {
        return shell("query \"" + statement + "\" --db " + database + " --at " + server.url()).text;
    }
    std::string write(const std::string& parameters, const std::string& lines) const {
        return tests::ask_http(server.http_endpoint(), "POST /write?" + parameters, "", lines);
    }
    // What the server's log says of lines sent over TCP.
    std::string log_of(const std::string& lines) const {
        REQUIRE(send_lines(server.line_endpoint(), lines).has_value());
        return text_of(log_path);
    }

    tests::TemporaryDirectory directory;
    std::string log_path;
    Serving server;
};

}  // namespace

TEST_CASE("a documented message matches with anything in its places", "[errors]") {
    CHECK(holds("error: open a: gone\n", "open <DIR>: gone"));
    CHECK(holds("a: 1\na: 2\n", "a: <N>"));
    CHECK(holds("x a b a c", "a <X>c"));
    CHECK_FALSE(holds("open a\n: gone", "open <DIR>: gone"));
    CHECK_FALSE(holds("open a: there", "open <DIR>: gone"));
    CHECK(messages_of_section("No such section").empty());
}

TEST_CASE("the wrong port says which one is right", "[errors]") {
    const Operations ops;
    const tests::SilentPort nobody;
    const std::string silent_url = nobody.url();
    const std::string line_url = "http://" + ops.server.line_endpoint();
    tests::TestClient lines_to_http(ops.server.http_endpoint());
    lines_to_http.send("cpu usage=1\n");
    check_documented("Wrong port",
                     {shell("query 'SHOW DATABASES' --at " + line_url).text,
                      shell("console " + line_url, "SHOW DATABASES").text,
                      tests::ask_http(ops.server.line_endpoint(), "POST /write?db=ops", "",
                                      std::string(1 << 20, 'x')),
                      lines_to_http.read_to_end().value_or("reset"), text_of(ops.log_path),
                      shell("query 'SHOW DATABASES' --at " + silent_url).text});
}

TEST_CASE("a wrong database is named", "[errors]") {
    const Operations ops;
    check_documented(
        "Wrong database",
        {ops.query("SELECT usage FROM cpu", "op"), ops.query("SELECT usage FROM cpu", "warehouse"),
         ops.write("db=op", "cpu usage=1\n"), ops.write("", "cpu usage=1\n")});
}

TEST_CASE("a retention policy that is not there is named", "[errors]") {
    const Operations ops;
    REQUIRE(ops.query("CREATE RETENTION POLICY month ON ops DURATION 30d REPLICATION 1; "
                      "DROP RETENTION POLICY month ON ops")
                .find("error") == std::string::npos);
    check_documented(
        "Wrong retention policy",
        {ops.write("db=ops&rp=month", "cpu usage=1\n"),
         ops.log_of("#tidemark db=ops rp=month\ncpu usage=1\n"),
         ops.query("SELECT usage FROM ops.month.cpu"), ops.query("SELECT usage FROM ops.cpu")});
}

TEST_CASE("a bad line is told by number and column, and its neighbours are kept", "[errors]") {
    const Operations ops;
    const std::string lines = "cpu,host=c usage=1 1700000000000000000\ncpu,host=c usage=abc\n";
    check_documented(
        "Bad line",
        {ops.write("db=ops", lines), ops.write("db=ops", "cpu,host=a usage=\"high\"\n"),
         ops.write("db=ops", "cpu,host=a usage=nan\n"), ops.log_of("#tidemark db=ops\n" + lines)});
    CHECK(ops.query("SELECT count(usage) FROM cpu WHERE host = 'c'").find('1') !=
          std::string::npos);
}

TEST_CASE("a wrong precision is refused or hinted at", "[errors]") {
    const Operations ops;
    check_documented(
        "Wrong precision",
        {ops.write("db=ops&precision=ms", "cpu usage=1 1700000000000000000\n"),
         ops.write("db=ops", "cpu usage=1 1700000000000\n"),
         ops.write("db=ops&precision=millis", "cpu usage=1 1700000000000\n"),
         ops.log_of("#tidemark db=ops\ncpu usage=1 1700000000\ncpu usage=1 1700000060\n"),
         ops.log_of("#tidemark db=ops precision=millis\ncpu usage=1 1700000000000\n")});
}

TEST_CASE("an unknown field is named with what there is", "[errors]") {
    const Operations ops;
    check_documented("Unknown field", {ops.query("SELECT mean(usge) FROM cpu"),
                                       ops.query("SELECT temperature FROM cpu"),
                                       ops.query("SELECT usage FROM cpus")});
}

TEST_CASE("double quotes around a string are told", "[errors]") {
    const Operations ops;
    check_documented("Double quotes around a string",
                     {ops.query("SELECT usage FROM cpu WHERE host = \\\"a\\\"")});
}

TEST_CASE("an unknown function gets a suggestion", "[errors]") {
    const Operations ops;
    check_documented("Unknown function", {ops.query("SELECT maen(usage) FROM cpu")});
}

TEST_CASE("a missing FROM is shown where it belongs", "[errors]") {
    const Operations ops;
    check_documented("Missing FROM", {ops.query("SELECT usage WHERE host = 'a'")});
}

TEST_CASE("an unknown time zone is named with an example", "[errors]") {
    const Operations ops;
    check_documented("Unknown time zone",
                     {ops.query("SELECT mean(usage) FROM cpu WHERE time > now() - 1d "
                                "GROUP BY time(1h) tz('Europe/Berln')")});
}

TEST_CASE("a store in use sends to the server that has it", "[errors]") {
    const Operations ops;
    const std::string store = ops.directory.path_of("store");
    check_documented("Store in use",
                     {shell("query 'SHOW DATABASES' --at " + store).text,
                      shell("serve --line 127.0.0.1:0 --http 127.0.0.1:0 --data " + store).text});
}

TEST_CASE("a directory that cannot be written to is told", "[errors]") {
    const tests::TemporaryDirectory directory;
    fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec |
                                          fs::perms::others_read | fs::perms::others_exec);
    const std::string serve = "serve --line 127.0.0.1:0 --http 127.0.0.1:0 --data ";
    // Nobody creates directories in /proc; root may write to all others.
    std::vector<std::string> answers{shell(serve + "/proc/tidemark").text};
    if (::geteuid() == 0) {
        WARN("run as root, who may write everywhere: only /proc was tried");
    } else {
        answers.push_back(shell(serve + directory.path_of("store")).text);
    }
    check_documented("Read-only directory", answers);
    fs::permissions(directory.path(), fs::perms::owner_all);
}

TEST_CASE("a truncated segment is named, and the server lives on", "[errors]") {
    Operations ops;
    REQUIRE(ops.server.stop() == 0);
    const std::string store = ops.directory.path_of("store");
    std::vector<fs::path> segments;
    for (const auto& entry : fs::recursive_directory_iterator(store)) {
        if (entry.path().extension() == ".seg") segments.push_back(entry.path());
    }
    REQUIRE(segments.size() == 1);
    fs::resize_file(segments[0], fs::file_size(segments[0]) / 2);
    const Output refused =
        shell("serve --strict --line 127.0.0.1:0 --http 127.0.0.1:0 --data " + store);
    CHECK(refused.exit_code == 3);
    check_documented("Damaged store, served with --strict", {refused.text});
    const std::string log_path = ops.directory.path_of("log-2");
    const Serving server(store, log_path);
    const std::string statement = "query 'SELECT count(usage) FROM cpu' --db ops --at ";
    const Output first = shell(statement + server.url());
    CHECK(shell(statement + server.url()).text == first.text);
    check_documented("Truncated segment", {first.text, text_of(log_path)});
    CHECK(shell("query 'SHOW DATABASES' --at " + server.url()).exit_code == 0);
    CHECK(server.stop() == 0);
}

}  // namespace tidemark::tools
