// The same lines and the same statements for Tidemark and for InfluxDB 1.6.7, their answers over
// HTTP compared as values.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/differential/influxdb.h"
#include "tests/differential/tally.h"
#include "tests/differential/tidemark_server.h"
#include "tests/query/script_runner.h"
#include "tests/support/shared_data.h"

namespace tidemark::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path kHere = fs::path(TIDEMARK_SOURCE_DIR) / "tests" / "differential";

/// The project's scripts, and those that need no expected rows because InfluxDB has them.
std::vector<fs::path> all_scripts() {
    std::vector<fs::path> paths = script_paths();
    for (const auto& entry : fs::directory_iterator(kHere / "statements")) {
        paths.push_back(entry.path());
    }
    return paths;
}

/// The program; empty, after a word that ctest knows as "skipped", when there is none.
std::string influxd_or_skip() {
    std::string program = influxd_path();
    if (program.empty()) {
        std::cout << "skipped: influxd is not installed (./dev differential installs it)\n";
    }
    return program;
}

// As packaged, InfluxDB 1.6.7 has no unsigned integers: both get integers instead.
std::string without_unsigned(const std::string& lines) {
    return std::regex_replace(lines, std::regex(R"((=\d+)u\b)"), "$1i");
}

/// What it does not know it takes as ns, without a word.
std::string influxdb_precision(const std::string& precision) {
    return precision == "us" ? "u" : precision;
}

/// InfluxDB's clock cannot be set: now() becomes an instant, and buckets without an upper bound,
/// which go on to now, get it as theirs.
std::string without_clock(const std::string& statement, std::int64_t now_ns) {
    constexpr auto kFlags = std::regex::ECMAScript | std::regex::icase;
    const std::string now = "'" + rfc3339(now_ns) + "'";
    std::string text = std::regex_replace(statement, std::regex(R"(now\(\))", kFlags), now);
    const bool is_bounded =
        std::regex_search(text, std::regex(R"(\btime\s*(<|=|between\b))", kFlags));
    const bool has_buckets =
        std::regex_search(text, std::regex(R"(\bgroup by\b.*\btime\()", kFlags));
    if (is_bounded || !has_buckets) return text;
    const std::regex where(R"(\bwhere\b)", kFlags);
    const std::string bound = "WHERE time <= " + now;
    constexpr auto kFirst = std::regex_constants::format_first_only;
    if (std::regex_search(text, where)) {
        return std::regex_replace(text, where, bound + " AND", kFirst);
    }
    return std::regex_replace(text, std::regex(R"(\bgroup by\b)", kFlags), bound + " GROUP BY",
                              kFirst);
}

// Two servers that are told and asked the same.
struct Pair {
    Peer influxdb;
    Peer tidemark;

    void write(const std::string& lines, const Peer::Parameters& parameters) const {
        const std::string known = without_unsigned(lines);
        const HttpReply left = influxdb.write(known, parameters);
        const HttpReply right = tidemark.write(known, parameters);
        INFO(lines << "\nInfluxDB: " << left.body << "\nTidemark: " << right.body);
        CHECK(left.status == right.status);
    }

    void ask(const std::string& place, const std::string& statement,
             const Peer::Parameters& parameters, Tally& tally) const {
        const HttpReply left = influxdb.query(statement, parameters);
        tally.add(place, statement, left, tidemark.query(statement, parameters));
    }
};

void run_script(const Peer& influxdb, const fs::path& path, Tally& tally) {
    const Script script = read_script(path);
    const TidemarkServer server(script.now_ns);
    const Pair pair{influxdb, Peer(server.address())};
    influxdb.drop_all_databases();
    for (const Peer& peer : {pair.influxdb, pair.tidemark}) {
        REQUIRE(peer.query("CREATE DATABASE db").status == 200);
    }
    const std::string name = path.filename().string();
    for (const auto& [precision, lines] : script.loads) {
        INFO(name);
        pair.write(lines, {{"db", "db"}, {"precision", influxdb_precision(precision)}});
    }
    for (const ScriptQuery& query : script.queries) {
        pair.ask(name, without_clock(query.text, script.now_ns), {{"db", "db"}}, tally);
    }
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

Peer::Parameters parameters_of(const json::object& object) {
    Peer::Parameters parameters;
    const json::value* const all = object.if_contains("params");
    if (all == nullptr || !all->is_object()) return parameters;
    for (const auto& item : all->get_object()) {
        for (const json::value& value : item.value().as_array()) {
            parameters.emplace_back(item.key(), std::string(value.as_string()));
        }
    }
    return parameters;
}

/// A database, with the policy that `wanted` names, as one of InfluxDB's own tests has it.
void create(const Peer& peer, const json::object& wanted, const std::string& policy_clause) {
    const std::string database = "\"" + text_of(wanted, "db") + "\"";
    REQUIRE(peer.query("CREATE DATABASE " + database).status == 200);
    const std::string policy = text_of(wanted, "rp");
    if (policy.empty()) return;
    const HttpReply made = peer.query("CREATE RETENTION POLICY \"" + policy + "\" ON " + database +
                                      " DURATION INF REPLICATION 1" + policy_clause);
    REQUIRE(made.status == 200);
}

void set_up(const Peer& peer, const json::object& test) {
    peer.drop_all_databases();
    create(peer, test, " DEFAULT");
    if (const json::value* const setup = test.if_contains("setup")) {
        for (const json::value& wanted : setup->as_array()) {
            create(peer, wanted.as_object(), " DEFAULT");
        }
    }
}

void write_points(const Pair& pair, const json::object& write) {
    create(pair.influxdb, write, "");
    create(pair.tidemark, write, "");
    Peer::Parameters parameters = parameters_of(write);
    parameters.emplace_back("db", text_of(write, "db"));
    parameters.emplace_back("rp", text_of(write, "rp"));
    pair.write(text_of(write, "data"), parameters);
}

void run_server_case(const Pair& pair, const json::object& test, std::int64_t now_ns,
                     Tally& tally) {
    const std::string name = text_of(test, "test");
    if (!test.contains("continues")) {
        set_up(pair.influxdb, test);
        set_up(pair.tidemark, test);
    }
    INFO(name);
    if (const json::value* const writes = test.if_contains("writes"); writes->is_array()) {
        for (const json::value& write : writes->get_array()) write_points(pair, write.as_object());
    }
    for (const json::value& query : test.at("queries").as_array()) {
        const json::object& object = query.as_object();
        pair.ask(name, without_clock(text_of(object, "command"), now_ns), parameters_of(object),
                 tally);
    }
}

}  // namespace

TEST_CASE("the scripts' statements are answered as by InfluxDB", "[influxd]") {
    const std::string program = influxd_or_skip();
    if (program.empty()) return;
    const InfluxDb influxdb(program);
    AcceptedDeviations accepted(kHere / "deviations" / "scripts.txt");
    Tally tally(accepted);
    for (const fs::path& path : all_scripts()) run_script(Peer(influxdb.address()), path, tally);
    tally.finish();
}

TEST_CASE("the statements of InfluxDB's own server tests are answered as by InfluxDB",
          "[influxd]") {
    const std::string program = influxd_or_skip();
    const auto path = shared_data("influxql-conformance/server_test_cases.json");
    if (program.empty() || !path) return;
    const InfluxDb influxdb(program);
    constexpr std::int64_t kNowNs =
        1'700'000'030'000'000'000;  // The data's "now", half a minute on.
    const TidemarkServer server(kNowNs);
    const Pair pair{Peer(influxdb.address()), Peer(server.address())};
    AcceptedDeviations accepted(kHere / "deviations" / "server_cases.txt");
    Tally tally(accepted);
    const json::value cases = json::parse(read_bytes(*path));
    for (const json::value& test : cases.as_array()) {
        run_server_case(pair, test.as_object(), kNowNs, tally);
    }
    tally.finish();
}

}  // namespace tidemark::tests
