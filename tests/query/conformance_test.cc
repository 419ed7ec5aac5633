#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "storage/line_protocol/line_parser.h"
#include "tests/query/script_runner.h"
#include "tests/support/memory_store.h"
#include "tests/support/shared_data.h"

// InfluxDB's own server tests (shared data, influxql-conformance) on a store in memory: every query
// is asked, and its whole answer compared with InfluxDB's.

namespace tidemark::tests {
namespace {

namespace json = boost::json;

constexpr std::int64_t kNowNs = 1'700'000'000'000'000'000;  // What stands for "now" in the data.

// How many of the 461 answers are equal. A change that lowers this breaks what worked.
constexpr int kEqualAnswersAtLeast = 438;
/// The same, and those that both refuse.
constexpr int kAgreedAnswersAtLeast = 448;

std::string two_digits(std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

/// RFC 3339 with as many decimals as needed, on the clocks that the answer names.
std::string local_rfc3339(TimeCell time) {
    if (time.offset_seconds == 0) return rfc3339(time.ns);
    const std::int64_t offset_seconds = time.offset_seconds;
    std::string text = rfc3339(time.ns + offset_seconds * 1'000'000'000);
    text.pop_back();  // The Z.
    const std::int64_t minutes = std::abs(offset_seconds) / 60;
    return text + (offset_seconds < 0 ? "-" : "+") + two_digits(minutes / 60) + ":" +
           two_digits(minutes % 60);
}

/// `epoch_ns`: times as numbers in this unit; 0: RFC 3339.
json::value to_json(const Cell& cell, std::int64_t epoch_ns) {
    return std::visit(
        [&](const auto& value) -> json::value {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return nullptr;
            } else if constexpr (std::is_same_v<T, TimeCell>) {
                if (epoch_ns > 0) return value.ns / epoch_ns;
                return json::value(local_rfc3339(value));
            } else {
                return json::value(value);
            }
        },
        cell);
}

json::value to_json(const QueryResult& result, std::int64_t epoch_ns) {
    if (result.syntax_error) {
        const SourceLocation& place = result.syntax_error->location;
        return json::object{{"error", "error parsing query: " + result.syntax_error->message +
                                          " at line " + std::to_string(place.line) + ", char " +
                                          std::to_string(place.column)}};
    }
    json::array statements;
    for (std::size_t i = 0; i < result.statements.size(); ++i) {
        const StatementResult& statement = result.statements[i];
        json::object object{{"statement_id", i}};
        json::array all_series;
        for (const ResultSeries& series : statement.series) {
            json::object shown;
            if (!series.name.empty()) shown["name"] = series.name;
            json::object tags;
            for (const auto& [key, value] : series.tags) tags[key] = value;
            if (!tags.empty()) shown["tags"] = tags;
            shown["columns"] = json::value_from(series.columns);
            json::array values;
            for (const auto& row : series.rows) {
                json::array cells;
                for (const Cell& cell : row) cells.push_back(to_json(cell, epoch_ns));
                values.push_back(std::move(cells));
            }
            if (!values.empty()) shown["values"] = std::move(values);
            all_series.push_back(std::move(shown));
        }
        if (!all_series.empty()) object["series"] = std::move(all_series);
        if (statement.error) object["error"] = statement.error->message();
        statements.push_back(std::move(object));
    }
    return json::object{{"results", std::move(statements)}};
}

/// 1 and 1.0 are equal, and so are floats within R17's bound of InfluxDB, which adds naively.
bool is_equal_number(const json::value& left, const json::value& right) {
    const auto a = left.to_number<double>();
    const auto b = right.to_number<double>();
    const bool is_exact = !left.is_double() && !right.is_double();
    return a == b ||
           (!is_exact && std::fabs(a - b) <= 1e-12 * std::max(std::fabs(a), std::fabs(b)));
}

/// Equality of values: the order of keys does not matter.
bool is_equal(const json::value& left, const json::value& right) {
    if (left.is_number() && right.is_number()) return is_equal_number(left, right);
    if (left.is_array() && right.is_array()) {
        return std::equal(left.get_array().begin(), left.get_array().end(),
                          right.get_array().begin(), right.get_array().end(), is_equal);
    }
    if (left.is_object() && right.is_object()) {
        if (left.get_object().size() != right.get_object().size()) return false;
        return std::all_of(
            left.get_object().begin(), left.get_object().end(), [&](const auto& item) {
                const json::value* other = right.get_object().if_contains(item.key());
                return other != nullptr && is_equal(item.value(), *other);
            });
    }
    return left == right;
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : std::string();
}

std::string parameter(const json::value& params, std::string_view name) {
    const json::value* values = params.get_object().if_contains(name);
    if (values == nullptr || values->get_array().empty()) return {};
    return text_of(values->get_array().front());
}

std::int64_t epoch_unit_ns(const std::string& epoch) {
    const auto precision = storage::parse_time_precision(epoch);
    return precision ? storage::unit_ns(*precision) : 0;
}

bool is_told_not_to_make_policies(const json::object& test) {
    const json::value* config = test.if_contains("server_config");
    return config != nullptr &&
           json::serialize(*config).find("RetentionAutoCreate") != std::string::npos;
}

/// The databases and policies that InfluxDB's test makes before it writes.
void set_up(MemoryStore& store, const json::object& test) {
    for (const std::string& name : store.databases()) REQUIRE(store.drop_database(name));
    const json::value* setup = test.if_contains("setup");
    if (setup == nullptr) return;
    for (const json::value& item : setup->get_array()) {
        const std::string database = text_of(item.at("db"));
        REQUIRE(store.create_database(database));
        if (is_told_not_to_make_policies(test)) {
            REQUIRE(store.drop_retention_policy(database, "autogen"));
        }
        const json::value* policy = item.get_object().if_contains("rp");
        if (policy == nullptr || !policy->is_string()) continue;
        store.add_retention_policy(database, text_of(*policy), true);
    }
}

void write_points(MemoryStore& store, const json::object& test) {
    const json::value* writes = test.if_contains("writes");
    if (writes == nullptr) return;
    for (const json::value& write : writes->get_array()) {
        storage::LineParserOptions options;
        if (const json::value* params = write.get_object().if_contains("params")) {
            const auto precision = storage::parse_time_precision(parameter(*params, "precision"));
            if (precision) options.precision = *precision;
        }
        const auto lines = storage::parse_lines(text_of(write.at("data")), options);
        const std::string database = text_of(write.at("db"));
        const std::string policy = text_of(write.at("rp"));
        if (!store.has_database(database)) REQUIRE(store.create_database(database));
        if (!policy.empty() && !store.has_retention_policy(database, policy)) {
            store.add_retention_policy(database, policy, true);
        }
        CHECK(store.write(database, policy, lines.batch));
    }
}

/// The kind of a statement, for the table that is printed.
std::string category_of(const std::string& command) {
    std::string words = command;
    std::transform(words.begin(), words.end(), words.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    const auto has = [&](std::string_view text) { return words.find(text) != std::string::npos; };
    std::istringstream reader(words);
    std::string first;
    std::string second;
    reader >> first >> second;
    if (first != "SELECT") return has("CARDINALITY") ? "SHOW .. CARDINALITY" : first + " " + second;
    if (has(" INTO ")) return "SELECT .. INTO";
    if (has("FROM (")) return "SELECT with subquery";
    for (const std::string_view name :
         {"DERIVATIVE(", "DIFFERENCE(", "MOVING_AVERAGE(", "CUMULATIVE_SUM(", "ELAPSED(", "TOP(",
          "BOTTOM(", "SAMPLE(", "DISTINCT", "MODE("}) {
        if (has(name)) return "SELECT, functions of rows";
    }
    if (has("GROUP BY TIME")) return "SELECT, buckets";
    return has("(") ? "SELECT, functions" : "SELECT, rows";
}

bool has_error(const json::value& answer) { return answer.get_object().contains("error"); }

/// Equal, or refused where InfluxDB refuses, in other words: a statement's error also says what to
/// do instead.
bool agrees(const json::value& ours, const json::value& expected) {
    if (is_equal(ours, expected) || (has_error(ours) && has_error(expected))) return true;
    const json::value* left = ours.get_object().if_contains("results");
    const json::value* right = expected.get_object().if_contains("results");
    return left != nullptr && right != nullptr &&
           std::equal(left->get_array().begin(), left->get_array().end(),
                      right->get_array().begin(), right->get_array().end(),
                      [](const json::value& a, const json::value& b) {
                          return is_equal(a, b) || (has_error(a) && has_error(b));
                      });
}

struct Count {
    int equal = 0;
    int agreed = 0;  ///< Equal or refused by both.
    int all = 0;

    void add(bool is_equal_answer, bool is_agreed) {
        ++all;
        equal += is_equal_answer ? 1 : 0;
        agreed += is_agreed ? 1 : 0;
    }
};

std::string share_text(int part, int whole) {
    const int per_mille = whole == 0 ? 0 : 1000 * part / whole;
    return std::to_string(part) + " of " + std::to_string(whole) + " (" +
           std::to_string(per_mille / 10) + "." + std::to_string(per_mille % 10) + " %)";
}

}  // namespace

TEST_CASE("queries are answered as by InfluxDB", "[conformance]") {
    const auto path = shared_data("influxql-conformance/server_test_cases.json");
    if (!path) return;
    const json::value tests = json::parse(read_bytes(*path));
    const char* const shown = std::getenv("TIDEMARK_SHOW_DIFFERENCES");

    const ManualClock clock(kNowNs + 30'000'000'000);
    MemoryStore store({.clock = &clock, .future_limit_ns = kHoldForever});
    std::map<std::string, Count> counts;
    Count total;
    for (const json::value& test : tests.get_array()) {
        const json::object& object = test.get_object();
        if (!object.contains("continues")) set_up(store, object);
        write_points(store, object);
        for (const json::value& query : object.at("queries").get_array()) {
            if (query.at("skip").get_bool()) continue;  // By InfluxDB itself.
            const std::string command = text_of(query.at("command"));
            const json::value& params = query.at("params");
            QueryOptions options;
            options.database = parameter(params, "db");
            options.retention_policy = parameter(params, "rp");
            const std::int64_t epoch_ns = epoch_unit_ns(parameter(params, "epoch"));
            const json::value answer = to_json(execute(store, command, options), epoch_ns);
            boost::system::error_code failure;
            const json::value expected = json::parse(text_of(query.at("expect")), failure);
            const bool equal = !failure && is_equal(answer, expected);
            const bool agreed = !failure && agrees(answer, expected);
            counts[category_of(command)].add(equal, agreed);
            total.add(equal, agreed);
            if (!equal && shown != nullptr && category_of(command).starts_with(shown)) {
                std::cout << text_of(object.at("test")) << ": " << command << "\n  expected "
                          << text_of(query.at("expect")) << "\n  got      "
                          << json::serialize(answer) << "\n";
            }
        }
    }
    for (const auto& [category, count] : counts) {
        std::cout << category << ": " << count.equal << " of " << count.all << " equal\n";
    }
    std::cout << "all: " << share_text(total.equal, total.all) << " equal, "
              << share_text(total.agreed, total.all) << " equal or refused by both\n";
    CHECK(total.equal >= kEqualAnswersAtLeast);
    CHECK(total.agreed >= kAgreedAnswersAtLeast);
}

}  // namespace tidemark::tests
