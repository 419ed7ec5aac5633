#include "storage/line_protocol/time_precision.h"

namespace tidemark::storage {
namespace {

struct PrecisionName {
    std::string_view name;
    TimePrecision precision;
};

constexpr PrecisionName kNames[] = {
    {"ns", TimePrecision::Nanoseconds},
    {"n", TimePrecision::Nanoseconds},
    {"us", TimePrecision::Microseconds},
    {"u", TimePrecision::Microseconds},
    {"\u00b5s", TimePrecision::Microseconds},  // The micro sign,
    {"\u00b5", TimePrecision::Microseconds},
    {"\u03bcs", TimePrecision::Microseconds},  // and the Greek letter that looks like it.
    {"\u03bc", TimePrecision::Microseconds},
    {"ms", TimePrecision::Milliseconds},
    {"s", TimePrecision::Seconds},
    {"m", TimePrecision::Minutes},
    {"h", TimePrecision::Hours},
};

}  // namespace

std::int64_t unit_ns(TimePrecision precision) {
    switch (precision) {
        case TimePrecision::Nanoseconds:
            return 1;
        case TimePrecision::Microseconds:
            return 1'000;
        case TimePrecision::Milliseconds:
            return 1'000'000;
        case TimePrecision::Seconds:
            return 1'000'000'000;
        case TimePrecision::Minutes:
            return 60'000'000'000;
        case TimePrecision::Hours:
            return 3'600'000'000'000;
    }
    return 1;
}

std::optional<TimePrecision> parse_time_precision(std::string_view name) {
    for (const PrecisionName& known : kNames) {
        if (known.name == name) return known.precision;
    }
    return std::nullopt;
}

std::string_view name_of(TimePrecision precision) {
    for (const PrecisionName& known : kNames) {
        if (known.precision == precision) return known.name;
    }
    return {};
}

std::optional<TimePrecision> likely_precision(std::int64_t units) {
    constexpr std::int64_t kYear2001Seconds = 1'000'000'000;
    for (const TimePrecision precision : {TimePrecision::Nanoseconds, TimePrecision::Microseconds,
                                          TimePrecision::Milliseconds, TimePrecision::Seconds}) {
        const std::int64_t first = kYear2001Seconds * (kYear2001Seconds / unit_ns(precision));
        if (units / 10 >= first) continue;
        if (units >= first) return precision;
    }
    return std::nullopt;
}

}  // namespace tidemark::storage
