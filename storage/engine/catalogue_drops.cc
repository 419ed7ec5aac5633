#include <algorithm>
#include <utility>

#include "storage/engine/catalogue.h"

// The part of the catalogue that lets go of series and measurements.

namespace tidemark::storage {

Status Catalogue::drop_series(std::vector<SeriesId> ids) {
    std::ranges::sort(ids);
    {
        MutexLock lock(mutex_);
        std::erase_if(ids, [this](SeriesId id) TIDEMARK_REQUIRES(mutex_) {
            return id >= series_.size() || series_[id].key.empty();
        });
        if (!ids.empty()) append(SeriesDropped{ids});
        for (const MeasurementId id : forget_series(ids)) {
            if (measurements_[id].series_count > 0) continue;
            append(MeasurementDropped{id});
            forget_measurement(id);
        }
    }
    return make_durable();
}

Status Catalogue::drop_measurement(MeasurementId id) {
    {
        MutexLock lock(mutex_);
        if (!measurements_[id].is_dropped) {
            append(MeasurementDropped{id});
            forget_measurement(id);
        }
    }
    return make_durable();
}

std::vector<SeriesId> Catalogue::select_all(PolicyId policy,
                                            const std::vector<SeriesSelection>& selections) const {
    std::vector<SeriesId> ids;
    for (const SeriesSelection& selection : selections) {
        for (const ScanSeries& one : select(policy, selection.measurement, selection.tags)) {
            if (!selection.filter || selection.filter(one.tags)) ids.push_back(one.id);
        }
    }
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

Status Catalogue::apply_drop(const CatalogueRecord& record) {
    if (const auto* dropped = std::get_if<MeasurementDropped>(&record)) {
        const bool is_known =
            dropped->id < measurements_.size() && !measurements_[dropped->id].name.empty();
        if (!is_known) {
            return Error(ErrorCode::InvalidArgument, "an unknown measurement was dropped");
        }
        forget_measurement(dropped->id);
        return success();
    }
    const auto& ids = std::get<SeriesDropped>(record).ids;
    const bool is_known = std::ranges::all_of(ids, [this](SeriesId id) TIDEMARK_REQUIRES(mutex_) {
        return id < series_.size() && series_[id].measurement != 0;
    });
    if (!is_known) return Error(ErrorCode::InvalidArgument, "an unknown series was dropped");
    forget_series(ids);
    return success();
}

std::vector<MeasurementId> Catalogue::forget_series(const std::vector<SeriesId>& ids) {
    std::map<MeasurementId, std::vector<SeriesId>> by_measurement;
    for (const SeriesId id : ids) by_measurement[series_[id].measurement].push_back(id);
    std::vector<MeasurementId> touched;
    for (const auto& [measurement_id, members] : by_measurement) {
        Measurement& measurement = measurements_[measurement_id];
        touched.push_back(measurement_id);
        measurement.tags.remove(members);
        measurement.key_order.clear();
        for (const SeriesId id : members) {
            if (series_[id].key.empty()) continue;
            series_[id].key = {};  // Which no key equals: it is not found any more.
            --measurement.series_count;
            --live_series_count_;
        }
    }
    return touched;
}

void Catalogue::forget_measurement(MeasurementId id) {
    Measurement& measurement = measurements_[id];
    measurement.is_dropped = true;
    for (const SeriesId series_id : measurement.tags.select({})) series_[series_id].key = {};
    live_series_count_ -= std::exchange(measurement.series_count, 0);
    measurement.series = {};
    measurement.series_keys = {};  // Behind the keys, which are views into it.
    measurement.tags = {};
    measurement.fields.clear();
    measurement.key_order.clear();
    auto& named = policies_[measurement.policy].measurements;
    const auto found = named.find(measurement.name);
    if (found != named.end() && found->second == id) named.erase(found);
}

}  // namespace tidemark::storage
