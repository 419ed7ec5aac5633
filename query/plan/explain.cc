#include "query/plan/explain.h"

#include <algorithm>
#include <limits>

#include "query/syntax/duration.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const std::string& part : parts)
        text += (text.empty() ? "" : std::string(separator)) + part;
    return text;
}

std::string print_ns(std::int64_t ns) { return print_duration({ns, DurationUnit::Nanosecond}); }

std::string print_step(const BucketStep& step) {
    switch (step.unit) {
        case StepUnit::Nanosecond:
            return print_ns(step.count);
        case StepUnit::Day:
            return print_duration({step.count, DurationUnit::Day});
        case StepUnit::Week:
            return print_duration({step.count, DurationUnit::CalendarWeek});
        case StepUnit::Month:
            return print_duration({step.count, DurationUnit::Month});
        case StepUnit::Quarter:
            return print_duration({step.count, DurationUnit::Quarter});
        case StepUnit::Year:
            return print_duration({step.count, DurationUnit::Year});
    }
    return {};
}

std::string print_column(const InputColumn& column) {
    return (column.is_tag ? "tag " : "field ") + column.name;
}

class Explainer {
public:
    std::vector<std::string> explain(const LogicalPlan& plan) {
        std::visit([this](const auto& node) { add(node); }, plan.node);
        return std::move(lines_);
    }

private:
    void line(const std::string& text) { lines_.push_back(std::string(2 * depth_, ' ') + text); }

    void input(const Box<LogicalPlan>& plan) {
        ++depth_;
        std::visit([this](const auto& node) { add(node); }, plan->node);
        --depth_;
    }

    void add(const SelectRows& node) {
        std::vector<std::string> columns;
        for (const InputColumn& column : node.columns) columns.push_back(print_column(column));
        line("select rows: " + joined(columns, ", "));
        if (node.wanted_rows) {
            line((node.wants_latest ? "  last " : "  first ") + std::to_string(*node.wanted_rows) +
                 " of each group");
        }
        add_series(node.series, node.frame);
    }

    void add(const AggregateWindows& node) {
        std::vector<std::string> calls;
        for (const BoundCall& call : node.calls) calls.push_back(call.text);
        line("aggregate windows: " + joined(calls, ", "));
        for (const InputColumn& column : node.beside) line("  beside: " + print_column(column));
        const bool holds = std::any_of(node.calls.begin(), node.calls.end(), [](const auto& call) {
            return call.info().needs_carry_in();
        });
        if (holds) add_hold(node.hold_ns, node.predicates);
        add_series(node.series, node.frame);
    }

    void add(const ListEpisodes& node) {
        line("list episodes: " + node.call.text);
        add_hold(node.hold_ns, node.predicates);
        add_series(node.series, node.frame);
    }

    void add(const PickSamples& node) {
        std::string text = std::string(node.pick.info().name) + " of " + node.pick.field.name;
        if (node.pick.by_tags) text += " by " + joined(node.pick.tags, ", ");
        line("pick samples: " + text);
        for (const InputColumn& column : node.beside) line("  beside: " + print_column(column));
        add_series(node.series, node.frame);
    }

    void add(const TransformRows& node) {
        line("transform rows: " + node.text + (node.descending ? ", backwards" : ""));
        input(node.input);
    }

    void add(const JoinByTime& node) {
        line("join by time");
        for (const auto& plan : node.inputs) input(plan);
    }

    void add(const ListValues& node) {
        line("list values: " + node.call.text);
        add_hold(node.hold_ns, {});
        add_series(node.series, node.frame);
    }

    void add(const FillWindows& node) {
        constexpr std::string_view kKinds[] = {"null", "none", "previous", "linear", "a number"};
        std::string text = "fill windows with ";
        text += kKinds[static_cast<std::size_t>(node.kind)];
        if (node.longest_ns) {
            text += ", for " + print_ns(*node.longest_ns);
        }
        line(text);
        input(node.input);
        if (node.before) input(*node.before);
    }

    void add(const FilterRows& node) {
        line("filter rows: " + node.text);
        input(node.input);
    }

    void add(const ComputeColumns& node) {
        line("compute " + std::to_string(node.columns.size()) + " columns");
        input(node.input);
    }

    void add(const OrderRows& node) {
        std::vector<std::string> keys;
        for (const OrderKey& key : node.keys) {
            keys.push_back("column " + std::to_string(key.column) +
                           (key.descending ? " descending" : ""));
        }
        line("order rows by " + joined(keys, ", "));
        input(node.input);
    }

    void add(const LimitRows& node) {
        std::string text = "limit rows:";
        if (node.limit) text += " limit " + std::to_string(*node.limit);
        if (node.offset > 0) text += " offset " + std::to_string(node.offset);
        if (node.series_limit) text += " slimit " + std::to_string(*node.series_limit);
        if (node.series_offset > 0) text += " soffset " + std::to_string(node.series_offset);
        line(text);
        input(node.input);
    }

    void add_hold(std::int64_t hold_ns, const std::vector<BoundPredicate>& predicates) {
        for (const BoundPredicate& predicate : predicates) line("  predicate: " + predicate.text());
        line(hold_ns == kHoldForever ? "  a sample holds for ever"
                                     : "  a sample holds for " + print_ns(hold_ns));
    }

    void add_subquery(const SelectPlan& plan) {
        line("  rows of a subquery:");
        depth_ += 2;
        std::visit([this](const auto& node) { add(node); }, plan.root.node);
        depth_ -= 2;
    }

    void add_series(const SeriesSelection& series, const TimeFrame& frame) {
        const SelectPlan* subquery = nullptr;
        for (const ResolvedSource& source : series.sources) {
            if (source.subquery != nullptr) {
                // One subquery is one source for each of its measurements, in a row.
                if (source.subquery.get() != subquery) add_subquery(*source.subquery);
                subquery = source.subquery.get();
                continue;
            }
            line("  scan " + print_identifier(source.database) + "." +
                 (source.policy.empty() ? "" : print_identifier(source.policy)) + "." +
                 print_identifier(source.measurement));
        }
        if (series.exclusions != nullptr) line("  only time " + series.exclusions->text());
        if (frame.has_lower) line("  from " + std::to_string(frame.range.begin_ns));
        if (frame.range.end_ns != std::numeric_limits<std::int64_t>::max()) {
            line("  until " + std::to_string(frame.range.end_ns));
        }
        for (const std::string& text : series.where.matcher_texts) line("  series with " + text);
        if (series.where.condition) {
            std::vector<std::string> names;
            for (const InputColumn& input : series.where.inputs) {
                names.push_back(print_identifier(input.name));
            }
            line("  rows with " + print(*series.where.condition, names));
        }
        if (!series.group_tags.empty()) line("  group by " + joined(series.group_tags, ", "));
        if (frame.buckets.step) line("  buckets of " + print_step(*frame.buckets.step));
        if (frame.buckets.window) line("  windows of " + print_step(*frame.buckets.window));
        if (frame.buckets.zone) line("  in " + std::string(frame.buckets.zone->name()));
    }

    std::vector<std::string> lines_;
    std::size_t depth_ = 0;
};

}  // namespace

std::vector<std::string> explain(const LogicalPlan& plan) { return Explainer().explain(plan); }

}  // namespace tidemark::query
