#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tidemark {

/// All instants t with begin_ns <= t < end_ns, in nanoseconds since 1970-01-01T00:00:00Z, leap
/// seconds ignored. Empty when begin_ns >= end_ns.
///
///     const TimeRange first_day{0, 86'400'000'000'000};
///     const bool has_midnight = first_day.contains(first_day.end_ns);  // false
struct TimeRange {
    std::int64_t begin_ns = std::numeric_limits<std::int64_t>::min();
    std::int64_t end_ns = std::numeric_limits<std::int64_t>::max();

    bool is_empty() const { return begin_ns >= end_ns; }
    bool contains(std::int64_t time_ns) const { return begin_ns <= time_ns && time_ns < end_ns; }
    bool overlaps(const TimeRange& other) const {
        return begin_ns < other.end_ns && other.begin_ns < end_ns;
    }
    bool operator==(const TimeRange&) const = default;
};

/// The hold limit H of `STALE NONE`: a value stays in force until the next one (semantics, R1).
inline constexpr std::int64_t kHoldForever = std::numeric_limits<std::int64_t>::max();

/// The type of a field. One per (measurement, field), decided by the first arrival. The numbers
/// are stored on disk and never change.
enum class FieldType : std::uint8_t {
    Float = 1,     ///< 64-bit IEEE 754, never infinite; NaN is no value (semantics, R10).
    Integer = 2,   ///< std::int64_t
    Unsigned = 3,  ///< std::uint64_t
    Boolean = 4,
    String = 5,  ///< UTF-8
};

/// "float", "integer", "unsigned", "boolean", "string": InfluxQL's names.
std::string_view field_type_name(FieldType type);

/// The value of a field. The alternative decides the type: see value_type().
using Value = std::variant<double, std::int64_t, std::uint64_t, bool, std::string>;

FieldType value_type(const Value& value);

struct Tag {
    std::string key;
    std::string value;
    auto operator<=>(const Tag&) const = default;
};

/// Sorted by key (bytes), each key once.
using TagSet = std::vector<Tag>;

/// Dense, given out by the store's catalogue in order of first arrival, never reused.
using SeriesId = std::uint32_t;

/// Position in the store's one order of arrival. 0 is before everything.
using Sequence = std::uint64_t;

}  // namespace tidemark
