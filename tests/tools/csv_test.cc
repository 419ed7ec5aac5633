#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/line_protocol/points.h"
#include "tests/support/temporary_directory.h"
#include "tools/transfer/csv_parser.h"
#include "tools/transfer/csv_point_reader.h"

namespace tidemark::tools {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// What a text says when it arrives in pieces of that size; defects as one cell.
Rows parsed(std::string_view text, std::size_t piece_size_bytes, char separator = ',') {
    CsvParser parser(separator);
    Rows rows;
    std::string kept;
    CsvRecord record;
    while (true) {
        const std::string_view piece = text.substr(0, piece_size_bytes);
        text.remove_prefix(piece.size());
        kept += piece;
        std::string_view rest = kept;
        const auto end = piece.empty() ? storage::TextEnd::Complete : storage::TextEnd::MayContinue;
        while (parser.next(rest, end, record)) {
            auto& row = rows.emplace_back();
            if (!record.defect.empty()) row.push_back(record.defect);
            for (const CsvCell& cell : record.cells) row.emplace_back(cell.text);
        }
        kept.erase(0, kept.size() - rest.size());
        if (piece.empty()) return rows;
    }
}

struct ReadFile {
    std::vector<tests::PlainPoint> points;
    std::vector<std::string> refused;  ///< "3: reason"
    std::string error;
    std::vector<std::string> remarks;
};

ReadFile read_csv(const std::string& text, const CsvOptions& options,
                  const std::map<std::string, FieldType>& known = {}) {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path_of("data.csv");
    std::ofstream(path, std::ios::binary) << text;
    auto source = ByteSource::open(path);
    REQUIRE(source.has_value());
    CsvPointReader reader(std::move(source).value(), options,
                          [&](const std::string&) { return known; });
    ReadFile file;
    PointPiece piece;
    while (true) {
        const auto more = reader.read(piece);
        if (!more) {
            file.error = more.error().message();
            break;
        }
        for (std::string& remark : reader.take_remarks()) file.remarks.push_back(remark);
        if (!more.value()) break;
        for (auto& point : tests::plain_points(piece.batch)) file.points.push_back(point);
        for (const RefusedLine& line : piece.refused) {
            file.refused.push_back(std::to_string(line.line_number) + ": " + line.reason);
        }
    }
    return file;
}

CsvOptions of_measurement(const std::string& name) {
    CsvOptions options;
    options.measurement = name;
    return options;
}

}  // namespace

TEST_CASE("CSV records are split as RFC 4180 says", "[transfer]") {
    const std::string text =
        "a,b,c\r\n"
        "\n"
        "1,\"x, \"\"y\"\"\nz\",\r\n"
        "\"\",2\"3,\"4\"";
    const Rows expected{{"a", "b", "c"}, {"1", "x, \"y\"\nz", ""}, {"", "2\"3", "4"}};
    for (std::size_t size = 1; size <= text.size(); ++size) {
        INFO("pieces of " << size);
        CHECK(parsed(text, size) == expected);
    }
    CHECK(parsed("a;b\n1;2,5\n", 100, ';') == Rows{{"a", "b"}, {"1", "2,5"}});
}

TEST_CASE("a bad CSV record costs one line", "[transfer]") {
    CHECK(parsed("a,b\n\"x\"y,1\n2,3\n", 100) ==
          Rows{{"a", "b"},
               {"expected a separator behind the closing quote of column 1, found 'y'"},
               {"2", "3"}});
    CHECK(parsed("a,b\n1,\"open\n2,3\n", 100) ==
          Rows{{"a", "b"},
               {"expected a closing quote for column 2, found the end of the text"},
               {"2", "3"}});
}

TEST_CASE("cells that were written are read as they were", "[transfer]") {
    std::mt19937_64 random(20);
    const std::string bytes = "ab,;\"\r\n #\t";
    for (int round = 0; round < 500; ++round) {
        INFO("round " << round);
        std::vector<std::string> row;
        std::string text;
        for (std::size_t cell = 1 + random() % 4; cell > 0; --cell) {
            std::string value = "v";  // A row of one empty cell would be an empty line.
            for (std::size_t i = random() % 6; i > 0; --i) value += bytes[random() % bytes.size()];
            text += row.empty() ? "" : ",";
            append_csv_cell(value, text);
            row.push_back(value);
        }
        CHECK(parsed(text + "\n", 1 + random() % 8) == Rows{row});
    }
}

TEST_CASE("types of fields are guessed so that nothing is lost", "[transfer]") {
    CHECK(guess_field_type(std::vector<std::string>{"1", "2.5", "", "NaN"}) == FieldType::Float);
    CHECK(guess_field_type(std::vector<std::string>{"1", "2"}) == FieldType::Float);
    CHECK(guess_field_type(std::vector<std::string>{"9007199254740993"}) == FieldType::Integer);
    CHECK(guess_field_type(std::vector<std::string>{"18446744073709551615"}) ==
          FieldType::Unsigned);
    CHECK(guess_field_type(std::vector<std::string>{"true", "F", "null"}) == FieldType::Boolean);
    CHECK(guess_field_type(std::vector<std::string>{"1", "up"}) == FieldType::String);
    CHECK(guess_field_type(std::vector<std::string>{"1,5"}) == FieldType::String);
    CHECK(guess_field_type(std::vector<std::string>{"inf"}) == FieldType::String);
    CHECK(guess_field_type(std::vector<std::string>{"", "null"}) == std::nullopt);
}

TEST_CASE("a CSV file is understood without being explained", "[transfer]") {
    const ReadFile file = read_csv(
        "\xef\xbb\xbfTimestamp;host;usage;up\r\n"
        "2023-11-14 22:13:20;a;81.5;true\r\n"
        "2023-11-14 22:14:20;b;;false\r\n",
        of_measurement("cpu"));
    CHECK(file.error.empty());
    CHECK(file.refused.empty());
    CHECK(
        file.points ==
        std::vector<tests::PlainPoint>{
            {"cpu", {}, {{"host", "a"}, {"usage", 81.5}, {"up", true}}, 1'700'000'000'000'000'000},
            {"cpu", {}, {{"host", "b"}, {"up", false}}, 1'700'000'060'000'000'000}});
    CHECK(file.remarks ==
          std::vector<std::string>{
              "time from Timestamp (rfc3339); measurement cpu; tags none; fields host (string; "
              "--tag host would make it a tag), usage (float), up (boolean)"});
}

TEST_CASE("numbers with a decimal comma are noticed, and read when asked to", "[transfer]") {
    const std::string text =
        "time;ms;size\n2023-11-14 22:13:20;12,5;3\n2023-11-14 22:14:20;1.000,5;4\n";
    CHECK(read_csv("time;ms\n2023-11-14;12,5\n", of_measurement("m")).remarks.front() ==
          "time from time (rfc3339); measurement m; tags none; fields ms (string; "
          "--decimal-comma would make it a number)");
    CsvOptions options = of_measurement("m");
    options.has_decimal_commas = true;
    options.types = {"ms:float"};
    const ReadFile file = read_csv(text, options);
    CHECK(file.points == std::vector<tests::PlainPoint>{
                             {"m", {}, {{"ms", 12.5}, {"size", 3.0}}, 1'700'000'000'000'000'000}});
    CHECK(file.refused ==
          std::vector<std::string>{"3: column ms: expected a float (as told), found \"1.000,5\""});
    // Where a comma is decimal, a point separates thousands: no number is better than a wrong one.
    options.types.clear();
    const ReadFile thousands = read_csv("time;n\n2023-11-14 22:13:20;1.000\n", options);
    CHECK(thousands.points ==
          std::vector<tests::PlainPoint>{
              {"m", {}, {{"n", std::string("1.000")}}, 1'700'000'000'000'000'000}});
}

TEST_CASE("a CSV file that is none, or has no header, is told what it lacks", "[transfer]") {
    const auto error_of = [](const std::string& text) {
        return read_csv(text, of_measurement("m")).error;
    };
    CHECK(error_of("2023-11-14 22:13:20,a,1\n2023-11-14 22:14:20,b,2\n") ==
          "line 1: found values (2023-11-14 22:13:20, a, 1), expected the names of the columns: "
          "put a line like time,host,usage in front");
    CHECK(error_of("cpu,host=a usage=1\n") ==
          "line 1: no column looks like the time; say --time COLUMN, one of cpu, host=a usage=1; "
          "or --format line if it is line protocol");
    CHECK(error_of("time|ms\n2023-11-14|1\n") ==
          "line 1: no column looks like the time; say --time COLUMN, one of time|ms; or "
          "--separator, if there are more columns");
    CHECK(error_of("time,ms,ms\n2023-11-14,1,2\n") ==
          "line 1: two columns are named ms: rename one, or say with --field which columns are "
          "wanted");
    CHECK(error_of(std::string("\xff\xfet\0i\0", 6)) ==
          "found UTF-16, expected UTF-8: iconv -f UTF-16 -t UTF-8 converts it");
    CHECK(read_csv("", of_measurement("m")).remarks ==
          std::vector<std::string>{"is empty, there is nothing to import"});
    CHECK(read_csv("time,,n\n2023-11-14,7,1\n", of_measurement("m"))
              .remarks.front()
              .ends_with("fields n (float); columns without a name are left out"));
}

TEST_CASE("a first line sep=; says the separator", "[transfer]") {
    const ReadFile file =
        read_csv("sep=;\r\ntime;n\r\n2023-11-14 22:13:20;1\r\n", of_measurement("m"));
    CHECK(file.points ==
          std::vector<tests::PlainPoint>{{"m", {}, {{"n", 1.0}}, 1'700'000'000'000'000'000}});
}

TEST_CASE("options say what the columns of a CSV file are", "[transfer]") {
    CsvOptions options;
    options.measurement_column = "what";
    options.time_column = "when";
    options.time_format = "s";
    options.tags = {"host"};
    options.fields = {"load:integer", "note"};
    const ReadFile file = read_csv(
        "when,what,host,load,note,else\n"
        "1700000000,cpu,a,3,\"\",9\n"
        "1700000000,mem,,4,,9\n",
        options);
    CHECK(file.error.empty());
    CHECK(file.points ==
          std::vector<tests::PlainPoint>{
              {"cpu", {{"host", "a"}}, {{"load", std::int64_t{3}}}, 1'700'000'000'000'000'000},
              {"mem", {}, {{"load", std::int64_t{4}}}, 1'700'000'000'000'000'000}});
}

TEST_CASE("a field keeps the type that the database has for it", "[transfer]") {
    const ReadFile file = read_csv("time,n\n2023-11-14,3\n2023-11-15,2.5\n", of_measurement("cpu"),
                                   {{"n", FieldType::Integer}});
    CHECK(file.points == std::vector<tests::PlainPoint>{
                             {"cpu", {}, {{"n", std::int64_t{3}}}, 1'699'920'000'000'000'000}});
    CHECK(file.remarks == std::vector<std::string>{"time from time (rfc3339); measurement cpu; "
                                                   "tags none; fields n (integer, as in the "
                                                   "database)"});
    CHECK(file.refused ==
          std::vector<std::string>{
              "3: column n: expected an integer (as in the database), found \"2.5\""});
}

TEST_CASE("bad rows of a CSV file are told, and cost nothing else", "[transfer]") {
    std::string text = "time,n\n";
    for (int i = 0; i < 1000; ++i) text += "2023-11-14,3\n";
    text += "2023-11-14\n2023-11-31,1\n2023-11-14,many\n2023-11-14,\n2023-11-15,4\n";
    const ReadFile file = read_csv(text, of_measurement("cpu"));
    CHECK(file.points.size() == 1001);
    CHECK(file.refused ==
          std::vector<std::string>{
              "1002: expected 2 cells, found 1",
              "1003: column time: expected a time as rfc3339, found \"2023-11-31\"",
              "1004: column n: expected a float (guessed from the first rows), found \"many\"; "
              "--type n:string takes any text",
              "1005: no field has a value"});
}

TEST_CASE("a CSV file that cannot be understood says which option would help", "[transfer]") {
    CsvOptions options = of_measurement("cpu");
    CHECK(read_csv("a,b\n1,2\n", options).error ==
          "line 1: no column looks like the time; say --time COLUMN, one of a, b");
    CHECK(read_csv("time,b\n03/04/2024,2\n", options).error ==
          "line 1: column time: 03/04/2024 can be read in more than one way or none; say "
          "--time-format: " +
              std::string(kTimeFormatNames));
    options.tags = {"hots"};
    CHECK(read_csv("time,host\n2023-11-14,2\n", options).error ==
          "line 1: found --tag hots, expected one of time, host");
    options.tags = {"host"};
    CHECK(read_csv("time,host\n2023-11-14,2\n", options).error ==
          "line 1: no column is left for a field");
    options.tags = {};
    options.types = {"host:number"};
    CHECK(read_csv("time,host\n2023-11-14,2\n", options)
              .error.find("line 1: found --type host:number, expected COLUMN:TYPE") == 0);
}

TEST_CASE("annotated CSV explains itself, table by table", "[transfer]") {
    const ReadFile file = read_csv(
        "#datatype measurement,tag,double,dateTime:RFC3339\n"
        "m,host,usage,time\n"
        "# a comment\n"
        "cpu,a,1.5,2023-11-14T22:13:20Z\n"
        "#datatype measurement,dateTime:number,unsignedLong,string,ignored\n"
        "m,time,n,note,x\n"
        "mem,1700000000000000000,7,\"\",1\n",
        {});
    CHECK(file.error.empty());
    CHECK(file.refused.empty());
    CHECK(file.points == std::vector<tests::PlainPoint>{
                             {"cpu", {{"host", "a"}}, {{"usage", 1.5}}, 1'700'000'000'000'000'000},
                             {"mem",
                              {},
                              {{"n", std::uint64_t{7}}, {"note", std::string()}},
                              1'700'000'000'000'000'000}});
    CHECK(read_csv("#datatype measurement,double\nm,v\n", {}).error ==
          "line 2: #datatype: expected one measurement and one dateTime column");
    CHECK(read_csv("#datatype measurement\nm,v\n", {}).error ==
          "line 2: #datatype speaks of 1 columns, the header has 2");
    CHECK(read_csv("#datatype measurement,number\nm,v\n", {})
              .error.find("line 2: found #datatype number, expected measurement, tag, field") == 0);
}

}  // namespace tidemark::tools
