#include "tools/console/console.h"

#include <iostream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tools/console/dot_commands.h"

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
    const std::string& place() const override { return place_; }

private:
    std::string place_ = "echo";
};

struct Transcript {
    std::string output;
    std::string remarks;
    bool is_ok = false;
};

// A console that reads `input` instead of the keyboard.
Transcript type(const std::string& input) {
    std::istringstream keyboard(input);
    std::streambuf* const before = std::cin.rdbuf(keyboard.rdbuf());
    std::cin.clear();
    std::ostringstream output;
    std::ostringstream remarks;
    EchoRunner runner;
    LineEditor editor("");
    Console console(runner, editor, output, remarks);
    console.renderer = find_renderer("csv");
    const bool is_ok = console.run();
    std::cin.rdbuf(before);
    return {output.str(), remarks.str(), is_ok};
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
    CHECK(typed.is_ok);
}

TEST_CASE("dot commands change how statements are run and shown", "[console]") {
    const Transcript typed = type(".use \"ops\";\n.mode table\none;\n.exit\nnever;\n");
    CHECK(typed.output == "db   text\n---  ----\nops  one;\n");
    CHECK(typed.is_ok);
}

TEST_CASE("the help shows every command", "[console]") {
    const std::string help = type(".help\n").output;
    for (const DotCommand& command : dot_commands()) {
        CHECK(help.find(command.name) != std::string::npos);
    }
}

TEST_CASE(".schema asks for measurements, tags and fields", "[console]") {
    CHECK(type(".schema\n").output.find("SHOW MEASUREMENTS; SHOW TAG KEYS; SHOW FIELD KEYS") !=
          std::string::npos);
}

TEST_CASE("errors are told and do not end the console", "[console]") {
    const Transcript typed = type("fail;\nlost;\n.mode xml\n.nothing\n.use\none;\n");
    CHECK(typed.remarks ==
          "error: it failed\n"
          "error: connection lost\n"
          "error: found .mode xml, expected one of table, csv, json\n"
          "error: found .nothing, expected one of .help, .use, .mode, .schema, .exit\n"
          "error: .use needs the name of a database; SHOW DATABASES lists them\n");
    CHECK(typed.output == "name,tags,db,text\n,,default,one;\n");
    CHECK_FALSE(typed.is_ok);
}

}  // namespace tidemark::tools
