#include "storage/inspection/file_description.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "storage/base/checksum.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/document_log.h"
#include "storage/engine/manifest.h"
#include "storage/engine/record_log.h"
#include "storage/engine/row_batch_reader.h"
#include "storage/engine/segment_set.h"
#include "storage/inspection/segment_survey.h"
#include "storage/inspection/store_file.h"
#include "storage/wal/wal_format.h"
#include "storage/wal/wal_reader.h"

namespace tidemark::storage {
namespace {

std::string text(std::uint64_t number) { return std::to_string(number); }

// ---- Write-ahead log ----------------------------------------------------------------------

// The rows of a frame; "?" when its payload makes no sense.
std::string row_count_text(std::span<const std::byte> payload) {
    RowBatchReader reader(payload);
    BatchRow row;
    std::uint64_t row_count = 0;
    while (true) {
        const auto is_row = reader.next(row);
        if (!is_row) return "?";
        if (!is_row.value()) return text(row_count);
        ++row_count;
    }
}

DescribedTable frame_table(const WalReader& log) {
    DescribedTable table{"frames", {"offset", "sequence", "payload size", "rows"}, {}};
    table.rows.reserve(log.frames().size());
    for (const WalFrame& frame : log.frames()) {
        table.rows.push_back({text(frame.offset), text(frame.sequence), text(frame.payload.size()),
                              row_count_text(frame.payload)});
    }
    return table;
}

std::string damage_text(const WalDamage& damage) {
    std::string remark =
        text(damage.size_bytes) + " bytes at " + text(damage.offset) + " hold no frame";
    if (damage.missing_begin < damage.missing_end) {
        remark += ", the sequences " + text(damage.missing_begin) + " to " +
                  text(damage.missing_end - 1) + " are missing";
    }
    if (!damage.has_frames_behind) {
        remark += "; at the end of a log: the trace of a crash, or of a server that is writing";
    }
    return remark;
}

// Of a file of which at least one copy of the header is intact.
wal_format::FileHeader intact_header(std::span<const std::byte> bytes) {
    wal_format::FileHeader header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    const auto covered = bytes.first(offsetof(wal_format::FileHeader, checksum));
    if (xxh3_64(covered, 0) != header.checksum) {
        std::memcpy(&header, bytes.data() + sizeof header, sizeof header);
    }
    return header;
}

Result<FileDescription> describe_wal(FileSystem& file_system, const std::string& path,
                                     DescriptionDetail detail) {
    const std::string name = file_name_of(path);
    TIDEMARK_ASSIGN_OR_RETURN(const WalReader log,
                              WalReader::open(file_system, parent_path(path), name));
    FileDescription description{"wal " + name, {}, {}, {}};
    std::uint64_t payload_bytes = 0;
    for (const WalFrame& frame : log.frames()) payload_bytes += frame.payload.size();
    description.facts.emplace_back("size in bytes", text(log.bytes().size()));
    if (log.first_sequence()) {
        const wal_format::FileHeader header = intact_header(log.bytes());
        description.facts.emplace_back("version", text(header.version));
        description.facts.emplace_back("file id", text(header.file_id));
        description.facts.emplace_back("first sequence", text(*log.first_sequence()));
    }
    description.facts.emplace_back("next sequence", text(log.next_sequence()));
    description.facts.emplace_back("durable-up-to mark", text(log.durable_mark()));
    description.facts.emplace_back("frames with a payload", text(log.frames().size()));
    description.facts.emplace_back("payload bytes", text(payload_bytes));
    if (detail == DescriptionDetail::Full) description.tables.push_back(frame_table(log));
    for (const WalDamage& damage : log.damages()) {
        description.remarks.push_back(damage_text(damage));
    }
    return description;
}

// ---- Manifest and catalogue ---------------------------------------------------------------

DescribedTable segment_table(const ManifestContents& manifest) {
    DescribedTable table{
        "live segments",
        {"segment", "policy id", "first time", "last time", "first sequence", "last sequence",
         "series", "rows", "samples", "size of the file", "bytes per sample", "rewrites"},
        {}};
    table.rows.reserve(manifest.segments.size());
    for (const ManifestSegment& segment : manifest.segments) {
        const SegmentInfo& info = segment.info;
        table.rows.push_back(
            {text(info.segment_id), text(segment.database), format_time(info.first_ns),
             format_time(info.last_ns), text(info.first_sequence), text(info.last_sequence),
             text(info.series_count), text(info.row_count), text(info.sample_count),
             text(info.size_bytes), ratio_text(info.size_bytes, info.sample_count),
             text(segment.rewrite_count)});
    }
    return table;
}

Result<FileDescription> describe_manifest(FileSystem& file_system, const std::string& path) {
    FileDescription description{"manifest", {}, {}, {}};
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, file_system.file_size_bytes(path));
    TIDEMARK_ASSIGN_OR_RETURN(const auto manifest,
                              Manifest::open(file_system, path, "", {}, true, description.remarks));
    const ManifestContents& contents = manifest->recovered();
    description.facts = {{"size in bytes", text(size_bytes)},
                         {"flushed sequence", text(contents.flushed_sequence)},
                         {"next segment id", text(contents.next_segment_id)},
                         {"number of segments", text(contents.segments.size())},
                         {"deletions not yet applied", text(contents.tombstones.size())}};
    description.tables.push_back(segment_table(contents));
    return description;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& one : texts) all.append(all.empty() ? "" : ", ").append(one);
    return all;
}

std::string joined_tag_keys(const std::vector<ScanSeries>& series) {
    std::set<std::string> keys;
    for (const ScanSeries& one : series) {
        for (const Tag& tag : one.tags) keys.insert(tag.key);
    }
    return joined({keys.begin(), keys.end()});
}

std::string joined_fields(const std::vector<FieldKey>& fields) {
    std::vector<std::string> names;
    for (const FieldKey& field : fields) {
        if (field.name.empty()) continue;  // Its record was lost.
        names.push_back(field.name + " " + std::string(field_type_name(field.type)));
    }
    std::ranges::sort(names);
    return joined(names);
}

// Calls visit(database, id, properties) for each policy.
template <typename Visit>
void for_each_policy(const Catalogue& catalogue, Visit&& visit) {
    for (const std::string& database : catalogue.databases()) {
        for (const RetentionPolicy& policy : catalogue.policies(database)) {
            const auto id = catalogue.find_policy(database, policy.name);
            if (id) visit(database, id.value(), policy);
        }
    }
}

DescribedTable policy_table(const Catalogue& catalogue) {
    DescribedTable table{"retention policies; durations in ns",
                         {"database", "policy id", "policy", "duration", "shard duration",
                          "future limit", "past limit", "replication", "default"},
                         {}};
    for_each_policy(
        catalogue, [&](const std::string& database, PolicyId id, const RetentionPolicy& policy) {
            table.rows.push_back(
                {database, text(id), policy.name, std::to_string(policy.duration_ns),
                 std::to_string(policy.shard_duration_ns), std::to_string(policy.future_limit_ns),
                 std::to_string(policy.past_limit_ns), text(policy.replication),
                 policy.is_default ? "yes" : "no"});
        });
    return table;
}

DescribedTable settings_table(const Catalogue& catalogue) {
    DescribedTable table{"settings; stale in ns", {"database", "measurement", "stale", "nan"}, {}};
    const auto stale = [](const std::optional<std::int64_t>& hold_ns) {
        return hold_ns ? std::to_string(*hold_ns) : std::string();
    };
    for (const std::string& database : catalogue.databases()) {
        const auto whole_ns = catalogue.stale_ns(database, "");
        table.rows.push_back({database, "", stale(whole_ns),
                              catalogue.accepts_nan(database) ? "accepted" : "refused"});
        for (const std::string& measurement : catalogue.measurements(database)) {
            const auto own_ns = catalogue.stale_ns(database, measurement);
            if (own_ns == whole_ns) continue;
            table.rows.push_back({database, measurement, stale(own_ns), ""});
        }
    }
    return table;
}

DescribedTable measurement_table(const Catalogue& catalogue) {
    DescribedTable table{
        "measurements",
        {"database", "policy id", "measurement id", "measurement", "series", "tag keys", "fields"},
        {}};
    for_each_policy(catalogue,
                    [&](const std::string& database, PolicyId policy, const RetentionPolicy&) {
                        for (const std::string& measurement : catalogue.measurements(database)) {
                            const auto id = catalogue.find_measurement(policy, measurement);
                            if (!id) continue;
                            const auto series = catalogue.select(policy, measurement, {});
                            table.rows.push_back({database, text(policy), text(*id), measurement,
                                                  text(series.size()), joined_tag_keys(series),
                                                  joined_fields(catalogue.fields(*id))});
                        }
                    });
    return table;
}

Result<FileDescription> describe_catalogue(FileSystem& file_system, const std::string& path) {
    FileDescription description{"catalogue", {}, {}, {}};
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, file_system.file_size_bytes(path));
    TIDEMARK_ASSIGN_OR_RETURN(const auto catalogue,
                              Catalogue::open(file_system, path, "", true, description.remarks));
    description.facts = {{"size in bytes", text(size_bytes)},
                         {"databases", text(catalogue->databases().size())},
                         {"series", text(catalogue->series_count())}};
    description.tables.push_back(policy_table(*catalogue));
    description.tables.push_back(settings_table(*catalogue));
    description.tables.push_back(measurement_table(*catalogue));
    return description;
}

Result<FileDescription> describe_documents(FileSystem& file_system, const std::string& path) {
    FileDescription description{"documents", {}, {}, {}};
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, file_system.file_size_bytes(path));
    TIDEMARK_ASSIGN_OR_RETURN(const auto log,
                              DocumentLog::open(file_system, path, "", true, description.remarks));
    const std::vector<DocumentSet::Entry> entries = log->entries();
    DescribedTable table{"documents",
                         {"database id", "kind", "name", "version", "time", "author", "reason",
                          "bytes", "after sequence"},
                         {}};
    for (const auto& [database, document] : entries) {
        table.rows.push_back({text(database), document.kind, document.name, text(document.version),
                              format_time(document.time_ns), document.author, document.reason,
                              document.is_removed ? "removed" : text(document.bytes.size()),
                              text(document.sequence)});
    }
    description.facts = {{"size in bytes", text(size_bytes)},
                         {"versions of documents", text(entries.size())}};
    description.tables.push_back(std::move(table));
    return description;
}

Result<FileDescription> describe_format(FileSystem& file_system, const std::string& path) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto bytes, file_system.read_file(path));
    FileDescription description{"format", {{"size in bytes", text(bytes.size())}}, {}, {}};
    TIDEMARK_ASSIGN_OR_RETURN(const auto contents, read_record_log(file_system, path, kFormatKind));
    description.remarks = contents.damage;
    return description;
}

Result<std::shared_ptr<const SegmentReader>> open_segment(FileSystem& file_system,
                                                          const std::string& path) {
    TIDEMARK_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file, file_system.map(path));
    return SegmentReader::open(std::move(file), file_name_of(path));
}

// ---- Directory ----------------------------------------------------------------------------

class DirectoryDescriber {
public:
    DirectoryDescriber(FileSystem& file_system, std::string directory)
        : file_system_(file_system), directory_(std::move(directory)) {}

    Result<FileDescription> run() {
        TIDEMARK_ASSIGN_OR_RETURN(const auto files, list_store_files(file_system_, directory_));
        if (files.empty()) {
            return Error(ErrorCode::NotFound,
                         directory_ + ": there is no store, none of the files it consists of");
        }
        DescribedTable table{"files", {"file", "kind", "bytes"}, {}};
        std::uint64_t size_bytes = 0;
        for (const StoreFile& file : files) {
            table.rows.push_back(
                {file.name, std::string(kind_name(file.kind)), text(file.size_bytes)});
            size_bytes += file.size_bytes;
            if (file.kind == StoreFileKind::Segment) survey_segment(file);
        }
        FileDescription description{"store " + directory_, {}, {}, {}};
        description.facts = {
            {"files", text(files.size())},
            {"size in bytes", text(size_bytes)},
            {"segments", text(segment_count_)},
            {"row count", text(row_count_)},
            {"sample count", text(sample_count_)},
            {"bytes per sample of segments", ratio_text(segment_bytes_, sample_count_)}};
        description.tables.push_back(std::move(table));
        TIDEMARK_RETURN_IF_ERROR(add_part("catalogue", describe_catalogue, description));
        TIDEMARK_RETURN_IF_ERROR(add_part("manifest", describe_manifest, description));
        // A store without documents has no such file.
        TIDEMARK_ASSIGN_OR_RETURN(const bool has_documents,
                                  file_system_.exists(join_path(directory_, kDocumentsKind.name)));
        if (has_documents) {
            TIDEMARK_RETURN_IF_ERROR(add_part("documents", describe_documents, description));
        }
        description.tables.push_back(survey_.table());
        for (std::string& remark : remarks_) description.remarks.push_back(std::move(remark));
        return description;
    }

private:
    void survey_segment(const StoreFile& file) {
        const auto segment = open_segment(file_system_, join_path(directory_, file.name));
        if (!segment) {
            remarks_.push_back(segment.error().message());
            return;
        }
        const SegmentInfo& info = segment.value()->info();
        ++segment_count_;
        row_count_ += info.row_count;
        sample_count_ += info.sample_count;
        segment_bytes_ += info.size_bytes;
        const Status surveyed = survey_.add(*segment.value());
        if (!surveyed) remarks_.push_back(surveyed.error().message());
    }

    // The tables and remarks of one of the files of the top.
    Status add_part(const char* name,
                    Result<FileDescription> (*describe)(FileSystem&, const std::string&),
                    FileDescription& description) {
        const std::string path = join_path(directory_, name);
        TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system_.exists(path));
        if (!exists) {
            remarks_.push_back(std::string(name) + ": the file is missing");
            return success();
        }
        TIDEMARK_ASSIGN_OR_RETURN(FileDescription part, describe(file_system_, path));
        for (auto& table : part.tables) description.tables.push_back(std::move(table));
        for (auto& remark : part.remarks) remarks_.push_back(std::move(remark));
        return success();
    }

    FileSystem& file_system_;
    const std::string directory_;
    ColumnSurvey survey_;
    std::uint64_t segment_count_ = 0;
    std::uint64_t row_count_ = 0;
    std::uint64_t sample_count_ = 0;
    std::uint64_t segment_bytes_ = 0;
    std::vector<std::string> remarks_;
};

}  // namespace

Result<FileDescription> describe_path(FileSystem& file_system, const std::string& path,
                                      DescriptionDetail detail) {
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system.exists(path));
    if (!exists) {
        return Error(ErrorCode::NotFound, path + ": there is no such file or directory");
    }
    if (file_system.list(path)) return DirectoryDescriber(file_system, path).run();
    TIDEMARK_ASSIGN_OR_RETURN(const StoreFileKind kind, kind_of_file(file_system, path));
    switch (kind) {
        case StoreFileKind::Format:
            return describe_format(file_system, path);
        case StoreFileKind::Catalogue:
            return describe_catalogue(file_system, path);
        case StoreFileKind::Manifest:
            return describe_manifest(file_system, path);
        case StoreFileKind::Documents:
            return describe_documents(file_system, path);
        case StoreFileKind::Wal:
            return describe_wal(file_system, path, detail);
        case StoreFileKind::Segment: {
            TIDEMARK_ASSIGN_OR_RETURN(const auto segment, open_segment(file_system, path));
            return describe_segment(*segment, detail);
        }
        case StoreFileKind::Lock:
        case StoreFileKind::Quarantined:
        case StoreFileKind::Temporary:
        case StoreFileKind::Unknown:
            break;
    }
    return Error(ErrorCode::InvalidArgument,
                 path +
                     ": does not begin like a file of a store (a segment, a wal, a manifest, a "
                     "catalogue or documents)");
}

}  // namespace tidemark::storage
