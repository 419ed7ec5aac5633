#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <tidemark/query.h>

#include "query/functions/function_table.h"

namespace tidemark::query {

/// Which samples of a window are wanted.
struct PickRequest {
    FunctionId function = FunctionId::Top;  ///< Top, Bottom or Sample.
    std::uint64_t row_count = 1;            ///< At most so many.
    std::uint64_t seed = 0;                 ///< Sample: decides which ones.
};

struct PickedSample {
    Cell value;
    std::int64_t time_ns = 0;
    std::size_t series_rank = 0;  ///< Position of its series in the scan's order.
    std::vector<Cell> beside;     ///< Fields and tags of the same row.
};

/// Picks samples of one window of one group. top and bottom take the greatest and the least values,
/// of equal ones the earliest, then those of the first series. sample takes each sample with the
/// same probability; which ones depends on the seed, time and series only, not on the order in
/// which samples come.
///
/// Memory grows with the samples picked. Not thread-safe.
class SamplePicker {
public:
    explicit SamplePicker(const PickRequest& request) : request_(request) {}

    /// Whether a sample would be picked if it were the last one: then add() it with what stands
    /// beside it. `value` is not null.
    bool wants(const Cell& value, std::int64_t time_ns, std::size_t series_rank) const;
    void add(PickedSample sample);

    /// As wants() and add(), with one sample at most for each set of tag values.
    bool wants(const std::vector<std::string>& tag_values, const Cell& value, std::int64_t time_ns,
               std::size_t series_rank) const;
    void add(const std::vector<std::string>& tag_values, PickedSample sample);

    std::size_t size() const { return picked_.size() + picked_by_tags_.size(); }

    /// The picked samples by time; at equal times the one picked first. Ends the picker's life.
    std::vector<PickedSample> finish();

private:
    struct Rank {
        const Cell* value;
        std::int64_t time_ns;
        std::size_t series_rank;
    };
    static Rank rank_of(const PickedSample& sample) {
        return {&sample.value, sample.time_ns, sample.series_rank};
    }
    std::uint64_t lot_of(const Rank& rank) const;
    bool is_better(const Rank& left, const Rank& right) const;

    PickRequest request_;
    std::vector<PickedSample> picked_;  // A heap: the worst one in front.
    std::map<std::vector<std::string>, PickedSample> picked_by_tags_;
};

}  // namespace tidemark::query
