#include "server/handlers/precision_hint.h"

#include "server/format/time_text.h"

namespace tidemark::server {
namespace {

std::optional<std::string> hint_of_point(const storage::ParsedLines& lines, std::size_t index,
                                         storage::TimePrecision precision) {
    const std::optional<std::int64_t> time_ns = lines.batch.point(index).time_ns;
    if (!time_ns) return std::nullopt;
    const std::int64_t units = in_unit(*time_ns, precision);
    const auto likely = storage::likely_precision(units);
    if (!likely || storage::unit_ns(*likely) <= storage::unit_ns(precision)) return std::nullopt;
    std::string text = "line " + std::to_string(lines.line_numbers[index]) + ": time ";
    append_rfc3339(*time_ns, text);
    const std::string name(storage::name_of(*likely));
    text += ": " + std::to_string(units) + " looks like " + name + " and was taken as ";
    text += storage::name_of(precision);
    return text + " (send it with precision=" + name + ")";
}

}  // namespace

// A sender has one unit: its first and its last point tell.
std::optional<std::string> precision_hint(const storage::ParsedLines& lines,
                                          storage::TimePrecision precision) {
    if (lines.batch.is_empty()) return std::nullopt;
    auto hint = hint_of_point(lines, 0, precision);
    return hint ? hint : hint_of_point(lines, lines.batch.point_count() - 1, precision);
}

}  // namespace tidemark::server
