#include "tests/tools/program.h"

#include <cstdio>
#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "tests/support/temporary_directory.h"
#include "tools/demo/line_sender.h"

namespace tidemark::tools {
namespace {

constexpr const char* kLines =
    "#tidemark db=ops\n"
    "cpu,host=a usage=81.5,up=true,n=3i,note=\"x, \\\"y\\\"\" 1700000000000000000\n"
    "cpu,host=a usage=82.25,up=false 1700000060000000000\n"
    "cpu,host=b usage=0.1,n=9223372036854775807i 1700000000000000000\n";

}  // namespace

TEST_CASE("a server whose log nobody reads goes on", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string log = directory.path_of("log");
    REQUIRE(::mkfifo(log.c_str(), 0600) == 0);
    // Both ends, so that opening does not wait; not for the server, which would be its own reader.
    std::FILE* const reader = std::fopen(log.c_str(), "r+e");
    REQUIRE(reader != nullptr);
    const Serving server(directory.path_of("store"), log);
    std::fclose(reader);
    REQUIRE(send_lines(server.line_endpoint(), "nonsense\ncpu usage=1 7\n").has_value());
    CHECK(shell("query 'SELECT usage FROM cpu' --format csv --at " + server.url()).text ==
          "name,tags,time,usage\ncpu,,1970-01-01T00:00:00.000000007Z,1\n");
    CHECK(server.stop() == 0);
}

TEST_CASE("a server serves on any loopback address, with the limits it is told", "[program]") {
    const tests::TemporaryDirectory directory;
    const Serving server(directory.path_of("store"), "",
                         "--http 127.0.0.2:0 --max-line-bytes 16 --max-body-bytes 1000 "
                         "--max-query-bytes 200 --max-connections 10 --max-query-rows 5 "
                         "--max-query-seconds 60 --max-query-memory 1000000");
    CHECK(server.http_endpoint().starts_with("127.0.0.2:"));
    REQUIRE(
        send_lines(server.line_endpoint(), "cpu usage=1 7\ncpu usage=2.000000 8\n").has_value());
    CHECK(shell("query 'SELECT usage FROM cpu' --format csv --at " + server.url()).text ==
          "name,tags,time,usage\ncpu,,1970-01-01T00:00:00.000000007Z,1\n");
    const std::string long_query =
        "SELECT usage FROM cpu WHERE host = '" + std::string(300, 'x') + "'";
    CHECK(shell("query \"" + long_query + "\" --at " + server.url())
              .text.find("body of more than 200 bytes: ask for less, or serve with a larger "
                         "--max-query-bytes") != std::string::npos);
    const Output refused =
        shell("serve --data " + directory.path_of("other") + " --max-connections 0");
    CHECK(refused.exit_code == 2);
    CHECK(refused.text.find("--max-connections") != std::string::npos);
}

TEST_CASE("statements are answered equally in process, over HTTP and by the console", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    const std::string window = "time >= 1700000000000000000 AND time < 1700000120000000000";
    const std::string statements[] = {
        "SELECT * FROM cpu",
        "SHOW DATABASES",
        "SHOW MEASUREMENTS",
        "SHOW FIELD KEYS",
        "SHOW TAG KEYS",
        "SHOW TAG VALUES WITH KEY = host",
        "CREATE DATABASE other; SHOW DATABASES; DROP DATABASE other; SHOW DATABASES",
        "SELECT usage, note FROM cpu WHERE host = 'a' ORDER BY time DESC LIMIT 1",
        "SELECT count(usage), mean(usage), max(n), last(up) FROM cpu GROUP BY host",
        "SELECT mean(usage) FROM cpu WHERE " + window + " GROUP BY time(1m) fill(0)",
        "SELECT last(up) FROM cpu WHERE " + window + " GROUP BY time(1h) tz('Europe/Berlin')",
        "SELECT percentile(usage, 50) FROM cpu",
        "SELECT uptime(usage > 80), coverage(usage > 80) FROM cpu WHERE " + window + " STALE 30s",
        "SELECT time_in(usage > 80, 1m), since(usage > 80) FROM cpu WHERE " + window,
        "SELECT episodes(usage > 80) FROM cpu WHERE " + window,
        "EXPLAIN SELECT mean(usage) FROM cpu WHERE " + window + " GROUP BY time(1m)",
        "SELECT nothing FROM cpu; SELECT a FROM nothing",
        "SELECT usage FROM cpu WHERE host = 1",
        "SELECT maen(usage) FROM cpu",
        "SELECT usage FROM cpu WHERE (",
    };
    std::vector<Output> remote;
    const auto ask_all = [&](const std::string& place, const auto& check) {
        for (const std::string& statement : statements) {
            for (const std::string format : {"table", "csv", "json"}) {
                INFO(statement << " as " << format << " at " << place);
                const std::string options = " --db ops --format " + format;
                check(shell("query \"" + statement + "\"" + options + " --at " + place));
                CHECK(shell("console " + place + options, statement).text ==
                      shell("query \"" + statement + "\"" + options + " --at " + place).text);
            }
        }
    };
    {
        const Serving server(store);
        REQUIRE(send_lines(server.line_endpoint(), kLines).has_value());
        ask_all(server.url(), [&](const Output& answer) {
            CHECK_FALSE(answer.text.empty());
            remote.push_back(answer);
        });
        CHECK(server.stop() == 0);
    }
    std::size_t next = 0;
    ask_all(store, [&](const Output& answer) {
        CHECK(answer.text == remote[next].text);
        CHECK(answer.exit_code == remote[next].exit_code);
        ++next;
    });
    CHECK(remote.front().text ==
          "cpu\n"
          "time                  host                    n  note    up     usage\n"
          "--------------------  ----  -------------------  ------  -----  -----\n"
          "2023-11-14T22:13:20Z  a                       3  x, \"y\"  true    81.5\n"
          "2023-11-14T22:13:20Z  b     9223372036854775807                   0.1\n"
          "2023-11-14T22:14:20Z  a                                  false  82.25\n");
}

TEST_CASE("a statement of several lines is one statement", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    { CHECK(Serving(store).stop() == 0); }
    CHECK(shell("console " + store, "SHOW\nDATABASES;").text ==
          shell("query 'SHOW DATABASES' --at " + store).text);
}

TEST_CASE("an answer that cannot be written is an error", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    { CHECK(Serving(store).stop() == 0); }
    const Output lost =
        shell("query 'SHOW DATABASES' --at " + store + " 3>&1 >/dev/full 2>&3; echo");
    CHECK(lost.text.find("error: cannot write the answer: No space left on device") !=
          std::string::npos);
}

TEST_CASE("exit codes tell statements, usage and places apart", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    { CHECK(Serving(store).stop() == 0); }
    const std::string at_store = " --at " + store;

    CHECK(shell("query 'SHOW DATABASES'" + at_store).exit_code == 0);
    const Output misspelled = shell("query 'SELECT usage FORM cpu'" + at_store);
    CHECK(misspelled.exit_code == 1);
    CHECK(misspelled.text ==
          "error: line 1, column 14: found FORM, expected AS, INTO, FROM; did you mean FROM?\n"
          "  SELECT usage FORM cpu\n"
          "               ^\n");
    const Output unknown = shell("query 'SELECT a FROM b' --db nope" + at_store);
    CHECK(unknown.exit_code == 1);
    CHECK(unknown.text.find("database not found: nope") != std::string::npos);

    CHECK(shell("query").exit_code == 2);
    CHECK(shell("nonsense").exit_code == 2);
    const Output format = shell("query 'SHOW DATABASES' --format xml" + at_store);
    CHECK(format.exit_code == 2);
    CHECK(format.text ==
          "error: found --format xml, expected one of table, csv, json, jsonl, markdown, line, "
          "chart\n");

    const Output absent = shell("query 'SHOW DATABASES' --at " + directory.path_of("absent"));
    CHECK(absent.exit_code == 3);
    CHECK(absent.text ==
          "error: open " + directory.path_of("absent") +
              ": there is no such directory; `tidemark serve --data DIR` makes one\n");
    CHECK(shell("query 'SHOW DATABASES' --at https://127.0.0.1").exit_code == 3);
}

TEST_CASE("--param binds values, of a server and of a directory", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    const auto check_at = [](const std::string& place) {
        const std::string at = " --format csv --at " + place;
        const std::string select =
            "query 'SELECT usage FROM cpu WHERE host = $host AND usage > $limit'";
        CHECK(shell(select + " --param host=a --param limit=80" + at).text ==
              "name,tags,time,usage\ncpu,,1970-01-01T00:00:02Z,90\n");
        for (const std::string parameters :
             {R"( --param host='"a"' --param '$limit={"float": 95}')",
              R"( --param "host=' OR 1 = 1" --param limit=0)"}) {
            const Output nothing = shell(select + parameters + at);
            CHECK(nothing.exit_code == 0);
            CHECK(nothing.text.find("90") == std::string::npos);
        }
        const Output missing = shell(select + " --param host=a" + at);
        CHECK(missing.exit_code == 1);
        CHECK(missing.text.find("no value is bound to the parameter $limit") != std::string::npos);
    };
    {
        const Serving server(store);
        REQUIRE(send_lines(server.line_endpoint(),
                           "cpu,host=a usage=70 1000000000\ncpu,host=a usage=90 2000000000\n")
                    .has_value());
        check_at(server.url());
    }
    check_at(store);
    for (const std::string wrong :
         {"host", "=a", "host=null", "host=[1]", "host=a --param host=b"}) {
        INFO(wrong);
        const Output refused = shell("query 'SHOW DATABASES' --param " + wrong + " --at " + store);
        CHECK(refused.exit_code == 2);
        CHECK(refused.text.find("param") != std::string::npos);
    }
}

TEST_CASE("a wrong command line is told with what was expected", "[program]") {
    const Output command = shell("qury");
    CHECK(command.exit_code == 2);
    CHECK(command.text ==
          "error: found qury, expected one of serve, query, console, import, export, inspect, "
          "verify, restore\n`tidemark --help` has examples\n");
    CHECK(shell("").text.starts_with("error: found no command, expected one of serve, "));
    const Output option = shell("console --bd ops");
    CHECK(option.exit_code == 2);
    CHECK(option.text ==
          "error: found --bd, expected one of --help --at --db --format --command --file\n"
          "`tidemark console --help` has examples\n");
    CHECK(shell("query SELECT usage FROM cpu").text ==
          "error: found usage FROM cpu behind all that the command takes; a text with blanks in "
          "it stands in quotes\n`tidemark query --help` has examples\n");
    CHECK(shell("import --data a cpu.lp").text ==
          "error: --db is required\n`tidemark import --help` has examples\n");
}

TEST_CASE("the console takes its place behind --at, like the other commands", "[program]") {
    const tests::TemporaryDirectory directory;
    const Serving server(directory.path_of("store"));
    const Output answer = shell("console --at " + server.url() + " -c 'SHOW DATABASES'");
    CHECK(answer.exit_code == 0);
    CHECK(answer.text == shell("console " + server.url() + " -c 'SHOW DATABASES'").text);
}

TEST_CASE("a store that a server has open sends to the server", "[program]") {
    const tests::TemporaryDirectory directory;
    const Serving server(directory.path_of("store"));
    const Output busy = shell("query 'SHOW DATABASES' --at " + directory.path_of("store"));
    CHECK(busy.exit_code == 3);
    CHECK(busy.text.find("in use") != std::string::npos);
    CHECK(busy.text.find("ask the server: --at http://") != std::string::npos);
    const Output second =
        shell("serve --line 127.0.0.1:0 --http 127.0.0.1:0 --data " + directory.path_of("store"));
    CHECK(second.exit_code == 3);
    CHECK(second.text.find("in use") != std::string::npos);
}

TEST_CASE("only loopback addresses are served, and nothing is made for others", "[program]") {
    const tests::TemporaryDirectory directory;
    const Output refused = shell("serve --http 0.0.0.0:0 --data " + directory.path_of("store"));
    CHECK(refused.exit_code == 2);
    CHECK(shell("serve --line here --data " + directory.path_of("store")).text ==
          "error: --line: expected HOST:PORT such as 127.0.0.1:8086, found \"here\"\n");
    CHECK(refused.text.find("refused to listen on 0.0.0.0:0: only loopback addresses") !=
          std::string::npos);
    CHECK_FALSE(std::filesystem::exists(directory.path_of("store")));
}

TEST_CASE("help teaches with examples", "[program]") {
    CHECK(shell("--version").text == "tidemark 0.1.0\n");
    for (const std::string command : {"", "serve ", "query ", "console "}) {
        const Output help = shell(command + "--help");
        CHECK(help.exit_code == 0);
        CHECK(help.text.find("Usage: tidemark") != std::string::npos);
    }
    CHECK(shell("--help").text.find("tidemark serve --data my-kpis") != std::string::npos);
}

}  // namespace tidemark::tools
