#include "storage/engine/scan_carry.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "storage/engine/scan_leaf.h"
#include "storage/segment/validity.h"

namespace tidemark::storage {
namespace {

/// A source on the way back: the sample of one field that comes next.
struct BackwardSource {
    ScanSource* source = nullptr;
    /// Not opened: no sample is later than time_ns. Opened: the next sample's time and row.
    std::int64_t time_ns = 0;
    std::size_t row = 0;
    std::span<const std::int64_t> times{};
    std::span<const std::uint64_t> validity{};
};

/// Moves to the last row in front of `end_row` that has a value; false when there is none.
bool step_back(BackwardSource& source, std::size_t end_row) {
    while (end_row > 0) {
        --end_row;
        if (!is_row_valid(source.validity, end_row)) continue;
        source.row = end_row;
        source.time_ns = source.times[end_row];
        return true;
    }
    return false;
}

/// The samples of one field in front of the range, the latest first; merged, so that each time
/// comes once with the value that arrived last. Row groups that no other overlaps can be taken
/// whole.
class BackwardSamples {
public:
    BackwardSamples(std::size_t field, std::int64_t begin_ns, std::span<ScanSource* const> sources)
        : field_(field), begin_ns_(begin_ns) {
        for (ScanSource* source : sources) add(*source);
        sort_unopened();
    }

    /// The row group or block that comes next, when all its samples lie between the sample taken
    /// last and those of every other row group; null else, and where summaries must not be used.
    Result<ScanSource*> next_whole() {
        while (!unopened_.empty()) {
            ScanSource* source = unopened_.back().source;
            if (is_whole(*source)) return source;
            if (!source->is_block()) return nullptr;
            TIDEMARK_RETURN_IF_ERROR(open_block());
        }
        return nullptr;
    }
    void skip_whole() { unopened_.pop_back(); }

    /// Puts the members of the block that comes next in its place.
    Status open_block() {
        ScanSource* block = unopened_.back().source;
        unopened_.pop_back();
        TIDEMARK_ASSIGN_OR_RETURN(const auto members, block->members());
        for (const auto& member : members) add(*member);
        sort_unopened();
        return success();
    }

    struct Sample {
        ScanSource* source;
        std::size_t row;
        std::int64_t time_ns;
    };

    /// The latest sample not taken so far, or nothing.
    Result<std::optional<Sample>> take() {
        TIDEMARK_RETURN_IF_ERROR(open_latest());
        const BackwardSource* winner = nullptr;
        for (const BackwardSource& source : open_) {
            const bool is_later = winner == nullptr || source.time_ns > winner->time_ns ||
                                  (source.time_ns == winner->time_ns &&
                                   source.source->rank() > winner->source->rank());
            if (is_later) winner = &source;
        }
        if (winner == nullptr) return std::optional<Sample>{};

        const Sample sample{winner->source, winner->row, winner->time_ns};
        pass_time(sample.time_ns);
        return std::optional<Sample>(sample);
    }

    /// The rows of an opened row group that come next, when no other one has any among them.
    const BackwardSource* next_rows() const {
        if (open_.size() != 1) return nullptr;
        const BackwardSource& source = open_.front();
        const bool is_alone =
            unopened_.empty() || unopened_.back().time_ns < source.source->info().first_ns;
        return is_alone ? &source : nullptr;
    }
    void skip_rows() { open_.clear(); }

private:
    void add(ScanSource& source) {
        if (!source.has_field(field_) || source.info().first_ns >= begin_ns_) return;
        BackwardSource& added = unopened_.emplace_back();
        added.source = &source;
        added.time_ns = std::min(source.info().last_ns, begin_ns_ - 1);
    }

    /// The latest last, where it is taken off.
    void sort_unopened() {
        std::ranges::sort(unopened_, {}, [](const BackwardSource& source) {
            return std::pair(source.time_ns, source.source->rank());
        });
    }

    bool is_whole(const ScanSource& source) const {
        const RowGroupInfo& info = source.info();
        if (!source.has_summaries() || info.last_ns >= begin_ns_) return false;
        return (unopened_.size() == 1 || unopened_[unopened_.size() - 2].time_ns < info.first_ns) &&
               std::ranges::all_of(open_, [&info](const BackwardSource& other) {
                   return other.time_ns < info.first_ns;
               });
    }

    /// Leaves all samples of `time_ns` behind.
    void pass_time(std::int64_t time_ns) {
        for (std::size_t index = open_.size(); index-- > 0;) {
            BackwardSource& source = open_[index];
            if (source.time_ns != time_ns || step_back(source, source.row)) continue;
            open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
        }
    }

    /// Opens row groups until none of the others can hold a later sample than the open ones.
    Status open_latest() {
        while (!unopened_.empty()) {
            const auto latest = std::ranges::max_element(open_, {}, &BackwardSource::time_ns);
            if (latest != open_.end() && latest->time_ns > unopened_.back().time_ns) break;
            if (unopened_.back().source->is_block()) {
                TIDEMARK_RETURN_IF_ERROR(open_block());
                continue;
            }
            BackwardSource opened = unopened_.back();
            unopened_.pop_back();
            TIDEMARK_ASSIGN_OR_RETURN(opened.times, opened.source->times());
            TIDEMARK_ASSIGN_OR_RETURN(opened.validity, opened.source->validity(field_));
            const auto end = std::ranges::lower_bound(opened.times, begin_ns_);
            if (step_back(opened, static_cast<std::size_t>(end - opened.times.begin()))) {
                open_.push_back(opened);
            }
        }
        return success();
    }

    std::size_t field_;
    std::int64_t begin_ns_;
    std::vector<BackwardSource> unopened_;
    std::vector<BackwardSource> open_;
};

std::uint64_t age_at_begin_ns(const CompiledScan& scan, std::int64_t time_ns) {
    return static_cast<std::uint64_t>(scan.request.range.begin_ns) -
           static_cast<std::uint64_t>(time_ns);
}

bool has_no_age_limit(const CompiledScan& scan) {
    return scan.request.carry_in == CarryIn::LastValue || scan.request.hold_ns == kHoldForever;
}

bool holds_at_begin(const CompiledScan& scan, std::int64_t time_ns) {
    return has_no_age_limit(scan) ||
           age_at_begin_ns(scan, time_ns) < static_cast<std::uint64_t>(scan.request.hold_ns);
}

// A run whose value ends at the very start goes on if a sample stands there (R7), so it is carried.
bool run_reaches_begin(const CompiledScan& scan, std::int64_t last_ns) {
    return has_no_age_limit(scan) ||
           age_at_begin_ns(scan, last_ns) <= static_cast<std::uint64_t>(scan.request.hold_ns);
}

Result<std::optional<CarriedValue>> find_value(const CompiledScan& scan, std::size_t field,
                                               std::span<ScanSource* const> sources) {
    BackwardSamples samples(field, scan.request.range.begin_ns, sources);
    bool is_ended = false;
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(ScanSource* const whole, samples.next_whole());
        if (whole != nullptr) {
            TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* summary, whole->summary(field));
            if (!holds_at_begin(scan, summary->last_ns)) return std::optional<CarriedValue>{};
            if (summary->has_values) {
                return std::optional<CarriedValue>({summary->last_ns, summary->last, is_ended});
            }
            if (whole->is_block()) {
                TIDEMARK_RETURN_IF_ERROR(samples.open_block());
                continue;
            }
        }
        TIDEMARK_ASSIGN_OR_RETURN(const auto sample, samples.take());
        if (!sample || !holds_at_begin(scan, sample->time_ns)) return std::optional<CarriedValue>{};
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnValues* values, sample->source->values(field));
        if (!values->ends_hold(sample->row)) {
            return std::optional<CarriedValue>(
                {sample->time_ns, values->value_at(sample->row), is_ended});
        }
        if (scan.request.carry_in != CarryIn::LastValue) return std::optional<CarriedValue>{};
        is_ended = true;
    }
}

/// Finds the run of a leaf that holds the last sample in front of the range.
class RunFinder {
public:
    RunFinder(const CompiledScan& scan, std::size_t leaf, std::span<ScanSource* const> sources)
        : scan_(scan),
          leaf_(leaf),
          samples_(*scan.leaf_fields[leaf], scan.request.range.begin_ns, sources) {}

    Result<std::optional<LeafRun>> find() {
        TIDEMARK_RETURN_IF_ERROR(start());
        if (!run_ || !run_reaches_begin(scan_, run_->last_ns)) return std::optional<LeafRun>{};
        const bool wants_start = scan_.request.carry_in == CarryIn::RunStart;
        while (wants_start && !has_ended_) TIDEMARK_RETURN_IF_ERROR(extend());
        return run_;
    }

private:
    /// Sets the run to the last sample alone.
    Status start() {
        const bool wants_start = scan_.request.carry_in == CarryIn::RunStart;
        TIDEMARK_ASSIGN_OR_RETURN(ScanSource* const whole, samples_.next_whole());
        if (whole == nullptr) return extend();
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* summary,
                                  whole->summary(*scan_.leaf_fields[leaf_]));
        if (!run_reaches_begin(scan_, summary->last_ns)) return success();
        if (wants_start) return extend();
        if (!summary->has_values) return extend();
        const bool is_true = scan_.leaf_tests[leaf_]->matches(summary->last);
        run_ = LeafRun{summary->last_ns, summary->last_ns, 1, is_true};
        return success();
    }

    /// Takes in what comes next, a whole row group or block where its summary allows it.
    Status extend() {
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_extended, extend_by_next_whole());
        if (is_extended) return success();
        if (const BackwardSource* rows = samples_.next_rows(); rows != nullptr && run_) {
            return extend_by_rows(*rows);
        }
        TIDEMARK_ASSIGN_OR_RETURN(const auto sample, samples_.take());
        if (!sample) {
            has_ended_ = true;
            return success();
        }
        TIDEMARK_ASSIGN_OR_RETURN(const auto hold_ends,
                                  sample->source->hold_ends(*scan_.leaf_fields[leaf_]));
        if (!hold_ends.empty() && is_row_valid(hold_ends, sample->row)) {
            has_ended_ = true;
            return success();
        }
        TIDEMARK_ASSIGN_OR_RETURN(const LeafMask* mask, sample->source->leaf_mask(leaf_));
        add({sample->time_ns, sample->time_ns, 1, mask->is_true(sample->row)});
        return success();
    }

    Result<bool> extend_by_next_whole() {
        while (true) {
            TIDEMARK_ASSIGN_OR_RETURN(ScanSource* const whole, samples_.next_whole());
            if (whole == nullptr) return false;
            TIDEMARK_ASSIGN_OR_RETURN(const bool is_taken, extend_by_whole(*whole));
            if (is_taken || !whole->is_block()) return is_taken;
            TIDEMARK_RETURN_IF_ERROR(samples_.open_block());
        }
    }

    /// Goes on to where the run ends among these rows, or to the first of them.
    Status extend_by_rows(const BackwardSource& rows) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto hold_ends,
                                  rows.source->hold_ends(*scan_.leaf_fields[leaf_]));
        TIDEMARK_ASSIGN_OR_RETURN(const LeafMask* mask, rows.source->leaf_mask(leaf_));
        for (std::size_t row = rows.row + 1; row-- > 0;) {
            if (!is_row_valid(rows.validity, row)) continue;
            has_ended_ = !hold_ends.empty() && is_row_valid(hold_ends, row);
            if (has_ended_) return success();
            add({rows.times[row], rows.times[row], 1, mask->is_true(row)});
            if (has_ended_) return success();
        }
        samples_.skip_rows();
        return success();
    }

    Result<bool> extend_by_whole(ScanSource& whole) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::optional<bool> truth, whole.decided_truth(leaf_));
        if (!truth) return false;
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* summary,
                                  whole.summary(*scan_.leaf_fields[leaf_]));
        if (summary->largest_gap_ns > scan_.request.hold_ns) return false;
        samples_.skip_whole();
        add({summary->first_ns, summary->last_ns,
             static_cast<std::uint32_t>(summary->non_null_count), *truth});
        return true;
    }

    /// Puts an earlier run in front, or ends there.
    void add(const LeafRun& earlier) {
        if (!run_) {
            run_ = earlier;
            return;
        }
        has_ended_ = earlier.is_true != run_->is_true ||
                     exceeds_hold(earlier.last_ns, run_->first_ns, scan_.request.hold_ns);
        if (has_ended_) return;
        run_->first_ns = earlier.first_ns;
        const std::uint32_t room = std::numeric_limits<std::uint32_t>::max() - run_->sample_count;
        run_->sample_count += std::min(room, earlier.sample_count);
    }

    const CompiledScan& scan_;
    std::size_t leaf_;
    BackwardSamples samples_;
    std::optional<LeafRun> run_;
    bool has_ended_ = false;
};

}  // namespace

Result<CarriedValues> find_carried(const CompiledScan& scan, std::span<ScanSource* const> sources) {
    CarriedValues carried;
    carried.columns.resize(scan.column_fields.size());
    carried.leaves.resize(scan.leaf_fields.size());
    if (scan.request.carry_in == CarryIn::None) return carried;

    for (std::size_t index = 0; index < carried.columns.size(); ++index) {
        if (!scan.column_fields[index]) continue;
        TIDEMARK_ASSIGN_OR_RETURN(carried.columns[index],
                                  find_value(scan, *scan.column_fields[index], sources));
    }
    for (std::size_t index = 0; index < carried.leaves.size(); ++index) {
        if (!scan.leaf_fields[index]) continue;
        TIDEMARK_ASSIGN_OR_RETURN(carried.leaves[index], RunFinder(scan, index, sources).find());
    }
    return carried;
}

}  // namespace tidemark::storage
