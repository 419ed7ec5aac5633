#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/tools/program.h"

// `BACKUP TO` and `tidemark restore` as scripts see them.

namespace tidemark::tools {
namespace {

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Output count_rows(const std::string& place) {
    return shell("query 'SELECT count(usage) FROM cpu' --db ops --format csv --at " + place);
}

}  // namespace

TEST_CASE("a backup of a running server is restored", "[program]") {
    const tests::TemporaryDirectory directory;
    const std::string backup = directory.path_of("backup");
    const std::string restored = directory.path_of("restored");
    {
        const std::string lines = directory.path_of("data.lp");
        std::ofstream(lines) << "cpu,host=a usage=1 1\ncpu,host=a usage=2 2\n";
        const Serving server(directory.path_of("store"));
        REQUIRE(shell("import --db ops --at " + server.url() + " " + lines).exit_code == 0);
        const Output made = shell("query \"BACKUP TO '" + backup + "'\" --at " + server.url());
        INFO(made.text);
        REQUIRE(made.exit_code == 0);
        const Output again = shell("query \"BACKUP TO '" + backup + "'\" --at " + server.url());
        CHECK(again.exit_code == 1);
        CHECK(holds(again.text, "expected a new or an empty directory"));
        CHECK(server.stop() == 0);
    }
    CHECK(shell("verify " + backup).exit_code == 0);
    const Output made = shell("restore " + backup + " " + restored);
    INFO(made.text);
    CHECK(made.exit_code == 0);
    const Output counted = count_rows(restored);
    CHECK(counted.exit_code == 0);
    CHECK(holds(counted.text, "2"));
    CHECK(counted.text == count_rows(backup).text);
}

TEST_CASE("what cannot be restored says why", "[program]") {
    const tests::TemporaryDirectory directory;
    const Output missing =
        shell("restore " + directory.path_of("none") + " " + directory.path_of("restored"));
    CHECK(missing.exit_code == 3);
    CHECK(holds(missing.text, "there is no store in"));
    CHECK(shell("restore " + directory.path_of("none")).exit_code == 2);
}

}  // namespace tidemark::tools
