#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "storage/line_protocol/line_parser.h"
#include "storage/line_protocol/line_writer.h"
#include "tests/line_protocol/points.h"
#include "tests/support/shared_data.h"

// The reference's own cases: see SOURCE.md of line-protocol-corpus. Where Tidemark differs on
// purpose, docs/LINE_PROTOCOL.md gives the number and the reason, and kDeviations the cases.

namespace json = boost::json;
using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::tests;

namespace {

// Cases whose reference answer is not ours, with the number of the deviation.
const std::map<std::string, int> kDeviations = {
    {"909116", 1},  // "\t" in a string
    {"ea7ad6", 1},  // "\n" in a string
    {"2a6fa6", 2},  // tag "time"
    {"5f10c1", 2},
};

// Boost.JSON rounds some numbers by a bit; as text they can be read exactly.
json::object read_cases(const std::string& name) {
    const auto path = shared_data("line-protocol-corpus/" + name);
    if (!path) return {};
    const std::regex float_value(R"re("float": *(-?[0-9][0-9eE.+-]*))re");
    return json::parse(std::regex_replace(read_bytes(*path), float_value, R"("float": "$1")"))
        .as_object();
}

std::string decode_base64(std::string_view text) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (const char digit : text) {
        if (digit == '=') break;
        bits = (bits << 6) | static_cast<std::uint32_t>(kDigits.find(digit));
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes.push_back(static_cast<char>((bits >> bit_count) & 0xff));
        }
    }
    return bytes;
}

std::string text_of(const json::value& value) {
    if (value.is_string()) return std::string(value.as_string());
    return decode_base64(value.at("binary").as_string());
}

Value field_value_of(const json::object& value) {
    const auto& [type, content] = *value.begin();
    if (type == "int") return content.to_number<std::int64_t>();
    if (type == "uint") return content.to_number<std::uint64_t>();
    if (type == "bool") return content.as_bool();
    if (type == "string") return text_of(content);
    return std::strtod(content.as_string().c_str(), nullptr);
}

PlainPoint point_of(const json::value& point) {
    PlainPoint plain;
    plain.measurement = text_of(point.at("name"));
    for (const json::value& tag : point.at("tags").as_array()) {
        plain.tags.emplace_back(text_of(tag.at("key")), text_of(tag.at("value")));
    }
    for (const json::value& field : point.at("fields").as_array()) {
        plain.fields.emplace_back(text_of(field.at("key")),
                                  field_value_of(field.at("value").as_object()));
    }
    plain.time_ns = point.at("time").to_number<std::int64_t>();
    return plain;
}

// A point as the corpus lists it: tags sorted, a time always, and JSON has no -0.
PlainPoint listed(PlainPoint point, std::int64_t default_time_ns) {
    std::ranges::sort(point.tags);
    if (!point.time_ns) point.time_ns = default_time_ns;
    for (auto& [name, value] : point.fields) {
        if (value == Value(0.0)) value = 0.0;
    }
    return point;
}

TimePrecision precision_of(const json::value& input) {
    const std::string_view name = input.at("precision").as_string();
    return parse_time_precision(name.substr(1)).value();  // "1ms"
}

// Why the reference's answer is not ours, or nothing when it is.
std::optional<std::string> difference(const json::value& input, const json::value& output) {
    const ParsedLines lines =
        parse_lines(text_of(input.at("text")), {.precision = precision_of(input)});
    if (output.as_object().contains("error")) {
        if (lines.rejected_count > 0) return std::nullopt;
        return "accepted, reference: " + std::string(output.at("error").as_string());
    }
    if (lines.rejected_count > 0) return "refused: " + lines.rejected.at(0).message();

    const auto default_time_ns = input.at("defaultTime").to_number<std::int64_t>();
    std::vector<PlainPoint> expected;
    for (const json::value& point : output.at("result").as_array()) {
        expected.push_back(point_of(point));
    }
    std::vector<PlainPoint> found;
    for (const PlainPoint& point : plain_points(lines.batch)) {
        found.push_back(listed(point, default_time_ns));
    }
    if (found == expected) return std::nullopt;
    return "found " + Catch::Detail::stringify(found) + ", reference " +
           Catch::Detail::stringify(expected);
}

}  // namespace

TEST_CASE("the reference's inputs are read as the reference reads them", "[line_protocol]") {
    std::set<std::string> deviating;
    for (const auto& [key, test] : read_cases("decode.json")) {
        const std::string name(key.substr(0, 6));
        const auto differs = difference(test.at("input"), test.at("output"));
        if (kDeviations.contains(name)) {
            if (differs) deviating.insert(name);
            continue;
        }
        INFO(key << ": " << json::serialize(test.at("input").at("text")));
        INFO(differs.value_or(""));
        CHECK_FALSE(differs);
    }
    // A deviation that is none any more has to leave the list.
    if (!deviating.empty()) CHECK(deviating.size() == kDeviations.size());
}

TEST_CASE("points are written as the reference writes them", "[line_protocol]") {
    for (const auto& [key, test] : read_cases("encode.json")) {
        INFO(key);
        WriteBatch batch;
        const PlainPoint point = point_of(test.at("input").at("point"));
        add_point(batch, point);
        std::string text;
        const Status status = append_lines(batch, precision_of(test.at("input")), text);
        const json::object& output = test.at("output").as_object();
        CHECK(status.has_value() == !output.contains("error"));
        if (!status) continue;
        CHECK(text == text_of(output.at("result")) + "\n");

        const ParsedLines lines = parse_lines(text, {});
        CHECK(lines.rejected_count == 0);
        CHECK(plain_points(lines.batch) == std::vector{point});
    }
}

TEST_CASE("what Telegraf sends is read", "[line_protocol]") {
    const auto path = shared_data("telegraf-lines/telegraf-expected.lp");
    if (!path) return;
    // Folders of the collection whose files are no line protocol, but numbers or what an output
    // plugin sends to another kind of server.
    const std::vector<std::string> other_formats = {
        "inputs/smartctl/testcases_scan/", "outputs/redistimeseries/",
        "outputs/syslog/testcases/issue_16012/", "outputs/zabbix/"};

    const std::string text = read_bytes(*path);
    std::size_t file_count = 0;
    for (std::size_t begin = text.find("# file: "); begin != std::string::npos;) {
        const std::size_t end = text.find("\n# file: ", begin);
        const std::string file = text.substr(begin, end - begin);
        const std::string name = file.substr(0, file.find('\n'));
        begin = end == std::string::npos ? end : end + 1;
        ++file_count;
        if (std::ranges::any_of(other_formats, [&](const std::string& folder) {
                return name.find(folder) != std::string::npos;
            })) {
            continue;
        }
        INFO(name);
        const ParsedLines lines = parse_lines(file, {});
        for (const RejectedLine& line : lines.rejected) {
            // An earthquake report with a field "time": deviation 2.
            CHECK(line.message() + name.substr(name.rfind("json_v2")) ==
                  "line 2, column 188: expected a key other than \"time\", found "
                  "\"time=1623708726566\"json_v2/testdata/null/expected.out");
        }
    }
    CHECK(file_count == 427);  // The figure of SOURCE.md.
}

TEST_CASE("the sample files of InfluxDB's documentation are read", "[line_protocol]") {
    const auto folder = shared_data("influx-docs-lp");
    if (!folder) return;
    std::size_t point_count = 0;
    std::size_t field_count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
        if (entry.path().extension() != ".lp") continue;
        INFO(entry.path().string());
        const ParsedLines lines = parse_lines(read_bytes(entry.path()), {});
        CHECK(lines.rejected_count == 0);
        point_count += lines.batch.point_count();
        for (std::size_t i = 0; i < lines.batch.point_count(); ++i) {
            field_count += lines.batch.point(i).field_count;
        }
    }
    CHECK(point_count == 10'881);  // The figures of SOURCE.md.
    CHECK(field_count == 27'896);
}
