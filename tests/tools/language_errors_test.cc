#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/tools/documented_message.h"
#include "tests/tools/program.h"

// Mistakes in statements and on the command line get the messages that docs/ERRORS.md lists.

namespace tidemark::tools {
namespace {

// A store with some samples in the database ops.
struct Archive {
    Archive() {
        const std::string path = directory.path_of("ops.lp");
        std::ofstream(path) << "cpu,host=a usage=81.5,note=\"x\" 1700000000000000000\n"
                               "cpu,host=b usage=12 1700000000000000000\n"
                               "probe up=1 1700000000000000000\n";
        REQUIRE(shell("import --db ops --data " + store + " " + path).exit_code == 0);
    }
    std::string query(const std::string& statement, const std::string& option = "--db ops") const {
        return shell("query \"" + statement + "\" --at " + store + " " + option).text;
    }

    tests::TemporaryDirectory directory;
    std::string store = directory.path_of("store");
};

}  // namespace

TEST_CASE("an unknown command, option or argument gets those that there are", "[errors]") {
    check_documented("Misspelled command or option",
                     {shell("qury 'SHOW DATABASES'").text, shell("console --bd ops").text,
                      shell("query SELECT usage FROM cpu").text});
}

TEST_CASE("who names no database is told how to", "[errors]") {
    const Archive archive;
    check_documented("No database chosen", {archive.query("SELECT usage FROM cpu", "")});
}

TEST_CASE("a time that is none is told, or doubted", "[errors]") {
    const Archive archive;
    const std::string select = "SELECT usage FROM cpu WHERE time > ";
    check_documented(
        "Time that is none",
        {archive.query(select + "'09.11.2026'"), archive.query(select + "\\\"2026-11-09\\\""),
         archive.query(select + "2026-11-09"), archive.query(select + "1700000000"),
         archive.query(select + "now() - 7days"),
         archive.query("SELECT mean(usage) FROM cpu GROUP BY 1h"),
         archive.query("SELECT mean(usage) FROM cpu GROUP BY time(60)")});
}

TEST_CASE("fields beside aggregates are sent into a function", "[errors]") {
    const Archive archive;
    check_documented("Fields beside aggregates",
                     {archive.query("SELECT mean(usage), usage FROM cpu"),
                      archive.query("SELECT mean(usage), host FROM cpu")});
}

TEST_CASE("a group by a field is told", "[errors]") {
    const Archive archive;
    check_documented("GROUP BY a field or an unknown tag",
                     {archive.query("SELECT mean(usage) FROM cpu GROUP BY note"),
                      archive.query("SELECT mean(usage) FROM cpu GROUP BY hots")});
}

TEST_CASE("HAVING and ORDER BY name the columns that there are", "[errors]") {
    const Archive archive;
    check_documented("Column that is not in the answer",
                     {archive.query("SELECT mean(usage) FROM cpu HAVING p95 > 1"),
                      archive.query("SELECT mean(usage) FROM cpu ORDER BY p95")});
}

TEST_CASE("a name that a subquery does not hand on is told", "[errors]") {
    const Archive archive;
    check_documented("Name that a subquery does not hand on",
                     {archive.query("SELECT m, host FROM (SELECT mean(usage) AS m FROM cpu)")});
}

TEST_CASE("measurements with different STALE need one", "[errors]") {
    const Archive archive;
    REQUIRE(archive.query("ALTER MEASUREMENT probe ON ops SET STALE 45s").find("error") ==
            std::string::npos);
    check_documented("Different STALE",
                     {archive.query("SELECT uptime(up = 1 OR usage > 1) FROM cpu, probe")});
}

TEST_CASE("run options go with the functions of runs", "[errors]") {
    const Archive archive;
    check_documented("FOR, KEEP or CLEAR with another function",
                     {archive.query("SELECT uptime(up = 1, FOR 5m) FROM probe")});
}

TEST_CASE("what is no predicate is told with one", "[errors]") {
    const Archive archive;
    check_documented("Not a predicate",
                     {archive.query("SELECT uptime(up) FROM probe"),
                      archive.query("SELECT uptime(up = '1') FROM probe"),
                      archive.query("SELECT uptime(up == 1) FROM probe"),
                      archive.query("SELECT uptime(up = 1) FROM probe WHERE up = 1")});
}

TEST_CASE("a keyword as a name is quoted", "[errors]") {
    const Archive archive;
    check_documented("Keyword as a name", {archive.query("SELECT mean(duration) FROM cpu")});
}

TEST_CASE("fractions and per cent are told apart", "[errors]") {
    const Archive archive;
    check_documented("Fraction or per cent",
                     {archive.query("SELECT percentile_disc(usage, 95) FROM cpu"),
                      archive.query("SELECT percentile(usage, 0.95) FROM cpu"),
                      archive.query("SELECT p95(usage) FROM cpu"),
                      archive.query("SELECT sla(up = 1, 99.9) FROM probe")});
}

TEST_CASE("the console names its commands and modes", "[errors]") {
    const Archive archive;
    check_documented("Misspelled command of the console",
                     {shell("console " + archive.store + " --db ops",
                            ".hlep\n.mode xml\n.watch 1x SELECT usage FROM cpu\n.schema cpus\n")
                          .text});
}

}  // namespace tidemark::tools
