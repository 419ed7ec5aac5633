#include "query/plan/row_calls.h"

#include <algorithm>
#include <utility>

#include "query/functions/math_functions.h"
#include "query/plan/messages.h"
#include "query/plan/time_expression.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

/// "3 at 1:22"
std::string found(const Expression& argument) {
    return print(argument) + " at " + std::to_string(argument.location.line) + ":" +
           std::to_string(argument.location.column);
}

class RowCallBinder {
public:
    explicit RowCallBinder(const RowCallScope& scope) : scope_(scope) {}

    Result<RowCall> bind(const Call& call) {
        RowCall bound;
        TIDEMARK_RETURN_IF_ERROR(bind(call, bound));
        bound.text = print(Expression{{}, call});
        if (scope_.buckets.window && bound.aggregate == nullptr) {
            return invalid("WINDOW widens the buckets of aggregates, which " + bound.text +
                           " has none of");
        }
        return bound;
    }

private:
    Status bind(const Call& call, RowCall& bound) {
        const FunctionInfo* info = find_function(call.name);
        if (info == nullptr) return unsupported_function_error(call.name);
        if (info->function_class == FunctionClass::Transformation) {
            return bind_transformation(call, *info, bound);
        }
        TIDEMARK_RETURN_IF_ERROR(refuse_run_options(call, *info));
        if (info->function_class != FunctionClass::RowPicker) {
            bound.aggregate = &call;
            return success();
        }
        BoundPick pick;
        pick.request.function = info->id;
        pick.request.seed = scope_.seed;
        if (info->id == FunctionId::Distinct) {
            TIDEMARK_RETURN_IF_ERROR(bind_distinct(call, pick));
        } else if (info->id == FunctionId::Sample) {
            TIDEMARK_RETURN_IF_ERROR(bind_sample(call, pick));
        } else {
            TIDEMARK_RETURN_IF_ERROR(bind_top(call, pick));
        }
        bound.pick = std::move(pick);
        return success();
    }

    Status bind_transformation(const Call& call, const FunctionInfo& info, RowCall& bound) {
        TIDEMARK_RETURN_IF_ERROR(refuse_run_options(call, info));
        TIDEMARK_RETURN_IF_ERROR(check_argument_count(call, info));
        TransformationStep step;
        step.function = info.id;
        TIDEMARK_RETURN_IF_ERROR(bind_parameter(call, info, step));
        TIDEMARK_RETURN_IF_ERROR(bind_input(call, info, bound));
        bound.steps.push_back(step);
        return success();
    }

    Status bind_parameter(const Call& call, const FunctionInfo& info, TransformationStep& step) {
        step.unit_ns = info.id == FunctionId::Elapsed ? 1 : kSecondNs;
        if (info.id == FunctionId::Integral) step.buckets = scope_.buckets;
        if (call.arguments.size() == 2) {
            const Expression& parameter = without_parentheses(call.arguments[1]);
            return info.id == FunctionId::MovingAverage ? bind_window(parameter, step)
                                                        : bind_unit(call, parameter, step);
        }
        const bool is_rate =
            info.id == FunctionId::Derivative || info.id == FunctionId::NonNegativeDerivative;
        if (!is_rate || !scope_.buckets.step) return success();
        const std::optional<std::int64_t> step_ns = fixed_step_ns(*scope_.buckets.step);
        if (!step_ns) {
            return invalid(call.name + "() needs a unit, as in " + call.name +
                           "(.., 1d): the buckets of this statement differ in length");
        }
        step.unit_ns = *step_ns;
        return success();
    }

    Status bind_window(const Expression& parameter, TransformationStep& step) {
        const auto* rows = std::get_if<IntegerLiteral>(&parameter.node);
        if (rows == nullptr) {
            return invalid("second argument for moving_average must be an integer, got " +
                           found(parameter));
        }
        if (rows->value < 2) {
            return invalid("moving_average window must be greater than 1, got " +
                           std::to_string(rows->value));
        }
        step.window_rows = static_cast<std::uint64_t>(rows->value);
        return success();
    }

    Status bind_unit(const Call& call, const Expression& parameter, TransformationStep& step) {
        const auto unit_ns = constant_duration_ns(parameter);
        if (!unit_ns) {
            return invalid(call.name == "integral"
                               ? "second argument must be a duration, got " + found(parameter)
                               : "second argument to " + call.name + " must be a duration, got " +
                                     found(parameter));
        }
        if (*unit_ns <= 0) {
            return invalid("duration argument must be positive, got " + print(parameter));
        }
        step.unit_ns = *unit_ns;
        return success();
    }

    /// A field; with GROUP BY time a call instead, except for integral.
    Status bind_input(const Call& call, const FunctionInfo& info, RowCall& bound) {
        const Expression& input = without_parentheses(call.arguments.front());
        const bool has_buckets = scope_.buckets.step.has_value();
        const auto* nested = std::get_if<Call>(&input.node);
        if (nested == nullptr || info.id == FunctionId::Integral) {
            if (has_buckets && info.id != FunctionId::Integral) {
                return invalid("aggregate function required inside the call to " + call.name);
            }
            TIDEMARK_ASSIGN_OR_RETURN(
                bound.field,
                bind_field_argument(call, info, input, scope_.schema, scope_.messages));
            return success();
        }
        if (!has_buckets) return invalid(call.name + " aggregate requires a GROUP BY interval");
        if (find_math_function(nested->name) != nullptr) {
            return invalid("unsupported call: " + nested->name + ": " + call.name +
                           "() takes a field or an aggregate, write " + nested->name + "(" +
                           call.name + "(..)) where the order does not matter");
        }
        const FunctionInfo* nested_info = find_function(nested->name);
        if (nested_info == nullptr) return unsupported_function_error(nested->name);
        if (nested_info->id == FunctionId::Top || nested_info->id == FunctionId::Bottom) {
            return invalid("selector function " + nested->name +
                           "() cannot be combined with other functions");
        }
        if (nested_info->result == ResultRule::Time || nested_info->result == ResultRule::Table) {
            return invalid(call.name + "() takes numbers, which " + nested->name +
                           "() does not give");
        }
        TIDEMARK_RETURN_IF_ERROR(bind(*nested, bound));
        return check_input_type(info, bound);
    }

    /// first(), mode() and the like give values of any type.
    Status check_input_type(const FunctionInfo& info, const RowCall& bound) const {
        if (bound.aggregate == nullptr || bound.aggregate->arguments.empty()) return success();
        const FunctionInfo* aggregate = find_function(bound.aggregate->name);
        const auto* reference = std::get_if<VariableReference>(
            &without_parentheses(bound.aggregate->arguments.front()).node);
        if (aggregate == nullptr || reference == nullptr || !bound.steps.empty()) return success();
        if (aggregate->result != ResultRule::Field) return success();
        const ResolvedName name = scope_.schema.resolve(*reference);
        return name.type ? check_field_type(info, *name.type) : success();
    }

    Status bind_distinct(const Call& call, BoundPick& pick) {
        if (call.arguments.size() != 1) {
            return invalid("distinct function can only have one argument");
        }
        const Expression& argument = without_parentheses(call.arguments.front());
        const auto* reference = std::get_if<VariableReference>(&argument.node);
        if (reference == nullptr) return invalid("expected field argument in distinct()");
        if (scope_.schema.resolve(*reference).kind == NameKind::Tag) {
            return invalid("statement must have at least one field in select clause");
        }
        return bind_field(call, pick);
    }

    Status bind_sample(const Call& call, BoundPick& pick) {
        TIDEMARK_RETURN_IF_ERROR(check_argument_count(call, pick.info()));
        const Expression& count = without_parentheses(call.arguments[1]);
        const auto* rows = std::get_if<IntegerLiteral>(&count.node);
        if (rows == nullptr) return invalid("expected integer argument in sample()");
        if (rows->value < 1) {
            return invalid("sample window must be greater than 1, got " +
                           std::to_string(rows->value));
        }
        pick.request.row_count = static_cast<std::uint64_t>(rows->value);
        return bind_field(call, pick);
    }

    /// top(f, n) or top(f, tag, .., n).
    Status bind_top(const Call& call, BoundPick& pick) {
        if (call.arguments.size() < 2) {
            return invalid("invalid number of arguments for " + call.name +
                           ", expected at least 2, got " + std::to_string(call.arguments.size()));
        }
        const Expression& last = without_parentheses(call.arguments.back());
        const auto* rows = std::get_if<IntegerLiteral>(&last.node);
        if (rows == nullptr) {
            return invalid("expected integer as last argument in " + call.name + "(), found " +
                           print(last));
        }
        if (rows->value < 1) {
            return invalid("limit (" + std::to_string(rows->value) + ") in " + call.name +
                           " function must be at least 1");
        }
        pick.request.row_count = static_cast<std::uint64_t>(rows->value);
        if (scope_.limit.value_or(0) > 0 && pick.request.row_count > *scope_.limit) {
            return invalid("limit (" + std::to_string(rows->value) + ") in " + call.name +
                           " function can not be larger than the LIMIT (" +
                           std::to_string(*scope_.limit) + ") in the select statement");
        }
        const Expression& field = without_parentheses(call.arguments.front());
        if (!std::holds_alternative<VariableReference>(field.node)) {
            return invalid("expected first argument to be a field in " + call.name + "(), found " +
                           print(field));
        }
        for (std::size_t i = 1; i + 1 < call.arguments.size(); ++i) {
            const Expression& name = without_parentheses(call.arguments[i]);
            const auto* reference = std::get_if<VariableReference>(&name.node);
            if (reference == nullptr) {
                return invalid("only fields or tags are allowed in " + call.name + "(), found " +
                               print(name));
            }
            pick.by_tags = true;
            const ResolvedName resolved = scope_.schema.resolve(*reference);
            if (resolved.kind == NameKind::Tag) pick.tags.push_back(resolved.name);
        }
        return bind_field(call, pick);
    }

    Status bind_field(const Call& call, BoundPick& pick) {
        TIDEMARK_ASSIGN_OR_RETURN(pick.field,
                                  bind_field_argument(call, pick.info(), call.arguments.front(),
                                                      scope_.schema, scope_.messages));
        return success();
    }

    const RowCallScope& scope_;
};

}  // namespace

bool RowCall::looks_back() const {
    return std::any_of(steps.begin(), steps.end(), [](const TransformationStep& step) {
        return step.function != FunctionId::CumulativeSum && step.function != FunctionId::Integral;
    });
}

bool is_row_call(const Call& call) {
    const FunctionInfo* info = find_function(call.name);
    return info != nullptr && info->gives_rows();
}

Result<RowCall> bind_row_call(const Call& call, const RowCallScope& scope) {
    return RowCallBinder(scope).bind(call);
}

Status check_row_calls(const std::vector<RowCall>& row_calls, const std::vector<BoundCall>& calls,
                       bool has_names) {
    const std::size_t call_count = row_calls.size() + calls.size();
    bool all_select = std::all_of(calls.begin(), calls.end(),
                                  [](const BoundCall& call) { return call.info().is_selector; });
    for (const RowCall& call : row_calls) {
        const bool is_pick = call.pick && call.steps.empty();
        all_select = all_select && is_pick && call.pick->info().is_selector;
        if (!is_pick) continue;
        const FunctionInfo& info = call.pick->info();
        if (info.id == FunctionId::Distinct && (call_count > 1 || has_names)) {
            return invalid(
                "aggregate function distinct() cannot be combined with other functions or fields");
        }
        const bool is_top = info.id == FunctionId::Top || info.id == FunctionId::Bottom;
        if (is_top && call_count > 1) {
            return invalid("selector function " + std::string(info.name) +
                           "() cannot be combined with other functions");
        }
    }
    if (has_names && !all_select) {
        return invalid("mixing aggregate and non-aggregate queries is not supported");
    }
    if (has_names && call_count > 1) {
        return invalid("mixing multiple selector functions with tags or fields is not supported");
    }
    return success();
}

Result<std::int64_t> bucket_earlier(const BucketSpec& buckets, std::int64_t time_ns) {
    if (buckets.step->unit == StepUnit::Nanosecond) {
        return saturating_add(time_ns, -buckets.step->count);
    }
    TIDEMARK_ASSIGN_OR_RETURN(const TimeRange bucket, bucket_at(buckets, time_ns));
    TIDEMARK_ASSIGN_OR_RETURN(const TimeRange earlier,
                              bucket_at(buckets, saturating_add(bucket.begin_ns, -1)));
    return earlier.begin_ns;
}

Result<std::int64_t> bucket_later(const BucketSpec& buckets, std::int64_t time_ns) {
    if (buckets.step->unit == StepUnit::Nanosecond) {
        return saturating_add(time_ns, buckets.step->count);
    }
    TIDEMARK_ASSIGN_OR_RETURN(const TimeRange bucket,
                              bucket_at(buckets, saturating_add(time_ns, -1)));
    TIDEMARK_ASSIGN_OR_RETURN(const TimeRange later, bucket_at(buckets, bucket.end_ns));
    return later.end_ns;
}

}  // namespace tidemark::query
