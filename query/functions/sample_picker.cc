#include "query/functions/sample_picker.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>

#include "query/column/cell.h"
#include "storage/base/checksum.h"

namespace tidemark::query {

/// A number that looks random; the samples with the least ones are picked.
std::uint64_t SamplePicker::lot_of(const Rank& rank) const {
    const std::array<std::uint64_t, 2> place = {std::bit_cast<std::uint64_t>(rank.time_ns),
                                                rank.series_rank};
    return storage::xxh3_64(std::as_bytes(std::span(place)), request_.seed);
}

bool SamplePicker::is_better(const Rank& left, const Rank& right) const {
    if (request_.function == FunctionId::Sample) {
        const std::uint64_t left_lot = lot_of(left);
        const std::uint64_t right_lot = lot_of(right);
        if (left_lot != right_lot) return left_lot < right_lot;
    } else if (const auto order = compare_cells(*left.value, *right.value); order && *order != 0) {
        return (*order > 0) == (request_.function == FunctionId::Top);
    }
    if (left.time_ns != right.time_ns) return left.time_ns < right.time_ns;
    return left.series_rank < right.series_rank;
}

bool SamplePicker::wants(const Cell& value, std::int64_t time_ns, std::size_t series_rank) const {
    if (picked_.size() < request_.row_count) return true;
    return is_better({&value, time_ns, series_rank}, rank_of(picked_.front()));
}

void SamplePicker::add(PickedSample sample) {
    const auto is_worse_at_front = [this](const PickedSample& left, const PickedSample& right) {
        return is_better(rank_of(left), rank_of(right));
    };
    if (picked_.size() == request_.row_count) {
        std::ranges::pop_heap(picked_, is_worse_at_front);
        picked_.pop_back();
    }
    picked_.push_back(std::move(sample));
    std::ranges::push_heap(picked_, is_worse_at_front);
}

bool SamplePicker::wants(const std::vector<std::string>& tag_values, const Cell& value,
                         std::int64_t time_ns, std::size_t series_rank) const {
    const auto known = picked_by_tags_.find(tag_values);
    if (known == picked_by_tags_.end()) return true;
    return is_better({&value, time_ns, series_rank}, rank_of(known->second));
}

void SamplePicker::add(const std::vector<std::string>& tag_values, PickedSample sample) {
    picked_by_tags_.insert_or_assign(tag_values, std::move(sample));
}

std::vector<PickedSample> SamplePicker::finish() {
    for (auto& [tag_values, sample] : picked_by_tags_) picked_.push_back(std::move(sample));
    picked_by_tags_.clear();
    std::ranges::sort(picked_, [this](const PickedSample& left, const PickedSample& right) {
        return is_better(rank_of(left), rank_of(right));
    });
    if (picked_.size() > request_.row_count) picked_.resize(request_.row_count);
    // sample() has no best one: at equal times its rows are in the order of their series.
    const bool by_series = request_.function == FunctionId::Sample;
    std::ranges::stable_sort(picked_, [&](const PickedSample& left, const PickedSample& right) {
        if (left.time_ns != right.time_ns) return left.time_ns < right.time_ns;
        return by_series && left.series_rank < right.series_rank;
    });
    return std::move(picked_);
}

}  // namespace tidemark::query
