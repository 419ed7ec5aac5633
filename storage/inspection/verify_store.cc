#include "storage/inspection/verify_store.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/document_log.h"
#include "storage/engine/manifest.h"
#include "storage/engine/record_log.h"
#include "storage/engine/row_batch_reader.h"
#include "storage/engine/segment_set.h"
#include "storage/inspection/segment_check.h"
#include "storage/inspection/store_file.h"
#include "storage/wal/wal_recovery.h"

namespace tidemark::storage {
namespace {

constexpr const char* kCatalogueAdvice =
    "stop the server and put the file back from a backup that is no older than the last series or "
    "field that was new; what was left out is kept in quarantine/ at the next start";
constexpr const char* kDocumentsMeaning =
    "calendars and maintenance windows that were kept there may be missing, or be older versions";
constexpr const char* kDocumentsAdvice =
    "enter the documents again that are missing or old; or stop the server and put the file back "
    "from a backup";
constexpr const char* kLogAdvice =
    "write the samples that were sent in that time again: writing the same points again changes "
    "nothing; the damaged bytes are kept in quarantine/ at the next start";

class Verifier {
public:
    Verifier(FileSystem& file_system, std::string directory,
             const std::function<bool(const std::string&)>& progress)
        : file_system_(file_system), directory_(std::move(directory)), progress_(progress) {}

    Result<VerifyReport> run() {
        TIDEMARK_ASSIGN_OR_RETURN(files_, list_store_files(file_system_, directory_));
        if (files_.empty()) {
            return Error(ErrorCode::NotFound,
                         directory_ + ": there is no store, none of the files it consists of");
        }
        TIDEMARK_RETURN_IF_ERROR(look_for_server());
        TIDEMARK_RETURN_IF_ERROR(check_record_logs());
        TIDEMARK_RETURN_IF_ERROR(check_segments());
        TIDEMARK_RETURN_IF_ERROR(check_log());
        note_other_files();
        // It may have been started meanwhile.
        TIDEMARK_RETURN_IF_ERROR(look_for_server());
        return std::move(report_);
    }

private:
    Status look_for_server();
    Status check_record_logs();
    Status check_record_log(const RecordLogKind& kind, const char* meaning,
                            const char* advice = kCatalogueAdvice);
    void check_record_log_end(const RecordLogKind& kind, const RecordLogContents& contents,
                              const char* meaning, const char* advice);
    void check_catalogue_records(const RecordLogContents& contents);
    Status check_documents();
    void check_document_records(const RecordLogContents& contents);
    Status read_manifest();
    Status check_segments();
    Status check_segment_file(const ManifestSegment& entry);
    Result<bool> is_gone_for_good(const ManifestSegment& entry);
    Status check_log();
    Result<WalRecovery> read_log();
    void add_cut(const WalCut& cut);
    void check_payloads(const WalRecovery& log);
    void note_other_files();

    Status begin_file(const std::string& name, std::uint64_t size_bytes) {
        if (!progress_(name)) return Error(ErrorCode::Cancelled, "stopped");
        ++report_.file_count;
        report_.size_bytes += size_bytes;
        return success();
    }
    void damage(std::string file, std::optional<std::uint64_t> offset, std::string what,
                std::string meaning, std::string advice) {
        report_.findings.push_back({Finding::Kind::Damage, std::move(file), offset, std::move(what),
                                    std::move(meaning), std::move(advice)});
    }
    void note(std::string file, std::optional<std::uint64_t> offset, std::string what,
              std::string meaning) {
        report_.findings.push_back({Finding::Kind::Note, std::move(file), offset, std::move(what),
                                    std::move(meaning), ""});
    }
    static std::string segment_file_path(const ManifestSegment& entry) {
        return join_path("segments", segment_file_name(entry.info.segment_id));
    }
    bool is_live(const std::string& segment_file) const {
        return std::ranges::any_of(manifest_.segments, [&](const ManifestSegment& segment) {
            return segment_file_path(segment) == segment_file;
        });
    }
    std::string path_of(const std::string& name) const { return join_path(directory_, name); }

    FileSystem& file_system_;
    const std::string directory_;
    const std::function<bool(const std::string&)>& progress_;
    std::vector<StoreFile> files_;
    ManifestContents manifest_;
    VerifyReport report_;
};

// Asks for the lock without keeping it, and only where there is one already: nothing is made.
Status Verifier::look_for_server() {
    TIDEMARK_ASSIGN_OR_RETURN(const bool has_lock_file,
                              file_system_.exists(path_of(kLockFileName)));
    if (!has_lock_file) return success();
    const auto lock = file_system_.lock_directory(directory_, LockMode::Shared);
    if (!lock && lock.error().code() == ErrorCode::Busy) report_.is_in_use = true;
    return success();
}

// ---- Record logs --------------------------------------------------------------------------

Status Verifier::check_record_logs() {
    TIDEMARK_RETURN_IF_ERROR(
        check_record_log(kFormatKind, "nothing is lost: each file tells its own version"));
    TIDEMARK_RETURN_IF_ERROR(check_record_log(
        kCatalogueKind, "rows of the series or fields that were named there cannot be found"));
    TIDEMARK_RETURN_IF_ERROR(check_record_log(
        kManifestKind,
        "which segments are live is not known for sure; the next start takes in all "
        "that are valid"));
    TIDEMARK_RETURN_IF_ERROR(check_documents());
    return read_manifest();
}

// A store without documents has no such file.
Status Verifier::check_documents() {
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system_.exists(path_of(kDocumentsKind.name)));
    if (!exists) return success();
    return check_record_log(kDocumentsKind, kDocumentsMeaning, kDocumentsAdvice);
}

Status Verifier::check_record_log(const RecordLogKind& kind, const char* meaning,
                                  const char* advice) {
    const std::string path = path_of(kind.name);
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system_.exists(path));
    if (!exists) {
        damage(kind.name, std::nullopt, "the file is missing", meaning, advice);
        return success();
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto contents, read_record_log(file_system_, path, kind));
    TIDEMARK_RETURN_IF_ERROR(begin_file(kind.name, contents.bytes.size()));
    for (const DamagedBytes& bytes : contents.damaged_bytes) {
        damage(kind.name, bytes.begin_offset,
               std::to_string(bytes.end_offset - bytes.begin_offset) +
                   " bytes do not match their checksum",
               meaning, advice);
    }
    check_record_log_end(kind, contents, meaning, advice);
    if (kind.magic == kCatalogueKind.magic) check_catalogue_records(contents);
    if (kind.magic == kDocumentsKind.magic) check_document_records(contents);
    return success();
}

// A record that ends inside of the file was written as a whole; one that does not was never
// finished.
void Verifier::check_record_log_end(const RecordLogKind& kind, const RecordLogContents& contents,
                                    const char* meaning, const char* advice) {
    const std::uint64_t offset = contents.good_size_bytes;
    if (offset == 0 || offset >= contents.bytes.size()) return;
    const std::uint64_t rest_bytes = contents.bytes.size() - offset;
    ByteReader reader(std::span(contents.bytes).subspan(static_cast<std::size_t>(offset)));
    const auto checksum = reader.read_u64();
    const auto marked_size = reader.read_u32();
    const std::string what = std::to_string(rest_bytes) + " bytes behind the last valid record";
    const bool is_complete = checksum && marked_size &&
                             (marked_size.value() & ~kCommitMark) <= reader.remaining_size_bytes();
    if (is_complete) {
        damage(kind.name, offset, what, meaning, advice);
    } else {
        note(kind.name, offset, what,
             "a record that was never finished, or is being written: nothing relies on it");
    }
}

void Verifier::check_catalogue_records(const RecordLogContents& contents) {
    for (const auto& payload : contents.records) {
        const auto record = decode_catalogue_record(payload);
        if (record) continue;
        const auto offset = static_cast<std::uint64_t>(payload.data() - contents.bytes.data());
        damage(kCatalogueKind.name, offset, "record: " + record.error().message(),
               "rows of the series or field that it names cannot be found", kCatalogueAdvice);
    }
}

void Verifier::check_document_records(const RecordLogContents& contents) {
    for (const auto& payload : contents.records) {
        const auto entry = decode_document(payload);
        if (entry) continue;
        const auto offset = static_cast<std::uint64_t>(payload.data() - contents.bytes.data());
        damage(kDocumentsKind.name, offset, "record: " + entry.error().message(), kDocumentsMeaning,
               kDocumentsAdvice);
    }
}

Status Verifier::read_manifest() {
    std::vector<std::string> messages;
    TIDEMARK_ASSIGN_OR_RETURN(
        const auto manifest,
        Manifest::open(file_system_, path_of(kManifestKind.name), "", {}, true, messages));
    manifest_ = manifest->recovered();
    return success();
}

// ---- Segments -----------------------------------------------------------------------------

Status Verifier::check_segments() {
    const std::vector<ManifestSegment> live = manifest_.segments;
    for (const ManifestSegment& entry : live) TIDEMARK_RETURN_IF_ERROR(check_segment_file(entry));
    return success();
}

Status Verifier::check_segment_file(const ManifestSegment& entry) {
    const std::string name = segment_file_path(entry);
    const std::string meaning = "its " + std::to_string(entry.info.row_count) + " rows from " +
                                format_time(entry.info.first_ns) + " to " +
                                format_time(entry.info.last_ns) + " cannot be read";
    auto mapped = file_system_.map(path_of(name));
    if (!mapped) {
        if (mapped.error().code() != ErrorCode::NotFound) {
            damage(name, std::nullopt, mapped.error().message(), meaning, kSegmentAdvice);
            return success();
        }
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_gone, is_gone_for_good(entry));
        if (!is_gone) {
            damage(name, std::nullopt, "the file is missing", meaning, kSegmentAdvice);
        }
        return success();
    }
    const std::shared_ptr<const MappedFile> file = std::move(mapped).value();
    TIDEMARK_RETURN_IF_ERROR(begin_file(name, file->bytes().size()));
    const auto segment = SegmentReader::open(file, segment_file_name(entry.info.segment_id));
    if (!segment) {
        if (segment.error().code() == ErrorCode::Unsupported) return segment.error();
        damage(name, offset_of_segment_defect(file->bytes()), segment.error().message(), meaning,
               kSegmentAdvice);
        return success();
    }
    if (segment.value()->info() != entry.info) {
        damage(name, std::nullopt, "the file is another segment than the manifest names", meaning,
               kSegmentAdvice);
        return success();
    }
    const auto findings = check_segment(*segment.value(), name, [&] { return progress_(name); });
    report_.findings.insert(report_.findings.end(), findings.begin(), findings.end());
    return progress_(name) ? success() : Status(Error(ErrorCode::Cancelled, "stopped"));
}

// A server drops segments, and those of dropped databases may be gone before the manifest says so.
Result<bool> Verifier::is_gone_for_good(const ManifestSegment& entry) {
    TIDEMARK_RETURN_IF_ERROR(read_manifest());
    if (!is_live(segment_file_path(entry))) return true;
    std::vector<std::string> messages;
    TIDEMARK_ASSIGN_OR_RETURN(
        const auto catalogue,
        Catalogue::open(file_system_, path_of(kCatalogueKind.name), "", true, messages));
    return catalogue->was_dropped(entry.database);
}

// ---- Log ----------------------------------------------------------------------------------

Status Verifier::check_log() {
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system_.exists(path_of("wal")));
    if (!exists) return success();
    TIDEMARK_ASSIGN_OR_RETURN(const WalRecovery log, read_log());
    for (const WalReader& file : log.files) {
        TIDEMARK_RETURN_IF_ERROR(begin_file(join_path("wal", file.name()), file.bytes().size()));
    }
    for (const WalCut& cut : log.cuts) add_cut(cut);
    check_payloads(log);
    return success();
}

// What was flushed is needed from the log no more, and its files go. So the manifest must say the
// same before and after the log was read.
Result<WalRecovery> Verifier::read_log() {
    constexpr int kAttempts = 20;
    for (int attempt = 1;; ++attempt) {
        TIDEMARK_RETURN_IF_ERROR(read_manifest());
        const Sequence flushed_sequence = manifest_.flushed_sequence;
        auto log = recover_wal(file_system_, path_of("wal"), flushed_sequence, flushed_sequence);
        TIDEMARK_RETURN_IF_ERROR(read_manifest());
        const bool is_whole = log && manifest_.flushed_sequence == flushed_sequence;
        const bool may_retry = log || log.error().code() == ErrorCode::NotFound;
        if (is_whole || attempt == kAttempts || !may_retry) return log;
    }
}

void Verifier::add_cut(const WalCut& cut) {
    const std::string file = cut.file_name.empty() ? "wal" : join_path("wal", cut.file_name);
    const std::string bytes = std::to_string(cut.size_bytes) + " bytes hold no valid frame";
    const std::string what = cut.file_name.empty() ? "sequences are in no file" : bytes;
    const auto offset = cut.file_name.empty() ? std::nullopt : std::optional(cut.offset);
    if (cut.kind == WalCut::Kind::Corruption) {
        damage(file, offset, what,
               "what was written with the sequences " + std::to_string(cut.lost_begin) + " to " +
                   std::to_string(cut.lost_end - 1) + " is lost, though it was durable",
               kLogAdvice);
    } else if (cut.has_frames_behind && cut.kind == WalCut::Kind::Harmless) {
        damage(file, offset, what, "nothing is missing: it is there twice, or not needed any more",
               "watch the disk: bytes changed that nobody wrote");
    } else {
        note(file, offset, what,
             "the trace of a crash, or a server is writing there: nothing that was acknowledged is "
             "missing; the next start cuts it off");
    }
}

void Verifier::check_payloads(const WalRecovery& log) {
    for (const WalReader& file : log.files) {
        for (const WalFrame& frame : file.frames()) {
            RowBatchReader reader(frame.payload);
            BatchRow row;
            auto is_row = reader.next(row);
            while (is_row && is_row.value()) is_row = reader.next(row);
            if (is_row) continue;
            damage(join_path("wal", file.name()), frame.offset,
                   "payload of sequence " + std::to_string(frame.sequence) + ": " +
                       is_row.error().message(),
                   "the rest of what was written with this sequence cannot be read", kLogAdvice);
        }
    }
}

// ---- Other files --------------------------------------------------------------------------

void Verifier::note_other_files() {
    for (const StoreFile& file : files_) {
        if (file.kind == StoreFileKind::Quarantined) {
            note(file.name, std::nullopt, "kept by an earlier repair",
                 "not a part of the store; it has no checksum of its own");
        } else if (file.kind == StoreFileKind::Segment && !is_live(file.name)) {
            note(file.name, std::nullopt, "a segment that the manifest does not name",
                 "it was not finished, or is not needed any more, or a damaged manifest lost it: "
                 "the "
                 "next start removes it, keeps it in quarantine/ or takes it in");
        } else if (file.kind == StoreFileKind::Unknown) {
            note(file.name, std::nullopt, "a file that is not known", "never read");
        }
    }
}

}  // namespace

bool VerifyReport::has_damage() const {
    return std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.kind == Finding::Kind::Damage; });
}

Result<VerifyReport> verify_store(FileSystem& file_system, const std::string& directory,
                                  const std::function<bool(const std::string& file)>& progress) {
    return Verifier(file_system, directory, progress).run();
}

}  // namespace tidemark::storage
