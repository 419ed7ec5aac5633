#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "tools/render/cell_text.h"
#include "tools/render/chart_axis.h"
#include "tools/render/chart_canvas.h"
#include "tools/render/chart_panels.h"

namespace tidemark::tools {
namespace {

constexpr std::size_t kLeastWidth = 20;
constexpr std::size_t kMostLabelWidth = 32;

// The first states get what differs most; there are never more states than signs.
constexpr std::array kBlockSigns = {"█", "░", "▓", "▒", "A", "B", "C", "D", "E", "F", "G", "H"};
constexpr std::array kPlainSigns = {"#", ".", "=", "o", "A", "B", "C", "D", "E", "F", "G", "H"};
// None, up to a third, up to two thirds, less than all, all.
constexpr std::array kBlockShades = {"·", "░", "▒", "▓", "█"};
constexpr std::array kPlainShades = {".", "-", "=", "+", "#"};
constexpr std::array kColors = {"\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[34m",
                                "\x1b[35m", "\x1b[36m", "\x1b[37m"};

class BarPlot {
public:
    BarPlot(const BarPanel& panel, const ChartRange& range, const RenderStyle& style)
        : panel_(panel), range_(range), style_(style) {
        for (const StateBar& bar : panel.bars) {
            const std::size_t width = display_width(bar.label);
            label_width_ = std::max(label_width_, std::min(width, kMostLabelWidth));
        }
        const std::size_t margin = label_width_ + (label_width_ > 0 ? 2 : 0);
        indent_ = std::string(margin, ' ');
        width_ = std::max(kLeastWidth, style.width > margin ? style.width - margin : 0);
    }

    std::string draw() const {
        std::string text = panel_.title + "\n";
        for (const StateBar& bar : panel_.bars) text += start(bar.label) + cells(bar) + "\n";
        const TimeAxis times = make_time_axis(range_, width_);
        std::string marks(width_, ' ');
        for (const std::size_t mark : times.marks) marks[mark] = '\'';
        marks.erase(marks.find_last_not_of(' ') + 1);
        return text + indent_ + marks + "\n" + indent_ + times.labels + "\n" + indent_ + legend() +
               "\n";
    }

private:
    std::string start(const std::string& label) const {
        if (label_width_ == 0) return {};
        if (display_width(label) > label_width_) {
            // Cut at a character, not inside of one.
            std::string cut = label;
            while (display_width(cut) > label_width_ - 2) cut.pop_back();
            return cut + "..  ";
        }
        return label + std::string(label_width_ - display_width(label) + 2, ' ');
    }

    const char* color_of(std::size_t state) const {
        return style_.has_color ? kColors[state % kColors.size()] : "";
    }

    std::string sign_of(std::size_t state) const {
        const auto& signs = style_.is_utf8 ? kBlockSigns : kPlainSigns;
        return colored(signs[state % signs.size()], color_of(state));
    }

    std::string shade_of(double share) const {
        const auto& shades = style_.is_utf8 ? kBlockShades : kPlainShades;
        std::size_t level = 0;
        if (share >= 1) {
            level = 4;
        } else if (share > 0) {
            level = share <= 1.0 / 3 ? 1 : share <= 2.0 / 3 ? 2 : 3;
        }
        return shades[level];
    }

    // What a character shows of the spans that overlap it.
    struct CellContent {
        double known = 0;  // Total length, in parts of the range.
        double weighted_share = 0;
        bool is_all_full = true;
        bool is_all_empty = true;
        std::size_t state = 0;
    };

    std::string cells(const StateBar& bar) const {
        std::vector<CellContent> contents(width_);
        const std::vector<double> totals = state_totals(bar);
        for (const ChartSpan& span : bar.spans) add_span(span, totals, contents);
        std::string text;
        for (const CellContent& content : contents) text += cell_text_of(content);
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
    }

    std::string cell_text_of(const CellContent& content) const {
        if (content.known <= 0) return " ";
        if (!panel_.states.empty()) return sign_of(content.state);
        if (content.is_all_full) return shade_of(1);
        if (content.is_all_empty) return shade_of(0);
        return shade_of(std::clamp(content.weighted_share / content.known, 0.001, 0.999));
    }

    double place_of(std::int64_t time_ns) const {
        const double length = width_ns(range_.begin_ns, range_.end_ns);
        if (length <= 0) return 0;
        return std::min(width_ns(range_.begin_ns, time_ns) / length, 1.0) *
               static_cast<double>(width_);
    }

    void add_span(const ChartSpan& span, const std::vector<double>& totals,
                  std::vector<CellContent>& contents) const {
        const double begin = place_of(span.begin_ns);
        // A span is never too short to be seen.
        const double end = std::max(place_of(span.end_ns), begin + 1e-9);
        const auto first = std::min(static_cast<std::size_t>(begin), width_ - 1);
        for (std::size_t column = first; column < width_; ++column) {
            const auto left = static_cast<double>(column);
            if (column > first && left >= end) break;
            CellContent& content = contents[column];
            const double length = std::max(std::min(end, left + 1) - std::max(begin, left), 1e-9);
            const bool is_rarer = totals[span.state] < totals[content.state];
            if (content.known <= 0 || is_rarer) content.state = span.state;
            content.known += length;
            content.weighted_share += length * span.share;
            content.is_all_full = content.is_all_full && span.share >= 1;
            content.is_all_empty = content.is_all_empty && span.share <= 0;
        }
    }

    std::vector<double> state_totals(const StateBar& bar) const {
        std::vector<double> totals(std::max<std::size_t>(panel_.states.size(), 1));
        for (const ChartSpan& span : bar.spans) {
            totals[span.state] += width_ns(span.begin_ns, span.end_ns);
        }
        return totals;
    }

    std::string legend() const {
        std::string text;
        if (panel_.states.empty()) {
            text = fmt::format("{} all  {} most  {} half  {} some  {} none", shade_of(1),
                               shade_of(0.9), shade_of(0.5), shade_of(0.1), shade_of(0));
        }
        for (std::size_t state = 0; state < panel_.states.size(); ++state) {
            text += (state > 0 ? "  " : "") + sign_of(state) + " " + panel_.states[state];
        }
        return text + "  blank: nothing known";
    }

    const BarPanel& panel_;
    const ChartRange& range_;
    const RenderStyle& style_;
    std::size_t label_width_ = 0;
    std::size_t width_ = 0;
    std::string indent_;
};

}  // namespace

std::string draw_bar_panel(const BarPanel& panel, const ChartRange& range,
                           const RenderStyle& style) {
    return BarPlot(panel, range, style).draw();
}

}  // namespace tidemark::tools
