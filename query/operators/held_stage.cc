#include "query/operators/held_stage.h"

#include <algorithm>
#include <utility>

#include "query/column/cell.h"

namespace tidemark::query {

bool HeldStage::computes(const BoundCall& call) {
    return call.info().function_class == FunctionClass::HeldValue;
}

Result<HeldStage> HeldStage::open(const AggregateWindows& plan, const WindowTable& windows,
                                  ExecutionContext& context) {
    HeldStage stage(plan, windows, context);
    std::vector<std::string> fields;
    for (const BoundCall& call : plan.calls) {
        stage.field_of_call_.push_back(0);
        if (!computes(call)) continue;
        const auto known = std::find(fields.begin(), fields.end(), call.field);
        stage.field_of_call_.back() = static_cast<std::size_t>(known - fields.begin());
        if (known == fields.end()) fields.push_back(call.field);
    }
    TimeRange range = windows.hull();
    range.end_ns = std::min(range.end_ns, plan.frame.as_of_ns);
    range.begin_ns = std::min(range.begin_ns, range.end_ns);
    TIDEMARK_ASSIGN_OR_RETURN(HeldReader reader,
                              HeldReader::open(plan.series, fields, range, plan.hold_ns, context));
    stage.reader_ = std::make_unique<HeldReader>(std::move(reader));
    return stage;
}

TimeRange HeldStage::passed(std::size_t window) const {
    TimeRange range = windows_->windows()[window];
    range.end_ns = std::min(range.end_ns, plan_->frame.as_of_ns);
    return range;
}

Status HeldStage::run(const SeriesGroup& group,
                      std::span<const std::optional<std::int64_t>> first_samples_ns,
                      CoverageWatch& coverage, GroupCells& cells) const {
    TimeRange whole = windows_->hull();
    whole.end_ns = std::min(whole.end_ns, plan_->frame.as_of_ns);
    std::vector<HeldReader::Series> members;
    members.reserve(group.members.size());
    for (std::size_t i = 0; i < group.members.size(); ++i) {
        TIDEMARK_ASSIGN_OR_RETURN(HeldReader::Series read, reader_->read(group.members[i]));
        TimeRange range = whole;
        if (!first_samples_ns.empty()) {
            range.begin_ns = std::max(range.begin_ns, first_samples_ns[i].value_or(range.end_ns));
        }
        for (HeldField& field : read.fields) {
            watch_coverage(group.members[i], field, range, coverage);
            if (field.excluded.empty()) continue;
            field.changes = changes_outside(field.changes, field.excluded);
        }
        members.push_back(std::move(read));
    }
    const std::size_t window_count = windows_->windows().size();
    for (std::size_t i = 0; i < plan_->calls.size(); ++i) {
        const BoundCall& call = plan_->calls[i];
        if (!computes(call)) continue;
        bool is_known = false;
        for (std::size_t window = 0; window < window_count; ++window) {
            // A percentile sorts the whole window, so wide ones that overlap take long.
            TIDEMARK_RETURN_IF_ERROR(context_->guard().check());
            const TimeRange range = passed(window);
            std::int64_t count = 0;
            HeldWeights weights;
            for (const auto& member : members) {
                const auto& changes = member.fields[field_of_call_[i]].changes;
                is_known = is_known || !known_stretches(changes, range).empty();
                if (call.function == FunctionId::ChangeCount) {
                    count += change_count(changes, range);
                } else {
                    weights.add(changes, range);
                }
            }
            cells.of_call[i][window] = call.function == FunctionId::ChangeCount
                                           ? Cell(count)
                                           : weights.percentile(call.percentile->decimal());
        }
        // Of series that were never there nothing is counted, not even 0.
        if (!is_known) std::fill(cells.of_call[i].begin(), cells.of_call[i].end(), Cell());
        cells.has_value = cells.has_value || is_known;
    }
    return success();
}

}  // namespace tidemark::query
