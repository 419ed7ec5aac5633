#include "query/operators/held_reader.h"

#include <utility>

#include "query/plan/time_expression.h"

namespace tidemark::query {

Result<HeldReader> HeldReader::open(const SeriesSelection& selection,
                                    const std::vector<std::string>& fields, const TimeRange& range,
                                    std::int64_t hold_ns, ExecutionContext& context) {
    HeldReader reader(selection, range, hold_ns, context.guard());
    reader.field_count_ = fields.size();
    ScanRequest request;
    request.range = range;
    // A hold that ends where the range begins is a change in it.
    request.range.begin_ns = saturating_add(range.begin_ns, -1);
    request.carry_in = CarryIn::WithinHold;
    request.hold_ns = hold_ns;
    // States mostly stay as they are, so whole vectors of one value are common.
    const auto can_use = [hold_ns](const ColumnSummary& summary) {
        return HeldValuesBuilder(hold_ns).can_use(summary);
    };
    for (const std::string& field : fields) {
        request.columns.push_back({field, Need::Summary, can_use});
    }
    TIDEMARK_ASSIGN_OR_RETURN(reader.scans_, SourceScans::open(selection, request, context));
    return reader;
}

Result<HeldReader::Series> HeldReader::read(const GroupMember& member) const {
    MemoryHold hold(*guard_);
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_.open_cursor(member));
    std::vector<HeldValuesBuilder> builders(field_count_, HeldValuesBuilder(hold_ns_));
    for (std::size_t i = 0; i < field_count_; ++i) {
        const auto& carried = cursor->carried().columns[i];
        if (carried) builders[i].add_sample(carried->time_ns, carried->value);
    }
    const auto types = scans_.scans()[member.source_index]->column_types();
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) break;
        for (std::size_t i = 0; i < field_count_; ++i) {
            if (!types[i]) continue;
            const ColumnPiece& column = piece->columns[i];
            if (column.summary == nullptr) {
                builders[i].add_values(piece->times, column.values);
            } else {
                builders[i].add_summary(*column.summary);
            }
        }
        std::size_t byte_count = 0;
        for (const HeldValuesBuilder& builder : builders) byte_count += builder.memory_size_bytes();
        TIDEMARK_RETURN_IF_ERROR(hold.hold(byte_count));
    }
    std::vector<HeldField> fields;
    fields.reserve(builders.size());
    for (HeldValuesBuilder& builder : builders) {
        HeldField& field = fields.emplace_back(builder.finish());
        if (field.changes.empty()) continue;
        const TimeRange known{field.changes.front().at_ns, range_.end_ns};
        field.excluded = excluded_time(*selection_, member, known);
    }
    return Series{std::move(fields), std::move(hold)};
}

void watch_coverage(const GroupMember& member, const HeldField& field, const TimeRange& range,
                    CoverageWatch& coverage) {
    if (range.is_empty() || field.sample_count == 0) return;
    StateTotals totals;
    const auto changes = changes_outside(field.changes, field.excluded);
    for (const HeldStretch& stretch : known_stretches(changes, range)) {
        totals.good_ns += WideNs{stretch.end_ns} - stretch.begin_ns;
    }
    totals.excluded_ns = static_cast<WideNs>(covered_ns(field.excluded, range));
    totals.unknown_ns = WideNs{range.end_ns} - range.begin_ns - totals.excluded_ns - totals.good_ns;
    coverage.add(member, totals, {field.sample_count, field.first_ns, field.last_ns});
}

}  // namespace tidemark::query
