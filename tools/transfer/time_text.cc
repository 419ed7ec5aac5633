#include "tools/transfer/time_text.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "tools/render/time_parser.h"

namespace tidemark::tools {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

}  // namespace

Result<TimeFormat> TimeFormat::parse(std::string_view name) {
    TimeFormat format;
    if (name == "rfc3339") return format;
    if (const auto unit = storage::parse_time_precision(name)) {
        format.kind_ = Kind::Number;
        format.unit_ = *unit;
        return format;
    }
    if (name.find('%') == std::string_view::npos) {
        return Error(ErrorCode::InvalidArgument, "found --time-format " + std::string(name) +
                                                     ", expected " + std::string(kTimeFormatNames));
    }
    format.kind_ = Kind::Pattern;
    format.pattern_ = name;
    return format;
}

std::optional<TimeFormat> TimeFormat::guess(std::span<const std::string> samples) {
    TimeFormat format;
    const auto reads_all = [&] {
        return std::ranges::all_of(
            samples, [&](const std::string& text) { return format.read(text).has_value(); });
    };
    if (reads_all()) return format;
    format.kind_ = Kind::Number;
    std::int64_t units = 0;
    const std::string& first = samples.front();
    std::from_chars(first.data(), first.data() + first.size(), units);
    const auto unit = storage::likely_precision(units);
    if (!unit) return std::nullopt;
    format.unit_ = *unit;
    if (reads_all()) return format;
    return std::nullopt;
}

std::optional<std::int64_t> TimeFormat::read(std::string_view text) const {
    switch (kind_) {
        case Kind::Rfc3339:
            if (const auto time = parse_time(text)) return time->ns;
            return std::nullopt;
        case Kind::Number:
            return read_number(text);
        case Kind::Pattern:
            return read_pattern(text);
    }
    return std::nullopt;
}

std::optional<std::int64_t> TimeFormat::read_number(std::string_view text) const {
    const bool is_negative = text.starts_with('-');
    const std::int64_t unit_ns = storage::unit_ns(unit_);
    std::int64_t units = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, units);
    if (failure != std::errc()) return std::nullopt;
    std::int64_t fraction_ns = 0;
    if (stop != end) {
        if (*stop != '.') return std::nullopt;
        const std::string_view digits(stop + 1, static_cast<std::size_t>(end - stop - 1));
        const auto fraction = parse_fraction(digits, unit_ns);
        if (!fraction) return std::nullopt;
        fraction_ns = is_negative ? -*fraction : *fraction;
    }
    return time_ns_of(units, unit_ns, fraction_ns);
}

std::optional<std::int64_t> TimeFormat::read_pattern(std::string_view text) const {
    const std::string terminated(text);
    std::tm fields{};
    fields.tm_mday = 1;  // Of patterns without a day.
    const char* const end = strptime(terminated.c_str(), pattern_.c_str(), &fields);
    if (end == nullptr || end != terminated.c_str() + terminated.size()) return std::nullopt;
    const long offset_seconds = fields.tm_gmtoff;  // timegm() takes it for UTC's and clears it.
    return time_ns_of(std::int64_t{timegm(&fields)} - offset_seconds, kSecondNs, 0);
}

std::string TimeFormat::name() const {
    switch (kind_) {
        case Kind::Rfc3339:
            return "rfc3339";
        case Kind::Number:
            return std::string(storage::name_of(unit_));
        case Kind::Pattern:
            break;
    }
    return pattern_;
}

}  // namespace tidemark::tools
