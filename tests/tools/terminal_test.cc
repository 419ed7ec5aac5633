#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/tools/program.h"
#include "tests/tools/silent_server.h"
#include "tests/tools/terminal_program.h"
#include "tools/demo/line_sender.h"

// The console as a person meets it: on a terminal.

namespace tidemark::tools {
namespace {

constexpr const char* kLines =
    "#tidemark db=ops\n"
    "cpu,host=alpha usage=81.5,up=true 1700000000000000000\n"
    "cpu,host=alpha usage=82.25,up=false 1700000060000000000\n"
    "cpu,host=beta usage=7.5,up=true 1700000000000000000\n";

// A store with the lines above and no server.
class Fixture {
public:
    Fixture() : store(directory.path_of("store")) {
        const Serving server(store);
        REQUIRE(send_lines(server.line_endpoint(), kLines).has_value());
        REQUIRE(server.stop() == 0);
    }

    std::vector<std::string> console(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments = {"console", store, "--db", "ops"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }

    tests::TemporaryDirectory directory;
    std::string store;
};

}  // namespace

TEST_CASE("the console greets, prompts, answers and leaves at Ctrl-D", "[terminal]") {
    const Fixture fixture;
    TerminalProgram program(fixture.console());
    const std::string greeting = program.wait_for("ops> ");
    CHECK(greeting.find("tidemark ") != std::string::npos);
    CHECK(greeting.find(".help") != std::string::npos);
    program.type("SELECT max(usage)\n");
    program.wait_for("   ...> ");
    program.type("FROM cpu;\n");
    CHECK(program.wait_for("ops> ").find("82.25") != std::string::npos);
    program.type("SELECT nothing FROM;\n");
    program.wait_for("expected identifier");
    program.wait_for("ops> ");
    program.type(kCtrlD);
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("the console understands the habits of other consoles", "[terminal]") {
    const Fixture fixture;
    TerminalProgram program({"console", "--at", fixture.store});
    program.wait_for("default> ");
    program.type("SELECT max(usage) FROM cpu;\n");
    program.wait_for("there is ops (choose one with --db NAME, in the console with .use NAME)");
    program.wait_for("default> ");
    program.type("use ops;\n");
    CHECK(program.wait_for("ops> ").find("warning") == std::string::npos);
    program.type(".use op\n");
    CHECK(program.wait_for("op> ").find("there is no database op;") != std::string::npos);
    program.type("use ops\n");
    program.wait_for("ops> ");
    program.type("help\n");
    program.wait_for(".schema [MEASUREMENT]");
    program.wait_for("ops> ");
    // Who forgot the semicolon can still ask for help, and give up.
    program.type("SELECT max(usage)\n");
    program.wait_for("   ...> ");
    program.type(".timer\n");
    program.wait_for("the statement above is open: ';' ends it, Ctrl-C gives it up");
    program.wait_for("   ...> ");
    program.type("FROM cpu;\n");
    program.wait_for("82.25");
    program.wait_for("ops> ");
    program.type("quit\n");
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("Tab completes keywords, functions, names and tag values", "[terminal]") {
    const Fixture fixture;
    TerminalProgram program(fixture.console());
    program.wait_for("ops> ");
    program.type(std::string("SEL") + kTab + "usa" + kTab + " FR" + kTab + "c" + kTab + " WHE" +
                 kTab + "ho" + kTab + " = 'al" + kTab + ";\n");
    const std::string shown = program.wait_for("ops> ");
    CHECK(shown.find("SELECT usage FROM cpu WHERE host = 'alpha' ;") == std::string::npos);
    CHECK(shown.find("SELECT usage FROM cpu WHERE host = 'alpha';") != std::string::npos);
    CHECK(shown.find("82.25") != std::string::npos);

    // Several candidates: what they share first, then a list.
    program.type(std::string("SELECT usage FROM cpu WHERE host = ") + kTab + kTab);
    const std::string listed = program.wait_for("'beta'");
    CHECK(listed.find("'alpha'") != std::string::npos);
    program.type(kCtrlC);
    program.wait_for("^C");
    program.wait_for("ops> ");
    program.type(std::string(".mo") + kTab + "md" + kTab + "\n");
    program.wait_for("expected one of table");
    program.wait_for("ops> ");
    program.type(std::string(".mo") + kTab + "mark" + kTab + "\nSHOW DATABASES;\n");
    program.wait_for("| name |");
    program.type(".exit\n");
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("Ctrl-C at the prompt gives up the line and the statement", "[terminal]") {
    const Fixture fixture;
    TerminalProgram program(fixture.console());
    program.wait_for("ops> ");
    program.type("SELECT nonsense\n");
    program.wait_for("   ...> ");
    program.type(std::string("more nonsense") + kCtrlC);
    program.wait_for("^C");
    program.wait_for("ops> ");
    program.type("SHOW DATABASES;\n");
    CHECK(program.wait_for("ops> ").find("error") == std::string::npos);
    program.type(".exit\n");
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("Ctrl-C ends the statement that is running, and nothing else", "[terminal]") {
    const SilentServer server;
    TerminalProgram program({"console", server.url(), "--db", "ops"});
    program.wait_for("ops> ");
    for (const std::string statement : {"SELECT usage FROM cpu;\n", "INSERT cpu usage=1\n"}) {
        program.type(statement);
        server.wait_for_query();
        program.type(kCtrlC);
        program.wait_for("cancelled");
        program.wait_for("ops> ");
    }
    program.type(".exit\n");
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("Ctrl-C ends a run of given statements with 130", "[terminal]") {
    const SilentServer server;
    SECTION("of the console") {
        TerminalProgram program({"console", server.url(), "-c", "SELECT a FROM b", "-c", ".help"});
        server.wait_for_query();
        program.type(kCtrlC);
        CHECK(program.wait_for_exit() == 130);
        CHECK(program.raw_output().find(".schema") == std::string::npos);
    }
    SECTION("of query") {
        TerminalProgram program({"query", "SELECT a FROM b", "--at", server.url()});
        server.wait_for_query();
        program.type(kCtrlC);
        CHECK(program.wait_for_exit() == 130);
    }
    SECTION("of export") {
        TerminalProgram program({"export", "--at", server.url(), "--db", "ops"});
        server.wait_for_query();
        program.type(kCtrlC);
        CHECK(program.wait_for_exit() == 130);
    }
    SECTION("of import") {
        const tests::TemporaryDirectory directory;
        const std::string file = directory.path_of("cpu.lp");
        std::ofstream(file) << "cpu usage=1 1\n";
        TerminalProgram program({"import", "--at", server.url(), "--db", "ops", file});
        server.wait_for_query();
        program.type(kCtrlC);
        CHECK(program.wait_for_exit() == 130);
    }
}

TEST_CASE(".watch repeats a statement until Ctrl-C", "[terminal]") {
    const Fixture fixture;
    TerminalProgram program(fixture.console());
    program.wait_for("ops> ");
    program.type(".watch 10ms SELECT max(usage) FROM cpu\n");
    for (int i = 0; i < 3; ++i) program.wait_for("82.25");
    program.type(kCtrlC);
    program.wait_for("ops> ");
    // The last statement by itself.
    program.type(".watch 10ms\n");
    for (int i = 0; i < 2; ++i) program.wait_for("82.25");
    program.type(kCtrlC);
    program.wait_for("ops> ");
    program.type(".exit\n");
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("an answer that is taller than the screen goes through the pager", "[terminal]") {
    const Fixture fixture;
    const std::string many =
        "SELECT count(usage) FROM cpu WHERE time >= 1700000000000000000 AND time < "
        "1700001800000000000 GROUP BY time(1m);\n";
    TerminalProgram program(fixture.console(), {{"PAGER", "sed 's/^time/paged/'"}});
    program.wait_for("ops> ");
    program.type(many);
    program.wait_for("paged");
    program.wait_for("ops> ");
    program.type("SELECT max(usage) FROM cpu;\n");
    CHECK(program.wait_for("82.25").find("paged") == std::string::npos);
    program.wait_for("ops> ");
    program.type(".pager off\n");
    program.wait_for("ops> ");
    program.type(many);
    CHECK(program.wait_for("ops> ").find("paged") == std::string::npos);
    program.type(".exit\n");
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("an answer is shown when there is no such pager", "[terminal]") {
    const Fixture fixture;
    TerminalProgram program(fixture.console(), {{"PAGER", "no-such-pager-here 2>/dev/null"}});
    program.wait_for("ops> ");
    program.type(
        "SELECT count(usage) FROM cpu WHERE time >= 1700000000000000000 AND time < "
        "1700001800000000000 GROUP BY time(1m);\n");
    program.wait_for("2023-11-14T22:42:00Z");
    program.wait_for("ops> ");
    program.type(".exit\n");
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("times are shown by the clock of the machine when asked for", "[terminal]") {
    const Fixture fixture;
    TerminalProgram program(fixture.console(), {{"TZ", "Asia/Kathmandu"}});
    program.wait_for("ops> ");
    program.type("SELECT usage FROM cpu WHERE host = 'beta';\n");
    program.wait_for("2023-11-14T22:13:20Z");
    program.type(".times local\n");
    program.wait_for("ops> ");
    program.type("SELECT usage FROM cpu WHERE host = 'beta';\n");
    program.wait_for("2023-11-15T03:58:20+05:45");
    program.type("SELECT usage FROM cpu WHERE host = 'beta' tz('America/New_York');\n");
    program.wait_for("2023-11-14T17:13:20-05:00");
    program.type(".exit\n");
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("a terminal gets colours and readable durations, unless it asks not to", "[terminal]") {
    const Fixture fixture;
    const std::string statement =
        "SELECT time_in(usage > 80) FROM cpu WHERE time >= 1700000000000000000 AND time < "
        "1700007200000000000 AND host = 'alpha' STALE NONE; SELECT a FORM b";
    const auto shown = [&](const std::vector<std::pair<std::string, std::string>>& environment) {
        TerminalProgram program(fixture.console({"-c", statement.substr(0, statement.find(';')),
                                                 "-c", statement.substr(statement.find(';') + 2)}),
                                environment);
        CHECK(program.wait_for_exit() == 1);
        return program.raw_output();
    };
    const std::string colored = shown({});
    CHECK(colored.find("2h") != std::string::npos);
    CHECK(colored.find("\x1b[31merror") != std::string::npos);
    CHECK(shown({{"NO_COLOR", "1"}}).find('\x1b') == std::string::npos);
    CHECK(shown({{"TERM", "dumb"}}).find('\x1b') == std::string::npos);
    const Output piped = shell("console " + fixture.store + " --db ops -c '" + "SHOW DATABASES'");
    CHECK(piped.text.find('\x1b') == std::string::npos);
    CHECK(piped.text.find("> ") == std::string::npos);
}

TEST_CASE("history is kept for its owner and comes back", "[terminal]") {
    const Fixture fixture;
    const std::string path = fixture.directory.path_of("history");
    const std::vector<std::pair<std::string, std::string>> environment = {
        {"TIDEMARK_HISTORY", path}};
    {
        TerminalProgram program(fixture.console(), environment);
        program.wait_for("ops> ");
        program.type("SELECT max(usage)\nFROM cpu;\n SHOW DATABASES;\n.exit\n");
        CHECK(program.wait_for_exit() == 0);
    }
    CHECK(std::filesystem::status(path).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    std::ifstream file(path);
    const std::string kept(std::istreambuf_iterator<char>(file), {});
    CHECK(kept.find("DATABASES") == std::string::npos);
    TerminalProgram program(fixture.console(), environment);
    program.wait_for("ops> ");
    program.type(std::string(kArrowUp) + kArrowUp);
    program.wait_for("SELECT max(usage) FROM cpu;");
    program.type("\n");
    program.wait_for("82.25");
    program.type(kCtrlD);
    CHECK(program.wait_for_exit() == 0);
}

TEST_CASE("statements come from arguments, files and pipes", "[terminal]") {
    const Fixture fixture;
    const std::string file = fixture.directory.path_of("report.sql");
    std::ofstream(file) << "-- a report\nSELECT count(usage)\nFROM cpu;\n.mode jsonl\n"
                        << "SELECT max(usage) FROM cpu";
    const std::string console = "console " + fixture.store + " --db ops ";
    const Output from_file = shell(console + "--format csv -f " + file);
    CHECK(from_file.exit_code == 0);
    CHECK(from_file.text ==
          "name,tags,time,count\ncpu,,1970-01-01T00:00:00Z,3\n"
          "{\"name\":\"cpu\",\"time\":\"2023-11-14T22:14:20Z\",\"max\":82.25}\n");
    const Output inserted =
        shell(console + "--format csv -c 'INSERT cpu,host=gamma usage=1 1700000000000000000;' " +
              "-c 'INSERT cpu,host=gamma usage=\"x\"' -c 'SELECT count(usage) FROM cpu'");
    CHECK(inserted.exit_code == 1);
    CHECK(inserted.text.find("error: line 1") != std::string::npos);
    CHECK(inserted.text.find("Z,4\n") != std::string::npos);
    const std::string output = fixture.directory.path_of("out.csv");
    CHECK(shell(console + "--format csv -c '.output " + output +
                "' -c 'SELECT count(usage) FROM cpu'")
              .text.empty());
    std::ifstream written(output);
    CHECK(std::string(std::istreambuf_iterator<char>(written), {}) ==
          "name,tags,time,count\ncpu,,1970-01-01T00:00:00Z,4\n");
    CHECK(shell(console, "SHOW DATABASES;\nSHOW NONSENSE;\n").exit_code == 1);
    CHECK(shell(console + "-f " + fixture.directory.path_of("absent")).exit_code == 3);
    CHECK(shell("console " + fixture.directory.path_of("absent") + " -c 'SHOW DATABASES'")
              .exit_code == 3);
    CHECK(shell(console + "--nonsense").exit_code == 2);
    CHECK(shell(console + "--format xml -c 'SHOW DATABASES'").exit_code == 2);
}

TEST_CASE("INSERT works on a server, too", "[terminal]") {
    const tests::TemporaryDirectory directory;
    const Serving server(directory.path_of("store"));
    const Output output =
        shell("console " + server.url() + " --db ops --format csv -c 'INSERT cpu usage=1' " +
              "-c 'CREATE DATABASE ops' -c 'INSERT cpu,host=a usage=1 1700000000000000000' " +
              "-c 'insert cpu usage=' -c 'SELECT usage FROM cpu'");
    CHECK(output.exit_code == 1);
    CHECK(output.text.find("error: database not found") != std::string::npos);
    CHECK(output.text.find("error: line 1, column 11") != std::string::npos);
    CHECK(output.text.ends_with("cpu,,2023-11-14T22:13:20Z,1\n"));
}

}  // namespace tidemark::tools
