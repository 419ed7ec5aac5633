#include "tools/render/duration_text.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace tidemark::tools {
namespace {

struct Unit {
    std::string_view name;
    double seconds;
};

constexpr std::array kSmallUnits = {Unit{"s", 1}, Unit{"ms", 1e-3}, Unit{"us", 1e-6},
                                    Unit{"ns", 1e-9}};

struct WholeUnit {
    std::string_view name;
    std::int64_t seconds;
};

constexpr std::array kWholeUnits = {WholeUnit{"d", 86'400}, WholeUnit{"h", 3600},
                                    WholeUnit{"m", 60}, WholeUnit{"s", 1}};

constexpr double kMostSeconds = 1e15;  // Far beyond every int64 of nanoseconds.

std::string small_text(double seconds) {
    for (const Unit& unit : kSmallUnits) {
        if (seconds >= unit.seconds || unit.name == "ns") {
            return fmt::format("{:.4g}{}", seconds / unit.seconds, unit.name);
        }
    }
    return {};
}

}  // namespace

std::string duration_text(double seconds) {
    if (seconds < 0) return "-" + duration_text(-seconds);
    if (seconds == 0) return "0s";
    if (!(seconds < kMostSeconds)) return fmt::format("{:g}s", seconds);
    if (seconds < 59.995) return small_text(seconds);  // Four digits of more would be 60.
    auto left = static_cast<std::int64_t>(std::llround(seconds));
    std::string text;
    for (const WholeUnit& unit : kWholeUnits) {
        const std::int64_t count = left / unit.seconds;
        left %= unit.seconds;
        if (count == 0) continue;
        if (!text.empty()) text += ' ';
        text += fmt::format("{}{}", count, unit.name);
    }
    return text;
}

}  // namespace tidemark::tools
