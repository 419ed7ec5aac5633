#include "query/functions/sample_fold.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/functions/sample_columns.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kMaxUnsigned = std::numeric_limits<std::uint64_t>::max();

std::unique_ptr<SampleFold> fold_of(FunctionId function, FieldType type, bool needs_time = true) {
    auto fold = make_sample_fold(function, type, needs_time);
    REQUIRE(fold.has_value());
    return std::move(fold).value();
}

template <typename T>
FoldResult fold_values(FunctionId function, const SampleColumn<T>& column) {
    const auto fold = fold_of(function, column.view().type);
    fold->add_values(column.times(), column.view(), 0, column.row_count());
    const auto result = fold->finish();
    REQUIRE(result.has_value());
    return Result(result).value();
}

const FloatColumn kFloats({10, 20, 30, 40, 50}, {4.0, std::nullopt, -1.5, 4.0, 2.0});

TEST_CASE("nulls count for nothing", "[functions]") {
    CHECK(fold_values(FunctionId::Count, kFloats).cell == Cell(std::int64_t{4}));
    CHECK(fold_values(FunctionId::Sum, kFloats).cell == Cell(8.5));
    CHECK(fold_values(FunctionId::Mean, kFloats).cell == Cell(2.125));
    CHECK(fold_values(FunctionId::Spread, kFloats).cell == Cell(5.5));
}

TEST_CASE("selectors carry the time of the sample they picked", "[functions]") {
    const FoldResult max = fold_values(FunctionId::Max, kFloats);
    CHECK(max.cell == Cell(4.0));
    CHECK(max.time_ns == 10);  // The earliest of two equal ones.
    CHECK(fold_values(FunctionId::Min, kFloats).time_ns == 30);
    CHECK(fold_values(FunctionId::First, kFloats).time_ns == 10);
    const FoldResult last = fold_values(FunctionId::Last, kFloats);
    CHECK(last.cell == Cell(2.0));
    CHECK(last.time_ns == 50);
}

TEST_CASE("without a sample count is zero and all else is null", "[functions]") {
    const FloatColumn nulls({1, 2}, {std::nullopt, std::nullopt});
    CHECK(fold_values(FunctionId::Count, nulls).cell == Cell(std::int64_t{0}));
    for (const FunctionId id :
         {FunctionId::Sum, FunctionId::Mean, FunctionId::Min, FunctionId::Max, FunctionId::First,
          FunctionId::Last, FunctionId::Spread, FunctionId::StdDev}) {
        INFO(function_info(id).name);
        CHECK(fold_values(id, nulls).cell == Cell(std::monostate{}));
    }
}

TEST_CASE("integers are summed exactly, and averaged exactly before rounding", "[functions]") {
    const IntegerColumn column({1, 2, 3}, {kMax, kMax, -kMax});
    CHECK(fold_values(FunctionId::Sum, column).cell == Cell(kMax));
    const IntegerColumn odd({1, 2}, {(std::int64_t{1} << 53) + 1, (std::int64_t{1} << 53) + 1});
    CHECK(fold_values(FunctionId::Mean, odd).cell == Cell(0x1p53));
    const IntegerColumn thirds({1, 2, 3}, {1, 1, 2});
    CHECK(fold_values(FunctionId::Mean, thirds).cell == Cell(4.0 / 3.0));
}

TEST_CASE("an integer sum that does not fit is an error, not another number", "[functions]") {
    const IntegerColumn column({1, 2}, {kMax, 1});
    const auto fold = fold_of(FunctionId::Sum, FieldType::Integer);
    fold->add_values(column.times(), column.view(), 0, 2);
    const auto result = fold->finish();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message() ==
          "sum does not fit into 64 bits; use mean, or a narrower time range");
    const UnsignedColumn large({1, 2}, {std::numeric_limits<std::uint64_t>::max(), 1U});
    const auto unsigned_fold = fold_of(FunctionId::Sum, FieldType::Unsigned);
    unsigned_fold->add_values(large.times(), large.view(), 0, 2);
    CHECK_FALSE(unsigned_fold->finish().has_value());
}

TEST_CASE("a float sum that overflows is null, never infinite", "[functions]") {
    const FloatColumn column({1, 2}, {1e308, 1e308});
    CHECK(fold_values(FunctionId::Sum, column).cell == Cell(std::monostate{}));
}

TEST_CASE("stddev is that of a sample, and null for a single one", "[functions]") {
    const FloatColumn column({1, 2, 3, 4}, {10.0, 40.0, 40.0, 50.0});
    CHECK(fold_values(FunctionId::StdDev, column).cell == Cell(17.320508075688775));
    CHECK(fold_values(FunctionId::StdDev, FloatColumn({1}, {3.0})).cell == Cell(std::monostate{}));
    // Far from zero the squares would cancel.
    const FloatColumn far({1, 2, 3}, {1e15, 1e15 + 1, 1e15 + 2});
    CHECK(fold_values(FunctionId::StdDev, far).cell == Cell(1.0));
    const IntegerColumn wide({1, 2}, {std::numeric_limits<std::int64_t>::min(), kMax});
    CHECK(fold_values(FunctionId::StdDev, wide).cell == Cell(std::sqrt(0x1p127)));
}

TEST_CASE("minus zero is below plus zero", "[functions]") {
    const FloatColumn zeros({1, 2}, {0.0, -0.0});
    const FoldResult min = fold_values(FunctionId::Min, zeros);
    CHECK(std::signbit(std::get<double>(min.cell)));
    CHECK(min.time_ns == 2);
    CHECK(fold_values(FunctionId::Max, zeros).time_ns == 1);
}

TEST_CASE("strings and booleans have first, last and count", "[functions]") {
    const StringColumn strings({1, 2, 3}, {"up", "down", std::nullopt});
    CHECK(fold_values(FunctionId::Last, strings).cell == Cell(std::string("down")));
    CHECK(fold_values(FunctionId::Count, strings).cell == Cell(std::int64_t{2}));
    const BooleanColumn booleans({1, 2}, {std::uint8_t{1}, std::uint8_t{0}});
    CHECK(fold_values(FunctionId::First, booleans).cell == Cell(true));
    CHECK(fold_values(FunctionId::Min, booleans).cell == Cell(false));
}

TEST_CASE("first and last of several series take the greater value at one time", "[functions]") {
    const FloatColumn low({5}, {1.0});
    const FloatColumn high({5}, {2.0});
    for (const FunctionId id : {FunctionId::First, FunctionId::Last}) {
        for (const bool is_swapped : {false, true}) {
            const auto fold = fold_of(id, FieldType::Float);
            const FloatColumn& one = is_swapped ? high : low;
            const FloatColumn& two = is_swapped ? low : high;
            fold->begin_series(0);
            fold->add_values(one.times(), one.view(), 0, 1);
            fold->begin_series(1);
            fold->add_values(two.times(), two.view(), 0, 1);
            const auto result = fold->finish();
            CHECK(result.value().cell == Cell(2.0));
            CHECK(result.value().series_rank == (is_swapped ? 0U : 1U));
        }
    }
}

TEST_CASE("only the rows of the slice are folded", "[functions]") {
    const auto fold = fold_of(FunctionId::Sum, FieldType::Float);
    fold->add_values(kFloats.times(), kFloats.view(), 2, 4);
    CHECK(fold->finish().value().cell == Cell(2.5));
    fold->clear();
    CHECK(fold->finish().value().cell == Cell(std::monostate{}));
}

TEST_CASE("summaries, values and merged parts give the same answer", "[functions][property]") {
    std::mt19937_64 random(11);
    for (int round = 0; round < 200; ++round) {
        std::vector<FloatColumn> pieces;
        std::int64_t time_ns = 0;
        const auto piece_count = 1 + random() % 5;
        for (std::size_t piece = 0; piece < piece_count; ++piece) {
            std::vector<std::int64_t> times;
            std::vector<std::optional<double>> cells;
            const auto row_count = 1 + random() % 100;
            for (std::size_t row = 0; row < row_count; ++row) {
                times.push_back(time_ns += 1 + static_cast<std::int64_t>(random() % 9));
                // Quarters: sums are exact in double, so all paths must agree to the bit.
                const double value = static_cast<double>(random() % 4001) / 4 - 500;
                cells.push_back(random() % 5 == 0 ? std::nullopt : std::optional(value));
            }
            pieces.emplace_back(times, cells);
        }
        for (const FunctionId id : {FunctionId::Count, FunctionId::Sum, FunctionId::Mean,
                                    FunctionId::Min, FunctionId::Max, FunctionId::First,
                                    FunctionId::Last, FunctionId::Spread, FunctionId::StdDev}) {
            INFO(function_info(id).name << ", round " << round);
            const auto whole = fold_of(id, FieldType::Float, false);
            const auto mixed = fold_of(id, FieldType::Float, false);
            const auto merged = fold_of(id, FieldType::Float, false);
            for (const FloatColumn& piece : pieces) {
                const auto part = fold_of(id, FieldType::Float, false);
                for (SampleFold* fold : {whole.get(), part.get()}) {
                    fold->add_values(piece.times(), piece.view(), 0, piece.row_count());
                }
                if (mixed->takes_summaries() && random() % 2 == 0) {
                    mixed->add_summary(piece.summary());
                } else {
                    mixed->add_values(piece.times(), piece.view(), 0, piece.row_count());
                }
                merged->merge(*part);
            }
            const Cell expected = whole->finish().value().cell;
            CHECK(mixed->finish().value().cell == expected);
            if (id == FunctionId::StdDev && std::holds_alternative<double>(expected)) {
                const double deviation = std::get<double>(expected);
                CHECK(std::get<double>(merged->finish().value().cell) ==
                      Approx(deviation).epsilon(4e-16));
            } else {
                CHECK(merged->finish().value().cell == expected);
            }
        }
    }
}

TEST_CASE("a share of points counts the samples of runs", "[functions]") {
    ShareFold fold;
    CHECK(fold.finish() == Cell(std::monostate{}));
    const LeafRun runs[] = {{0, 20, 3, true}, {30, 30, 1, false}};
    fold.add_runs(runs);
    CHECK(fold.finish() == Cell(0.75));
    ShareFold other{0, 4};
    other.merge(fold);
    CHECK(other.finish() == Cell(0.375));
}

TEST_CASE("nps counts whole numbers from 0 to 10 and says that there were others", "[functions]") {
    const auto score = [](const auto& column) { return fold_values(FunctionId::Nps, column); };
    const FoldResult whole = score(IntegerColumn({1, 2, 3, 4, 5}, {10, 9, 8, 7, 6}));
    CHECK(whole.cell == Cell(20.0));
    CHECK_FALSE(whole.has_left_out);
    CHECK(score(IntegerColumn({1, 2, 3}, {0, 6, std::nullopt})).cell == Cell(-100.0));
    const FoldResult others = score(FloatColumn({1, 2, 3, 4, 5}, {9.0, 9.5, -1.0, 10.5, 1e300}));
    CHECK(others.cell == Cell(100.0));
    CHECK(others.has_left_out);
    const FoldResult none = score(UnsignedColumn({1}, {kMaxUnsigned}));
    CHECK(none.cell == Cell(std::monostate{}));
    CHECK(none.has_left_out);
}

TEST_CASE("nps of parts merges to nps of the whole", "[functions]") {
    const IntegerColumn answers({1, 2, 3, 4, 5, 6}, {10, 3, 11, 7, 9, 9});
    const auto whole = fold_of(FunctionId::Nps, FieldType::Integer);
    whole->add_values(answers.times(), answers.view(), 0, 6);
    for (std::size_t cut = 0; cut <= 6; ++cut) {
        const auto first = fold_of(FunctionId::Nps, FieldType::Integer);
        const auto second = fold_of(FunctionId::Nps, FieldType::Integer);
        first->add_values(answers.times(), answers.view(), 0, cut);
        second->add_values(answers.times(), answers.view(), cut, 6);
        first->merge(*second);
        CHECK(first->finish().value().cell == whole->finish().value().cell);
        CHECK(first->finish().value().has_left_out);
        first->clear();
        CHECK(first->finish().value().cell == Cell(std::monostate{}));
    }
}

}  // namespace
}  // namespace tidemark::query
