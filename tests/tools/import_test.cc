#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/tools/program.h"
#include "tools/transfer/progress_line.h"

// `tidemark import` and `tidemark export` as scripts see them.

namespace tidemark::tools {
namespace {

void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// The points alone. What the helper puts behind the arguments is commented out.
std::string exported(const std::string& arguments) {
    return shell("export " + arguments + " 2>/dev/null #").text;
}

constexpr const char* kLines =
    "cpu,host=a usage=81.5,n=3i,up=true,note=\"x, y\" 1700000000000000000\n"
    "cpu,host=a usage=-0,n=9223372036854775807i 1700000060000000001\n"
    "cpu,host=b usage=0.1,big=18446744073709551615u,note=\"\" 1700000000000000000\n"
    "mem free=1e+300 -5\n";

}  // namespace

TEST_CASE("files are imported into a directory and through a server alike", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string file = directory.path_of("data.lp");
    write_file(file, kLines);
    const std::string local = directory.path_of("local");
    const std::string served = directory.path_of("served");

    const Output imported = shell("import --data " + local + " --db ops " + file);
    INFO(imported.text);
    CHECK(imported.exit_code == 0);
    CHECK(holds(imported.text, "imported 4 points (10 values) from 4 lines in "));
    CHECK(holds(imported.text, "; refused 0 lines\n"));

    const std::string expected = exported("--db ops --data " + local);
    CHECK(expected ==
          "cpu,host=a n=3i,note=\"x, y\",up=true,usage=81.5 1700000000000000000\n"
          "cpu,host=a n=9223372036854775807i,usage=-0 1700000060000000001\n"
          "cpu,host=b big=18446744073709551615u,note=\"\",usage=0.1 1700000000000000000\n"
          "mem free=1e+300 -5\n");

    const Serving server(served);
    const Output sent =
        shell("import --at " + server.url() + " --db ops -", "", "cat " + file + " | ");
    INFO(sent.text);
    CHECK(sent.exit_code == 0);
    CHECK(holds(sent.text, "imported 4 points (10 values) from 4 lines in "));
    CHECK(exported("--db ops --at " + server.url()) == expected);
    const std::string csv = " --db ops --format csv";
    CHECK(exported("--at " + server.url() + csv) == exported("--data " + local + csv));
    CHECK(server.stop() == 0);
    CHECK(exported("--db ops --data " + served) == expected);
}

TEST_CASE("an export can be narrowed down, packed and imported again", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    const std::string copy = directory.path_of("copy");
    write_file(directory.path_of("data.lp"), kLines);
    REQUIRE(
        shell("import --data " + store + " --db ops " + directory.path_of("data.lp")).exit_code ==
        0);
    const std::string from = "--db ops --data " + store;
    CHECK(exported(from + " --measurement mem") == "mem free=1e+300 -5\n");
    CHECK(exported(from + " --from 2023-11-14T22:14:00Z") ==
          "cpu,host=a n=9223372036854775807i,usage=-0 1700000060000000001\n");
    CHECK(exported(from + " --to -4") == "mem free=1e+300 -5\n");
    CHECK(exported(from + " --measurement mem --format csv") ==
          "#datatype measurement,dateTime:RFC3339,double\n"
          "measurement,time,free\n"
          "mem,1969-12-31T23:59:59.999999995Z,1e+300\n");
    const std::string whole = exported(from);
    for (const std::string name : {"all.csv.gz", "all.lp.gz", "all.csv"}) {
        INFO(name);
        const std::string file = directory.path_of(name);
        const Output written = shell("export " + from + " --output " + file);
        CHECK(written.exit_code == 0);
        CHECK(written.text == "exported 4 points (10 values)\n");
        CHECK(text_of(file).starts_with("\x1f\x8b") == name.ends_with(".gz"));
        CHECK(shell("import --db " + name + " --data " + copy + " " + file).exit_code == 0);
        CHECK(exported("--db " + name + " --data " + copy) == whole);
    }
}

TEST_CASE("a NaN is imported where it is accepted, and exported as it was", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    const std::string file = directory.path_of("data.lp");
    const std::string lines = "cpu usage=1 5\ncpu usage=nan 6\ncpu load=1i,usage=nan 7\n";
    write_file(file, lines);
    const std::string from = " --db ops --data " + store;
    const Output refused = shell("import" + from + " " + file);
    CHECK(refused.exit_code == 1);
    CHECK(holds(refused.text, "data.lp:2: field usage is NaN (ALTER DATABASE .. SET NAN ACCEPT"));
    CHECK(exported(from) == "cpu usage=1 5\n");

    const Serving server(store);
    const std::string at = " --at " + server.url();
    CHECK(shell("import --db ops" + at + " " + file).exit_code == 1);
    REQUIRE(shell("query 'ALTER DATABASE ops SET NAN ACCEPT'" + at).exit_code == 0);
    CHECK(shell("import --db ops" + at + " " + file).exit_code == 0);
    // Answers have no NaN.
    CHECK(exported("--db ops" + at) == "cpu usage=1 5\ncpu load=1i 7\n");
    REQUIRE(shell("query 'ALTER MEASUREMENT cpu ON ops SET STALE 2s'" + at).exit_code == 0);
    CHECK(server.stop() == 0);
    const Output described = shell("inspect " + store + "/catalogue");
    INFO(described.text);
    CHECK(holds(described.text, "ops                                accepted"));
    CHECK(holds(described.text, "ops       cpu          2000000000"));
    CHECK(exported(from) == lines);
    CHECK(exported(from + " --format csv") ==
          "#datatype measurement,dateTime:RFC3339,long,double\n"
          "measurement,time,load,usage\n"
          "cpu,1970-01-01T00:00:00.000000005Z,,1\n"
          "cpu,1970-01-01T00:00:00.000000006Z,,nan\n"
          "cpu,1970-01-01T00:00:00.000000007Z,1,nan\n");
}

TEST_CASE("points of a retention policy are imported and exported by its name", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    const std::string file = directory.path_of("data.lp");
    const std::string weekly = directory.path_of("weekly.lp");
    write_file(file, "cpu usage=1 1700000000000000000\n");
    write_file(weekly, "cpu usage=7 1700000000000000000\nload short=2 1700000000000000000\n");
    const std::string from = "--db ops --data " + store;
    REQUIRE(shell("import " + from + " " + file).exit_code == 0);
    const Output unknown = shell("import " + from + " --policy weekly " + weekly);
    CHECK(unknown.exit_code == 2);
    CHECK(holds(unknown.text, "there is no retention policy weekly in ops; make it with: CREATE"));
    REQUIRE(shell("query --at " + store +
                  " 'CREATE RETENTION POLICY weekly ON ops DURATION INF REPLICATION 1'")
                .exit_code == 0);
    CHECK(shell("import " + from + " --policy weekly " + weekly).exit_code == 0);

    const auto check = [&](const std::string& place) {
        INFO(place);
        const Output defaults = shell("export --db ops " + place + " --output " + file);
        CHECK(defaults.exit_code == 1);
        CHECK(holds(defaults.text,
                    "warning: only the default retention policy was exported, not "
                    "weekly: --policy NAME says which one\n"));
        CHECK(text_of(file) == "cpu usage=1 1700000000000000000\n");
        const Output named =
            shell("export --db ops " + place + " --policy weekly --output " + file);
        CHECK(named.exit_code == 0);
        CHECK(named.text == "exported 2 points (2 values)\n");
        CHECK(text_of(file) == text_of(weekly));
        const Output wrong = shell("export --db ops " + place + " --policy daily");
        CHECK(wrong.exit_code == 2);
        CHECK(holds(wrong.text, "there is no retention policy daily; there are autogen, weekly"));
    };
    check("--data " + store);
    const Serving server(store);
    CHECK(shell("import --at " + server.url() + " --db ops --policy weekly " + weekly).exit_code ==
          0);
    check("--at " + server.url());
    CHECK(server.stop() == 0);
    const Output described = shell("inspect " + store + "/catalogue");
    INFO(described.text);
    CHECK(holds(described.text, "ops               2  weekly"));
    CHECK(holds(described.text, "2               3  load              1"));
}

TEST_CASE("refused lines are kept with their reasons, and can be imported once corrected",
          "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string file = directory.path_of("data.lp");
    const std::string bad = directory.path_of("bad.lp");
    write_file(file,
               "cpu usage=1 1700000000000000000\n"
               "cpu usage=abc 1700000000000000000\n"
               "\n"
               "cpu usage=\"high\" 1700000060000000000\n"
               "cpu usage=3 1700000120000000000\n");
    const std::string expected = "# " + file +
                                 ":2: column 11: expected field value, found \"abc\"\n"
                                 "cpu usage=abc 1700000000000000000\n"
                                 "# " +
                                 file +
                                 ":4: field usage of cpu is a float, got a string\n"
                                 "cpu usage=\"high\" 1700000060000000000\n";
    const auto check = [&](const std::string& place) {
        INFO(place);
        const Output imported = shell("import --db ops --rejects " + bad + place + file);
        INFO(imported.text);
        CHECK(imported.exit_code == 1);
        CHECK(holds(imported.text, "imported 2 points (2 values) from 5 lines in "));
        CHECK(holds(imported.text, "; refused 2 lines, see " + bad + "\n"));
        CHECK(text_of(bad) == expected);
    };
    check(" --data " + directory.path_of("store") + " ");
    {
        const Serving server(directory.path_of("served"));
        check(" --at " + server.url() + " ");
        CHECK(server.stop() == 0);
    }
    // Corrected in place; the comments do no harm.
    std::string corrected = text_of(bad);
    corrected.replace(corrected.find("=abc"), 4, "=2.5");
    corrected.replace(corrected.find("\"high\""), 6, "99.5");
    write_file(bad, corrected);
    CHECK(shell("import --db ops --data " + directory.path_of("store") + " " + bad).exit_code == 0);
    CHECK(exported("--db ops --data " + directory.path_of("store")) ==
          "cpu usage=2.5 1700000000000000000\n"
          "cpu usage=99.5 1700000060000000000\n"
          "cpu usage=3 1700000120000000000\n");
}

TEST_CASE("the file of refused lines is none of those that are imported", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string file = directory.path_of("bad.lp");
    write_file(file, "cpu usage=1 1700000000000000000\n");
    const Output imported = shell("import --db ops --data " + directory.path_of("store") +
                                  " --rejects " + file + " " + file);
    CHECK(imported.exit_code == 2);
    CHECK(holds(imported.text, "is imported itself"));
    CHECK(text_of(file) == "cpu usage=1 1700000000000000000\n");
}

TEST_CASE("without a file for them, the first refused lines are shown", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string file = directory.path_of("data.csv");
    std::string text = "time,host,usage\n2023-11-14T22:13:20Z,a,81.5\n";
    for (int i = 0; i < 25; ++i) text += "2023-11-14T22:13:20Z,a\n";
    write_file(file, text);
    const Output imported =
        shell("import --db ops --data " + directory.path_of("store") + " --tag host " + file);
    INFO(imported.text);
    CHECK(imported.exit_code == 1);
    CHECK(holds(imported.text, file + ": time from time (rfc3339); measurement data; tags host; "
                                      "fields usage (float)\n"));
    CHECK(holds(imported.text, "refused " + file + ":3: expected 3 cells, found 2\n"));
    CHECK(holds(imported.text, file + ":12: "));
    CHECK_FALSE(holds(imported.text, file + ":13: "));
    CHECK(holds(imported.text, "refused 25 lines: --rejects FILE keeps all of them"));
    // No bar where there is no terminal.
    CHECK_FALSE(holds(imported.text, "\r"));
}

TEST_CASE("times in another unit are told or hinted at", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    const std::string file = directory.path_of("data.lp");
    write_file(file, "cpu usage=1 1700000000\n");
    const Output hinted = shell("import --db a --data " + store + " " + file);
    CHECK(hinted.exit_code == 0);
    CHECK(holds(hinted.text, "1700000000 looks like s and was taken as ns"));
    CHECK(shell("import --db b --precision s --data " + store + " " + file).exit_code == 0);
    CHECK(exported("--db b --data " + store) == "cpu usage=1 1700000000000000000\n");
}

TEST_CASE("progress says how far it is and how fast", "[transfer]") {
    CHECK(progress_text("cpu.lp", 50, 100, 1'200'000, 2) ==
          "cpu.lp  [##########          ]  50 %  1,200,000 lines  600,000 lines/s");
    CHECK(progress_text("-", 50, 0, 7, 0) == "-  7 lines");
    CHECK(grouped_digits(0) == "0");
    CHECK(grouped_digits(123456) == "123,456");
}

}  // namespace tidemark::tools
