#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/tools/documented_message.h"
#include "tests/tools/program.h"

// Mistakes with import, export, inspect and verify get the messages that docs/ERRORS.md lists.

namespace tidemark::tools {
namespace {

// A place for files, and a store to be filled.
struct Workshop {
    std::string file(const std::string& name, const std::string& text) const {
        std::string path = directory.path_of(name);
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    std::string import(const std::string& arguments) const {
        return shell("import --db ops --data " + store + " " + arguments).text;
    }

    tests::TemporaryDirectory directory;
    std::string store = directory.path_of("store");
};

}  // namespace

TEST_CASE("a refused line of an import is told with file, line and reason", "[errors]") {
    const Workshop shop;
    const std::string text = "cpu usage=1 1700000000000000000\ncpu usage=abc\n";
    check_documented("Refused lines of an import",
                     {shop.import(shop.file("cpu.lp", text)),
                      shop.import("--rejects " + shop.directory.path_of("bad.lp") + " " +
                                  shop.file("cpu.lp", text))});
}

TEST_CASE("a CSV file that cannot be understood gets the option that helps", "[errors]") {
    const Workshop shop;
    check_documented(
        "CSV that cannot be understood",
        {shop.import(shop.file("a.csv", "when,usage\n2023-11-14,1\n")),
         shop.import(shop.file("b.csv", "time,usage\n03/04/2024,1\n")),
         shop.import("--tag hots " + shop.file("c.csv", "time,host,usage\n2023-11-14,a,1\n")),
         shop.import("--type usage:number " + shop.file("d.csv", "time,usage\n2023-11-14,1\n")),
         shop.import("--time-format iso " + shop.file("e.csv", "time,usage\n2023-11-14,1\n")),
         shop.import(shop.file("f.csv", "2023-11-14,1\n2023-11-15,2\n")),
         shop.import(shop.file("g.csv", "time|usage\n2023-11-14|1\n")),
         shop.import(shop.file("h.csv", "time,usage,usage\n2023-11-14,1,2\n")),
         shop.import(shop.file("i.csv", std::string("\xff\xfet\0", 4))),
         shop.import(shop.file("j.csv", "time;usage\n2023-11-14;81,5\n")),
         shop.import(shop.file("k.txt", "time,usage\n2023-11-14,1\n"))});
}

TEST_CASE("a CSV value that does not fit names its column and the option", "[errors]") {
    const Workshop shop;
    std::string text = "time,usage\n";
    for (int i = 0; i < 1000; ++i) text += "2023-11-14,1\n";
    check_documented("CSV value of another type",
                     {shop.import(shop.file("cpu.csv", text + "2023-11-14,high\n"))});
}

TEST_CASE("a file that cannot be read is named before anything is written", "[errors]") {
    const Workshop shop;
    const std::string sound = shop.file("cpu.lp", "cpu usage=1\n");
    const std::string absent = shop.import(sound + " " + shop.directory.path_of("absent.lp"));
    CHECK_FALSE(std::filesystem::exists(shop.store));
    check_documented("File that cannot be read",
                     {absent, shop.import(shop.directory.path()),
                      shop.import(shop.file("cut.lp.gz", "\x1f\x8b\x08")),
                      shop.import(shop.file("plain.lp.gz", "cpu usage=1\n"))});
}

TEST_CASE("an import into a directory that a server has goes through the server", "[errors]") {
    const Workshop shop;
    const std::string lines = shop.file("cpu.lp", "cpu usage=1\n");
    const Serving server(shop.store);
    check_documented(
        "Import into a store in use",
        {shop.import(lines), shell("import --db ops --at " + shop.store + " " + lines).text});
}

TEST_CASE("an export of what is not there names what is", "[errors]") {
    const Workshop shop;
    shop.import(shop.file("cpu.lp", "cpu usage=1 1700000000000000000\n"));
    const std::string from = "export --data " + shop.store;
    check_documented(
        "Export of what is not there",
        {shell(from + " --db op").text, shell(from + " --db ops --measurement cpus").text,
         shell(from + " --db ops --from yesterday").text,
         shell(from + " --db ops --from 2024-01-02 --to 2024-01-01").text});
}

TEST_CASE("a damaged segment is found by verify", "[errors]") {
    const Workshop shop;
    shop.import(shop.file("cpu.lp", "cpu usage=1 1700000000000000000\n"));
    for (const auto& entry : std::filesystem::directory_iterator(shop.store + "/segments")) {
        std::fstream segment(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        segment.seekp(64);  // The first byte of the first row group.
        segment.put('\x7f');
    }
    check_documented("Damaged store", {shell("verify " + shop.store).text});
}

TEST_CASE("a file that is none of a store's cannot be inspected", "[errors]") {
    const Workshop shop;
    check_documented("File that is none of a store's",
                     {shell("inspect " + shop.file("cpu.lp", "cpu usage=1\n")).text,
                      shell("inspect " + shop.directory.path_of("absent")).text,
                      shell("verify " + shop.directory.path()).text,
                      shell("verify " + shop.directory.path_of("absent")).text});
}

}  // namespace tidemark::tools
