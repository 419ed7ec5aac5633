#include "tools/render/chart_data.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "tools/render/cell_text.h"
#include "tools/render/text_columns.h"

namespace tidemark::tools {
namespace {

constexpr std::size_t kMostLines = 8;    // Of a panel: more cannot be told apart.
constexpr std::size_t kMostBars = 16;    // Of a panel.
constexpr std::size_t kMostStates = 12;  // More are a text, no state.

enum class CellKind : std::uint8_t { Null, Number, State, Other };

CellKind kind_of(const Cell& cell) {
    if (std::holds_alternative<std::monostate>(cell)) return CellKind::Null;
    if (is_number(cell)) return CellKind::Number;
    return time_of(cell) ? CellKind::Other : CellKind::State;
}

// What a column holds in all series: Null when nothing is there, Other when it is mixed.
CellKind kind_of_column(const StatementResult& statement, const std::string& name) {
    CellKind kind = CellKind::Null;
    for (const ResultSeries& series : statement.series) {
        const auto column = std::ranges::find(series.columns, name);
        if (column == series.columns.end()) continue;
        const auto index = static_cast<std::size_t>(column - series.columns.begin());
        for (const ConstRow row : series.rows) {
            const CellKind own = kind_of(row[index]);
            if (own == CellKind::Null) continue;
            if (kind != CellKind::Null && own != kind) return CellKind::Other;
            kind = own;
        }
    }
    return kind;
}

std::optional<std::size_t> index_of(const ResultSeries& series, std::string_view name) {
    const auto found = std::ranges::find(series.columns, name);
    if (found == series.columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - series.columns.begin());
}

// A row's place in the order of time.
struct TimedRow {
    std::int64_t time_ns;
    ConstRow row;
};

// A series with its rows in time order; the time is its first column, as in every SELECT.
struct TimedSeries {
    const ResultSeries* series;
    std::vector<TimedRow> rows;
    std::string label;

    // Where the row's time ends: at the next one, the last one's as wide as the one before it.
    std::int64_t end_ns(std::size_t row) const {
        if (row + 1 < rows.size()) return rows[row + 1].time_ns;
        const std::int64_t begin_ns = rows[row].time_ns;
        std::int64_t width = 0;
        std::int64_t end = begin_ns;
        if (row == 0) return end;
        const bool is_beyond = __builtin_sub_overflow(begin_ns, rows[row - 1].time_ns, &width) ||
                               __builtin_add_overflow(begin_ns, width, &end);
        return is_beyond ? std::numeric_limits<std::int64_t>::max() : end;
    }
};

class Collector {
public:
    Collector(const StatementResult& statement, std::size_t index, const RenderContext& context)
        : statement_(statement), index_(index), context_(context) {}

    ChartData collect() {
        for (const ResultSeries& series : statement_.series) add_series(series);
        if (!data_.range) return std::move(data_);
        if (is_episodes()) {
            add_episodes();
            return std::move(data_);
        }
        extend_range();
        for (const std::string& name : column_names()) {
            const CellKind kind = kind_of_column(statement_, name);
            if (kind == CellKind::Number) add_numbers(name);
            if (kind == CellKind::State) add_states(name);
        }
        return std::move(data_);
    }

private:
    void add_series(const ResultSeries& series) {
        TimedSeries timed{&series, {}, label_of(series)};
        timed.rows.reserve(series.rows.size());
        for (const ConstRow row : series.rows) {
            const auto time = row.empty() ? std::nullopt : time_of(row.front());
            if (!time) continue;
            timed.rows.push_back({time->ns, row});
            note_time(*time);
        }
        if (timed.rows.empty()) return;
        std::ranges::stable_sort(timed.rows, {}, &TimedRow::time_ns);
        series_.push_back(std::move(timed));
    }

    std::string label_of(const ResultSeries& series) const {
        ResultSeries named = {series.name, series.tags, {}, {}};
        const bool has_one_name = std::ranges::all_of(
            statement_.series, [&](const ResultSeries& s) { return s.name == series.name; });
        if (!series.tags.empty() && has_one_name) named.name.clear();
        std::string label = series_heading(named);
        if (label.starts_with('{')) label = label.substr(1, label.size() - 2);
        return label;
    }

    void note_time(const TimeCell& time) {
        if (!data_.range) data_.range = ChartRange{time.ns, time.ns, time.offset_seconds};
        data_.range->begin_ns = std::min(data_.range->begin_ns, time.ns);
        data_.range->end_ns = std::max(data_.range->end_ns, time.ns);
    }

    // The last bucket has a width, too.
    void extend_range() {
        for (const TimedSeries& timed : series_) {
            const std::int64_t end_ns = timed.end_ns(timed.rows.size() - 1);
            data_.range->end_ns = std::max(data_.range->end_ns, end_ns);
        }
    }

    std::vector<std::string> column_names() const {
        std::vector<std::string> names;
        for (const TimedSeries& timed : series_) {
            for (std::size_t i = 1; i < timed.series->columns.size(); ++i) {
                const std::string& name = timed.series->columns[i];
                if (std::ranges::find(names, name) == names.end()) names.push_back(name);
            }
        }
        return names;
    }

    void add_numbers(const std::string& name) {
        const ColumnTraits* const traits = context_.find(index_, name);
        add_lines(name, traits);
        if (traits != nullptr && traits->is_state_of_bucket) add_shares(name, *traits);
    }

    LinePanel& panel_of(const std::string& name, const ColumnTraits* traits) {
        const std::string scale = traits == nullptr || traits->field.empty()
                                      ? "column " + name
                                      : "field " + traits->field;
        const auto [known, is_new] = panels_.emplace(scale, data_.line_panels.size());
        if (is_new) {
            LinePanel panel{printable(name), {}, false, 0, {}, {}};
            if (traits != nullptr) {
                panel.meaning = traits->meaning;
                panel.has_given_unit = traits->has_given_unit;
                panel.unit_ns = traits->unit_ns;
            }
            data_.line_panels.push_back(std::move(panel));
        } else {
            data_.line_panels[known->second].title += ", " + printable(name);
        }
        return data_.line_panels[known->second];
    }

    void add_lines(const std::string& name, const ColumnTraits* traits) {
        LinePanel& panel = panel_of(name, traits);
        const double factor = panel.meaning == ColumnMeaning::Duration && !panel.has_given_unit
                                  ? static_cast<double>(panel.unit_ns) / 1e9
                                  : 1.0;
        std::size_t left_out = 0;
        for (const TimedSeries& timed : series_) {
            const auto column = index_of(*timed.series, name);
            if (!column) continue;
            if (panel.lines.size() == kMostLines) {
                ++left_out;
                continue;
            }
            ChartLine line{
                timed.label.empty() ? printable(name) : printable(name) + " " + timed.label, {}};
            line.points.reserve(timed.rows.size());
            for (const TimedRow& row : timed.rows) {
                std::optional<double> value = number_of(row.row[*column]);
                if (value) *value *= factor;
                if (value && !std::isfinite(*value)) value.reset();
                line.points.push_back({row.time_ns, value});
            }
            panel.lines.push_back(std::move(line));
        }
        note_left_out(left_out, name);
        if (traits == nullptr) return;
        for (Threshold threshold : traits->thresholds) {
            threshold.value *= factor;
            const bool is_known =
                std::ranges::find(panel.thresholds, threshold) != panel.thresholds.end();
            if (!is_known) panel.thresholds.push_back(std::move(threshold));
        }
    }

    void note_left_out(std::size_t count, const std::string& name) {
        if (count == 0) return;
        data_.notes.push_back(fmt::format("{} more series of {} are not drawn; WHERE chooses some",
                                          count, printable(name)));
    }

    // How much of each bucket a predicate was true: known where rows are buckets.
    void add_shares(const std::string& name, const ColumnTraits& traits) {
        BarPanel panel{printable(name), {}, {}};
        std::size_t left_out = 0;
        for (const TimedSeries& timed : series_) {
            const auto column = index_of(*timed.series, name);
            if (!column || timed.rows.size() < 2) continue;
            StateBar bar{timed.label, {}};
            for (std::size_t i = 0; i < timed.rows.size(); ++i) {
                const auto value = number_of(timed.rows[i].row[*column]);
                if (!value) continue;
                const std::int64_t begin_ns = timed.rows[i].time_ns;
                const std::int64_t end_ns = timed.end_ns(i);
                double share = *value;
                if (traits.meaning == ColumnMeaning::Duration) {
                    share *= static_cast<double>(traits.unit_ns) / width_ns(begin_ns, end_ns);
                }
                // With WINDOW a row speaks of more time than its bucket.
                if (!(share >= 0 && share <= 1.000001)) return;
                bar.spans.push_back({begin_ns, end_ns, 0, std::min(share, 1.0)});
            }
            if (panel.bars.size() < kMostBars) {
                panel.bars.push_back(std::move(bar));
            } else {
                ++left_out;
            }
        }
        note_left_out(left_out, name);
        if (!panel.bars.empty()) data_.bar_panels.push_back(std::move(panel));
    }

    void add_states(const std::string& name) {
        BarPanel panel{printable(name), states_of(name), {}};
        if (panel.states.size() > kMostStates) {
            data_.notes.push_back(fmt::format("{} has more than {} values and is not drawn",
                                              printable(name), kMostStates));
            return;
        }
        std::size_t left_out = 0;
        for (const TimedSeries& timed : series_) {
            const auto column = index_of(*timed.series, name);
            if (!column) continue;
            if (panel.bars.size() == kMostBars) {
                ++left_out;
                continue;
            }
            StateBar bar{timed.label, {}};
            for (std::size_t i = 0; i < timed.rows.size(); ++i) {
                const Cell& cell = timed.rows[i].row[*column];
                if (std::holds_alternative<std::monostate>(cell)) continue;
                const auto state = std::ranges::find(panel.states, printable(cell_text(cell)));
                bar.spans.push_back({timed.rows[i].time_ns, timed.end_ns(i),
                                     static_cast<std::size_t>(state - panel.states.begin()), 1});
            }
            panel.bars.push_back(std::move(bar));
        }
        note_left_out(left_out, name);
        data_.bar_panels.push_back(std::move(panel));
    }

    // Sorted; true goes before false, so that it gets the strongest sign.
    std::vector<std::string> states_of(const std::string& name) const {
        std::set<std::string> states;
        for (const TimedSeries& timed : series_) {
            const auto column = index_of(*timed.series, name);
            if (!column) continue;
            for (const TimedRow& row : timed.rows) {
                const Cell& cell = row.row[*column];
                const bool is_null = std::holds_alternative<std::monostate>(cell);
                if (!is_null) states.insert(printable(cell_text(cell)));
                if (states.size() > kMostStates) break;
            }
        }
        std::vector<std::string> sorted(states.begin(), states.end());
        if (sorted == std::vector<std::string>{"false", "true"}) std::swap(sorted[0], sorted[1]);
        return sorted;
    }

    // episodes() gives a row per run: its time, end, duration, ..
    bool is_episodes() const {
        return std::ranges::all_of(series_, [](const TimedSeries& timed) {
            return index_of(*timed.series, "end") == std::size_t{1} &&
                   index_of(*timed.series, "inside");
        });
    }

    void add_episodes() {
        BarPanel panel{"episodes", {"episode"}, {}};
        for (const TimedSeries& timed : series_) {
            StateBar bar{timed.label, {}};
            for (const TimedRow& row : timed.rows) {
                const std::optional<TimeCell> end = time_of(row.row[1]);
                const std::int64_t end_ns = end ? end->ns : row.time_ns;
                data_.range->end_ns = std::max(data_.range->end_ns, end_ns);
                bar.spans.push_back({row.time_ns, end_ns, 0, 1});
            }
            if (panel.bars.size() < kMostBars) panel.bars.push_back(std::move(bar));
        }
        note_left_out(series_.size() - panel.bars.size(), "episodes");
        data_.bar_panels.push_back(std::move(panel));
    }

    const StatementResult& statement_;
    std::size_t index_;
    const RenderContext& context_;
    std::vector<TimedSeries> series_;
    std::map<std::string, std::size_t> panels_;  // Of each scale.
    ChartData data_;
};

}  // namespace

ChartData chart_data(const StatementResult& statement, std::size_t index,
                     const RenderContext& context) {
    return Collector(statement, index, context).collect();
}

}  // namespace tidemark::tools
