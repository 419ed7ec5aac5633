#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include "storage/engine/flush.h"
#include "storage/engine/store_impl.h"

// The part of the store that changes what segments it has, beside flushes: compaction, deletions.

namespace tidemark::storage {

Status StoreImpl::compact() {
    TIDEMARK_RETURN_IF_ERROR(check_writable());
    return compactor_->run_all();
}

Result<std::uint64_t> StoreImpl::take_segment_id() {
    MutexLock lock(flush_mutex_);
    TIDEMARK_RETURN_IF_ERROR(final_flush_status_);
    return next_segment_id_++;
}

bool StoreImpl::is_idle() const {
    if (options_.idle_flush_ns <= 0) return false;
    const auto now = contents();
    const bool has_rows =
        std::ranges::any_of(now->heads, [](const auto& head) { return head->row_count() > 0; });
    const std::int64_t idle_ns = steady_now_ns() - last_write_ns_.load(std::memory_order_relaxed);
    return !has_rows && idle_ns >= options_.idle_flush_ns;
}

Status StoreImpl::exchange(const std::vector<std::uint64_t>& removed,
                           const std::vector<ManifestSegment>& added) {
    MutexLock lock(flush_mutex_);
    const ContentsPointer before = contents();
    const auto is_live = [&before](std::uint64_t id) {
        return std::ranges::any_of(before->segments, [id](const auto& segment) {
            return segment->entry.info.segment_id == id;
        });
    };
    if (is_closed_ || !std::ranges::all_of(removed, is_live)) {
        remove_segments(file_system_, paths_.segment_directory, added);
        return Error(ErrorCode::Cancelled, "the segments were dropped meanwhile");
    }
    if (!final_flush_status_) {
        remove_segments(file_system_, paths_.segment_directory, added);
        return final_flush_status_;
    }
    return exchange_locked(removed, added);
}

Status StoreImpl::exchange_locked(const std::vector<std::uint64_t>& removed,
                                  const std::vector<ManifestSegment>& added) {
    auto opened = open_segments(added);
    if (!opened) {
        remove_segments(file_system_, paths_.segment_directory, added);
        return std::move(opened).error();
    }
    TIDEMARK_RETURN_IF_ERROR(
        note_recorded(manifest_->record_exchange(next_segment_id_, removed, added), added));
    const std::set<std::uint64_t> removed_ids(removed.begin(), removed.end());
    StoreContents exchanged = *contents();
    std::vector<ManifestSegment> gone;
    std::erase_if(exchanged.segments, [&](const auto& segment) {
        const bool is_removed = removed_ids.contains(segment->entry.info.segment_id);
        if (is_removed) gone.push_back(segment->entry);
        return is_removed;
    });
    exchanged.segments.insert(exchanged.segments.end(), opened.value().begin(),
                              opened.value().end());
    std::ranges::sort(exchanged.segments, {},
                      [](const auto& segment) { return segment->entry.info.segment_id; });
    publish(std::move(exchanged));
    // A file that cannot be removed only takes space; the next start tries again.
    remove_segments(file_system_, paths_.segment_directory, gone);
    return success();
}

// ---- Deletions ----------------------------------------------------------------------------

Result<std::vector<PolicyId>> StoreImpl::policies_meant(std::string_view database,
                                                        std::string_view policy) const {
    std::vector<PolicyId> ids;
    if (!catalogue_->find_database(database)) {
        return Error(ErrorCode::NotFound, "database not found: " + std::string(database));
    }
    std::vector<std::string> names{std::string(policy)};
    if (policy.empty()) {
        names.clear();
        for (RetentionPolicy& one : catalogue_->policies(database)) {
            names.push_back(std::move(one.name));
        }
    }
    for (const std::string& name : names) {
        TIDEMARK_ASSIGN_OR_RETURN(const PolicyId id, catalogue_->find_policy(database, name));
        ids.push_back(id);
    }
    return ids;
}

// What can hide something of a segment. Everything up to the flushed sequence is in segments.
std::vector<Tombstone> StoreImpl::tombstones_for(const std::vector<PolicyId>& policies,
                                                 const std::vector<SeriesSelection>& series,
                                                 const TimeRange& range) {
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    std::vector<Tombstone> made;
    if (range.is_empty()) return made;
    const ContentsPointer now = contents();
    for (const PolicyId policy : policies) {
        Tombstone tombstone;
        tombstone.id = next_tombstone_id_;
        tombstone.policy = policy;
        tombstone.sequence = flushed_sequence_;
        tombstone.first_ns = range.begin_ns;
        tombstone.last_ns = range.end_ns == kEnd ? kEnd : range.end_ns - 1;
        const bool is_needed = std::ranges::any_of(now->segments, [&](const auto& segment) {
            return may_hide_rows_of(tombstone, segment->entry);
        });
        if (!is_needed) continue;
        tombstone.series = catalogue_->select_all(policy, series);
        if (tombstone.series.empty()) continue;
        ++next_tombstone_id_;
        made.push_back(std::move(tombstone));
    }
    return made;
}

Status StoreImpl::bury(const std::vector<Tombstone>& tombstones) {
    if (tombstones.empty()) return success();
    TIDEMARK_RETURN_IF_ERROR(final_flush_status_);
    TIDEMARK_RETURN_IF_ERROR(note_recorded(manifest_->record_tombstones(tombstones), {}));
    StoreContents hidden = *contents();
    for (const Tombstone& tombstone : tombstones) {
        hidden.tombstones.push_back(std::make_shared<const Tombstone>(tombstone));
    }
    publish(std::move(hidden));
    if (compaction_worker_ != nullptr) compaction_worker_->notify();
    return success();
}

// True also where it cannot be told. The latest segments first: mostly the oldest rows are deleted.
bool StoreImpl::may_have_stored_rows(PolicyId policy, SeriesId series) const {
    const ContentsPointer now = contents();
    for (auto segment = now->segments.rbegin(); segment != now->segments.rend(); ++segment) {
        if ((*segment)->entry.database != policy) continue;
        if ((*segment)->reader == nullptr) return true;
        auto groups = (*segment)->reader->row_groups(series);
        if (!groups) return true;
        const Status status = hide_deleted(now->tombstones, policy, series, groups.value());
        if (!status || !groups.value().empty()) return true;
    }
    return false;
}

bool StoreImpl::has_unflushed_rows(SeriesId series) const {
    const ContentsPointer now = contents();
    return std::ranges::any_of(
        now->heads, [series](const auto& head) { return !head->all_groups(series).empty(); });
}

// As in InfluxDB a series goes with its last row. What is stored cannot change meanwhile, so only
// what was just written is looked at while writers wait.
Status StoreImpl::drop_emptied(const std::vector<Tombstone>& tombstones) {
    std::vector<SeriesId> emptied;
    for (const Tombstone& tombstone : tombstones) {
        std::ranges::copy_if(tombstone.series, std::back_inserter(emptied), [&](SeriesId id) {
            return !may_have_stored_rows(tombstone.policy, id);
        });
    }
    if (emptied.empty()) return success();
    return write_path_->drop_series([&] {
        std::erase_if(emptied, [this](SeriesId id) { return has_unflushed_rows(id); });
        return catalogue_->drop_series(std::move(emptied));
    });
}

Status StoreImpl::delete_rows(std::string_view database, std::string_view policy,
                              const std::vector<SeriesSelection>& series, const TimeRange& range) {
    MutexLock lock(flush_mutex_);
    TIDEMARK_RETURN_IF_ERROR(check_writable());
    TIDEMARK_ASSIGN_OR_RETURN(const auto policies, policies_meant(database, policy));
    if (range.is_empty()) return success();
    TIDEMARK_RETURN_IF_ERROR(flush_locked());
    const std::vector<Tombstone> tombstones = tombstones_for(policies, series, range);
    TIDEMARK_RETURN_IF_ERROR(bury(tombstones));
    return drop_emptied(tombstones);
}

// The catalogue hides the series, rows in the head and in the log included, which the next flush
// leaves out. The tombstones only make compaction look for the rows in segments. They are made
// while writers go on: series that come meanwhile have nothing there.
Status StoreImpl::drop_selected(const std::vector<PolicyId>& policies,
                                const std::vector<SeriesSelection>& series,
                                const std::function<Status()>& change) {
    const std::vector<Tombstone> tombstones = tombstones_for(policies, series, TimeRange());
    TIDEMARK_RETURN_IF_ERROR(write_path_->drop_series(change));
    return bury(tombstones);
}

Status StoreImpl::drop_series(std::string_view database,
                              const std::vector<SeriesSelection>& series) {
    MutexLock lock(flush_mutex_);
    TIDEMARK_RETURN_IF_ERROR(check_writable());
    TIDEMARK_ASSIGN_OR_RETURN(const auto policies, policies_meant(database, {}));
    std::vector<SeriesId> ids;
    for (const PolicyId policy : policies) {
        const auto found = catalogue_->select_all(policy, series);
        ids.insert(ids.end(), found.begin(), found.end());
    }
    return drop_selected(policies, series, [&] { return catalogue_->drop_series(std::move(ids)); });
}

Status StoreImpl::drop_measurement(std::string_view database, std::string_view measurement) {
    MutexLock lock(flush_mutex_);
    TIDEMARK_RETURN_IF_ERROR(check_writable());
    TIDEMARK_ASSIGN_OR_RETURN(const auto policies, policies_meant(database, {}));
    const SeriesSelection all{std::string(measurement), {}, nullptr};
    return drop_selected(policies, {all}, [&]() -> Status {
        for (const PolicyId policy : policies) {
            const auto id = catalogue_->find_measurement(policy, measurement);
            if (id) TIDEMARK_RETURN_IF_ERROR(catalogue_->drop_measurement(*id));
        }
        return success();
    });
}

Status StoreImpl::clear_tombstones(const std::vector<std::uint64_t>& ids) {
    MutexLock lock(flush_mutex_);
    if (is_closed_) return Error(ErrorCode::Cancelled, "the store is being closed");
    TIDEMARK_RETURN_IF_ERROR(final_flush_status_);
    TIDEMARK_RETURN_IF_ERROR(note_recorded(manifest_->record_cleared_tombstones(ids), {}));
    StoreContents cleared = *contents();
    std::erase_if(cleared.tombstones, [&ids](const auto& tombstone) {
        return std::ranges::find(ids, tombstone->id) != ids.end();
    });
    publish(std::move(cleared));
    return success();
}

// ---- Backup -------------------------------------------------------------------------------

// The mappings keep what compaction removes meanwhile.
Result<StoreCopy> StoreImpl::take_copy() {
    StoreCopy copy;
    const ContentsPointer now = contents();
    copy.manifest.flushed_sequence = flushed_sequence_;
    copy.manifest.next_segment_id = next_segment_id_;
    copy.manifest.tombstones = now->tombstones;
    copy.manifest.next_tombstone_id = next_tombstone_id_;
    for (const auto& segment : now->segments) {
        if (!segment->defect.empty()) return Error(ErrorCode::Corruption, segment->defect);
        TIDEMARK_ASSIGN_OR_RETURN(
            std::shared_ptr<const MappedFile> file,
            file_system_.map(join_path(paths_.segment_directory, segment->file_name)));
        if (file->bytes().size() != segment->entry.info.size_bytes) {
            return Error(ErrorCode::Corruption, "segment " + segment->file_name + " has " +
                                                    std::to_string(file->bytes().size()) +
                                                    " bytes, expected " +
                                                    std::to_string(segment->entry.info.size_bytes));
        }
        copy.manifest.segments.push_back(segment->entry);
        copy.segments.push_back({segment->file_name, std::move(file)});
    }
    // In front of the catalogue, so that it has the databases of all of them.
    copy.documents = documents_->copy();
    TIDEMARK_RETURN_IF_ERROR(catalogue_->make_durable());
    TIDEMARK_ASSIGN_OR_RETURN(copy.catalogue, read_catalogue_bytes(file_system_, paths_.catalogue));
    return copy;
}

Status StoreImpl::backup(const std::string& directory) {
    // Two to one directory would write into each other's files.
    MutexLock backup_lock(backup_mutex_);
    const auto copy = [&]() -> Result<StoreCopy> {
        MutexLock lock(flush_mutex_);
        TIDEMARK_RETURN_IF_ERROR(check_writable());
        TIDEMARK_RETURN_IF_ERROR(check_vacant(file_system_, directory));
        TIDEMARK_RETURN_IF_ERROR(flush_locked());
        return take_copy();
    }();
    Status status =
        copy ? write_store_copy(file_system_, directory, copy.value()) : Status(copy.error());
    if (status) return status;
    return Error(status.error()).within("backup to " + directory);
}

}  // namespace tidemark::storage
