#include "storage/engine/recovery.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>

#include "storage/engine/flush.h"
#include "storage/engine/quarantine.h"
#include "storage/engine/row_batch_reader.h"
#include "storage/wal/wal_recovery.h"

namespace tidemark::storage {
namespace {

class Recovery {
public:
    Recovery(FileSystem& file_system, const StorePaths& paths, const StoreOptions& options)
        : file_system_(file_system), paths_(paths), options_(options) {}

    Result<RecoveredStore> run() {
        TIDEMARK_RETURN_IF_ERROR(lock());
        TIDEMARK_RETURN_IF_ERROR(check_format());
        TIDEMARK_RETURN_IF_ERROR(read_logs());
        TIDEMARK_RETURN_IF_ERROR(open_segments());
        TIDEMARK_RETURN_IF_ERROR(replay());
        return std::move(store_);
    }

private:
    Status lock();
    Status check_format();
    Status write_format();
    Status sync_names();
    Status read_logs();
    Status read_documents();
    Status open_segments();
    Status open_segment(const ManifestSegment& entry);
    Result<std::vector<std::string>> segment_directory_names() const;
    void note_segment(const LiveSegment& segment);
    Status judge_file(std::uint64_t segment_id);
    Status judge_stray_segment(std::uint64_t segment_id);
    Status adopt_segment(const LiveSegment& stray);
    std::optional<Catalogue::SeriesHome> home_of(const LiveSegment& segment) const;
    bool is_of_dropped_database(const LiveSegment& segment) const;
    Status set_aside(const std::string& name, const std::string& reason);
    Status remove_stray(const std::string& name, const std::string& why);
    Status replay();
    Status read_log(WalRecovery& log);
    Status repair_manifest();
    Status settle(const WalRecovery& log);
    Status replay_frames(std::span<const WalFrame> frames);
    Status replay_frame(const WalFrame& frame, Head::Sealer& sealer);
    Status keep_frame(const WalFrame& frame);
    Status replay_rows(const WalFrame& frame, Head::Sealer& sealer);
    bool name_fields(const BatchRow& row);
    MeasurementId measurement_of(SeriesId id);
    void note_missing_rows(std::string message);
    void note_damage(std::string message);

    bool can_write() const { return !options_.read_only; }

    FileSystem& file_system_;
    const StorePaths& paths_;
    const StoreOptions& options_;
    RecoveredStore store_;
    std::unordered_map<MeasurementId, std::vector<FieldKey>> fields_;  // As the catalogue has them.
    std::vector<MeasurementId> measurements_;  // By series; 0: not asked for yet.
    std::vector<MeasurementId> named_groups_;  // Of a payload: whose names the groups' fields have.
    std::vector<ManifestSegment> live_entries_;  // With those that a damaged manifest lost.
    Sequence last_segment_sequence_ = 0;         // Of all segments, served or not.
    std::uint64_t unknown_row_count_ = 0;
};

// ---- Lock and format ----------------------------------------------------------------------

Status Recovery::lock() {
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system_.exists(paths_.directory));
    if (!exists) {
        if (!options_.create_if_missing || !can_write()) {
            return Error(ErrorCode::NotFound, "there is no store in " + paths_.directory);
        }
        TIDEMARK_RETURN_IF_ERROR(file_system_.create_directories(paths_.directory));
    }
    const LockMode mode = can_write() ? LockMode::Exclusive : LockMode::Shared;
    TIDEMARK_ASSIGN_OR_RETURN(store_.lock, file_system_.lock_directory(paths_.directory, mode));
    if (!store_.lock->warning().empty()) store_.messages.push_back(store_.lock->warning());
    return success();
}

Status Recovery::check_format() {
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system_.exists(paths_.format));
    if (exists) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto contents,
                                  read_record_log(file_system_, paths_.format, kFormatKind));
        if (contents.damage.empty()) return success();
        store_.damages.push_back(contents.damage.front());
        // Each file has its own version too, so the others can still be told apart.
        store_.messages.push_back(contents.damage.front());
        if (!can_write()) return success();
        TIDEMARK_ASSIGN_OR_RETURN(const auto kept,
                                  keep_in_quarantine(file_system_, paths_.quarantine_directory,
                                                     kFormatKind.name, contents.bytes));
        store_.messages.back() += " (kept as " + kept + ", written anew)";
        return write_format();
    }
    TIDEMARK_ASSIGN_OR_RETURN(const bool has_catalogue, file_system_.exists(paths_.catalogue));
    if (has_catalogue) note_damage("format: the file is missing");
    if (can_write() && (has_catalogue || options_.create_if_missing)) return write_format();
    if (has_catalogue) return success();
    return Error(ErrorCode::NotFound, "there is no store in " + paths_.directory);
}

// The directories first: a store that has its format file is complete.
Status Recovery::write_format() {
    TIDEMARK_RETURN_IF_ERROR(file_system_.create_directories(paths_.wal_directory));
    TIDEMARK_RETURN_IF_ERROR(file_system_.create_directories(paths_.segment_directory));
    return write_file_atomically(file_system_, paths_.format, encode_record_log(kFormatKind, {}));
}

// Names that a process made which was killed before it synced them may be in memory only.
Status Recovery::sync_names() {
    for (const std::string& directory : {parent_path(paths_.directory), paths_.directory,
                                         paths_.wal_directory, paths_.segment_directory}) {
        TIDEMARK_RETURN_IF_ERROR(file_system_.sync_directory(directory));
    }
    return success();
}

Status Recovery::read_logs() {
    if (can_write()) {
        TIDEMARK_RETURN_IF_ERROR(file_system_.create_directories(paths_.wal_directory));
        TIDEMARK_RETURN_IF_ERROR(file_system_.create_directories(paths_.segment_directory));
        TIDEMARK_RETURN_IF_ERROR(sync_names());
    }
    TIDEMARK_ASSIGN_OR_RETURN(
        store_.catalogue,
        Catalogue::open(file_system_, paths_.catalogue, paths_.quarantine_directory,
                        options_.read_only, store_.messages));
    store_.missing_row_messages = store_.catalogue->damage();
    store_.damages.insert(store_.damages.end(), store_.catalogue->damage().begin(),
                          store_.catalogue->damage().end());
    const std::size_t message_count = store_.messages.size();
    TIDEMARK_ASSIGN_OR_RETURN(const auto names, segment_directory_names());
    std::set<std::uint64_t> present_segments;
    for (const std::string& name : names) {
        if (const auto segment_id = segment_id_of(name)) present_segments.insert(*segment_id);
    }
    TIDEMARK_ASSIGN_OR_RETURN(
        store_.manifest, Manifest::open(file_system_, paths_.manifest, paths_.quarantine_directory,
                                        present_segments, options_.read_only, store_.messages));
    const ManifestContents& manifest = store_.manifest->recovered();
    if (manifest.is_damaged && !manifest.is_torn) {
        store_.damages.insert(store_.damages.end(),
                              store_.messages.begin() + static_cast<std::ptrdiff_t>(message_count),
                              store_.messages.end());
    }
    store_.flushed_sequence = manifest.flushed_sequence;
    store_.next_segment_id = manifest.next_segment_id;
    store_.tombstones = manifest.tombstones;
    store_.next_tombstone_id = manifest.next_tombstone_id;
    return read_documents();
}

// Answers that rest on documents cannot tell which of them were lost, so every scan does.
Status Recovery::read_documents() {
    TIDEMARK_ASSIGN_OR_RETURN(
        store_.documents,
        DocumentLog::open(file_system_, paths_.documents, paths_.quarantine_directory,
                          options_.read_only, store_.messages));
    for (const std::string& damage : store_.documents->damage()) {
        store_.missing_row_messages.push_back(damage);
        store_.damages.push_back(damage);
    }
    std::set<DatabaseId> lost = store_.documents->databases();
    for (const DatabaseId id : lost) store_.catalogue->reserve_database_id(id);
    std::erase_if(lost, [this](DatabaseId id) { return store_.catalogue->was_database(id); });
    if (lost.empty()) return success();
    note_missing_rows("documents: those of " + std::to_string(lost.size()) +
                      " databases that the catalogue lost cannot be found");
    return success();
}

// ---- Segments -----------------------------------------------------------------------------

Result<std::vector<std::string>> Recovery::segment_directory_names() const {
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system_.exists(paths_.segment_directory));
    if (!exists) return std::vector<std::string>();
    return file_system_.list(paths_.segment_directory);
}

Status Recovery::open_segments() {
    for (const ManifestSegment& entry : store_.manifest->recovered().segments) {
        store_.catalogue->reserve_database_id(entry.database);
        if (store_.catalogue->was_dropped(entry.database)) continue;
        live_entries_.push_back(entry);
        TIDEMARK_RETURN_IF_ERROR(open_segment(entry));
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto names, segment_directory_names());
    for (const std::string& name : names) {
        if (name.ends_with(kTemporarySuffix)) {
            TIDEMARK_RETURN_IF_ERROR(remove_stray(name, "an unfinished segment"));
        } else if (const auto segment_id = segment_id_of(name)) {
            store_.next_segment_id = std::max(store_.next_segment_id, *segment_id + 1);
            TIDEMARK_RETURN_IF_ERROR(judge_file(*segment_id));
        }
    }
    std::ranges::sort(store_.segments, {},
                      [](const auto& segment) { return segment->entry.info.segment_id; });
    return success();
}

Status Recovery::open_segment(const ManifestSegment& entry) {
    TIDEMARK_ASSIGN_OR_RETURN(auto segment,
                              open_live_segment(file_system_, paths_.segment_directory, entry));
    if (!segment->defect.empty()) note_damage(segment->defect);
    note_segment(*segment);
    if (store_.catalogue->is_live(entry.database)) {
        store_.segments.push_back(std::move(segment));
        return success();
    }
    note_missing_rows(
        "segment " + segment->file_name + " is of a database that the catalogue lost, its " +
        std::to_string(entry.info.row_count) + " rows from " + format_time(entry.info.first_ns) +
        " to " + format_time(entry.info.last_ns) + " are missing");
    return success();
}

// Nobody asks for series that the catalogue lost, and their ids must not be given out again.
void Recovery::note_segment(const LiveSegment& segment) {
    last_segment_sequence_ = std::max(last_segment_sequence_, segment.entry.info.last_sequence);
    if (segment.reader == nullptr || segment.reader->info().series_count == 0) return;
    const Catalogue& catalogue = *store_.catalogue;
    const std::uint64_t series_count = segment.reader->info().series_count;
    const SeriesId last_id = segment.reader->series_id(series_count - 1);
    // Ids are given out in order, so without damage those that were lost are the last ones.
    const bool knows_all = catalogue.damage().empty() && catalogue.was_series(last_id);
    store_.catalogue->reserve_series_id(last_id);
    if (knows_all) return;
    std::uint64_t lost_count = 0;
    for (std::uint64_t index = 0; index < series_count; ++index) {
        if (!catalogue.was_series(segment.reader->series_id(index))) ++lost_count;
    }
    if (lost_count == 0) return;
    note_missing_rows("segment " + segment.file_name + ": the catalogue lost " +
                      std::to_string(lost_count) + " of its " + std::to_string(series_count) +
                      " series, their rows are missing");
}

// Only what certainly is complete elsewhere, or was dropped, is removed.
Status Recovery::judge_file(std::uint64_t segment_id) {
    const ManifestContents& manifest = store_.manifest->recovered();
    const std::string name = segment_file_name(segment_id);
    const auto entry = std::ranges::lower_bound(
        manifest.segments, segment_id, {},
        [](const ManifestSegment& known) { return known.info.segment_id; });
    if (entry != manifest.segments.end() && entry->info.segment_id == segment_id) {
        const bool was_dropped = store_.catalogue->was_dropped(entry->database);
        return was_dropped ? remove_stray(name, "a segment of a dropped database") : success();
    }
    if (manifest.removed_segment_ids.contains(segment_id)) {
        return remove_stray(name, "a segment that was removed");
    }
    return judge_stray_segment(segment_id);
}

Status Recovery::judge_stray_segment(std::uint64_t segment_id) {
    ManifestSegment entry;
    entry.info.segment_id = segment_id;
    TIDEMARK_ASSIGN_OR_RETURN(const auto stray,
                              open_live_segment(file_system_, paths_.segment_directory, entry));
    if (is_of_dropped_database(*stray)) {
        return remove_stray(stray->file_name, "a segment of a dropped database");
    }
    if (store_.manifest->recovered().is_damaged) return adopt_segment(*stray);
    if (stray->reader != nullptr && stray->reader->is_rewritten()) {
        return remove_stray(stray->file_name, "a compaction that was not finished");
    }
    const bool is_flushed = stray->reader != nullptr && stray->reader->info().row_count > 0 &&
                            stray->reader->info().first_sequence <= store_.flushed_sequence;
    if (!is_flushed) return remove_stray(stray->file_name, "a segment that was not finished");
    return set_aside(stray->file_name, "although the log does not have its rows any more");
}

Status Recovery::adopt_segment(const LiveSegment& stray) {
    const auto home = home_of(stray);
    LiveSegment adopted = stray;
    if (adopted.reader != nullptr) adopted.entry.info = adopted.reader->info();
    note_segment(adopted);
    if (!home) return set_aside(stray.file_name, "and what it holds cannot be told");
    adopted.entry.database = home->policy;
    store_.messages.push_back("segment " + stray.file_name +
                              " is not in the manifest and was taken in");
    live_entries_.push_back(adopted.entry);
    store_.segments.push_back(std::make_shared<LiveSegment>(std::move(adopted)));
    return success();
}

// Nothing when the segment cannot be read or its series are unknown.
std::optional<Catalogue::SeriesHome> Recovery::home_of(const LiveSegment& segment) const {
    if (segment.reader == nullptr) return std::nullopt;
    for (std::uint64_t index = 0; index < segment.reader->info().series_count; ++index) {
        const auto home = store_.catalogue->home_of(segment.reader->series_id(index));
        if (home) return home;
    }
    return std::nullopt;
}

bool Recovery::is_of_dropped_database(const LiveSegment& segment) const {
    if (segment.reader == nullptr || segment.reader->info().series_count == 0) return false;
    for (std::uint64_t index = 0; index < segment.reader->info().series_count; ++index) {
        const SeriesId id = segment.reader->series_id(index);
        if (!store_.catalogue->was_series(id) || store_.catalogue->home_of(id)) return false;
    }
    return true;
}

Status Recovery::set_aside(const std::string& name, const std::string& reason) {
    std::string message = "segment " + name + " is not in the manifest, " + reason;
    if (can_write()) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto kept,
                                  move_to_quarantine(file_system_, paths_.segment_directory, name,
                                                     paths_.quarantine_directory));
        message += " (kept as " + kept + ")";
    }
    note_missing_rows(std::move(message));
    return success();
}

// Leftovers of our own that are complete elsewhere: nothing to tell.
Status Recovery::remove_stray(const std::string& name, const std::string& why) {
    if (!can_write()) return success();
    const Status status = file_system_.remove(join_path(paths_.segment_directory, name));
    if (!status) store_.messages.push_back(why + " stays: " + status.error().message());
    return success();
}

// ---- The log ------------------------------------------------------------------------------

Status Recovery::replay() {
    store_.visibility = std::make_shared<Visibility>();
    store_.head = std::make_shared<Head>(options_.rows_per_vector, store_.visibility);
    store_.wal_files = std::make_unique<WalFiles>(file_system_, paths_.wal_directory);
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system_.exists(paths_.wal_directory));
    WalRecovery log;
    if (exists) TIDEMARK_RETURN_IF_ERROR(read_log(log));
    TIDEMARK_RETURN_IF_ERROR(repair_manifest());
    // A deletion must not meet rows of its own sequences that come after it.
    Sequence last_sequence = std::max(
        {store_.flushed_sequence, last_segment_sequence_, last_sequence_of(store_.tombstones)});
    if (exists) {
        last_sequence = std::max(last_sequence, log.next_sequence - 1);
        store_.visibility->publish(last_sequence);
        TIDEMARK_RETURN_IF_ERROR(replay_frames(log.frames));
        TIDEMARK_RETURN_IF_ERROR(settle(log));
        store_.position.next_file_number = log.next_file_number;
    }
    if (unknown_row_count_ > 0) {
        note_missing_rows("log: " + std::to_string(unknown_row_count_) +
                          " rows are of series or fields that the catalogue lost");
    }
    store_.position.durable_sequence = last_sequence;
    return success();
}

// Files of the log go only when their rows are in segments. So where a damaged manifest does not
// say up to which sequence that is, the log's begin does, as far as there are segments.
Status Recovery::read_log(WalRecovery& log) {
    const auto recover = [this, &log]() -> Status {
        TIDEMARK_ASSIGN_OR_RETURN(
            log, recover_wal(file_system_, paths_.wal_directory, store_.flushed_sequence,
                             store_.flushed_sequence));
        return success();
    };
    TIDEMARK_RETURN_IF_ERROR(recover());
    if (!store_.manifest->recovered().is_damaged) return success();
    Sequence flushed_sequence = last_segment_sequence_;
    if (!log.files.empty()) {
        const Sequence log_begin =
            std::max<Sequence>(log.files.front().first_sequence().value_or(1), 1);
        flushed_sequence = std::min(flushed_sequence, log_begin - 1);
    }
    if (flushed_sequence <= store_.flushed_sequence) return success();
    store_.flushed_sequence = flushed_sequence;
    return recover();
}

Status Recovery::repair_manifest() {
    if (!can_write() || !store_.manifest->recovered().is_damaged) return success();
    ManifestContents repaired = store_.manifest->recovered();
    repaired.segments = live_entries_;
    repaired.flushed_sequence = store_.flushed_sequence;
    repaired.next_segment_id = store_.next_segment_id;
    return store_.manifest->rewrite(repaired);
}

Status Recovery::settle(const WalRecovery& log) {
    for (const WalCut& cut : log.cuts) {
        if (cut.kind == WalCut::Kind::Corruption) {
            note_missing_rows("log: " + cut.description());
        } else {
            store_.messages.push_back("log: " + cut.description());
        }
        if (cut.has_frames_behind) store_.must_flush = true;
    }
    if (!can_write()) return success();
    TIDEMARK_RETURN_IF_ERROR(
        settle_wal(file_system_, paths_.wal_directory, log, paths_.quarantine_directory));
    for (const WalReader& file : log.files) {
        const std::string path = join_path(paths_.wal_directory, file.name());
        const Sequence last_sequence = file.next_sequence() == 0 ? 0 : file.next_sequence() - 1;
        TIDEMARK_ASSIGN_OR_RETURN(const auto size_bytes, file_system_.file_size_bytes(path));
        store_.wal_files->add({path, last_sequence, size_bytes});
    }
    return success();
}

Status Recovery::replay_frames(std::span<const WalFrame> frames) {
    Head::Sealer sealer(*store_.head);
    for (const WalFrame& frame : frames) TIDEMARK_RETURN_IF_ERROR(replay_frame(frame, sealer));
    return success();
}

Status Recovery::replay_frame(const WalFrame& frame, Head::Sealer& sealer) {
    const std::uint64_t unknown_before = unknown_row_count_;
    const Status status = replay_rows(frame, sealer);
    if (!status) {
        note_missing_rows("log: the rest of sequence " + std::to_string(frame.sequence) +
                          " is missing: " + status.error().message());
    }
    return status && unknown_row_count_ == unknown_before ? success() : keep_frame(frame);
}

// Rows of ids that the catalogue lost must not meet ids that it gives out later. So the frame
// leaves the log with the next flush, before anything is written, and is kept for whoever can read
// it.
Status Recovery::keep_frame(const WalFrame& frame) {
    store_.must_flush = true;
    if (!can_write()) return success();
    const std::string name = "sequence-" + std::to_string(frame.sequence);
    TIDEMARK_RETURN_IF_ERROR(
        keep_in_quarantine(file_system_, paths_.quarantine_directory, name, frame.payload));
    return success();
}

Status Recovery::replay_rows(const WalFrame& frame, Head::Sealer& sealer) {
    RowBatchReader reader(frame.payload);
    BatchRow row;
    named_groups_.clear();
    Head::Appender head(*store_.head, frame.sequence, &sealer);
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_row, reader.next(row));
        if (!is_row) return success();
        if (name_fields(row)) head.append(row.id, row.time_ns, row.fields);
    }
}

// False for rows that are to be left out: of dropped databases silently, of series that the
// catalogue lost with a message.
bool Recovery::name_fields(const BatchRow& row) {
    const MeasurementId measurement = measurement_of(row.id);
    if (measurement == 0) {
        if (!store_.catalogue->was_series(row.id)) {
            ++unknown_row_count_;
            store_.catalogue->reserve_series_id(row.id);
        }
        return false;
    }
    if (row.group >= named_groups_.size()) named_groups_.resize(row.group + 1);
    MeasurementId& named = named_groups_[row.group];
    if (named == measurement) return true;
    named = 0;
    auto [known, is_new] = fields_.try_emplace(measurement);
    if (is_new) known->second = store_.catalogue->fields(measurement);
    for (HeadField& field : row.fields) {
        const bool is_known = field.index < known->second.size() &&
                              !known->second[field.index].name.empty() &&
                              known->second[field.index].type == field.type;
        if (!is_known) {
            ++unknown_row_count_;
            store_.catalogue->reserve_field_index(measurement, field.index);
            return false;
        }
        field.name = known->second[field.index].name;
    }
    named = measurement;
    return true;
}

// 0 when the series is not there any more.
MeasurementId Recovery::measurement_of(SeriesId id) {
    if (id < measurements_.size() && measurements_[id] != 0) return measurements_[id];
    const auto home = store_.catalogue->home_of(id);
    if (!home) return 0;
    // Ids of the catalogue are dense.
    if (id >= measurements_.size()) measurements_.resize(std::size_t{id} + 1);
    return measurements_[id] = home->measurement;
}

void Recovery::note_missing_rows(std::string message) {
    store_.missing_row_messages.push_back(message);
    note_damage(std::move(message));
}

void Recovery::note_damage(std::string message) {
    store_.damages.push_back(message);
    store_.messages.push_back(std::move(message));
}

// Looks without touching anything.
Status refuse_damage(FileSystem& file_system, const StorePaths& paths,
                     const StoreOptions& options) {
    StoreOptions looking = options;
    looking.read_only = true;
    const auto found = Recovery(file_system, paths, looking).run();
    if (!found && found.error().code() == ErrorCode::NotFound && !options.read_only) {
        return success();
    }
    if (!found) return found.error();
    const std::vector<std::string>& damages = found.value().damages;
    if (damages.empty()) return success();
    std::string text = "the store is damaged";
    for (const std::string& damage : damages) text += "; " + damage;
    return Error(ErrorCode::Corruption, std::move(text));
}

}  // namespace

StorePaths::StorePaths(const std::string& store_directory)
    : directory(store_directory),
      format(join_path(store_directory, "format")),
      catalogue(join_path(store_directory, "catalogue")),
      manifest(join_path(store_directory, "manifest")),
      documents(join_path(store_directory, "documents")),
      wal_directory(join_path(store_directory, "wal")),
      segment_directory(join_path(store_directory, "segments")),
      quarantine_directory(join_path(store_directory, "quarantine")) {}

Result<RecoveredStore> recover_store(FileSystem& file_system, const StorePaths& paths,
                                     const StoreOptions& options) {
    if (options.refuse_damaged) {
        TIDEMARK_RETURN_IF_ERROR(refuse_damage(file_system, paths, options));
    }
    return Recovery(file_system, paths, options).run();
}

}  // namespace tidemark::storage
