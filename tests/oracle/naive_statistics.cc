#include "tests/oracle/naive_statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/naive_functions.h"

namespace tidemark::oracle {
namespace {

struct Fraction {
    Int128 numerator = 0;
    Int128 denominator = 1;
};

/// 1 - objective, exactly.
Fraction bad_share_of(const std::string& objective) {
    Fraction fraction;
    bool is_behind_point = false;
    for (const char c : objective) {
        if (c == '.') is_behind_point = true;
        if (c == '%') fraction.denominator *= 100;
        if (c < '0' || c > '9') continue;
        fraction.numerator = fraction.numerator * 10 + (c - '0');
        if (is_behind_point) fraction.denominator *= 10;
    }
    return {fraction.denominator - fraction.numerator, fraction.denominator};
}

std::string verdict_of(const WindowTimes& times, const Fraction& bad_share) {
    const Int128 whole_ns = times.good_ns + times.bad_ns + times.unknown_ns + times.future_ns;
    // Both sides times the denominator: nothing is rounded.
    const Int128 budget = bad_share.numerator * whole_ns;
    if (times.bad_ns * bad_share.denominator > budget) return "BREACHED";
    if (!times.is_closed) return "OPEN";
    const bool is_met = (times.bad_ns + times.unknown_ns) * bad_share.denominator <= budget;
    return is_met ? "MET" : "UNDETERMINED";
}

/// The samples of all series of a group inside a window.
std::vector<Exact> numbers_of(const std::vector<const Series*>& group, const std::string& field,
                              const Window& window) {
    std::vector<Exact> numbers;
    for (const Series* series : group) {
        for (const auto& [time_ns, value] : samples_of(*series, field)) {
            const bool is_inside = window.begin_ns <= time_ns && time_ns < window.end_ns;
            if (is_inside) numbers.push_back(exact_of(value));
        }
    }
    return numbers;
}

/// (satisfied + tolerating / 2) / n, times two.
Expected apdex_cell(const std::vector<Exact>& numbers, Exact target) {
    Int128 satisfied = 0;
    Int128 tolerating = 0;
    for (const Exact number : numbers) {
        if (number <= target) {
            ++satisfied;
        } else if (number <= 4 * target) {
            ++tolerating;
        }
    }
    return ratio_cell(2 * satisfied + tolerating, 2 * static_cast<Int128>(numbers.size()));
}

Expected nps_cell(const std::vector<Exact>& numbers) {
    Int128 answers = 0;
    Int128 promoters = 0;
    Int128 detractors = 0;
    for (const Exact number : numbers) {
        for (int answer = 0; answer <= 10; ++answer) {
            if (number != answer) continue;
            ++answers;
            if (answer >= 9) ++promoters;
            if (answer <= 6) ++detractors;
        }
    }
    return ratio_cell(100 * (promoters - detractors), answers);
}

struct Observation {
    Exact time_ns;
    Exact value;
};

/// The samples of each series inside a window; series without any are left out.
std::vector<std::vector<Observation>> observations_of(const std::vector<const Series*>& group,
                                                      const std::string& field,
                                                      const Window& window) {
    std::vector<std::vector<Observation>> all;
    for (const Series* series : group) {
        std::vector<Observation> one;
        for (const auto& [time_ns, value] : samples_of(*series, field)) {
            const bool is_inside = window.begin_ns <= time_ns && time_ns < window.end_ns;
            if (is_inside) one.push_back({static_cast<Exact>(time_ns), exact_of(value)});
        }
        if (!one.empty()) all.push_back(std::move(one));
    }
    return all;
}

/// Theil and Sen: the median of the slopes of all pairs.
Expected slope_cell(const std::vector<std::vector<Observation>>& series) {
    std::vector<Exact> slopes;
    for (const std::vector<Observation>& one : series) {
        for (std::size_t i = 0; i < one.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const Exact day = (one[i].time_ns - one[j].time_ns) / 86'400'000'000'000;
                slopes.push_back((one[i].value - one[j].value) / day);
            }
        }
    }
    if (slopes.empty()) return {};
    std::sort(slopes.begin(), slopes.end());
    const Exact low = slopes[(slopes.size() - 1) / 2];
    const Exact high = slopes[slopes.size() / 2];
    return float_cell((low + high) / 2, magnitude_of(low) + magnitude_of(high));
}

/// Mann and Kendall, in the normal approximation, with the correction for equal values.
Expected p_cell(const std::vector<std::vector<Observation>>& series) {
    std::size_t count = 0;
    Int128 score = 0;
    Int128 variance_18 = 0;  // Times 18.
    for (const std::vector<Observation>& one : series) {
        count += one.size();
        std::map<Exact, Int128> times_seen;
        for (std::size_t i = 0; i < one.size(); ++i) {
            ++times_seen[one[i].value];
            for (std::size_t j = 0; j < i; ++j) {
                if (one[i].value > one[j].value) ++score;
                if (one[i].value < one[j].value) --score;
            }
        }
        const auto n = static_cast<Int128>(one.size());
        variance_18 += n * (n - 1) * (2 * n + 5);
        for (const auto& [value, t] : times_seen) variance_18 -= t * (t - 1) * (2 * t + 5);
    }
    if (count < 10) return {};
    if (score == 0) return float_cell(1, 0);
    const auto distance = static_cast<long double>((score < 0 ? -score : score) - 1);
    const long double deviation = std::sqrt(static_cast<long double>(variance_18) / 18);
    const long double p = std::erfc(distance / deviation / std::sqrt(2.0L));
    Expected expected = float_cell(static_cast<Exact>(p), 0);
    expected.slack = expected.exact * static_cast<Exact>(1e-12);
    return expected;
}

Expected trend_column(const Call& call, const std::vector<const Series*>& group,
                      const Window& window) {
    const auto series = observations_of(group, call.field, window);
    if (call.column == "slope") return slope_cell(series);
    if (call.column == "p") return p_cell(series);
    std::int64_t count = 0;
    for (const std::vector<Observation>& one : series) {
        count += static_cast<std::int64_t>(one.size());
    }
    return count == 0 ? Expected() : Expected{Cell(count), 0, 0};
}

/// One variable of a correlation.
struct Deviations {
    std::vector<Exact> from_mean;
    Exact squares = 0;  ///< Their sum.
    Exact slack = 0;    ///< R17's bound of that sum.
};

Deviations deviations_of(const std::vector<Exact>& numbers) {
    Exact sum = 0;
    Exact magnitude = 0;
    for (const Exact number : numbers) {
        sum += number;
        magnitude += number * number;
    }
    const Exact mean = sum / static_cast<Exact>(numbers.size());
    Deviations deviations;
    for (const Exact number : numbers) {
        deviations.from_mean.push_back(number - mean);
        deviations.squares += (number - mean) * (number - mean);
    }
    deviations.slack = magnitude * static_cast<Exact>(0x1p-80);
    return deviations;
}

bool are_equal(const std::vector<Exact>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(),
                       [&](Exact number) { return number == numbers.front(); });
}

Exact root_of(Exact number) {
    return static_cast<Exact>(std::sqrt(static_cast<long double>(number)));
}

Expected pearson_cell(const std::vector<Exact>& x, const std::vector<Exact>& y) {
    if (x.size() < 2 || are_equal(x) || are_equal(y)) return {};
    const Deviations dx = deviations_of(x);
    const Deviations dy = deviations_of(y);
    Exact common = 0;
    for (std::size_t i = 0; i < x.size(); ++i) common += dx.from_mean[i] * dy.from_mean[i];
    const Exact scale = root_of(dx.squares) * root_of(dy.squares);
    Expected expected = float_cell(common / scale, 0);
    // The bounds of the three sums, carried through the quotient.
    const Exact common_slack = root_of(dx.slack) * root_of(dy.slack);
    expected.slack = common_slack / scale + dx.slack / dx.squares + dy.slack / dy.squares +
                     static_cast<Exact>(0x1p-60);  // Of the long double's root.
    return expected;
}

/// f(t) beside g(t - lag), wherever both are.
Expected correlate_cell(const Call& call, const std::vector<const Series*>& group,
                        const Window& window) {
    std::vector<Exact> x;
    std::vector<Exact> y;
    for (const Series* series : group) {
        for (const auto& [time_ns, value] : samples_of(*series, call.field)) {
            if (time_ns < window.begin_ns || time_ns >= window.end_ns) continue;
            for (const auto& [other_ns, other] : samples_of(*series, call.other_field)) {
                if (other_ns != time_ns - call.lag_ns) continue;
                x.push_back(exact_of(value));
                y.push_back(exact_of(other));
            }
        }
    }
    return pearson_cell(x, y);
}

}  // namespace

bool is_statistic(const Call& call) {
    static const std::set<std::string> kNames = {"apdex", "nps", "trend", "correlate"};
    return kNames.contains(call.function);
}

Expected statistic(const Call& call, const std::vector<const Series*>& group,
                   const Window& window) {
    if (call.function == "correlate") return correlate_cell(call, group, window);
    if (call.function == "trend") return trend_column(call, group, window);
    const std::vector<Exact> numbers = numbers_of(group, call.field, window);
    if (call.function == "nps") return nps_cell(numbers);
    return apdex_cell(numbers, exact_of(call.limit));
}

Expected sla_column(const Call& call, WindowTimes times, UnknownAs unknown_as) {
    const Int128 passed_ns = times.good_ns + times.bad_ns + times.unknown_ns;
    if (call.column == "low") return ratio_cell(times.good_ns, passed_ns);
    if (call.column == "high") return ratio_cell(times.good_ns + times.unknown_ns, passed_ns);
    if (unknown_as == UnknownAs::Bad) times.bad_ns += times.unknown_ns;
    if (unknown_as == UnknownAs::Good) times.good_ns += times.unknown_ns;
    if (unknown_as != UnknownAs::LeftOut) times.unknown_ns = 0;
    if (call.column == "uptime") return ratio_cell(times.good_ns, times.good_ns + times.bad_ns);
    if (call.column == "spent") return duration_cell(times.bad_ns, call.unit_ns);
    const Fraction bad_share = bad_share_of(call.objective);
    if (call.column == "verdict") return {Cell(verdict_of(times, bad_share)), 0, 0};
    const Int128 budget_ns = bad_share.numerator * (passed_ns + times.future_ns) /
                             bad_share.denominator;  // In whole ns.
    const Int128 shown_ns = call.column == "budget" ? budget_ns : budget_ns - times.bad_ns;
    return duration_cell(shown_ns, call.unit_ns);
}

}  // namespace tidemark::oracle
