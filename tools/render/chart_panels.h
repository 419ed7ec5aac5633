#pragma once

#include <string>

#include "tools/render/chart_data.h"

namespace tidemark::tools {

/// A plot with both axes, the thresholds as dashed lines with their comparison at the end, and a
/// line below that tells the series apart.
std::string draw_line_panel(const LinePanel& panel, const ChartRange& range,
                            const RenderStyle& style);

/// A bar per series above a time axis. A character that several states share shows the rarest of
/// the bar, so that a short outage is seen; of shares it shows the mean, full and empty only where
/// all of it is.
std::string draw_bar_panel(const BarPanel& panel, const ChartRange& range,
                           const RenderStyle& style);

}  // namespace tidemark::tools
