#include "query/plan/time_expression.h"

#include <charconv>
#include <chrono>
#include <limits>
#include <string>

#include <date/date.h>

#include "query/syntax/duration.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kMinNs = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMaxNs = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

/// Reads a time literal from the left, digit by digit.
class LiteralReader {
public:
    explicit LiteralReader(std::string_view text) : rest_(text) {}

    bool is_at_end() const { return rest_.empty(); }

    bool skip(char expected) {
        if (rest_.empty() || rest_.front() != expected) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::optional<int> digits(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        int number = 0;
        const auto read = std::from_chars(rest_.data(), rest_.data() + count, number);
        if (read.ec != std::errc() || read.ptr != rest_.data() + count || number < 0) {
            return std::nullopt;
        }
        rest_.remove_prefix(count);
        return number;
    }

    /// Up to nine digits after the point, as nanoseconds.
    std::optional<std::int64_t> fraction_ns() {
        std::int64_t ns = 0;
        std::size_t count = 0;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            if (++count > 9) return std::nullopt;
            ns = ns * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        if (count == 0) return std::nullopt;
        for (; count < 9; ++count) ns *= 10;
        return ns;
    }

private:
    std::string_view rest_;
};

/// Seconds and the rest of a local or absolute time, as written.
struct WrittenTime {
    std::int64_t seconds = 0;
    std::int64_t fraction_ns = 0;
    std::optional<std::int64_t> offset_seconds;
};

std::optional<std::int64_t> read_clock(LiteralReader& reader, std::int64_t& fraction_ns) {
    const auto hour = reader.digits(2);
    if (!hour || *hour > 23 || !reader.skip(':')) return std::nullopt;
    const auto minute = reader.digits(2);
    if (!minute || *minute > 59) return std::nullopt;
    int second = 0;
    if (reader.skip(':')) {
        const auto read = reader.digits(2);
        if (!read || *read > 59) return std::nullopt;
        second = *read;
        if (reader.skip('.')) {
            const auto fraction = reader.fraction_ns();
            if (!fraction) return std::nullopt;
            fraction_ns = *fraction;
        }
    }
    return *hour * 3600 + *minute * 60 + second;
}

std::optional<std::int64_t> read_offset(LiteralReader& reader) {
    if (reader.skip('Z')) return 0;
    const bool is_negative = reader.skip('-');
    if (!is_negative && !reader.skip('+')) return std::nullopt;
    const auto hours = reader.digits(2);
    if (!hours || *hours > 23 || !reader.skip(':')) return std::nullopt;
    const auto minutes = reader.digits(2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const std::int64_t seconds = *hours * 3600 + *minutes * 60;
    return is_negative ? -seconds : seconds;
}

std::optional<WrittenTime> read_time(std::string_view text) {
    LiteralReader reader(text);
    const auto year = reader.digits(4);
    if (!year || !reader.skip('-')) return std::nullopt;
    const auto month = reader.digits(2);
    if (!month || !reader.skip('-')) return std::nullopt;
    const auto day = reader.digits(2);
    if (!day) return std::nullopt;
    const date::year_month_day date{date::year{*year}, date::month{static_cast<unsigned>(*month)},
                                    date::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    WrittenTime written;
    written.seconds = std::int64_t{date::sys_days{date}.time_since_epoch().count()} * 86'400;
    if (reader.is_at_end()) return written;
    const bool is_rfc3339 = reader.skip('T');
    if (!is_rfc3339 && !reader.skip(' ')) return std::nullopt;
    const auto clock = read_clock(reader, written.fraction_ns);
    if (!clock) return std::nullopt;
    written.seconds += *clock;
    if (reader.is_at_end()) return written;
    written.offset_seconds = read_offset(reader);
    if (!written.offset_seconds || !reader.is_at_end()) return std::nullopt;
    return written;
}

std::int64_t saturating_ns(std::int64_t seconds, std::int64_t fraction_ns) {
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(seconds, kNsPerSecond, &ns)) return seconds < 0 ? kMinNs : kMaxNs;
    return saturating_add(ns, fraction_ns);
}

/// A constant is an instant, a length of time, or a bare number that may become either.
struct TimeConstant {
    enum class Kind : std::uint8_t { Instant, Length, Number } kind;
    std::int64_t ns;
};

Error not_a_time(const Expression& expression) {
    std::string message =
        "expected a time ('2006-01-02 15:04:05', RFC 3339, ns as integer, a duration or now()), "
        "found " +
        print(expression);
    const auto* name = std::get_if<VariableReference>(&expression.node);
    if (name != nullptr && read_time(name->name)) {
        message += ": a time stands in single quotes, " + print_string(name->name);
    }
    return Error(ErrorCode::InvalidArgument, std::move(message));
}

Result<TimeConstant> evaluate(const Expression& expression, const TimeContext& context);

Result<TimeConstant> evaluate_sum(const Expression& whole, const BinaryExpression& binary,
                                  const TimeContext& context) {
    TIDEMARK_ASSIGN_OR_RETURN(const TimeConstant left, evaluate(*binary.left, context));
    TIDEMARK_ASSIGN_OR_RETURN(const TimeConstant right, evaluate(*binary.right, context));
    const bool is_difference = binary.op == BinaryOperator::Subtract;
    if (!is_difference && binary.op != BinaryOperator::Add) return not_a_time(whole);
    const bool left_is_time = left.kind == TimeConstant::Kind::Instant;
    const bool right_is_time = right.kind == TimeConstant::Kind::Instant;
    if (right_is_time && (left_is_time || is_difference)) return not_a_time(whole);
    const std::int64_t addend =
        !is_difference ? right.ns : (right.ns == kMinNs ? kMaxNs : -right.ns);
    const auto kind = left_is_time || right_is_time ? TimeConstant::Kind::Instant : left.kind;
    return TimeConstant{kind, saturating_add(left.ns, addend)};
}

Result<TimeConstant> evaluate(const Expression& expression, const TimeContext& context) {
    using Kind = TimeConstant::Kind;
    const Expression& inner = without_parentheses(expression);
    if (const auto* integer = std::get_if<IntegerLiteral>(&inner.node)) {
        return TimeConstant{Kind::Number, integer->value};
    }
    if (const auto* number = std::get_if<NumberLiteral>(&inner.node)) {
        if (number->value >= 0x1p63) return TimeConstant{Kind::Number, kMaxNs};
        if (number->value < -0x1p63) return TimeConstant{Kind::Number, kMinNs};
        return TimeConstant{Kind::Number, static_cast<std::int64_t>(number->value)};
    }
    if (const auto* duration = std::get_if<DurationLiteral>(&inner.node)) {
        const auto ns = duration->value.fixed_ns();
        if (!ns) {
            return Error(
                ErrorCode::InvalidArgument,
                print_duration(duration->value) + " has no fixed length: write it in days here");
        }
        return TimeConstant{Kind::Length, *ns};
    }
    if (const auto* text = std::get_if<StringLiteral>(&inner.node)) {
        const auto ns = parse_instant(text->value, context.zone);
        if (!ns) {
            return Error(ErrorCode::InvalidArgument,
                         "invalid time " + print_string(text->value) +
                             ", expected '2006-01-02', '2006-01-02 15:04:05' or RFC 3339");
        }
        return TimeConstant{Kind::Instant, *ns};
    }
    if (const auto* call = std::get_if<Call>(&inner.node)) {
        if (call->name == "now" && call->arguments.empty()) {
            return TimeConstant{Kind::Instant, context.now_ns};
        }
    }
    if (const auto* binary = std::get_if<BinaryExpression>(&inner.node)) {
        return evaluate_sum(expression, *binary, context);
    }
    return not_a_time(expression);
}

std::optional<std::int64_t> integer_of(const Expression& expression) {
    const auto* integer = std::get_if<IntegerLiteral>(&without_parentheses(expression).node);
    return integer == nullptr ? std::nullopt : std::optional(integer->value);
}

const BinaryExpression* difference_of(const Expression& expression) {
    const auto* binary = std::get_if<BinaryExpression>(&without_parentheses(expression).node);
    const bool is_difference = binary != nullptr && binary->op == BinaryOperator::Subtract;
    return is_difference ? binary : nullptr;
}

// '2026-11-09' of 2026 - 11 - 9.
std::optional<std::string> date_of(const Expression& expression) {
    const BinaryExpression* const outer = difference_of(expression);
    const BinaryExpression* const inner = outer == nullptr ? nullptr : difference_of(*outer->left);
    if (inner == nullptr) return std::nullopt;
    const auto year = integer_of(*inner->left);
    const auto month = integer_of(*inner->right);
    const auto day = integer_of(*outer->right);
    const bool is_date = year && month && day && *year >= 1000 && *year <= 9999 && *month >= 1 &&
                         *month <= 12 && *day >= 1 && *day <= 31;
    if (!is_date) return std::nullopt;
    const auto two_digits = [](std::int64_t number) {
        return (number < 10 ? "-0" : "-") + std::to_string(number);
    };
    return print_string(std::to_string(*year) + two_digits(*month) + two_digits(*day));
}

}  // namespace

std::optional<std::string> doubt_of_instant(const Expression& expression) {
    if (const auto date = date_of(expression)) {
        return "a date without quotes is a subtraction, here of nanoseconds: write " + *date;
    }
    const auto count = integer_of(expression);
    if (!count) return std::nullopt;
    // Counts since 1970 that are years 2001 to 2065 in their unit.
    constexpr std::pair<const char*, std::int64_t> kUnits[] = {
        {"s", 1}, {"ms", 1'000}, {"u", 1'000'000}};
    for (const auto& [unit, per_second] : kUnits) {
        if (*count < 1'000'000'000 * per_second || *count >= 3'000'000'000 * per_second) continue;
        const std::string digits = std::to_string(*count);
        std::string text = digits;
        text.append(" without a unit is in nanoseconds, soon after 1970; it looks like ")
            .append(unit)
            .append(": write ")
            .append(digits)
            .append(unit);
        return text;
    }
    return std::nullopt;
}

std::int64_t saturating_add(std::int64_t left, std::int64_t right) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(left, right, &sum)) return sum;
    return right < 0 ? kMinNs : kMaxNs;
}

std::string print_instant(std::int64_t time_ns) {
    using Instant = date::sys_time<std::chrono::nanoseconds>;
    const Instant instant{std::chrono::nanoseconds(time_ns)};
    std::string text = date::format("%FT%T", instant);
    text.erase(text.find_last_not_of('0') + 1);  // There are always nine decimals.
    if (text.ends_with('.')) text.pop_back();
    return text + "Z";
}

std::optional<std::int64_t> parse_instant(std::string_view text,
                                          const std::optional<TimeZone>& zone) {
    const auto written = read_time(text);
    if (!written) return std::nullopt;
    if (written->offset_seconds) {
        return saturating_ns(written->seconds - *written->offset_seconds, written->fraction_ns);
    }
    const std::int64_t local_ns = saturating_ns(written->seconds, written->fraction_ns);
    return zone ? zone->first_instant_at(local_ns) : local_ns;
}

Result<std::int64_t> evaluate_instant(const Expression& expression, const TimeContext& context) {
    TIDEMARK_ASSIGN_OR_RETURN(const TimeConstant constant, evaluate(expression, context));
    return constant.ns;
}

bool mentions_now(const Expression& expression) {
    const Expression& inner = without_parentheses(expression);
    if (const auto* call = std::get_if<Call>(&inner.node)) return call->name == "now";
    const auto* binary = std::get_if<BinaryExpression>(&inner.node);
    return binary != nullptr &&
           (binary->op == BinaryOperator::Add || binary->op == BinaryOperator::Subtract) &&
           (mentions_now(*binary->left) || mentions_now(*binary->right));
}

std::optional<std::int64_t> constant_duration_ns(const Expression& expression) {
    const Expression& inner = without_parentheses(expression);
    if (const auto* duration = std::get_if<DurationLiteral>(&inner.node)) {
        return duration->value.fixed_ns();
    }
    const auto* binary = std::get_if<BinaryExpression>(&inner.node);
    if (binary == nullptr) return std::nullopt;
    const auto left = constant_duration_ns(*binary->left);
    const auto right = constant_duration_ns(*binary->right);
    if (binary->op == BinaryOperator::Add && left && right) return saturating_add(*left, *right);
    if (binary->op == BinaryOperator::Subtract && left && right && *right != kMinNs) {
        return saturating_add(*left, -*right);
    }
    const auto product = [](std::int64_t length_ns,
                            const Expression& factor) -> std::optional<std::int64_t> {
        const auto* integer = std::get_if<IntegerLiteral>(&without_parentheses(factor).node);
        std::int64_t ns = 0;
        if (integer == nullptr || __builtin_mul_overflow(length_ns, integer->value, &ns)) {
            return std::nullopt;
        }
        return ns;
    };
    if (binary->op == BinaryOperator::Multiply && left) return product(*left, *binary->right);
    if (binary->op == BinaryOperator::Multiply && right) return product(*right, *binary->left);
    return std::nullopt;
}

}  // namespace tidemark::query
