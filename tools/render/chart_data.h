#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/render/renderer.h"

namespace tidemark::tools {

/// Half-open, in ns since 1970, and how its times are shown.
struct ChartRange {
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;
    std::int32_t offset_seconds = 0;  ///< Local time minus UTC.
};

/// end - begin; both may be anywhere in int64, with begin <= end.
inline double width_ns(std::int64_t begin_ns, std::int64_t end_ns) {
    return static_cast<double>(static_cast<std::uint64_t>(end_ns) -
                               static_cast<std::uint64_t>(begin_ns));
}

/// A value at a time; nothing: a gap.
struct ChartPoint {
    std::int64_t time_ns;
    std::optional<double> value;
};

struct ChartLine {
    std::string label;
    std::vector<ChartPoint> points;  ///< In time order.
};

/// Lines on one scale.
struct LinePanel {
    std::string title;
    ColumnMeaning meaning = ColumnMeaning::Plain;
    bool has_given_unit = false;  ///< Durations are numbers in `unit_ns`, else seconds.
    std::int64_t unit_ns = 0;
    std::vector<ChartLine> lines;
    std::vector<Threshold> thresholds;
};

/// From a time to another: a state, or how much of it (0 to 1) a state had.
struct ChartSpan {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    std::size_t state = 0;  ///< Index into BarPanel::states; 0 in shares.
    double share = 1;
};

struct StateBar {
    std::string label;
    std::vector<ChartSpan> spans;  ///< In time order; in between nothing is known.
};

/// Bars of states below each other.
struct BarPanel {
    std::string title;
    std::vector<std::string> states;  ///< Empty: the spans are shares.
    std::vector<StateBar> bars;
};

/// What of a statement's answer can be drawn over time.
struct ChartData {
    std::optional<ChartRange> range;  ///< Nothing: no row has a time.
    std::vector<LinePanel> line_panels;
    std::vector<BarPanel> bar_panels;
    std::vector<std::string> notes;  ///< What was left out, and why.
};

/// Numbers become lines, one panel per scale; booleans and texts become bars, as do how much of a
/// bucket a predicate was true and episodes.
ChartData chart_data(const StatementResult& statement, std::size_t index,
                     const RenderContext& context);

}  // namespace tidemark::tools
