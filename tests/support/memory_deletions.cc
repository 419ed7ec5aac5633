#include "tests/support/memory_store.h"

namespace tidemark::tests {
namespace {

bool is_selected(const MemoryData::Series& series, const SeriesSelection& selection) {
    return matches_all(series.tags, selection.tags) &&
           (!selection.filter || selection.filter(series.tags));
}

}  // namespace

Status MemoryStore::change_selected(
    std::string_view database, std::string_view policy, const std::vector<SeriesSelection>& series,
    const std::function<void(MemoryData::Measurement&, const SeriesSelection&)>& change) {
    const std::lock_guard lock(mutex_);
    if (!data_->databases.contains(std::string(database))) {
        return Error(ErrorCode::NotFound, "database not found: " + std::string(database));
    }
    if (!policy.empty()) TIDEMARK_RETURN_IF_ERROR(find_policy(*data_, database, policy));
    MemoryData::Database& changed = changeable_data().databases[std::string(database)];
    for (const SeriesSelection& selection : series) {
        bool is_left = false;
        for (auto& [name, measurements] : changed.policies) {
            const auto found = measurements.find(selection.measurement);
            if (found == measurements.end()) continue;
            if (policy.empty() || policy == name) change(found->second, selection);
            if (found->second.empty()) {
                measurements.erase(found);
            } else {
                is_left = true;
            }
        }
        if (!is_left) changed.fields.erase(selection.measurement);
    }
    return success();
}

Status MemoryStore::delete_rows(std::string_view database, std::string_view policy,
                                const std::vector<SeriesSelection>& series,
                                const TimeRange& range) {
    const auto is_within = [&range](std::int64_t time_ns) {
        const bool has_end = range.end_ns != TimeRange().end_ns;
        return range.begin_ns <= time_ns && (!has_end || time_ns < range.end_ns);
    };
    return change_selected(
        database, policy, series, [&](MemoryData::Measurement& measurement, const auto& selection) {
            for (auto& [key, one] : measurement) {
                if (!is_selected(one, selection)) continue;
                std::erase_if(one.rows, [&](const auto& row) { return is_within(row.first); });
            }
            // A series goes with its last row.
            std::erase_if(measurement, [](const auto& entry) { return entry.second.rows.empty(); });
        });
}

Status MemoryStore::drop_series(std::string_view database,
                                const std::vector<SeriesSelection>& series) {
    return change_selected(
        database, {}, series, [](MemoryData::Measurement& measurement, const auto& selection) {
            std::erase_if(measurement,
                          [&](const auto& one) { return is_selected(one.second, selection); });
        });
}

Status MemoryStore::drop_measurement(std::string_view database, std::string_view measurement) {
    const SeriesSelection all{std::string(measurement), {}, nullptr};
    return change_selected(database, {}, {all},
                           [](MemoryData::Measurement& changed, const auto&) { changed.clear(); });
}

}  // namespace tidemark::tests
