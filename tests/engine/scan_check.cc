#include "tests/engine/scan_check.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "storage/engine/scan_cursor.h"

namespace tidemark::tests {
namespace {

using storage::CompiledScan;

FieldType random_type(RandomRows& random) {
    return kAllTypes[static_cast<std::size_t>(random.number(0, 4))];
}

PredicateLeaf random_leaf(RandomRows& random) {
    PredicateLeaf leaf;
    const FieldType type = random_type(random);
    leaf.field = field_type_name(type);
    leaf.op = static_cast<CompareOp>(random.number(0, 5));
    if (type == FieldType::Boolean) leaf.op = static_cast<CompareOp>(random.number(0, 1));
    const bool is_numeric = type <= FieldType::Unsigned;
    leaf.constant =
        random.value(is_numeric ? kAllTypes[static_cast<std::size_t>(random.number(0, 2))] : type);
    if (type == FieldType::String && random.chance(20)) {
        leaf.op = CompareOp::Matches;
        leaf.matches = [](std::string_view text) { return text.ends_with('2'); };
    }
    return leaf;
}

bool is_same_value(const Value& left, const Value& right) {
    if (left.index() != right.index()) return false;
    if (const double* number = std::get_if<double>(&left)) {
        return std::bit_cast<std::uint64_t>(*number) ==
               std::bit_cast<std::uint64_t>(std::get<double>(right));
    }
    return left == right;
}

using ModelRows = std::vector<std::pair<std::int64_t, ScanModel::Row>>;

void check_values(const ColumnValues& values, const ModelRows& rows, std::size_t first,
                  std::size_t count, const std::string& field) {
    for (std::size_t index = 0; index < count; ++index) {
        const ScanModel::Row& expected = rows[first + index].second;
        const auto value = expected.find(field);
        INFO("field " << field << " at " << rows[first + index].first);
        const bool ends_hold = value != expected.end() && is_nan(value->second);
        const bool has_value = value != expected.end() && !ends_hold;
        REQUIRE(values.is_valid(index) == has_value);
        REQUIRE(values.ends_hold(index) == ends_hold);
        if (has_value) REQUIRE(is_same_value(values.value_at(index), value->second));
    }
}

using Samples = std::vector<std::pair<std::int64_t, Value>>;

long double number_of(const Value& value) {
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    if (const auto* number = std::get_if<std::uint64_t>(&value)) return *number;
    return 0;
}

/// -0.0 is below +0.0.
bool is_below(const Value& left, const Value& right) {
    const double* left_float = std::get_if<double>(&left);
    if (left_float == nullptr || left != right) return left < right;
    return std::signbit(*left_float) && !std::signbit(std::get<double>(right));
}

void check_extremes(const ColumnSummary& summary, const Samples& samples) {
    Value min = samples.front().second;
    Value max = min;
    bool is_non_decreasing = summary.type != FieldType::String;
    for (std::size_t index = 1; index < samples.size(); ++index) {
        const Value& value = samples[index].second;
        if (is_below(value, min)) min = value;
        if (is_below(max, value)) max = value;
        if (value < samples[index - 1].second) is_non_decreasing = false;
    }
    REQUIRE(is_same_value(summary.min, min));
    REQUIRE(is_same_value(summary.max, max));
    REQUIRE(summary.is_non_decreasing == is_non_decreasing);
}

/// Everything that adds up, added up the plain way.
void check_sums(const ColumnSummary& summary, const Samples& samples) {
    long double sum = 0;
    long double sum_magnitude = 0;
    long double integral = 0;
    long double integral_magnitude = 0;
    __extension__ __int128 integer_sum = 0;
    std::int64_t true_ns = 0;
    std::uint64_t transition_count = 0;
    for (std::size_t index = 0; index < samples.size(); ++index) {
        const auto& [time_ns, value] = samples[index];
        sum += number_of(value);
        sum_magnitude += std::abs(number_of(value));
        if (const auto* number = std::get_if<std::int64_t>(&value)) integer_sum += *number;
        if (const auto* number = std::get_if<std::uint64_t>(&value)) integer_sum += *number;
        if (index + 1 == samples.size()) break;
        const auto& [next_ns, next] = samples[index + 1];
        const auto distance = static_cast<long double>(next_ns - time_ns);
        integral += number_of(value) * distance;
        integral_magnitude += std::abs(number_of(value)) * distance;
        if (value == Value(true)) true_ns += next_ns - time_ns;
        if (summary.type == FieldType::Boolean && next != value) ++transition_count;
    }
    REQUIRE((summary.integer_sum == integer_sum));
    REQUIRE(summary.true_ns == true_ns);
    REQUIRE(summary.transition_count == transition_count);
    const auto is_near = [](const DoubleDouble& found, long double expected, long double bound) {
        const long double difference = static_cast<long double>(found.high) + found.low - expected;
        return std::abs(difference) <= bound * 1e-15L;
    };
    if (summary.type == FieldType::Float) REQUIRE(is_near(summary.sum, sum, sum_magnitude));
    REQUIRE(is_near(summary.integral, integral, integral_magnitude));
}

void check_summary(const ColumnSummary& summary, const ModelRows& rows, std::size_t first,
                   std::size_t count, const std::string& field, std::int64_t hold_ns) {
    Samples samples;
    std::int64_t largest_gap_ns = 0;
    for (std::size_t index = first; index < first + count; ++index) {
        const auto value = rows[index].second.find(field);
        if (value == rows[index].second.end()) continue;
        REQUIRE_FALSE(is_nan(value->second));
        if (!samples.empty()) {
            largest_gap_ns = std::max(largest_gap_ns, rows[index].first - samples.back().first);
        }
        samples.emplace_back(rows[index].first, value->second);
    }
    INFO("summary of " << field);
    REQUIRE(summary.row_count == count);
    REQUIRE(summary.non_null_count == samples.size());
    if (samples.empty()) return;
    REQUIRE(summary.has_values);
    REQUIRE(summary.first_ns == samples.front().first);
    REQUIRE(summary.last_ns == samples.back().first);
    REQUIRE(is_same_value(summary.first, samples.front().second));
    REQUIRE(is_same_value(summary.last, samples.back().second));
    REQUIRE(summary.largest_gap_ns == largest_gap_ns);
    REQUIRE(summary.largest_gap_ns <= hold_ns);
    check_extremes(summary, samples);
    check_sums(summary, samples);
}

void check_carried(const CarriedValues& carried, const CarriedValues& expected) {
    REQUIRE(carried.columns.size() == expected.columns.size());
    REQUIRE(carried.leaves.size() == expected.leaves.size());
    for (std::size_t index = 0; index < expected.columns.size(); ++index) {
        INFO("carried column " << index);
        REQUIRE(carried.columns[index].has_value() == expected.columns[index].has_value());
        if (!expected.columns[index]) continue;
        REQUIRE(carried.columns[index]->time_ns == expected.columns[index]->time_ns);
        REQUIRE(carried.columns[index]->is_ended == expected.columns[index]->is_ended);
        REQUIRE(is_same_value(carried.columns[index]->value, expected.columns[index]->value));
    }
    for (std::size_t index = 0; index < expected.leaves.size(); ++index) {
        INFO("carried leaf " << index);
        REQUIRE(describe_run(carried.leaves[index]) == describe_run(expected.leaves[index]));
    }
}

bool is_cut(const std::vector<std::int64_t>& cuts, std::int64_t first_ns, std::int64_t last_ns) {
    return std::any_of(cuts.begin(), cuts.end(),
                       [&](std::int64_t cut_ns) { return first_ns < cut_ns && cut_ns <= last_ns; });
}

}  // namespace

std::optional<FieldType> type_of_field(std::string_view field) {
    for (const FieldType type : kAllTypes) {
        if (field == field_type_name(type)) return type;
    }
    return std::nullopt;
}

std::shared_ptr<const CompiledScan> compile(const ScanRequest& request) {
    auto compiled = storage::compile_scan(request, type_of_field);
    REQUIRE(compiled.has_value());
    return compiled.value();
}

ScanRequest random_request(RandomRows& random) {
    ScanRequest request;
    for (std::int64_t count = random.number(0, 3); count > 0; --count) {
        const bool is_unknown = random.chance(5);
        request.columns.push_back(
            {is_unknown ? "unknown" : std::string(field_type_name(random_type(random))),
             random.chance(50) ? Need::Summary : Need::Values});
    }
    for (std::int64_t count = random.number(0, 3); count > 0; --count) {
        request.leaves.push_back(random_leaf(random));
        if (random.chance(5)) request.leaves.back().field = "unknown";
    }
    if (random.chance(70)) request.range.begin_ns = random.number(-20, 700);
    if (random.chance(70)) request.range.end_ns = random.number(-20, 900);
    for (std::int64_t count = random.number(0, 5); count > 0 && random.chance(60); --count) {
        request.cuts.push_back(random.number(-10, 700));
    }
    std::sort(request.cuts.begin(), request.cuts.end());
    const std::int64_t holds[] = {0, 1, 3, 10, 100, kHoldForever};
    request.hold_ns = holds[random.number(0, 5)];
    request.carry_in = static_cast<CarryIn>(random.number(0, 3));
    return request;
}

void check_scan(const ScanRequest& request, const ScannedSeries& series,
                ScanStatistics& statistics) {
    const ModelRows rows = series.model.rows(request);
    auto opened = storage::make_series_cursor(compile(request), series.groups, statistics);
    REQUIRE(opened.has_value());
    SeriesCursor& cursor = *opened.value();
    check_carried(cursor.carried(), series.model.carried(request));

    std::size_t next_row = 0;
    std::vector<std::vector<LeafRun>> runs(request.leaves.size());
    while (true) {
        const auto moved = cursor.next();
        REQUIRE(moved.has_value());
        if (moved.value() == nullptr) break;
        const ScanPiece& piece = *moved.value();
        REQUIRE(piece.row_count > 0);
        REQUIRE(next_row + piece.row_count <= rows.size());
        REQUIRE(piece.first_ns == rows[next_row].first);
        REQUIRE(piece.last_ns == rows[next_row + piece.row_count - 1].first);
        REQUIRE_FALSE(is_cut(request.cuts, piece.first_ns, piece.last_ns));

        bool has_values = request.columns.empty() && request.leaves.empty();
        REQUIRE(piece.columns.size() == request.columns.size());
        for (std::size_t column = 0; column < piece.columns.size(); ++column) {
            const ColumnRequest& asked = request.columns[column];
            const ColumnSummary* summary = piece.columns[column].summary;
            if (summary != nullptr) {
                REQUIRE(asked.need == Need::Summary);
                REQUIRE(request.path == ScanPath::Cheapest);
                check_summary(*summary, rows, next_row, piece.row_count, asked.field,
                              request.hold_ns);
            } else {
                has_values = true;
                check_values(piece.columns[column].values, rows, next_row, piece.row_count,
                             asked.field);
            }
        }
        REQUIRE(piece.times.size() == (has_values ? piece.row_count : 0));
        for (std::size_t row = 0; row < piece.times.size(); ++row) {
            REQUIRE(piece.times[row] == rows[next_row + row].first);
        }
        REQUIRE(piece.leaves.size() == request.leaves.size());
        for (std::size_t leaf = 0; leaf < piece.leaves.size(); ++leaf) {
            for (const LeafRun& run : piece.leaves[leaf]) {
                REQUIRE(run.first_ns >= piece.first_ns);
                REQUIRE(run.last_ns <= piece.last_ns);
                runs[leaf].push_back(run);
            }
        }
        next_row += piece.row_count;
    }
    REQUIRE(next_row == rows.size());
    for (std::size_t leaf = 0; leaf < runs.size(); ++leaf) {
        INFO("leaf " << leaf << " on " << request.leaves[leaf].field);
        REQUIRE(join_runs(runs[leaf], request.hold_ns) ==
                series.model.runs(request, request.leaves[leaf]));
    }
}

}  // namespace tidemark::tests
