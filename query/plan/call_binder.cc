#include "query/plan/call_binder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "query/functions/math_functions.h"
#include "query/plan/messages.h"
#include "query/plan/time_expression.h"
#include "query/syntax/duration.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

// Functions of InfluxQL and of the KPI extensions that a statement may name but that nobody
// computes: refused by name instead of as a misspelling.
constexpr auto kUnsupportedFunctions =
    std::to_array<std::string_view>({"holt_winters", "holt_winters_with_fit"});

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

/// The decimal of a percentile as written.
std::optional<std::string> decimal_text(const Expression& argument) {
    const Expression& inner = without_parentheses(argument);
    if (const auto* number = std::get_if<NumberLiteral>(&inner.node)) return number->text;
    if (const auto* integer = std::get_if<IntegerLiteral>(&inner.node)) {
        return std::to_string(integer->value);
    }
    return std::nullopt;
}

/// 0.95 is: a fraction where a percent belongs.
bool is_below_one(std::string_view decimal) {
    const bool has_whole_part = !decimal.starts_with("0.") && !decimal.starts_with('.');
    return !has_whole_part && decimal.find_first_of("123456789") != std::string_view::npos;
}

Error wrong_argument(const Call& call, const Expression& argument, std::string_view expected) {
    return invalid("expected " + std::string(expected) + " in " +
                   std::string(spelled_name(call.name)) + "(), found " + print(argument));
}

Result<std::int64_t> fixed_duration_ns(const Expression& expression) {
    const auto ns = constant_duration_ns(expression);
    if (!ns || *ns < 0)
        return invalid("expected a duration such as 5m, found " + print(expression));
    return *ns;
}

/// 4 x a number literal above zero, exactly; nothing for anything else, and where no double holds
/// it.
std::optional<Expression> four_times_positive(const Expression& number) {
    constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();
    double value = 0;
    if (const auto* integer = std::get_if<IntegerLiteral>(&number.node)) {
        if (integer->value <= 0) return std::nullopt;
        const auto natural = static_cast<std::uint64_t>(integer->value);
        if (integer->value <= kGreatest / 4) {
            return Expression{number.location, IntegerLiteral{4 * integer->value}};
        }
        if (integer->value <= kGreatest / 2) {
            return Expression{number.location, UnsignedLiteral{4 * natural}};
        }
        value = static_cast<double>(natural);  // No integer field reaches four times that.
    } else if (const auto* beyond = std::get_if<UnsignedLiteral>(&number.node)) {
        value = static_cast<double>(beyond->value);
    } else if (const auto* decimal = std::get_if<NumberLiteral>(&number.node)) {
        value = decimal->value;
    }
    value *= 4;  // Of a double only the exponent changes.
    if (!(value > 0) || !std::isfinite(value)) return std::nullopt;
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return Expression{number.location,
                      NumberLiteral{std::string(digits.data(), written.ptr), value}};
}

/// The call as written; behind it the column, where it is one of several.
std::string text_of(const Call& call) {
    const std::string_view spelled = spelled_name(call.name);
    Call written = call;
    written.name = spelled;
    std::string text = print(Expression{{}, std::move(written)});
    if (spelled.size() < call.name.size()) {
        text += " " + call.name.substr(spelled.size() + 1, call.name.size() - spelled.size() - 2);
    }
    return text;
}

Error several_columns(const FunctionInfo& info) {
    std::string names;
    for (const ColumnCall& column : column_calls(info.id)) {
        names.append(names.empty() ? "" : ", ").append(column.name);
    }
    return invalid(std::string(info.name) +
                   "() gives several columns: it is an item of SELECT by itself, and HAVING and " +
                   "the queries around it can name them: " + names);
}

/// The distinct(f) of count(distinct(f)).
const Call* counted_distinct(const Call& call) {
    if (call.name != "count" || call.arguments.size() != 1) return nullptr;
    const auto* nested = std::get_if<Call>(&without_parentheses(call.arguments.front()).node);
    const bool is_distinct =
        nested != nullptr && nested->name == "distinct" && nested->arguments.size() == 1;
    return is_distinct ? nested : nullptr;
}

}  // namespace

Status check_argument_count(const Call& call, const FunctionInfo& info) {
    std::size_t least = 0;
    std::size_t most = 0;
    for (std::size_t i = 0; i < info.argument_count; ++i) {
        if (info.arguments[i].kind == ArgumentKind::EpisodeOptions) continue;
        ++most;
        if (info.arguments[i].is_required) ++least;
    }
    const std::size_t got = call.arguments.size();
    if (least <= got && got <= most) return success();
    const std::string expected = least == most ? std::to_string(least)
                                               : "at least " + std::to_string(least) +
                                                     " but no more than " + std::to_string(most);
    return invalid("invalid number of arguments for " + call.name + ", expected " + expected +
                   ", got " + std::to_string(got));
}

Status refuse_run_options(const Call& call, const FunctionInfo& info) {
    if (call.named_arguments.empty() || info.takes_run_options) return success();
    std::string takers;
    for (const FunctionInfo& other : function_table()) {
        if (!other.takes_run_options) continue;
        takers.append(takers.empty() ? "" : ", ").append(other.name);
    }
    return invalid("FOR, KEEP and CLEAR do not go with " + call.name + "(), they go with " +
                   takers);
}

Error unsupported_function_error(std::string_view name) {
    if (std::find(kUnsupportedFunctions.begin(), kUnsupportedFunctions.end(), name) !=
        kUnsupportedFunctions.end()) {
        return Error(ErrorCode::Unsupported, std::string(name) + "() is not supported");
    }
    return unknown_function_error(name);
}

Result<FieldArgument> bind_field_argument(const Call& call, const FunctionInfo& info,
                                          const Expression& argument, const Schema& schema,
                                          std::vector<ResultMessage>& messages) {
    const Expression& inner = without_parentheses(argument);
    const auto* nested = std::get_if<Call>(&inner.node);
    const bool is_unknown = nested != nullptr && find_function(nested->name) == nullptr &&
                            find_math_function(nested->name) == nullptr;
    if (is_unknown) {
        return unsupported_function_error(nested->name);
    }
    const auto* reference = std::get_if<VariableReference>(&inner.node);
    if (reference == nullptr) {
        return invalid("expected field argument in " + std::string(spelled_name(call.name)) + "()");
    }
    const ResolvedName name = schema.resolve(*reference);
    if (name.kind == NameKind::Field) {
        TIDEMARK_RETURN_IF_ERROR(check_field_type(info, *name.type));
        return FieldArgument{name.name, name.type};
    }
    if (schema.is_empty()) return FieldArgument{name.name, std::nullopt};
    if (name.kind == NameKind::Tag) {
        warn(messages,
             name.name + " is a tag: " + std::string(spelled_name(call.name)) + "() takes fields");
    } else if (auto text = schema.unknown_name(name.name, NameKind::Field)) {
        warn(messages, *std::move(text));
    }
    return FieldArgument{name.name, std::nullopt};
}

Result<std::size_t> CallList::add(const Call& call, std::optional<std::int64_t> unit_ns) {
    const FunctionInfo* info = find_function(call.name);
    if (info == nullptr) return unsupported_function_error(call.name);
    if (info->gives_rows()) {
        return invalid(call.name + "() gives rows of its own: it can stand in SELECT, and HAVING " +
                       "can name its column");
    }
    if (info->function_class == FunctionClass::Columns) return several_columns(*info);
    BoundCall bound;
    bound.function = info->id;
    bound.text = text_of(call);
    if (const Call* distinct = counted_distinct(call)) {
        bound.function = FunctionId::CountDistinct;
        TIDEMARK_RETURN_IF_ERROR(bind_field(*distinct, distinct->arguments.front(), bound));
        if (!bound.field_type && schema_.tags().contains(bound.field) && !schema_.is_empty()) {
            const auto& [name, type] = *schema_.fields().begin();
            bound.field = name;
            bound.field_type = type;
            bound.counts_tag = true;
        }
        return add_bound(std::move(bound));
    }
    TIDEMARK_RETURN_IF_ERROR(check_argument_count(call, *info));
    std::size_t next = 0;
    for (std::size_t i = 0; i < info->argument_count; ++i) {
        const ArgumentShape& shape = info->arguments[i];
        if (shape.kind == ArgumentKind::EpisodeOptions) continue;
        if (next == call.arguments.size()) break;
        TIDEMARK_RETURN_IF_ERROR(bind_argument(shape, call, call.arguments[next], bound));
        ++next;
    }
    if (info->id == FunctionId::Median) {
        TIDEMARK_ASSIGN_OR_RETURN(auto median, PercentileRequest::make(info->id, ""));
        bound.percentile = median;
    }
    TIDEMARK_RETURN_IF_ERROR(bind_run_options(call, bound));
    if (unit_ns) {
        bound.unit_ns = *unit_ns;
        bound.text += " in " + print_duration({*unit_ns, DurationUnit::Nanosecond});
    }
    return add_bound(std::move(bound));
}

std::size_t CallList::add_bound(BoundCall bound) {
    const auto same = std::find_if(calls_.begin(), calls_.end(), [&](const BoundCall& other) {
        return other.text == bound.text;
    });
    if (same != calls_.end()) return static_cast<std::size_t>(same - calls_.begin());
    calls_.push_back(std::move(bound));
    return calls_.size() - 1;
}

Status CallList::bind_argument(const ArgumentShape& shape, const Call& call,
                               const Expression& argument, BoundCall& bound) {
    switch (shape.kind) {
        case ArgumentKind::Field:
            return bind_field(call, argument, bound);
        case ArgumentKind::OtherField:
            return bind_other_field(call, argument, bound);
        case ArgumentKind::Lag:
            return bind_lag(call, argument, bound);
        case ArgumentKind::Predicate: {
            TIDEMARK_ASSIGN_OR_RETURN(bound.predicate, add_predicate(argument));
            const BoundPredicate& predicate = predicates_[*bound.predicate];
            const bool counts_points = bound.info().function_class == FunctionClass::PointShare;
            if (counts_points && predicate.leaves().empty() && !predicate.has_unknown_name()) {
                return invalid(call.name +
                               "() counts points of the fields it names, found none in " +
                               print(argument));
            }
            return success();
        }
        case ArgumentKind::Percent:
        case ArgumentKind::Quantile: {
            const auto text = decimal_text(argument);
            if (!text) return wrong_argument(call, argument, "a number");
            // InfluxDB answers a negative percent with null, as it does all that are out of range.
            const bool is_negative = text->starts_with('-');
            if (is_negative && shape.kind == ArgumentKind::Quantile) {
                return wrong_argument(call, argument, "a number in (0, 1]");
            }
            if (is_negative && bound.function == FunctionId::TimePercentile) {
                return wrong_argument(call, argument, "a number from 0 to 100");
            }
            TIDEMARK_ASSIGN_OR_RETURN(
                auto request, PercentileRequest::make(bound.function, is_negative ? "0" : *text));
            bound.percentile = request;
            if (shape.kind == ArgumentKind::Percent && is_below_one(*text)) {
                warn(messages_, call.name + "() takes per cent, and " + *text +
                                    " is less than one: percentile_disc() takes fractions");
            }
            return success();
        }
        case ArgumentKind::Limit:
            return bind_limit(call, argument, bound);
        case ArgumentKind::Unit: {
            TIDEMARK_ASSIGN_OR_RETURN(bound.unit_ns, fixed_duration_ns(argument));
            if (bound.unit_ns > 0) return success();
            return wrong_argument(call, argument, "a unit above zero");
        }
        case ArgumentKind::Target:
            return bind_target(call, argument, bound);
        case ArgumentKind::Objective:
            return bind_objective(call, argument, bound);
        case ArgumentKind::EpisodeOptions:
        case ArgumentKind::RowCount:
        case ArgumentKind::Tags:
            break;
    }
    return success();
}

Status CallList::bind_field(const Call& call, const Expression& argument, BoundCall& bound) {
    TIDEMARK_ASSIGN_OR_RETURN(
        FieldArgument field, bind_field_argument(call, bound.info(), argument, schema_, messages_));
    bound.field = std::move(field.name);
    bound.field_type = field.type;
    return success();
}

Status CallList::bind_other_field(const Call& call, const Expression& argument, BoundCall& bound) {
    TIDEMARK_ASSIGN_OR_RETURN(
        FieldArgument other, bind_field_argument(call, bound.info(), argument, schema_, messages_));
    bound.other_field = std::move(other.name);
    if (!other.type) bound.field_type.reset();
    return success();
}

Status CallList::bind_lag(const Call& call, const Expression& argument, BoundCall& bound) {
    const auto lag_ns = constant_duration_ns(argument);
    if (lag_ns && *lag_ns < 0) {
        return invalid(call.name + "() takes its second field earlier by the lag, found " +
                       print(argument) + ": change the fields about instead");
    }
    TIDEMARK_ASSIGN_OR_RETURN(bound.lag_ns, fixed_duration_ns(argument));
    return success();
}

/// share_le(f, L) is the share of points where f <= L.
Status CallList::bind_limit(const Call& call, const Expression& limit, BoundCall& bound) {
    if (!literal_cell(without_parentheses(limit))) {
        return wrong_argument(call, limit, "a number");
    }
    TIDEMARK_ASSIGN_OR_RETURN(bound.predicate, add_upper_limit(call, limit, bound));
    return success();
}

/// apdex(f, T) counts the points where f <= T and those where f <= 4T.
Status CallList::bind_target(const Call& call, const Expression& target, BoundCall& bound) {
    const auto four_times = four_times_positive(without_parentheses(target));
    if (!four_times) return wrong_argument(call, target, "a number above zero");
    TIDEMARK_ASSIGN_OR_RETURN(bound.predicate, add_upper_limit(call, target, bound));
    TIDEMARK_ASSIGN_OR_RETURN(bound.tolerated, add_upper_limit(call, *four_times, bound));
    return success();
}

Result<std::size_t> CallList::add_upper_limit(const Call& call, const Expression& limit,
                                              const BoundCall& bound) {
    const Expression predicate{limit.location, BinaryExpression{BinaryOperator::LessOrEqual,
                                                                call.arguments.front(), limit}};
    if (!bound.field_type) return keep_predicate(BoundPredicate::unknown(print(predicate)));
    return add_predicate(predicate);
}

Status CallList::bind_objective(const Call& call, const Expression& argument, BoundCall& bound) {
    const auto* percent = std::get_if<PercentLiteral>(&without_parentheses(argument).node);
    const auto text = percent != nullptr ? percent->text : decimal_text(argument);
    if (!text) return wrong_argument(call, argument, "an objective such as 0.999 or 99.9%");
    TIDEMARK_ASSIGN_OR_RETURN(bound.objective, Objective::parse(*text, percent != nullptr));
    return success();
}

Status CallList::bind_run_options(const Call& call, BoundCall& bound) {
    TIDEMARK_RETURN_IF_ERROR(refuse_run_options(call, bound.info()));
    for (const NamedArgument& named : call.named_arguments) {
        switch (named.name) {
            case ArgumentName::For: {
                TIDEMARK_ASSIGN_OR_RETURN(bound.for_ns, fixed_duration_ns(named.value));
                break;
            }
            case ArgumentName::Keep: {
                TIDEMARK_ASSIGN_OR_RETURN(bound.keep_ns, fixed_duration_ns(named.value));
                break;
            }
            case ArgumentName::Clear: {
                TIDEMARK_ASSIGN_OR_RETURN(bound.clear, add_predicate(named.value));
                break;
            }
        }
    }
    return success();
}

Result<std::size_t> CallList::add_predicate(const Expression& expression) {
    TIDEMARK_ASSIGN_OR_RETURN(BoundPredicate bound, bind_predicate(expression, schema_, messages_));
    return keep_predicate(std::move(bound));
}

std::size_t CallList::keep_predicate(BoundPredicate bound) {
    const auto same =
        std::find_if(predicates_.begin(), predicates_.end(),
                     [&](const BoundPredicate& other) { return other.text() == bound.text(); });
    if (same != predicates_.end()) return static_cast<std::size_t>(same - predicates_.begin());
    predicates_.push_back(std::move(bound));
    return predicates_.size() - 1;
}

}  // namespace tidemark::query
