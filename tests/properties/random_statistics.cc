#include "tests/properties/random_statistics.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::properties {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

/// Anything from "none of it" to "all of it".
std::string random_objective(Random& random) {
    static const std::vector<std::string> kUsual = {
        "0.5", "0.9", ".99", "99.9%", "1", "0", "100%", "33.333333333%", "0.666666666666667"};
    if (random.chance(50)) return random.pick(kUsual);
    const std::string digits = std::to_string(random.below(1'000'000));
    return "0." + std::string(6 - digits.size(), '0') + digits;
}

/// Above zero; often a sample, or a quarter of one, so that both limits are hit exactly.
Value random_target(Random& random, const RandomData& data, const std::string& field) {
    const Value target = random_constant(random, data, field);
    if (const auto* number = std::get_if<double>(&target)) {
        if (*number > 0) return random.chance(50) ? *number : *number / 4;
    } else if (const auto* integer = std::get_if<std::int64_t>(&target)) {
        if (*integer > 0) return *integer;
    }
    return random.chance(50) ? Value(random.between(1, 60)) : Value(0.25);
}

}  // namespace

Call random_statistic(Random& random, const RandomData& data) {
    Call call;
    call.function = random.pick<std::string>({"sla", "apdex", "nps", "trend", "correlate"});
    if (call.function == "sla") {
        call.predicate = {random_predicate(random, data, 2)};
        call.objective = random_objective(random);
        if (random.chance(80)) call.unit_ns = random.chance(80) ? 1 : kMinute;
        return call;
    }
    call.field = random.pick<std::string>({"f", "f", "i", "u"});
    if (call.function == "apdex") call.limit = random_target(random, data, call.field);
    if (call.function == "correlate") {
        call.other_field = random.pick<std::string>({"f", "i", "u"});
        if (random.chance(50)) call.lag_ns = random.between(1, 4) * data.step_ns;
    }
    return call;
}

}  // namespace tidemark::properties
