#include "query/functions/objective.h"

#include <cstdint>
#include <string>

#include <catch2/catch.hpp>

namespace tidemark::query {
namespace {

constexpr WideNs kDay = WideNs{86'400} * 1'000'000'000;

Objective objective(std::string_view text, bool is_percent = false) {
    auto parsed = Objective::parse(text, is_percent);
    REQUIRE(parsed);
    return parsed.value();
}

std::string error_of(std::string_view text, bool is_percent = false) {
    const auto parsed = Objective::parse(text, is_percent);
    REQUIRE_FALSE(parsed.has_value());
    return parsed.error().message();
}

}  // namespace

TEST_CASE("an objective is the decimal as written, as a fraction or in per cent", "[functions]") {
    // The double nearest to 0.9999 would give 8640000000.0009 ns.
    CHECK(objective("0.9999").budget_ns(kDay) == 8'640'000'000);
    CHECK(objective("99.99", true).budget_ns(kDay) == 8'640'000'000);
    CHECK(objective("1").budget_ns(kDay) == 0);
    CHECK(objective("100", true).budget_ns(kDay) == 0);
    CHECK(objective("0").budget_ns(kDay) == kDay);
    CHECK(objective(".5").budget_ns(7) == 3);
}

TEST_CASE("a budget is rounded down to whole nanoseconds", "[functions]") {
    CHECK(objective("0.999").budget_ns(999) == 0);
    CHECK(objective("0.999").budget_ns(1'000) == 1);
    CHECK(objective("0.999").budget_ns(1'999) == 1);
}

TEST_CASE("a budget of many series over many years does not overflow", "[functions]") {
    // A million series of 292 years.
    const WideNs whole_ns = WideNs{INT64_MAX} * 1'000'000;
    const Objective strict = objective("0.999999999999999999");
    CHECK(strict.budget_ns(whole_ns) == whole_ns / 1'000'000'000'000'000'000);
    CHECK(objective("0.000000000000000001").budget_ns(whole_ns) ==
          whole_ns - whole_ns / 1'000'000'000'000'000'000 - 1);
}

TEST_CASE("what is no share of time is refused as an objective", "[functions]") {
    CHECK(error_of("99.9") ==
          "sla() expects an objective from 0 to 1, such as 0.999, or with a percent sign, such as "
          "99.9%; found 99.9, did you mean 99.9%?");
    CHECK(error_of("1.0000000001").find("did you mean 1.0000000001%?") != std::string::npos);
    CHECK(error_of("250") ==
          "sla() expects an objective from 0 to 1, such as 0.999, or with a percent sign, such as "
          "99.9%; found 250");
    CHECK(error_of("100.1", true).find("found 100.1%") != std::string::npos);
    CHECK(error_of("-0.5").find("found -0.5") != std::string::npos);
    CHECK(error_of("0.9999999999999999999") == "'0.9999999999999999999' has more than 18 digits");
    CHECK(error_of("99.99999999999999999", true).find("decimals") == std::string::npos);
    CHECK(error_of("9.99999999999999999", true) ==
          "sla() takes at most 16 decimals before the percent sign, found 9.99999999999999999%");
}

TEST_CASE("a verdict follows from bad and unknown time and from the window's end", "[functions]") {
    struct Case {
        WideNs good, bad, unknown, excluded, future;
        bool is_closed;
        ObjectiveVerdict verdict;
    };
    // The budget is a tenth.
    const Case cases[] = {
        {90, 10, 0, 0, 0, true, ObjectiveVerdict::Met},
        {89, 11, 0, 0, 0, true, ObjectiveVerdict::Breached},
        {89, 10, 1, 0, 0, true, ObjectiveVerdict::Undetermined},
        {95, 4, 1, 0, 0, true, ObjectiveVerdict::Met},
        {0, 0, 100, 0, 0, true, ObjectiveVerdict::Undetermined},
        // Half of it is to come: 10 of 100 may still be bad.
        {40, 10, 0, 0, 50, false, ObjectiveVerdict::Open},
        {39, 11, 0, 0, 50, false, ObjectiveVerdict::Breached},
        // What is excluded counts for nothing.
        {90, 10, 0, 100, 0, true, ObjectiveVerdict::Met},
        {89, 11, 0, 100, 0, true, ObjectiveVerdict::Breached},
        // Excluded to its end, but not over.
        {90, 10, 0, 100, 0, false, ObjectiveVerdict::Open},
    };
    for (const Case& one : cases) {
        const StateTotals totals{one.good, one.bad, one.unknown, one.excluded, one.future};
        const ObjectiveBudget budget = budget_of(objective("0.9"), totals, one.is_closed);
        INFO(verdict_name(budget.verdict) << " for " << static_cast<int>(one.bad) << " bad");
        CHECK(budget.verdict == one.verdict);
        CHECK(budget.budget_ns == 10);
        CHECK(budget.spent_ns == one.bad);
    }
}

TEST_CASE("what is left of a budget is negative when it is overspent", "[functions]") {
    const StateTotals totals{0, kDay, 0, 0, 0};
    const ObjectiveBudget budget = budget_of(objective("0.75"), totals, true);
    CHECK(sla_result(FunctionId::SlaLeft, budget, 3'600'000'000'000).value() == Cell(-18.0));
    CHECK(sla_result(FunctionId::SlaLeft, budget, 1).value() ==
          Cell(std::int64_t{-64'800'000'000'000}));
    CHECK(sla_result(FunctionId::SlaBudget, budget, 3'600'000'000'000).value() == Cell(6.0));
    CHECK(sla_result(FunctionId::SlaSpent, budget, 3'600'000'000'000).value() == Cell(24.0));
    CHECK(sla_result(FunctionId::SlaVerdict, budget, 1).value() == Cell(std::string("BREACHED")));
    CHECK_FALSE(sla_result(FunctionId::Uptime, budget, 1).has_value());
}

}  // namespace tidemark::query
