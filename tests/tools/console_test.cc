#include "tools/console/console.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tools/console/dot_commands.h"
#include "tools/session/answer_printer.h"

namespace tidemark::tools {
namespace {

// Answers every text with one row that repeats it, except "fail" and "lost".
class EchoRunner final : public StatementRunner {
public:
    Result<QueryResult> run(std::string_view text, const std::string& database,
                            const std::atomic<bool>&) override {
        if (text.starts_with("lost")) return Error(ErrorCode::IoError, "connection lost");
        QueryResult result;
        result.statements.emplace_back();
        if (text.starts_with("fail")) {
            result.statements.back().error = Error(ErrorCode::InvalidArgument, "it failed");
            return result;
        }
        result.statements.back().series.push_back(
            {"", {}, {"db", "text"}, {{database, std::string(text)}}});
        return result;
    }
    Result<WriteReport> write(const std::string& lines, const std::string& database,
                              const std::string&, const std::atomic<bool>&) override {
        if (lines.starts_with("bad")) return WriteReport{1, {"line 1, column 4: expected ' '"}};
        written += database + ": " + lines + "\n";
        return WriteReport{};
    }
    const std::string& place() const override { return place_; }

    std::string written;

private:
    std::string place_ = "echo";
};

struct Transcript {
    std::string output;
    std::string remarks;
    std::string written;
    ExitCode exit_code = kExitOk;
};

// A console that reads `input` as if it stood in a file.
Transcript type(const std::string& input) {
    std::ostringstream output;
    std::ostringstream remarks;
    EchoRunner runner;
    CancelOnInterrupt interrupts;
    Console console(runner, interrupts, {output, remarks});
    console.renderer = find_renderer("csv");
    console.run_text(input);
    return {output.str(), remarks.str(), runner.written, console.exit_code()};
}

bool is_complete(const std::vector<std::string>& lines) {
    StatementBuffer buffer;
    for (const std::string& line : lines) buffer.add_line(line);
    return buffer.is_complete();
}

}  // namespace

TEST_CASE("a statement ends at a semicolon that means it", "[console]") {
    CHECK(is_complete({"SELECT a FROM b;"}));
    CHECK(is_complete({"SELECT a", "FROM b", ";"}));
    CHECK(is_complete({"SELECT a FROM b; -- done"}));
    CHECK(is_complete({"SELECT a FROM b; /* done", "*/"}));
    CHECK(is_complete({"a; b;"}));
    CHECK(is_complete({"SELECT a / 2 FROM b WHERE c = 'it\\'s /';"}));
    CHECK(is_complete({"SELECT a FROM b WHERE c =~ /it's;/;"}));
    CHECK(is_complete({"SELECT a FROM /it's/;"}));
    CHECK(is_complete({"a = 'open", ";"}));  // The parser says that it is open.
    CHECK_FALSE(is_complete({"SELECT a FROM b"}));
    CHECK_FALSE(is_complete({"SELECT a; FROM b"}));
    CHECK_FALSE(is_complete({"a = ';'"}));
    CHECK_FALSE(is_complete({"a = \";\""}));
    CHECK_FALSE(is_complete({"a =~ /;/"}));
    CHECK_FALSE(is_complete({"a -- ;"}));
    CHECK_FALSE(is_complete({"a /* ;", ";"}));
}

TEST_CASE("blanks and comments are no statement", "[console]") {
    StatementBuffer buffer;
    buffer.add_line("  -- nothing");
    CHECK(buffer.is_blank());
    buffer.add_line("/* open");
    CHECK_FALSE(buffer.is_blank());
    CHECK(buffer.take() == "  -- nothing\n/* open");
    CHECK(buffer.is_blank());
}

TEST_CASE("statements run when they are complete, the last one at the end", "[console]") {
    const Transcript typed = type("one;\n\n-- a comment\ntwo\nlines;\nlast");
    CHECK(typed.output ==
          "name,tags,db,text\n,,default,one;\n"
          "name,tags,db,text\n,,default,\"two\nlines;\"\n"
          "name,tags,db,text\n,,default,last\n");
    CHECK(typed.remarks.empty());
    CHECK(typed.exit_code == kExitOk);
}

TEST_CASE("dot commands change how statements are run and shown", "[console]") {
    const Transcript typed = type(".use \"ops\";\n.mode table\none;\n.exit\nnever;\n");
    CHECK(typed.output == "db   text\n---  ----\nops  one;\n");
    CHECK(typed.exit_code == kExitOk);
}

TEST_CASE("the help shows every command", "[console]") {
    const std::string help = type(".help\n").output;
    for (const DotCommand& command : dot_commands()) {
        CHECK(help.find(command.name) != std::string::npos);
    }
}

TEST_CASE("errors are told and do not end the console", "[console]") {
    const Transcript typed = type("fail;\nlost;\n.mode xml\n.nothing\n.use\none;\n");
    CHECK(typed.remarks ==
          "error: it failed\n"
          "error: connection lost\n"
          "error: found .mode xml, expected one of table, csv, json, jsonl, markdown, line, chart\n"
          "error: found .nothing, expected one of .help, .use, .schema, .mode, .chart, .watch, "
          ".explain, .timer, .times, .pager, .output, .exit\n"
          "error: .use needs the name of a database; SHOW DATABASES lists them\n");
    CHECK(typed.output == "name,tags,db,text\n,,default,one;\n");
    CHECK(typed.exit_code == kExitCannotOpen);
}

TEST_CASE("INSERT takes its line as line protocol", "[console]") {
    const Transcript typed =
        type("INSERT cpu,host=a s=\"x;y\";\n  insert cpu v=1 5 ;\nSELECT\nINSERT here;\n");
    CHECK(typed.written == "default: cpu,host=a s=\"x;y\"\ndefault: cpu v=1 5\n");
    CHECK(typed.output.find("SELECT\nINSERT here;") != std::string::npos);
    const Transcript refused = type("INSERT bad v\nINSERT\nINSERT INTO ops cpu v=1\n");
    CHECK(refused.written.empty());
    CHECK(
        refused.remarks.starts_with("error: line 1, column 4: expected ' '\n"
                                    "error: INSERT needs a line of line protocol"));
    CHECK(refused.exit_code == kExitStatement);
}

TEST_CASE("a timer tells how long a statement took", "[console]") {
    CHECK(type(".timer on\none;\n").remarks.starts_with("time: "));
    CHECK(type(".timer\n.timer\none;\n").remarks.empty());
    CHECK(type(".timer maybe\n").remarks == "error: found .timer maybe, expected on or off\n");
}

TEST_CASE("a chart is drawn of one statement or of all", "[console]") {
    constexpr std::string_view kNothing = "nothing to draw over time";
    CHECK(type(".chart one\ntwo;\n").output.starts_with(kNothing));
    const std::string below = type(".chart\none;\ntwo;\n").output;
    CHECK(below.starts_with(kNothing));
    CHECK(below.find("two;\n") != std::string::npos);
    CHECK(type(".chart on\none;\n.chart off\ntwo;\n").output.find("two;\n") != std::string::npos);
}

TEST_CASE("what cannot be watched is refused with an example", "[console]") {
    CHECK(type(".watch\n").remarks.starts_with("error: .watch needs a statement: .watch 2s"));
    for (const std::string interval :
         {"5x", "0", "0s", "2parsecs", "99999999999999999999s", "1000h"}) {
        INFO(interval);
        CHECK(type(".watch " + interval + " one\n").remarks.find(", expected an interval") !=
              std::string::npos);
    }
    CHECK(type(".watch 1ms fail\n").remarks == "error: it failed\n");
}

TEST_CASE(".explain runs the statement with EXPLAIN ANALYZE", "[console]") {
    CHECK(type(".explain SELECT v FROM m;\n").output ==
          "name,tags,db,text\n,,default,EXPLAIN ANALYZE SELECT v FROM m\n");
    // The last one, also twice.
    const Transcript twice = type("SELECT v FROM m;\n.explain\n.explain\n");
    const std::string explained = ",,default,EXPLAIN ANALYZE SELECT v FROM m;\n";
    const std::size_t first = twice.output.find(explained);
    REQUIRE(first != std::string::npos);
    CHECK(twice.output.find(explained, first + 1) != std::string::npos);
    CHECK(twice.output.find("ANALYZE EXPLAIN") == std::string::npos);
    CHECK(type(".explain\n").remarks.starts_with("error: .explain needs a statement"));
}

TEST_CASE("switches take on and off, clocks local and utc", "[console]") {
    CHECK(type(".pager off\n.pager on\n.times local\n.times utc\n").remarks.empty());
    CHECK(type(".pager maybe\n").remarks == "error: found .pager maybe, expected on or off\n");
    CHECK(type(".times\n").remarks.empty());
    CHECK(type(".times mars\n").remarks == "error: found .times mars, expected local or utc\n");
}

TEST_CASE("output goes to a file and back", "[console]") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path_of("out");
    const Transcript typed = type(".output " + path + "\none;\n.output\ntwo;\n.output /no/where\n");
    CHECK(typed.output == "name,tags,db,text\n,,default,two;\n");
    CHECK(typed.remarks == "error: cannot write to /no/where: is its directory there?\n");
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) ==
          "name,tags,db,text\n,,default,one;\n");
}

TEST_CASE("remarks are coloured by their level", "[console]") {
    CHECK(
        colored_remarks("error: a\nwarning in statement 2: b\n  SELECT\ntime: 1s\n") ==
        "\x1b[31merror\x1b[0m: a\n\x1b[33mwarning\x1b[0m in statement 2: b\n  SELECT\ntime: 1s\n");
}

}  // namespace tidemark::tools
