#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tools/render/cell_text.h"
#include "tools/render/chart_axis.h"
#include "tools/render/chart_canvas.h"
#include "tools/render/chart_panels.h"
#include "tools/render/duration_text.h"

namespace tidemark::tools {
namespace {

constexpr std::size_t kHeight = 12;
constexpr std::size_t kLeastWidth = 20;

// Cyan, yellow, magenta, green, blue, white and the bright first two; thresholds are red.
constexpr std::array kColors = {"\x1b[36m", "\x1b[33m", "\x1b[35m", "\x1b[32m",
                                "\x1b[34m", "\x1b[37m", "\x1b[96m", "\x1b[93m"};
constexpr const char* kThresholdColor = "\x1b[31m";
constexpr std::array kMarkers = {"*", "o", "+", "x", "#", "@", "%", "&"};

// The characters axes are made of.
struct Frame {
    std::string side;
    std::string tick;
    std::string corner;
    std::string bottom;
    std::string mark;
    std::string threshold;
};

Frame frame_of(const RenderStyle& style) {
    if (style.is_utf8) return {"│", "┤", "└", "─", "┴", "╌"};
    return {"|", "+", "+", "-", "+", "-"};
}

class LinePlot {
public:
    LinePlot(const LinePanel& panel, const ChartRange& range, const RenderStyle& style)
        : panel_(panel),
          range_(range),
          style_(style),
          // Braille cannot tell lines apart without colours.
          has_braille_(style.is_utf8 && (style.has_color || panel.lines.size() == 1)),
          frame_(frame_of(style)),
          axis_(make_value_axis(panel)) {
        for (const std::string& label : axis_.labels) {
            label_width_ = std::max(label_width_, display_width(label));
        }
        for (const Threshold& threshold : panel.thresholds) {
            const std::size_t width = display_width(threshold_text(threshold));
            threshold_width_ = std::max(threshold_width_, width + 1);
        }
        const std::size_t margin = label_width_ + 2 + threshold_width_;
        width_ = std::max(kLeastWidth, style.width > margin ? style.width - margin : 0);
        pens_.reserve(panel.lines.size());
        for (std::size_t i = 0; i < panel.lines.size(); ++i) {
            const std::size_t look = i % kColors.size();
            pens_.push_back({style.has_color ? kColors[look] : "", kMarkers[look]});
        }
    }

    std::string draw() {
        ChartCanvas canvas(width_, kHeight, has_braille_);
        for (std::size_t i = 0; i < panel_.lines.size(); ++i) draw_line(i, canvas);
        std::string text = title();
        const std::map<std::size_t, std::string> thresholds = threshold_rows();
        for (std::size_t row = 0; row < kHeight; ++row) {
            const auto threshold = thresholds.find(row);
            const bool has_threshold = threshold != thresholds.end();
            const std::string dash = colored(frame_.threshold, threshold_color());
            text += row_start(row) + canvas.row_text(row, pens_, has_threshold ? dash : " ");
            if (has_threshold) text += " " + colored(threshold->second, threshold_color());
            while (text.ends_with(' ')) text.pop_back();
            text += '\n';
        }
        return text + time_axis() + legend();
    }

private:
    const char* threshold_color() const { return style_.has_color ? kThresholdColor : ""; }

    std::string threshold_text(const Threshold& threshold) const {
        return threshold.comparison + " " + value_label(panel_, threshold.value);
    }

    std::string title() const {
        std::string text = panel_.title;
        if (panel_.meaning == ColumnMeaning::Duration && panel_.has_given_unit) {
            text += " in " + duration_text(static_cast<double>(panel_.unit_ns) / 1e9);
        }
        std::string hidden;
        for (const Threshold& threshold : panel_.thresholds) {
            if (is_inside(threshold.value)) continue;
            hidden += fmt::format("{} {}", hidden.empty() ? "" : ",", threshold_text(threshold));
        }
        if (!hidden.empty()) text += "  (beyond the scale:" + hidden + ")";
        return text + "\n";
    }

    bool is_inside(double value) const { return axis_.low <= value && value <= axis_.high; }

    // 0 at the upper end, 1 at the lower one.
    double depth_of(double value) const {
        return std::clamp((axis_.high - value) / (axis_.high - axis_.low), 0.0, 1.0);
    }

    static std::size_t position(double share, std::size_t count) {
        return static_cast<std::size_t>(std::lround(share * static_cast<double>(count - 1)));
    }

    void draw_line(std::size_t index, ChartCanvas& canvas) const {
        const double length = width_ns(range_.begin_ns, range_.end_ns);
        bool is_drawing = false;
        std::size_t x_before = 0;
        std::size_t y_before = 0;
        for (const ChartPoint& point : panel_.lines[index].points) {
            if (!point.value) {
                is_drawing = false;
                continue;
            }
            const double share =
                length > 0 ? width_ns(range_.begin_ns, point.time_ns) / length : 0.5;
            const std::size_t x = position(std::min(share, 1.0), canvas.dot_width());
            const std::size_t y = position(depth_of(*point.value), canvas.dot_height());
            if (!is_drawing) {
                x_before = x;
                y_before = y;
            }
            canvas.draw_line(x_before, y_before, x, y, index);
            x_before = x;
            y_before = y;
            is_drawing = true;
        }
    }

    // What is compared in which row.
    std::map<std::size_t, std::string> threshold_rows() const {
        std::map<std::size_t, std::string> rows;
        for (const Threshold& threshold : panel_.thresholds) {
            if (!is_inside(threshold.value)) continue;
            std::string& text = rows[position(depth_of(threshold.value), kHeight)];
            text += (text.empty() ? "" : ", ") + threshold_text(threshold);
        }
        return rows;
    }

    std::string row_start(std::size_t row) const {
        for (std::size_t i = 0; i < axis_.ticks.size(); ++i) {
            if (position(depth_of(axis_.ticks[i]), kHeight) != row) continue;
            const std::string& label = axis_.labels[i];
            return std::string(label_width_ - display_width(label), ' ') + label + " " +
                   frame_.tick;
        }
        return std::string(label_width_ + 1, ' ') + frame_.side;
    }

    std::string time_axis() const {
        const TimeAxis times = make_time_axis(range_, width_);
        std::string line = std::string(label_width_ + 1, ' ') + frame_.corner;
        for (std::size_t column = 0; column < width_; ++column) {
            const bool is_mark = std::ranges::binary_search(times.marks, column);
            line += is_mark ? frame_.mark : frame_.bottom;
        }
        return line + "\n" + std::string(label_width_ + 2, ' ') + times.labels + "\n";
    }

    std::string legend() const {
        std::string text;
        for (std::size_t i = 0; i < panel_.lines.size(); ++i) {
            const ChartLine& line = panel_.lines[i];
            std::string sign = has_braille_ ? "⠒" : pens_[i].marker;
            text += std::string(label_width_ + 2, ' ') + colored(sign, pens_[i].color) + " " +
                    line.label + extremes(line) + "\n";
        }
        return text;
    }

    std::string extremes(const ChartLine& line) const {
        const double* low = nullptr;
        const double* high = nullptr;
        const double* last = nullptr;
        for (const ChartPoint& point : line.points) {
            if (!point.value) continue;
            last = &*point.value;
            if (low == nullptr || *last < *low) low = last;
            if (high == nullptr || *last > *high) high = last;
        }
        if (last == nullptr) return "  no values";
        return fmt::format("  min {}, max {}, last {}", value_label(panel_, *low),
                           value_label(panel_, *high), value_label(panel_, *last));
    }

    const LinePanel& panel_;
    const ChartRange& range_;
    const RenderStyle& style_;
    bool has_braille_;
    Frame frame_;
    ValueAxis axis_;
    std::size_t label_width_ = 0;
    std::size_t threshold_width_ = 0;
    std::size_t width_ = 0;
    std::vector<ChartPen> pens_;
};

}  // namespace

std::string draw_line_panel(const LinePanel& panel, const ChartRange& range,
                            const RenderStyle& style) {
    return LinePlot(panel, range, style).draw();
}

}  // namespace tidemark::tools
