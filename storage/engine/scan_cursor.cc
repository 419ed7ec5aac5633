#include "storage/engine/scan_cursor.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "storage/base/mapping_guard.h"
#include "storage/engine/scan_carry.h"
#include "storage/engine/scan_merge.h"
#include "storage/engine/scan_piece.h"
#include "storage/engine/scan_source.h"
#include "storage/engine/scan_stretch.h"

// How rows get into order: row groups wait, unopened, in order of their first row. The one that
// comes next is served alone when it ends before any other row. Else its times are opened and it
// becomes active; rows of active groups are merged one by one, but a long enough stretch in which
// only one of them has rows is served alone too. So a late row costs the opening of the row groups
// around it, not of all that its own group spans.
//
// Blocks wait among them. Where a block would be served alone and its summaries suffice, it is one
// piece; else its members wait in its place.

namespace tidemark::storage {
namespace {

/// Rows of one row group that are worth a piece of their own in the middle of a merge.
constexpr std::size_t kMinStretchRows = 64;
/// Most rows of a merged piece.
constexpr std::size_t kMaxMergedRows = 1024;

/// A row group whose times are open: rows [position, end_row) are still to come.
struct ActiveSource {
    std::unique_ptr<ScanSource> source;
    std::span<const std::int64_t> times;
    std::size_t position = 0;
    std::size_t end_row = 0;

    std::int64_t next_ns() const { return times[position]; }
    std::int64_t last_ns() const { return times[end_row - 1]; }
    bool is_finished() const { return position == end_row; }
    std::size_t row_at(std::int64_t time_ns) const {
        const auto rows = times.subspan(position, end_row - position);
        return position +
               static_cast<std::size_t>(std::ranges::lower_bound(rows, time_ns) - rows.begin());
    }
};

class MergingCursor final : public SeriesCursor {
public:
    MergingCursor(std::shared_ptr<const CompiledScan> scan, ScanStatistics& statistics)
        : scan_(std::move(scan)), statistics_(statistics), parts_(*scan_) {}

    Status open(std::vector<std::shared_ptr<const RowGroup>> groups) {
        std::vector<std::unique_ptr<ScanSource>> sources;
        TIDEMARK_RETURN_IF_ERROR(make_sources(std::move(groups), sources));
        TIDEMARK_RETURN_IF_ERROR(look_back(sources));
        return line_up(std::move(sources));
    }

    const CarriedValues& carried() const override { return carried_; }

    Result<const ScanPiece*> next() override {
        // Also of the piece before, some of which may have been read from the file since.
        TIDEMARK_RETURN_IF_ERROR(require_intact_files());
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, next_piece());
        TIDEMARK_RETURN_IF_ERROR(require_intact_files());
        return piece;
    }

private:
    Result<const ScanPiece*> next_piece() {
        while (true) {
            // What the piece before pointed to.
            finished_.clear();
            if (const StopSignal* stop = scan_->request.stop) {
                TIDEMARK_RETURN_IF_ERROR(stop->check());
            }
            if (waiting_.empty() && active_.empty()) return nullptr;
            TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, step());
            if (piece != nullptr) return piece;
        }
    }

    /// Corruption when a file shrank under the rows that are being read.
    Status require_intact_files() {
        const std::uint64_t count = damaged_mapping_count();
        if (count == damaged_mapping_count_) return success();
        for (const auto& source : waiting_) TIDEMARK_RETURN_IF_ERROR(source->require_intact());
        for (const auto& source : finished_) TIDEMARK_RETURN_IF_ERROR(source->require_intact());
        for (const ActiveSource& active : active_) {
            TIDEMARK_RETURN_IF_ERROR(active.source->require_intact());
        }
        damaged_mapping_count_ = count;
        return success();
    }

    /// Where a source stands among the others.
    struct Front {
        ActiveSource* active = nullptr;  // Null: the first of the waiting ones.
        std::int64_t next_ns = 0;
        /// Time of the next row of all others, a bound of it at least; nothing when there is none.
        std::optional<std::int64_t> other_ns;
    };

    // ---- beginning

    Status make_sources(std::vector<std::shared_ptr<const RowGroup>> groups,
                        std::vector<std::unique_ptr<ScanSource>>& sources) {
        sources.reserve(groups.size());
        for (std::size_t index = 0; index < groups.size(); ++index) {
            if (!is_in_reach(groups[index]->info())) continue;
            TIDEMARK_ASSIGN_OR_RETURN(
                auto source,
                ScanSource::make(*scan_, std::move(groups[index]), index, statistics_));
            if (source->is_asked_for()) sources.push_back(std::move(source));
        }
        return success();
    }

    bool is_in_reach(const RowGroupInfo& info) const {
        const TimeRange& range = scan_->request.range;
        const bool looks_back =
            scan_->request.carry_in != CarryIn::None && info.first_ns < range.begin_ns;
        return looks_back || (info.last_ns >= range.begin_ns && info.first_ns < range.end_ns);
    }

    Status look_back(const std::vector<std::unique_ptr<ScanSource>>& sources) {
        std::vector<ScanSource*> earlier;
        for (const auto& source : sources) {
            if (source->info().first_ns < scan_->request.range.begin_ns) {
                earlier.push_back(source.get());
            }
        }
        TIDEMARK_ASSIGN_OR_RETURN(carried_, find_carried(*scan_, earlier));
        if (damaged_mapping_count() == damaged_mapping_count_) return success();
        for (const ScanSource* source : earlier) {
            TIDEMARK_RETURN_IF_ERROR(source->require_intact());
        }
        return success();
    }

    /// Forgets what lies outside the range and opens the times of what lies across its edges.
    Status line_up(std::vector<std::unique_ptr<ScanSource>> sources) {
        const TimeRange& range = scan_->request.range;
        if (range.is_empty()) return success();
        while (!sources.empty()) {
            std::unique_ptr<ScanSource> source = std::move(sources.back());
            sources.pop_back();
            const RowGroupInfo& info = source->info();
            if (info.last_ns < range.begin_ns || info.first_ns >= range.end_ns) continue;
            if (info.first_ns >= range.begin_ns && info.last_ns < range.end_ns) {
                waiting_.push_back(std::move(source));
            } else if (source->is_block()) {
                TIDEMARK_ASSIGN_OR_RETURN(auto members, source->take_members());
                std::ranges::move(members, std::back_inserter(sources));
            } else {
                TIDEMARK_RETURN_IF_ERROR(activate(std::move(source)));
            }
        }
        // The first to come stands last, where it is taken off.
        std::ranges::sort(waiting_, std::greater<>{}, first_ns_of);
        return success();
    }

    static std::int64_t first_ns_of(const std::unique_ptr<ScanSource>& source) {
        return source->info().first_ns;
    }

    Status activate(std::unique_ptr<ScanSource> source) {
        ActiveSource active;
        TIDEMARK_ASSIGN_OR_RETURN(active.times, source->times());
        active.end_row = active.times.size();
        const TimeRange& range = scan_->request.range;
        const std::size_t begin_row = active.row_at(range.begin_ns);
        active.end_row = active.row_at(range.end_ns);
        active.position = begin_row;
        active.source = std::move(source);
        if (!active.is_finished()) active_.push_back(std::move(active));
        return success();
    }

    /// The times of the first waiting row group, or the members of the first waiting block.
    Status open_first_waiting() {
        std::unique_ptr<ScanSource> source = std::move(waiting_.back());
        waiting_.pop_back();
        if (!source->is_block()) return activate(std::move(source));
        TIDEMARK_ASSIGN_OR_RETURN(auto members, source->take_members());
        const auto others = static_cast<std::ptrdiff_t>(waiting_.size());
        waiting_.insert(waiting_.end(), std::move_iterator(members.rbegin()),
                        std::move_iterator(members.rend()));
        // Mostly nothing else begins where the block is, and everything is in order already.
        std::ranges::inplace_merge(waiting_, waiting_.begin() + others, std::greater<>{},
                                   first_ns_of);
        return success();
    }

    // ---- moving

    /// There is at least one source.
    Front find_front() {
        Front front;
        const auto consider = [&front](std::int64_t next_ns, ActiveSource* active, bool is_first) {
            if (is_first || next_ns < front.next_ns) {
                if (!is_first) front.other_ns = front.next_ns;
                front.next_ns = next_ns;
                front.active = active;
            } else if (!front.other_ns || next_ns < *front.other_ns) {
                front.other_ns = next_ns;
            }
        };
        bool is_first = true;
        for (ActiveSource& active : active_) {
            consider(active.next_ns(), &active, std::exchange(is_first, false));
        }
        const std::size_t waiting_count = std::min<std::size_t>(waiting_.size(), 2);
        for (std::size_t index = 1; index <= waiting_count; ++index) {
            const ScanSource& source = *waiting_[waiting_.size() - index];
            consider(source.info().first_ns, nullptr, std::exchange(is_first, false));
        }
        return front;
    }

    /// The first cut behind `time_ns`, where its piece must have ended.
    std::optional<std::int64_t> next_cut(std::int64_t time_ns) const {
        const auto& cuts = scan_->request.cuts;
        const auto cut = std::ranges::upper_bound(cuts, time_ns);
        if (cut == cuts.end()) return std::nullopt;
        return *cut;
    }

    static bool is_before(std::int64_t time_ns, std::optional<std::int64_t> limit_ns) {
        return !limit_ns || time_ns < *limit_ns;
    }

    /// Makes the next piece, or comes nearer to it.
    Result<const ScanPiece*> step() {
        const Front front = find_front();
        const auto cut_ns = next_cut(front.next_ns);
        if (front.active == nullptr) {
            const std::int64_t last_ns = waiting_.back()->info().last_ns;
            if (is_before(last_ns, front.other_ns) && is_before(last_ns, cut_ns)) {
                return serve_first_waiting();
            }
            TIDEMARK_RETURN_IF_ERROR(open_first_waiting());
            return nullptr;
        }
        if (is_worth_a_stretch(*front.active, front.other_ns)) {
            return serve_stretch(*front.active, front.other_ns, cut_ns);
        }
        return serve_merged(cut_ns);
    }

    /// Whether the rows of `active` that come before all others are many, or all that are left.
    static bool is_worth_a_stretch(const ActiveSource& active,
                                   std::optional<std::int64_t> other_ns) {
        if (is_before(active.last_ns(), other_ns)) return true;
        const std::size_t row = active.position + kMinStretchRows - 1;
        return row < active.end_row && is_before(active.times[row], other_ns);
    }

    /// Null when it is a block that has to be opened.
    Result<const ScanPiece*> serve_first_waiting() {
        if (waiting_.back()->is_block()) {
            TIDEMARK_ASSIGN_OR_RETURN(
                const ScanPiece* piece,
                make_summary_piece(*scan_, *waiting_.back(), parts_, statistics_));
            if (piece == nullptr) {
                TIDEMARK_RETURN_IF_ERROR(open_first_waiting());
                return nullptr;
            }
            finished_.push_back(std::move(waiting_.back()));
            waiting_.pop_back();
            return piece;
        }
        finished_.push_back(std::move(waiting_.back()));
        waiting_.pop_back();
        ScanSource& source = *finished_.back();
        return make_stretch_piece(*scan_, source, 0, source.row_count(), parts_, statistics_);
    }

    Result<const ScanPiece*> serve_stretch(ActiveSource& active,
                                           std::optional<std::int64_t> other_ns,
                                           std::optional<std::int64_t> cut_ns) {
        const std::size_t begin_row = active.position;
        if (other_ns) active.position = std::max(begin_row, active.row_at(*other_ns));
        if (!other_ns) active.position = active.end_row;
        if (cut_ns) {
            const auto rows = active.times.subspan(begin_row, active.position - begin_row);
            const auto cut = std::ranges::lower_bound(rows, *cut_ns);
            active.position = begin_row + static_cast<std::size_t>(cut - rows.begin());
        }
        const std::size_t end_row = active.position;
        ScanSource& source = *active.source;
        retire_finished();
        return make_stretch_piece(*scan_, source, begin_row, end_row, parts_, statistics_);
    }

    /// Merges rows until there are enough, a cut comes, or one row group can go on alone.
    Result<const ScanPiece*> serve_merged(std::optional<std::int64_t> cut_ns) {
        merged_.clear();
        while (merged_.row_count() < kMaxMergedRows && !(waiting_.empty() && active_.empty())) {
            const Front front = find_front();
            if (!is_before(front.next_ns, cut_ns)) break;
            if (front.active == nullptr) {
                if (is_before(waiting_.back()->info().last_ns, front.other_ns)) break;
                TIDEMARK_RETURN_IF_ERROR(open_first_waiting());
                continue;
            }
            const bool starts_here =
                !waiting_.empty() && waiting_.back()->info().first_ns == front.next_ns;
            if (starts_here) {
                TIDEMARK_RETURN_IF_ERROR(open_first_waiting());
                continue;
            }
            const bool goes_on_alone =
                merged_.row_count() > 0 && is_worth_a_stretch(*front.active, front.other_ns) &&
                front.active->end_row - front.active->position >= kMinStretchRows;
            if (goes_on_alone) break;
            take_row(front.next_ns);
        }
        return make_merged_piece(*scan_, merged_, parts_, statistics_);
    }

    void take_row(std::int64_t time_ns) {
        row_parts_.clear();
        for (ActiveSource& active : active_) {
            if (active.next_ns() != time_ns) continue;
            row_parts_.push_back({active.source.get(), active.position});
            ++active.position;
        }
        merged_.append(time_ns, row_parts_);
        retire_finished();
    }

    /// Finished sources stay until the piece made of them is done with.
    void retire_finished() {
        for (std::size_t index = active_.size(); index-- > 0;) {
            if (!active_[index].is_finished()) continue;
            finished_.push_back(std::move(active_[index].source));
            active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(index));
        }
    }

    std::shared_ptr<const CompiledScan> scan_;
    ScanStatistics& statistics_;
    CarriedValues carried_;
    std::vector<std::unique_ptr<ScanSource>> waiting_;  // Unopened, the first to come last.
    std::vector<ActiveSource> active_;
    std::vector<std::unique_ptr<ScanSource>> finished_;
    MergedRows merged_;
    std::vector<MergedRows::Part> row_parts_;
    PieceParts parts_;
    // Of the process when all files were intact last.
    std::uint64_t damaged_mapping_count_ = damaged_mapping_count();
};

}  // namespace

Result<std::unique_ptr<SeriesCursor>> make_series_cursor(
    std::shared_ptr<const CompiledScan> scan, std::vector<std::shared_ptr<const RowGroup>> groups,
    ScanStatistics& statistics) {
    statistics.series_scanned.fetch_add(1, std::memory_order_relaxed);
    auto cursor = std::make_unique<MergingCursor>(std::move(scan), statistics);
    TIDEMARK_RETURN_IF_ERROR(cursor->open(std::move(groups)));
    return std::unique_ptr<SeriesCursor>(std::move(cursor));
}

}  // namespace tidemark::storage
