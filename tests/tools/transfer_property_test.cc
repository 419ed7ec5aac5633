#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/line_protocol/points.h"
#include "tests/support/temporary_directory.h"
#include "tools/transfer/csv_point_reader.h"
#include "tools/transfer/exporter.h"
#include "tools/transfer/importer.h"
#include "tools/transfer/line_point_reader.h"

// What is exported and imported again is the same, bit by bit.

namespace tidemark::tools {
namespace {

using Random = std::mt19937_64;
using tests::PlainPoint;

const std::atomic<bool> kNotCancelled{false};

// Pieces that meet every special case of both forms; those that line protocol cannot say are last.
const std::vector<std::string> kPieces = {"a", " ", ",",  "=", "\"",       "'",  "#",  "\\x",
                                          ";", "µ", "\t", "%", "datatype", "\r", "\n", "\\"};
constexpr std::size_t kLinePieceCount = 10;  // Names in line protocol hold no control characters.

std::string random_name(Random& random, std::size_t piece_count) {
    std::string name = random() % 8 == 0 ? "#n" : "n";
    for (std::size_t i = random() % 4; i > 0; --i) name += kPieces[random() % piece_count];
    return name;
}

std::string random_text(Random& random) {
    std::string text;
    for (std::size_t i = random() % 5; i > 0; --i) text += kPieces[random() % kPieces.size()];
    return random() % 10 == 0 ? "null" : text;
}

double random_float(Random& random) {
    constexpr double kSpecial[] = {0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1, 1e21, -1e-7};
    if (random() % 4 == 0) return kSpecial[random() % std::size(kSpecial)];
    const auto value = std::bit_cast<double>(random());
    return std::isfinite(value) ? value : 70.25;
}

Value random_value(Random& random, FieldType type) {
    switch (type) {
        case FieldType::Float:
            return random_float(random);
        case FieldType::Integer:
            return static_cast<std::int64_t>(random());
        case FieldType::Unsigned:
            return static_cast<std::uint64_t>(random());
        case FieldType::Boolean:
            return random() % 2 == 0;
        case FieldType::String:
            return random_text(random);
    }
    return 0.0;
}

struct Shape {
    std::string measurement;
    std::vector<std::string> tag_keys;
    std::vector<FieldKey> fields;
};

Shape random_shape(Random& random, std::size_t piece_count, std::size_t number) {
    Shape shape;
    // Never a comment.
    shape.measurement = "m" + std::to_string(number) + random_name(random, piece_count);
    for (std::size_t i = 0; i < random() % 4; ++i) {
        shape.tag_keys.push_back(random_name(random, piece_count) + std::to_string(i));
    }
    for (std::size_t i = 0; i < 1 + random() % 6; ++i) {
        shape.fields.push_back({random_name(random, piece_count) + std::to_string(i),
                                static_cast<FieldType>(1 + random() % 5)});
    }
    return shape;
}

WriteBatch random_points(Random& random, std::size_t piece_count) {
    WriteBatch batch;
    std::vector<Shape> shapes;
    for (std::size_t number = 0; number < 3; ++number) {
        shapes.push_back(random_shape(random, piece_count, number));
    }
    for (std::size_t i = 0; i < 300; ++i) {
        const Shape& shape = shapes[random() % shapes.size()];
        PlainPoint point{shape.measurement, {}, {}, {}};
        for (const std::string& key : shape.tag_keys) {
            if (random() % 3 != 0) point.tags.emplace_back(key, std::string(1, "ab"[random() % 2]));
        }
        for (const FieldKey& field : shape.fields) {
            const bool is_last = &field == &shape.fields.back();
            if (random() % 3 != 0 || (is_last && point.fields.empty())) {
                point.fields.emplace_back(field.name, random_value(random, field.type));
            }
        }
        // Before, around and after 1970, within few partitions.
        constexpr std::int64_t kAnchorsNs[] = {-850'000'000'000'000'000, 0,
                                               1'700'000'000'000'000'000};
        constexpr std::uint64_t kTwoDaysNs = 2 * 86'400 * std::uint64_t{1'000'000'000};
        point.time_ns = kAnchorsNs[random() % std::size(kAnchorsNs)] -
                        static_cast<std::int64_t>(random() % kTwoDaysNs);
        tests::add_point(batch, point);
    }
    return batch;
}

std::vector<PlainPoint> points_of(ExportSource& source) {
    std::vector<PlainPoint> points;
    const auto names = source.measurements();
    REQUIRE(names.has_value());
    for (const std::string& name : names.value()) {
        const auto schema = source.schema(name);
        REQUIRE(schema.has_value());
        const Status read = source.read(schema.value(), {}, [&](const WriteBatch& batch) {
            for (PlainPoint& point : tests::plain_points(batch)) points.push_back(point);
            return success();
        });
        REQUIRE(read.has_value());
    }
    CHECK(source.messages().empty());
    return points;
}

std::unique_ptr<ExportSource> source_of(const std::string& directory) {
    auto source = open_export_directory(directory, "db", "", kNotCancelled);
    REQUIRE(source.has_value());
    return std::move(source).value();
}

void export_to(const std::string& directory, const std::string& file, PointWriter& writer) {
    const auto source = source_of(directory);
    auto sink = ByteSink::open(file);
    REQUIRE(sink.has_value());
    Exporter exporter(
        *source, writer, *sink.value(), [](std::uint64_t) {},
        [](const std::string& reason) { FAIL_CHECK(reason); });
    const auto names = source->measurements();
    REQUIRE(names.has_value());
    for (const std::string& name : names.value()) {
        REQUIRE(exporter.export_measurement(name, {}).has_value());
    }
    REQUIRE(sink.value()->close().has_value());
}

void import_from(const std::string& file, const std::string& directory, bool is_csv) {
    auto target = open_import_directory(directory, "db", "");
    REQUIRE(target.has_value());
    auto source = ByteSource::open(file);
    REQUIRE(source.has_value());
    const ByteSource& watched = *source.value();
    std::unique_ptr<PointReader> reader;
    if (is_csv) {
        reader = std::make_unique<CsvPointReader>(
            std::move(source).value(), CsvOptions{}, [&](const std::string& measurement) {
                return target.value()->field_types(measurement);
            });
    } else {
        reader = std::make_unique<LinePointReader>(std::move(source).value(),
                                                   storage::TimePrecision::Nanoseconds);
    }
    RejectLog rejects(nullptr, [](const std::string& line) { FAIL_CHECK(line); });
    ProgressLine progress(nullptr);
    Importer importer(*target.value(), rejects, progress, kNotCancelled, [](const std::string&) {});
    const Status imported = importer.import(file, watched, *reader);
    INFO((imported ? "" : imported.error().message()));
    REQUIRE(imported.has_value());
    REQUIRE(target.value()->finish().has_value());
}

void check_round_trip(unsigned seed, bool is_csv, const std::string& suffix) {
    INFO("seed " << seed << ", " << suffix);
    Random random(seed);
    const tests::TemporaryDirectory directory;
    const std::string original = directory.path_of("original");
    {
        auto target = open_import_directory(original, "db", "");
        REQUIRE(target.has_value());
        const auto rejected =
            target.value()->write(random_points(random, is_csv ? kPieces.size() : kLinePieceCount));
        REQUIRE(rejected.has_value());
        CHECK(rejected.value().empty());
        REQUIRE(target.value()->finish().has_value());
    }
    const std::string file = directory.path_of("exported" + suffix);
    export_to(original, file, is_csv ? *make_csv_writer() : *make_line_writer());
    import_from(file, directory.path_of("copy"), is_csv);
    const std::vector<PlainPoint> expected = points_of(*source_of(original));
    CHECK_FALSE(expected.empty());
    CHECK(points_of(*source_of(directory.path_of("copy"))) == expected);
}

}  // namespace

TEST_CASE("line protocol that was exported is imported as the same samples", "[transfer]") {
    for (unsigned seed = 1; seed <= 8; ++seed) check_round_trip(seed, false, ".lp");
    check_round_trip(100, false, ".lp.gz");
}

TEST_CASE("CSV that was exported is imported as the same samples", "[transfer]") {
    for (unsigned seed = 1; seed <= 8; ++seed) check_round_trip(seed, true, ".csv");
    check_round_trip(100, true, ".csv.gz");
}

}  // namespace tidemark::tools
