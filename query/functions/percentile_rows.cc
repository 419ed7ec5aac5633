#include "query/functions/percentile_rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include "query/functions/column_access.h"
#include "query/functions/double_double.h"
#include "query/functions/kernels/lane_sort.h"
#include "query/functions/kernels/sliding_ranks.h"

namespace tidemark::query {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

// Keys: unsigned integers in the order of the values (-0.0 below +0.0).
std::uint64_t to_key(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}
std::uint64_t to_key(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ kSignBit; }
std::uint64_t to_key(std::uint64_t value) { return value; }

double float_of_key(std::uint64_t key) {
    return std::bit_cast<double>((key & kSignBit) != 0 ? key ^ kSignBit : ~key);
}
std::int64_t integer_of_key(std::uint64_t key) { return static_cast<std::int64_t>(key ^ kSignBit); }

Cell cell_of_key(std::uint64_t key, FieldType type) {
    if (type == FieldType::Float) return float_of_key(key);
    if (type == FieldType::Integer) return integer_of_key(key);
    return key;
}

double double_of_key(std::uint64_t key, FieldType type) {
    if (type == FieldType::Float) return float_of_key(key);
    if (type == FieldType::Integer) return static_cast<double>(integer_of_key(key));
    return static_cast<double>(key);
}

WideInteger wide_of_key(std::uint64_t key, FieldType type) {
    if (type == FieldType::Integer) return integer_of_key(key);
    return static_cast<WideInteger>(key);
}

/// Half of two neighbours, rounded once.
double middle_of(std::uint64_t low, std::uint64_t high, FieldType type) {
    if (type != FieldType::Float) {
        return exact_ratio(wide_of_key(low, type) + wide_of_key(high, type), 2);
    }
    const double low_value = float_of_key(low);
    const double high_value = float_of_key(high);
    const double sum = low_value + high_value;
    return std::isfinite(sum) ? sum / 2 : low_value / 2 + high_value / 2;
}

DoubleDouble wide_value_of_key(std::uint64_t key, FieldType type) {
    if (type == FieldType::Float) return {float_of_key(key), 0};
    return to_double_double(wide_of_key(key, type));
}

/// low + (high - low) * fraction, rounded once: the values may cancel, and the answer is exact.
double interpolate(const DoubleDouble& low, const DoubleDouble& high,
                   const PercentileRequest::Position& position) {
    const DoubleDouble difference = add(high, negate(low));
    if (!std::isfinite(difference.high)) {
        return low.high * (1 - position.fraction) + high.high * position.fraction;
    }
    const DoubleDouble fraction{position.fraction, position.fraction_error};
    return add(low, multiply(difference, fraction)).rounded();
}

/// Brings what belongs to these places, ascending, there.
template <typename T, typename IsBefore>
void select_all(std::vector<T>& items, std::span<const std::size_t> wanted, IsBefore is_before) {
    std::size_t settled = 0;  // Items before it are in their final places.
    for (const std::size_t place : wanted) {
        if (place < settled) continue;
        std::nth_element(items.begin() + static_cast<std::ptrdiff_t>(settled),
                         items.begin() + static_cast<std::ptrdiff_t>(place), items.end(),
                         is_before);
        settled = place + 1;
    }
}

/// Some windows of few rows, which are sorted together.
class ShortWindows {
public:
    bool is_full() const { return count_ == kSortLanes; }

    /// There is room for it; `keys` are at most kSortRows.
    void add(std::size_t window, std::span<const std::uint64_t> keys) {
        windows_[count_++] = {window, keys};
        row_count_ = std::max(row_count_, keys.size());
    }

    /// Calls answer(window, its number of rows, a function that tells the key at a place in order)
    /// for each, and forgets them.
    template <typename Answer>
    void sort(const Answer& answer) {
        const auto keys = std::span(keys_).first(row_count_ * kSortLanes);
        // What is missing to the longest window, and behind the last one, is behind all keys.
        std::ranges::fill(keys, ~std::uint64_t{0});
        for (std::size_t lane = 0; lane < count_; ++lane) {
            std::uint64_t* target = &keys_[lane];
            for (const std::uint64_t key : windows_[lane].keys) {
                *target = key;
                target += kSortLanes;
            }
        }
        lane_sort().sort(keys);
        for (std::size_t lane = 0; lane < count_; ++lane) {
            answer(windows_[lane].number, windows_[lane].keys.size(),
                   [&](std::size_t place) { return keys_[place * kSortLanes + lane]; });
        }
        count_ = 0;
        row_count_ = 0;
    }

private:
    struct Window {
        std::size_t number = 0;
        std::span<const std::uint64_t> keys;
    };

    std::size_t count_ = 0;
    std::size_t row_count_ = 0;  // Of the longest one.
    std::array<Window, kSortLanes> windows_;
    std::array<std::uint64_t, kSortRows * kSortLanes> keys_;
};

}  // namespace

void PercentileRows::begin_series(std::size_t series_rank) {
    marks_.push_back({times_.size(), series_rank});
}

void PercentileRows::add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                                std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    if (marks_.empty()) begin_series(0);
    if (!times_.empty() && times[begin] < times_.back()) is_sorted_ = false;
    // Vectors that grow by themselves look for room at each row.
    std::size_t count = times_.size();
    times_.resize(count + (end - begin));
    keys_.resize(count + (end - begin));
    for_each_number(values, begin, end, [&](std::size_t row, auto number) {
        times_[count] = times[row];
        keys_[count++] = to_key(number);
    });
    times_.resize(count);
    keys_.resize(count);
}

std::size_t PercentileRows::memory_size_bytes() const {
    return times_.capacity() * sizeof(times_[0]) + keys_.capacity() * sizeof(keys_[0]) +
           series_.capacity() * sizeof(series_[0]);
}

void PercentileRows::clear() {
    is_sorted_ = true;
    times_.clear();
    keys_.clear();
    marks_.clear();
    series_.clear();
}

void PercentileRows::sort_by_time() {
    if (is_sorted_) return;
    std::vector<std::uint32_t> series(times_.size());
    for (std::size_t row = 0; row < series.size(); ++row) {
        series[row] = static_cast<std::uint32_t>(series_of(row));
    }
    std::vector<std::size_t> order(times_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t row) { return times_[row]; });
    std::vector<std::int64_t> times(times_.size());
    std::vector<std::uint64_t> keys(times_.size());
    series_.resize(times_.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        times[i] = times_[order[i]];
        keys[i] = keys_[order[i]];
        series_[i] = series[order[i]];
    }
    times_ = std::move(times);
    keys_ = std::move(keys);
    is_sorted_ = true;
}

std::size_t PercentileRows::series_of(std::size_t row) const {
    if (!series_.empty()) return series_[row];
    const auto after = std::ranges::upper_bound(marks_, row, {}, &SeriesMark::first_row);
    return std::prev(after)->series_rank;
}

std::vector<PercentileRows::RowRange> PercentileRows::row_ranges(
    std::span<const TimeRange> windows) const {
    std::vector<RowRange> ranges;
    ranges.reserve(windows.size());
    // Most windows begin and end as many rows behind the one before as that did.
    RowRange last{0, 0};
    RowRange guess{0, 0};
    for (const TimeRange& window : windows) {
        RowRange range{row_at(window.begin_ns, guess.begin), row_at(window.end_ns, guess.end)};
        range.end = std::max(range.end, range.begin);
        guess = {2 * range.begin - std::min(2 * range.begin, last.begin),
                 2 * range.end - std::min(2 * range.end, last.end)};
        last = range;
        ranges.push_back(range);
    }
    return ranges;
}

std::size_t PercentileRows::row_at(std::int64_t time_ns, std::size_t guess) const {
    // A wrong guess costs no more steps than the window before has moved by: all windows together
    // pass a row a few times.
    std::size_t row = std::min(guess, times_.size());
    while (row > 0 && times_[row - 1] >= time_ns) --row;
    while (row < times_.size() && times_[row] < time_ns) ++row;
    return row;
}

std::vector<FoldResult> PercentileRows::evaluate(std::span<const TimeRange> windows,
                                                 std::span<const PercentileRequest> requests) {
    sort_by_time();
    const std::vector<RowRange> ranges = row_ranges(windows);
    std::size_t visited = 0;
    for (const RowRange& range : ranges) visited += range.row_count();
    std::vector<FoldResult> results(windows.size() * requests.size());
    // Ranking costs about as much as selecting in a handful of windows that hold each row.
    if (visited <= 4 * times_.size()) {
        select_in_each(ranges, requests, results);
    } else {
        slide_over(ranges, requests, results);
    }
    return results;
}

Cell PercentileRows::value_of(FunctionId function, const PercentileRequest::Position& position,
                              std::uint64_t low, std::uint64_t high) const {
    const bool is_between = position.fraction != 0;
    switch (function) {
        case FunctionId::Median:
            return is_between ? middle_of(low, high, type_) : double_of_key(low, type_);
        case FunctionId::PercentileCont:
            if (!is_between) return double_of_key(low, type_);
            return interpolate(wide_value_of_key(low, type_), wide_value_of_key(high, type_),
                               position);
        default:
            return cell_of_key(low, type_);
    }
}

FoldResult PercentileRows::result_of(const PercentileRequest& request,
                                     const PercentileRequest::Position& position, std::size_t row,
                                     std::size_t next_row) const {
    FoldResult result;
    result.cell = value_of(request.function(), position, keys_[row], keys_[next_row]);
    if (request.function() == FunctionId::Percentile) {
        result.time_ns = times_[row];
        result.series_rank = series_of(row);
    }
    return result;
}

/// Neighbouring windows mostly hold equally many rows, and exact positions take long division.
class PercentileRows::Positions {
public:
    explicit Positions(std::span<const PercentileRequest> requests)
        : requests_(requests), known_(requests.size()) {}

    /// Of that request in a window of so many rows.
    const PercentileRequest::Position& of(std::size_t request, std::size_t row_count) {
        Known& known = known_[request];
        if (known.row_count != row_count)
            known = {row_count, requests_[request].position(row_count)};
        return known.position;
    }

private:
    struct Known {
        std::size_t row_count = 0;
        PercentileRequest::Position position;
    };

    std::span<const PercentileRequest> requests_;
    std::vector<Known> known_;
};

void PercentileRows::find_wanted(Positions& positions, std::size_t request_count,
                                 std::size_t row_count, std::vector<std::size_t>& wanted) {
    wanted.clear();
    for (std::size_t r = 0; r < request_count; ++r) {
        const PercentileRequest::Position& position = positions.of(r, row_count);
        if (!position.has_value) continue;
        wanted.push_back(position.low);
        if (position.fraction != 0) wanted.push_back(position.low + 1);
    }
    std::ranges::sort(wanted);
}

void PercentileRows::select_rows_in_each(std::span<const RowRange> ranges,
                                         std::span<const PercentileRequest> requests,
                                         std::vector<FoldResult>& results) const {
    const auto is_before = [&](std::size_t left, std::size_t right) {
        return keys_[left] != keys_[right] ? keys_[left] < keys_[right] : left < right;
    };
    Positions positions(requests);
    std::vector<std::size_t> rows;
    std::vector<std::size_t> wanted;
    for (std::size_t w = 0; w < ranges.size(); ++w) {
        rows.resize(ranges[w].row_count());
        std::iota(rows.begin(), rows.end(), ranges[w].begin);
        find_wanted(positions, requests.size(), rows.size(), wanted);
        select_all(rows, wanted, is_before);
        for (std::size_t r = 0; r < requests.size(); ++r) {
            const PercentileRequest::Position& position = positions.of(r, rows.size());
            if (!position.has_value) continue;
            const std::size_t row = rows[position.low];
            const std::size_t next_row = position.fraction == 0 ? row : rows[position.low + 1];
            results[w * requests.size() + r] = result_of(requests[r], position, row, next_row);
        }
    }
}

void PercentileRows::select_values_in_each(std::span<const RowRange> ranges,
                                           std::span<const PercentileRequest> requests,
                                           std::vector<FoldResult>& results) const {
    Positions positions(requests);
    ShortWindows short_windows;
    std::vector<std::uint64_t> keys;
    std::vector<std::size_t> wanted;
    const auto answer = [&](std::size_t window, std::size_t row_count, const auto& key_at) {
        for (std::size_t r = 0; r < requests.size(); ++r) {
            const PercentileRequest::Position& position = positions.of(r, row_count);
            if (!position.has_value) continue;
            const std::uint64_t low = key_at(position.low);
            const std::uint64_t high = position.fraction == 0 ? low : key_at(position.low + 1);
            results[window * requests.size() + r].cell =
                value_of(requests[r].function(), position, low, high);
        }
    };
    for (std::size_t w = 0; w < ranges.size(); ++w) {
        const std::size_t row_count = ranges[w].row_count();
        const auto window = std::span(keys_).subspan(ranges[w].begin, row_count);
        if (row_count <= kSortRows) {
            short_windows.add(w, window);
            if (short_windows.is_full()) short_windows.sort(answer);
            continue;
        }
        keys.assign(window.begin(), window.end());
        find_wanted(positions, requests.size(), row_count, wanted);
        select_all(keys, wanted, std::less<>{});
        answer(w, row_count, [&](std::size_t position) { return keys[position]; });
    }
    short_windows.sort(answer);
}

void PercentileRows::select_in_each(std::span<const RowRange> ranges,
                                    std::span<const PercentileRequest> requests,
                                    std::vector<FoldResult>& results) const {
    const auto needs_row = [](const PercentileRequest& request) {
        return request.function() == FunctionId::Percentile;
    };
    if (std::ranges::any_of(requests, needs_row)) {
        select_rows_in_each(ranges, requests, results);
    } else {
        select_values_in_each(ranges, requests, results);
    }
}

void PercentileRows::slide_over(std::span<const RowRange> ranges,
                                std::span<const PercentileRequest> requests,
                                std::vector<FoldResult>& results) const {
    std::size_t longest = 0;
    for (const RowRange& range : ranges) longest = std::max(longest, range.row_count());
    // Rows are ranked in stretches of eight windows, of which one is ranked twice.
    const std::size_t stretch_rows = std::max<std::size_t>(4096, 8 * longest);

    Positions positions(requests);
    SlidingRanks ranks;
    std::size_t w = 0;
    while (w < ranges.size()) {
        const std::size_t base = ranges[w].begin;
        std::size_t last = w;
        while (last + 1 < ranges.size() && ranges[last + 1].end - base <= stretch_rows &&
               ranges[last + 1].begin >= ranges[last].begin) {
            ++last;
        }
        const std::size_t row_count = ranges[last].end - base;
        ranks.assign(std::span(keys_).subspan(base, row_count), requests.size());
        std::size_t entered = base;
        std::size_t left = base;
        for (; w <= last; ++w) {
            for (; entered < ranges[w].end; ++entered) ranks.enter(entered - base);
            for (; left < ranges[w].begin; ++left) ranks.leave(left - base);
            for (std::size_t r = 0; r < requests.size(); ++r) {
                const PercentileRequest::Position& position =
                    positions.of(r, ranges[w].row_count());
                if (!position.has_value) continue;
                const std::size_t row = ranks.select(r, position.low);
                const std::size_t next_row = position.fraction == 0 ? row : ranks.next(row);
                results[w * requests.size() + r] =
                    result_of(requests[r], position, base + row, base + next_row);
            }
        }
    }
}

}  // namespace tidemark::query
