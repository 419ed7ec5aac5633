#include "storage/engine/scan_leaf.h"

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <variant>

#include "storage/segment/validity.h"

namespace tidemark::storage {
namespace {

template <typename T>
std::optional<bool> range_truth(const NumberRange<T>& range, const ColumnSummary& summary) {
    if (range.is_empty) return range.is_inverted;
    const T min = std::get<T>(summary.min);
    const T max = std::get<T>(summary.max);
    if (range.low <= min && max <= range.high) return !range.is_inverted;
    if (max < range.low || range.high < min) return range.is_inverted;
    return std::nullopt;
}

std::optional<bool> boolean_truth(const LeafTest& test, const ColumnSummary& summary) {
    const bool min_truth = test.matches(std::get<bool>(summary.min));
    const bool max_truth = test.matches(std::get<bool>(summary.max));
    if (min_truth != max_truth) return std::nullopt;
    return min_truth;
}

std::optional<bool> string_truth(const LeafTest& test, const PredicateLeaf& leaf,
                                 const ColumnSummary& summary) {
    const std::string_view min = std::get<std::string>(summary.min);
    const std::string_view max = std::get<std::string>(summary.max);
    if (min == max) return test.matches(min);
    if (leaf.op == CompareOp::Matches) return std::nullopt;

    if (leaf.op == CompareOp::Equal || leaf.op == CompareOp::NotEqual) {
        const std::string_view constant = std::get<std::string>(leaf.constant);
        const bool is_outside = constant < min || max < constant;
        if (!is_outside) return std::nullopt;
        return leaf.op == CompareOp::NotEqual;
    }
    // The order comparisons change their truth once on the way from min to max, if at all.
    const bool min_truth = test.matches(min);
    if (min_truth != test.matches(max)) return std::nullopt;
    return min_truth;
}

bool bit_of(std::span<const std::uint64_t> words, std::size_t row) {
    return ((words[row / 64] >> (row % 64)) & 1U) != 0;
}

/// The first row of (row, end_row) whose truth differs from that of `row`, else end_row.
std::size_t next_change(std::span<const std::uint64_t> truth, std::size_t row,
                        std::size_t end_row) {
    const std::uint64_t same = bit_of(truth, row) ? ~std::uint64_t{0} : 0;
    std::size_t word_index = row / 64;
    std::uint64_t changed = (truth[word_index] ^ same) & (~std::uint64_t{0} << (row % 64));
    while (changed == 0) {
        ++word_index;
        if (word_index * 64 >= end_row) return end_row;
        changed = truth[word_index] ^ same;
    }
    return std::min(end_row, word_index * 64 + static_cast<std::size_t>(std::countr_zero(changed)));
}

/// All rows have values, none too far from the next: truth alone makes the runs.
void append_unbroken_runs(const LeafRows& rows, std::vector<LeafRun>& runs) {
    for (std::size_t row = rows.begin_row; row < rows.end_row;) {
        const std::size_t end = next_change(rows.truth, row, rows.end_row);
        runs.push_back({rows.times[row], rows.times[end - 1], static_cast<std::uint32_t>(end - row),
                        bit_of(rows.truth, row)});
        row = end;
    }
}

}  // namespace

std::optional<bool> truth_of_all(const LeafTest& test, const PredicateLeaf& leaf,
                                 const ColumnSummary& summary) {
    if (summary.non_null_count == 0 || !summary.has_values) return std::nullopt;
    switch (test.type()) {
        case FieldType::Float:
            return range_truth(test.float_range(), summary);
        case FieldType::Integer:
            return range_truth(test.integer_range(), summary);
        case FieldType::Unsigned:
            return range_truth(test.unsigned_range(), summary);
        case FieldType::Boolean:
            return boolean_truth(test, summary);
        case FieldType::String:
            return string_truth(test, leaf, summary);
    }
    return std::nullopt;
}

bool exceeds_hold(std::int64_t first_ns, std::int64_t second_ns, std::int64_t hold_ns) {
    if (hold_ns == kHoldForever) return false;
    // Unsigned, because two times can be further apart than an int64 can say.
    const std::uint64_t gap_ns =
        static_cast<std::uint64_t>(second_ns) - static_cast<std::uint64_t>(first_ns);
    return gap_ns > static_cast<std::uint64_t>(hold_ns);
}

void append_runs(const LeafRows& rows, std::int64_t hold_ns, std::vector<LeafRun>& runs) {
    const bool may_end = !rows.hold_ends.empty();
    if (rows.validity.empty() && !may_end && !rows.may_have_gaps) {
        return append_unbroken_runs(rows, runs);
    }

    bool is_first = true;
    for (std::size_t row = rows.begin_row; row < rows.end_row; ++row) {
        if (!is_row_valid(rows.validity, row)) continue;
        const std::int64_t time_ns = rows.times[row];
        if (may_end && bit_of(rows.hold_ends, row)) {
            runs.push_back({time_ns, time_ns, 0, false});
            is_first = true;
            continue;
        }
        const bool is_true = bit_of(rows.truth, row);
        const bool goes_on = !is_first && runs.back().is_true == is_true &&
                             !exceeds_hold(runs.back().last_ns, time_ns, hold_ns);
        if (goes_on) {
            runs.back().last_ns = time_ns;
            ++runs.back().sample_count;
        } else {
            runs.push_back({time_ns, time_ns, 1, is_true});
        }
        is_first = false;
    }
}

}  // namespace tidemark::storage
