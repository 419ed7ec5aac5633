#include "storage/engine/series_scan.h"

#include <algorithm>
#include <utility>

#include "storage/engine/scan_cursor.h"
#include "storage/engine/scan_leaf.h"

namespace tidemark::storage {
namespace {

Status check_matchers(const ScanRequest& request) {
    for (const TagMatcher& matcher : request.tags) {
        const bool is_sound = matcher.op == CompareOp::Equal || matcher.op == CompareOp::NotEqual ||
                              (matcher.op == CompareOp::Matches && matcher.matches);
        if (is_sound) continue;
        return Error(ErrorCode::InvalidArgument,
                     "tag " + matcher.key + " can only be compared by =, != and matches");
    }
    return success();
}

// What may be carried into the range counts as touched too.
bool is_touched(const ScanRequest& request, const SegmentInfo& info) {
    if (info.first_ns >= request.range.end_ns) return false;
    if (info.last_ns >= request.range.begin_ns) return true;
    switch (request.carry_in) {
        case CarryIn::None:
            return false;
        case CarryIn::WithinHold:
            return !exceeds_hold(info.last_ns, request.range.begin_ns, request.hold_ns);
        case CarryIn::LastValue:
        case CarryIn::RunStart:
            break;
    }
    return true;
}

FieldTypeLookup type_lookup(const std::vector<FieldKey>& fields) {
    return [&fields](std::string_view name) -> std::optional<FieldType> {
        const auto found = std::ranges::find(fields, name, &FieldKey::name);
        if (found == fields.end()) return std::nullopt;
        return found->type;
    };
}

}  // namespace

Result<std::unique_ptr<Scan>> SeriesScan::make(const ScanRequest& request, PolicyId policy,
                                               const Catalogue& catalogue,
                                               std::shared_ptr<const StoreSnapshot> snapshot,
                                               std::vector<std::string> messages) {
    TIDEMARK_RETURN_IF_ERROR(check_matchers(request));
    const auto fields = catalogue.field_keys(request.database, request.measurement);
    TIDEMARK_ASSIGN_OR_RETURN(auto compiled, compile_scan(request, type_lookup(fields)));
    auto series = catalogue.select(policy, request.measurement, request.tags);
    if (request.series_filter) {
        std::erase_if(series, [&request](const ScanSeries& candidate) {
            return !request.series_filter(candidate.tags);
        });
    }
    std::unique_ptr<SeriesScan> scan(new SeriesScan(
        std::move(compiled), std::move(series), std::move(snapshot), policy, std::move(messages)));
    scan->note_damaged_segments();
    return std::unique_ptr<Scan>(std::move(scan));
}

SeriesScan::SeriesScan(std::shared_ptr<const CompiledScan> compiled, std::vector<ScanSeries> series,
                       std::shared_ptr<const StoreSnapshot> snapshot, PolicyId policy,
                       std::vector<std::string> messages)
    : compiled_(std::move(compiled)),
      series_(std::move(series)),
      snapshot_(std::move(snapshot)),
      policy_(policy),
      messages_(std::move(messages)) {}

void SeriesScan::note_damaged_segments() {
    for (const auto& segment : snapshot_->contents().segments) {
        if (segment->defect.empty() || segment->entry.database != policy_) continue;
        if (is_touched(compiled_->request, segment->entry.info)) {
            messages_.push_back(segment->defect);
        }
    }
}

Result<std::unique_ptr<SeriesCursor>> SeriesScan::open(std::size_t series_index) const {
    TIDEMARK_ASSIGN_OR_RETURN(auto groups, row_groups_of(*snapshot_, compiled_->request, policy_,
                                                         series_[series_index].id));
    // Cursors may outlive the scan: with the request they keep what they count.
    const auto counted = std::make_shared<Counted>(Counted{compiled_, statistics_});
    return make_series_cursor({counted, compiled_.get()}, std::move(groups), *statistics_);
}

Result<std::vector<std::shared_ptr<const RowGroup>>> row_groups_of(const StoreSnapshot& snapshot,
                                                                   const ScanRequest& request,
                                                                   PolicyId policy,
                                                                   SeriesId series) {
    std::vector<std::shared_ptr<const RowGroup>> groups;
    for (const auto& segment : snapshot.contents().segments) {
        if (segment->reader == nullptr || segment->entry.database != policy) continue;
        if (!is_touched(request, segment->entry.info)) continue;
        TIDEMARK_ASSIGN_OR_RETURN(auto found, segment->reader->blocks(series));
        groups.insert(groups.end(), found.begin(), found.end());
    }
    TIDEMARK_RETURN_IF_ERROR(hide_deleted(snapshot.contents().tombstones, policy, series, groups));
    for (const auto& head : snapshot.contents().heads) {
        head->read(series, snapshot.sequence(), groups);
    }
    return groups;
}

}  // namespace tidemark::storage
