#include "query/operators/state_stage.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tidemark::query {
StateQuestion question_of(const BoundCall& call) {
    StateQuestion question;
    question.predicate = *call.predicate;
    question.for_ns = call.for_ns;
    question.keep_ns = call.keep_ns;
    question.clear = call.clear;
    question.needs_runs = call.info().takes_run_options;
    question.needs_run_start = call.info().needs_run_start() || call.has_run_options();
    const bool is_of_end =
        call.function == FunctionId::Current || call.function == FunctionId::Since;
    question.needs_only_end = is_of_end && !call.has_run_options();
    return question;
}

bool StateStage::computes(const BoundCall& call) {
    return call.info().function_class == FunctionClass::State;
}

Result<StateStage> StateStage::open(const AggregateWindows& plan, const WindowTable& windows,
                                    ExecutionContext& context) {
    StateStage stage(plan, windows);
    for (const BoundCall& call : plan.calls) {
        stage.question_of_call_.push_back(0);
        if (!computes(call)) continue;
        StateQuestion question = question_of(call);
        // A plain question is answered along with one that asks for runs.
        const auto same = std::find_if(
            stage.questions_.begin(), stage.questions_.end(), [&](const StateQuestion& other) {
                return other.predicate == question.predicate && other.for_ns == question.for_ns &&
                       other.keep_ns == question.keep_ns && other.clear == question.clear;
            });
        stage.question_of_call_.back() = static_cast<std::size_t>(same - stage.questions_.begin());
        if (same == stage.questions_.end()) {
            stage.questions_.push_back(question);
        } else {
            same->needs_runs = same->needs_runs || question.needs_runs;
            same->needs_run_start = same->needs_run_start || question.needs_run_start;
            same->needs_only_end = same->needs_only_end && question.needs_only_end;
        }
    }
    TIDEMARK_ASSIGN_OR_RETURN(
        SeriesStates states,
        SeriesStates::open(plan.series, plan.predicates, stage.questions_, windows.windows(),
                           plan.frame.as_of_ns, plan.hold_ns, context));
    stage.states_.emplace(std::move(states));
    return stage;
}

Status StateStage::run(const SeriesGroup& group,
                       std::span<const std::optional<std::int64_t>> first_samples_ns,
                       unsigned thread_count, CoverageWatch& coverage, GroupCells& cells) {
    const std::size_t window_count = windows_->windows().size();
    const GroupStates empty{{questions_.size(), std::vector<StateGroup>(window_count)},
                            std::vector<bool>(questions_.size(), false)};
    const std::size_t member_count = group.members.size();
    const std::size_t split = std::min<std::size_t>(thread_count, member_count);
    std::vector<GroupStates> states(split, empty);
    const auto read_members = [&](std::size_t i) -> Status {
        for (std::size_t j = i * member_count / split; j < (i + 1) * member_count / split; ++j) {
            std::int64_t begin_ns = std::numeric_limits<std::int64_t>::min();
            if (!first_samples_ns.empty()) {
                if (!first_samples_ns[j]) continue;
                begin_ns = *first_samples_ns[j];
            }
            TIDEMARK_RETURN_IF_ERROR(read_member(group.members[j], begin_ns, coverage, states[i]));
        }
        return success();
    };
    TIDEMARK_RETURN_IF_ERROR(for_each_parallel(split, thread_count, read_members));
    GroupStates& whole = states.front();
    for (std::size_t i = 1; i < split; ++i) {
        for (std::size_t j = 0; j < questions_.size(); ++j) {
            whole.has_samples[j] = whole.has_samples[j] || states[i].has_samples[j];
            for (std::size_t window = 0; window < window_count; ++window) {
                whole.groups[j][window].merge(states[i].groups[j][window]);
            }
        }
    }
    for (std::size_t i = 0; i < plan_->calls.size(); ++i) {
        const BoundCall& call = plan_->calls[i];
        const std::size_t question = question_of_call_[i];
        if (!computes(call) || !whole.has_samples[question]) continue;
        cells.has_value = true;
        for (std::size_t window = 0; window < window_count; ++window) {
            TIDEMARK_ASSIGN_OR_RETURN(cells.of_call[i][window],
                                      cell_of(call, whole.groups[question][window], window));
        }
    }
    return success();
}

Result<Cell> StateStage::cell_of(const BoundCall& call, const StateGroup& group,
                                 std::size_t window) {
    const StateGroup known = judged(call, group);
    if (!call.objective) return state_result(call.function, known, call.unit_ns);
    const bool is_closed = windows_->windows()[window].end_ns <= plan_->frame.as_of_ns;
    const ObjectiveBudget budget = budget_of(*call.objective, known.totals, is_closed);
    const bool has_time = group.totals.sum_ns() > 0;
    if (call.function == FunctionId::SlaVerdict && has_time) sla_->add(call.text, budget);
    return sla_result(call.function, budget, call.unit_ns);
}

/// UNKNOWN AS decides what leaves unknown time out: the two ratios (R5) and what an objective's
/// budget is spent on; the parts of R4 stay.
StateGroup StateStage::judged(const BoundCall& call, StateGroup group) const {
    const bool leaves_unknown_out = call.function == FunctionId::Uptime ||
                                    call.function == FunctionId::Downtime || call.objective;
    if (!plan_->unknown_as || !leaves_unknown_out) return group;
    StateTotals& totals = group.totals;
    (*plan_->unknown_as == Truth::True ? totals.good_ns : totals.bad_ns) += totals.unknown_ns;
    totals.unknown_ns = 0;
    return group;
}

Status StateStage::read_member(const GroupMember& member, std::int64_t begin_ns,
                               CoverageWatch& coverage, GroupStates& states) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::vector<SeriesState> answers, states_->read(member));
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i].has_samples) continue;
        states.has_samples[i] = true;
        add_series(answers[i], questions_[i], begin_ns, states.groups[i]);
        TimeRange whole = windows_->hull();
        whole.begin_ns = std::max(whole.begin_ns, begin_ns);
        if (whole.is_empty()) continue;
        StateWindows totals(answers[i].timeline, plan_->frame.as_of_ns, answers[i].excluded);
        coverage.add(member, totals.totals(whole), answers[i].pace);
    }
    return success();
}

void StateStage::add_series(const SeriesState& state, const StateQuestion& question,
                            std::int64_t begin_ns, std::vector<StateGroup>& groups) const {
    StateWindows totals(state.timeline, plan_->frame.as_of_ns, state.excluded);
    for (std::size_t window = 0; window < groups.size(); ++window) {
        TimeRange range = windows_->windows()[window];
        range.begin_ns = std::max(range.begin_ns, begin_ns);
        if (range.is_empty()) continue;
        StateGroup one;
        one.totals = totals.totals(range);
        if (question.needs_runs) {
            add_runs_of_window(state.runs, state.timeline, range, plan_->frame.as_of_ns, one);
        }
        groups[window].merge(one);
    }
}

}  // namespace tidemark::query
