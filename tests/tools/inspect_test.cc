#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/tools/program.h"
#include "tools/demo/line_sender.h"

// `tidemark inspect` and `tidemark verify` as scripts see them.

namespace tidemark::tools {
namespace {

namespace fs = std::filesystem;

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A store with one segment of two series, whose log was let go of.
struct StoreWithSegment {
    StoreWithSegment() : store(directory.path_of("store")) {
        std::string lines;
        for (int i = 0; i < 3000; ++i) {
            const std::string time = std::to_string(1'700'000'000 + i * 10) + "000000000\n";
            lines += "cpu,host=a usage=" + std::to_string(20 + i % 7) + ".5,up=true " + time;
            lines += "cpu,host=b n=" + std::to_string(i) + "i " + time;
        }
        std::ofstream(directory.path_of("data.lp")) << lines;
        const Output imported =
            shell("import --db ops --data " + store + " " + directory.path_of("data.lp"));
        INFO(imported.text);
        REQUIRE(imported.exit_code == 0);
        for (const auto& entry : fs::directory_iterator(store + "/segments")) {
            segment = entry.path().string();
        }
        REQUIRE_FALSE(segment.empty());
    }

    Output verify() const { return shell("verify " + store); }

    tests::TemporaryDirectory directory;
    std::string store;
    std::string segment;
};

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("a store and its files are described in the format's words", "[program]") {
    const StoreWithSegment data;
    const Output whole = shell("inspect " + data.store);
    INFO(whole.text);
    CHECK(whole.exit_code == 0);
    CHECK(whole.text.starts_with("store " + data.store + "\n"));
    for (const std::string part : {"sample count", "live segments", "columns of the row groups",
                                   "usage", "float", "ops", "host", "bytes per sample"}) {
        INFO(part);
        CHECK(holds(whole.text, part));
    }
    CHECK_FALSE(holds(whole.text, "not as it should be"));

    const Output segment = shell("inspect " + data.segment);
    INFO(segment.text);
    CHECK(segment.exit_code == 0);
    for (const std::string part :
         {"  series count      2\n", "  row count         6000\n", "  sample count      9000\n",
          "index of series", "summaries", "regular", "float"}) {
        INFO(part);
        CHECK(holds(segment.text, part));
    }
    const Output full = shell("inspect --full " + data.segment);
    CHECK(holds(full.text, "cpu,host=a, series block at "));
    CHECK(holds(full.text, "times: regular"));
    CHECK(holds(shell("inspect " + data.store + "/manifest").text, "flushed sequence"));
    CHECK(holds(shell("inspect " + data.store + "/catalogue").text,
                "n integer, up boolean, usage float"));
    CHECK(shell("inspect " + data.store + "/format").exit_code == 0);

    const Output other = shell("inspect " + data.directory.path_of("data.lp"));
    CHECK(other.exit_code == 3);
    CHECK(holds(other.text, "does not begin like a file of a store"));
    CHECK(shell("inspect " + data.store + "/nothing").exit_code == 3);
}

TEST_CASE("a log is described while a server writes it, and found sound", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    const Serving server(store);
    REQUIRE(send_lines(server.line_endpoint(), "#tidemark db=ops\ncpu usage=1\ncpu usage=2\n")
                .has_value());
    std::string log;
    for (const auto& entry : fs::directory_iterator(store + "/wal")) log = entry.path().string();
    const Output described = shell("inspect --full " + log);
    INFO(described.text);
    CHECK(described.exit_code == 0);
    CHECK(holds(described.text, "durable-up-to mark"));
    CHECK(holds(described.text, "payload size"));
    const Output verified = shell("verify " + store);
    INFO(verified.text);
    CHECK(verified.exit_code == 0);
    CHECK(holds(verified.text, store + ": every checksum is right ("));
    CHECK(holds(verified.text, "; a server has the store open\n"));
    CHECK(server.stop() == 0);
}

TEST_CASE("every flipped byte of a segment is found, and nothing is changed by looking",
          "[program]") {
    const StoreWithSegment data;
    const Output sound = data.verify();
    INFO(sound.text);
    CHECK(sound.exit_code == 0);
    CHECK(holds(sound.text, "every checksum is right ("));

    const std::string bytes = bytes_of(data.segment);
    for (std::size_t part = 0; part <= 16; ++part) {
        const std::size_t offset = part * (bytes.size() - 1) / 16;
        std::string damaged = bytes;
        damaged[offset] = static_cast<char>(damaged[offset] ^ 0x10);
        write_bytes(data.segment, damaged);
        const Output found = data.verify();
        INFO("flipped at " << offset << ": " << found.text);
        CHECK(found.exit_code == 1);
        CHECK(holds(found.text, "damaged segments/segment-"));
        CHECK(holds(found.text, ": offset "));
        CHECK(holds(found.text, "  meaning: "));
        CHECK(holds(found.text, "  to do: stop the server, put the file back from a backup"));
        CHECK(holds(found.text, "1 damaged place in "));
        CHECK(bytes_of(data.segment) == damaged);
        // It can be looked into all the same, or says why not.
        CHECK(shell("inspect " + data.store).exit_code == 0);
    }
    fs::remove(data.segment);
    CHECK(holds(data.verify().text, ": the file is missing\n"));
}

TEST_CASE("damage of manifest, catalogue, format and log is found", "[program]") {
    const StoreWithSegment data;
    for (const std::string name : {"manifest", "catalogue", "format"}) {
        const std::string path = data.store + "/" + name;
        const std::string bytes = bytes_of(path);
        for (const std::size_t offset : {std::size_t{3}, bytes.size() / 2}) {
            std::string damaged = bytes;
            damaged[offset] = static_cast<char>(damaged[offset] ^ 0x10);
            write_bytes(path, damaged);
            const Output found = data.verify();
            INFO(name << " flipped at " << offset << ": " << found.text);
            CHECK(found.exit_code == 1);
            CHECK(holds(found.text, "damaged " + name + ": offset "));
        }
        write_bytes(path, bytes);
    }
    CHECK(data.verify().exit_code == 0);
    CHECK(shell("verify " + data.store + "/nothing").exit_code == 3);
    CHECK(shell("verify").exit_code == 2);
}

}  // namespace tidemark::tools
