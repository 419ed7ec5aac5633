#include "tools/console/completer.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"
#include "tools/session/local_session.h"

namespace tidemark::tools {
namespace {

using Words = std::vector<std::string>;

// The schema of a small store, and completion at a bar.
class Fixture {
public:
    Fixture() {
        Result<std::unique_ptr<Store>> store = Store::open(directory_.path_of("store"), {});
        REQUIRE(store.has_value());
        REQUIRE(store.value()->create_database("ops").has_value());
        REQUIRE(store.value()->create_database("my db").has_value());
        const std::atomic<bool> is_cancelled{false};
        session_ = std::make_unique<LocalSession>("store", std::move(store).value());
        const Result<WriteReport> report = session_->write(
            "cpu,host=alpha,region=eu usage=1,up=true,user\\ time=2 1\n"
            "cpu,host=al\\ pine usage=1 1\n"
            "cpu,host=be'ta usage=1 1\n"
            "http,service=pay latency=5 1\n"
            "select v=1 1\n",
            "ops", "", is_cancelled);
        REQUIRE(report.has_value());
        REQUIRE(report.value().refused_count == 0);
    }

    LineCompletion at_bar(std::string text) {
        const std::size_t place = text.find('|');
        REQUIRE(place != std::string::npos);
        text.erase(place, 1);
        SchemaReader schema(*session_, cancelled_);
        return text.starts_with('.') ? complete_dot_command(text, place, "ops", schema)
                                     : complete_statement(text, place, "ops", schema);
    }

    Words candidates(const std::string& text) { return at_bar(text).candidates; }

    bool offers(const std::string& text, const std::string& candidate) {
        const Words all = candidates(text);
        return std::ranges::find(all, candidate) != all.end();
    }

private:
    tests::TemporaryDirectory directory_;
    std::unique_ptr<LocalSession> session_;
    std::atomic<bool> cancelled_{false};
};

}  // namespace

TEST_CASE("keywords are completed in the case they are typed in", "[completer]") {
    Fixture fixture;
    CHECK(fixture.candidates("SEL|") == Words{"SELECT "});
    CHECK(fixture.candidates("sel|") == Words{"select "});
    CHECK(fixture.candidates("Sel|") == Words{"SELECT "});
    CHECK(fixture.candidates("INS|") == Words{"INSERT "});
    CHECK(fixture.candidates("SHOW TAG |") == Words{"KEYS ", "KEY ", "VALUES "});
    CHECK(fixture.candidates("SELECT v FROM x fi|") == Words{"fill("});
    CHECK(fixture.candidates("SELECT v FROM x WHERE time > no|") == Words{"now()"});
}

TEST_CASE("names come from the schema, of the statement's measurement", "[completer]") {
    Fixture fixture;
    CHECK(fixture.candidates("SELECT v FROM |") == Words{"cpu", "http", "\"select\""});
    CHECK(fixture.candidates("SELECT us| FROM cpu") == Words{"usage", "\"user time\""});
    CHECK(fixture.candidates("SELECT \"us| FROM cpu") == Words{"\"usage\"", "\"user time\""});
    CHECK(fixture.candidates("SELECT mean(lat|") == Words{"latency"});
    CHECK(fixture.candidates("SELECT mean(lat|) FROM cpu").empty());
    CHECK(fixture.candidates("SELECT v FROM cpu GROUP BY |") == Words{"host", "region", "time("});
    CHECK(fixture.candidates("DROP DATABASE |") == Words{"\"my db\"", "ops"});
    CHECK(fixture.offers("SELECT per| FROM cpu", "percentile_disc("));
    CHECK_FALSE(fixture.offers("SELECT v FROM cpu WHERE per|", "percentile_disc("));
}

TEST_CASE("values come from the schema, as statements write them", "[completer]") {
    Fixture fixture;
    CHECK(fixture.candidates("SELECT v FROM cpu WHERE host = 'al|") ==
          Words{"'al pine'", "'alpha'"});
    CHECK(fixture.candidates("SELECT v FROM cpu WHERE host = alp|") == Words{"'alpha'"});
    CHECK(fixture.candidates("SELECT v FROM cpu WHERE host = 'b|") == Words{"'be\\'ta'"});
    CHECK(fixture.candidates("SELECT v FROM cpu WHERE host IN ('alpha', |").size() == 3);
    CHECK(fixture.candidates("SELECT uptime(up = | FROM cpu") == Words{"false", "true"});
    CHECK(fixture.candidates("SELECT v FROM cpu WHERE host = '.*|").empty());
    CHECK(fixture.at_bar("SELECT v FROM cpu WHERE host = 'al|").common_prefix() == "'al");
}

TEST_CASE("dot commands complete their arguments", "[completer]") {
    Fixture fixture;
    CHECK(fixture.candidates(".ti|") == Words{".timer ", ".times "});
    CHECK(fixture.candidates(".mode j|") == Words{"json ", "jsonl "});
    CHECK(fixture.candidates(".use |") == Words{"\"my db\"", "ops"});
    CHECK(fixture.candidates(".schema h|") == Words{"http"});
    CHECK(fixture.candidates(".watch 2s |") == Words{"SELECT "});
    CHECK(fixture.candidates(".chart SELECT usa| FROM cpu") == Words{"usage"});
    CHECK(fixture.at_bar(".chart SELECT usa|").begin == 14);
    CHECK(fixture.candidates(".nothing x|").empty());
}

TEST_CASE("what candidates share never ends inside of a character", "[completer]") {
    CHECK(LineCompletion{0, {"abc", "abd"}}.common_prefix() == "ab");
    CHECK(LineCompletion{0, {"\xc3\xa4", "\xc3\xb6"}}.common_prefix().empty());
    CHECK(LineCompletion{0, {"a", "ab"}}.common_prefix() == "a");
    CHECK(LineCompletion{}.common_prefix().empty());
}

}  // namespace tidemark::tools
