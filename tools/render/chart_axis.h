#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/render/chart_data.h"

namespace tidemark::tools {

/// Round values that a scale is marked with, the first and the last at its ends.
struct ValueAxis {
    double low = 0;
    double high = 1;
    std::vector<double> ticks;        ///< Ascending.
    std::vector<std::string> labels;  ///< As many, with their unit.
};

/// A scale that holds all values of `panel`, and its thresholds as far as these do not squash the
/// values.
ValueAxis make_value_axis(const LinePanel& panel);

/// A value of `panel` as its axis writes it: "99.5%", "1h 35m", "80".
std::string value_label(const LinePanel& panel, double value);

/// A line with marks and one with their times, for a plot of `width` characters that shows `range`.
struct TimeAxis {
    std::vector<std::size_t> marks;  ///< Columns with a mark, ascending.
    std::string labels;              ///< Each begins at its mark where there is room.
};

TimeAxis make_time_axis(const ChartRange& range, std::size_t width);

/// "2024-02-29 12:00 to 2024-02-29 18:00 UTC"
std::string range_text(const ChartRange& range);

}  // namespace tidemark::tools
