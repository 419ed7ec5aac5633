#include "storage/engine/manifest.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "storage/base/assert.h"
#include "storage/base/bytes.h"
#include "storage/engine/quarantine.h"

// FORMAT.md section 5. The payloads of the manifest's records:
//
//   flush    u8 1, varints: flushed sequence, next segment id, number of segments; segments
//   removal  u8 2, varints: number of segments, their ids
//
//   segment  varints: id, database; zigzag: first time, last time; varints: first sequence, last
//            sequence, series, rows, samples, size of the file

namespace tidemark::storage {
namespace {

constexpr RecordLogKind kLogKind = kManifestKind;

enum class RecordKind : std::uint8_t { Flush = 1, Removal = 2 };

/// A log with more records than this, most of them outdated, is written anew when it is opened.
constexpr std::size_t kRewriteRecordCount = 256;

using Segments = std::map<std::uint64_t, ManifestSegment>;

void encode_segment(ByteWriter& writer, const ManifestSegment& segment) {
    writer.write_varint(segment.info.segment_id);
    writer.write_varint(segment.database);
    writer.write_zigzag(segment.info.first_ns);
    writer.write_zigzag(segment.info.last_ns);
    writer.write_varint(segment.info.first_sequence);
    writer.write_varint(segment.info.last_sequence);
    writer.write_varint(segment.info.series_count);
    writer.write_varint(segment.info.row_count);
    writer.write_varint(segment.info.sample_count);
    writer.write_varint(segment.info.size_bytes);
}

Result<ManifestSegment> read_segment(ByteReader& reader) {
    ManifestSegment segment;
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.segment_id, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t database, reader.read_varint());
    if (database > std::numeric_limits<DatabaseId>::max()) {
        return Error(ErrorCode::Corruption,
                     "database id " + std::to_string(database) + " exceeds 32 bits");
    }
    segment.database = static_cast<DatabaseId>(database);
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.first_ns, reader.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.last_ns, reader.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.first_sequence, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.last_sequence, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.series_count, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.row_count, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.sample_count, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(segment.info.size_bytes, reader.read_varint());
    return segment;
}

std::vector<std::byte> encode_flush(Sequence flushed_sequence, std::uint64_t next_segment_id,
                                    std::span<const ManifestSegment> added) {
    std::vector<std::byte> payload;
    ByteWriter writer(payload);
    writer.write_u8(static_cast<std::uint8_t>(RecordKind::Flush));
    writer.write_varint(flushed_sequence);
    writer.write_varint(next_segment_id);
    writer.write_varint(added.size());
    for (const ManifestSegment& segment : added) encode_segment(writer, segment);
    return payload;
}

/// What a record says; nothing of it counts unless all of it makes sense.
struct ManifestRecord {
    Sequence flushed_sequence = 0;
    std::uint64_t next_segment_id = 1;
    std::vector<ManifestSegment> added;
    std::vector<std::uint64_t> removed;
};

Status read_flush(ByteReader& reader, ManifestRecord& record) {
    TIDEMARK_ASSIGN_OR_RETURN(record.flushed_sequence, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(record.next_segment_id, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t segment_count, reader.read_varint());
    for (std::uint64_t index = 0; index < segment_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const ManifestSegment segment, read_segment(reader));
        record.added.push_back(segment);
    }
    return success();
}

Status read_removal(ByteReader& reader, ManifestRecord& record) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t segment_count, reader.read_varint());
    for (std::uint64_t index = 0; index < segment_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t segment_id, reader.read_varint());
        record.removed.push_back(segment_id);
    }
    return success();
}

Result<ManifestRecord> read_record(std::span<const std::byte> payload) {
    ByteReader reader(payload);
    ManifestRecord record;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t kind, reader.read_u8());
    switch (static_cast<RecordKind>(kind)) {
        case RecordKind::Flush:
            TIDEMARK_RETURN_IF_ERROR(read_flush(reader, record));
            break;
        case RecordKind::Removal:
            TIDEMARK_RETURN_IF_ERROR(read_removal(reader, record));
            break;
        default:
            return Error(ErrorCode::Corruption, "unknown kind of record " + std::to_string(kind));
    }
    if (!reader.is_at_end()) {
        return Error(ErrorCode::Corruption,
                     std::to_string(reader.remaining_size_bytes()) + " bytes behind the record");
    }
    return record;
}

void apply(const ManifestRecord& record, ManifestContents& contents, Segments& segments) {
    for (const ManifestSegment& segment : record.added) {
        segments[segment.info.segment_id] = segment;
    }
    for (const std::uint64_t segment_id : record.removed) {
        segments.erase(segment_id);
        contents.removed_segment_ids.insert(segment_id);
    }
    contents.flushed_sequence = std::max(contents.flushed_sequence, record.flushed_sequence);
    contents.next_segment_id = std::max(contents.next_segment_id, record.next_segment_id);
}

ManifestContents load(const RecordLogContents& log, std::vector<std::string>& messages) {
    ManifestContents contents;
    const std::uint64_t torn_size_bytes = log.bytes.size() - log.good_size_bytes;
    contents.is_damaged = !log.damage.empty() || torn_size_bytes > 0;
    contents.is_torn = log.damage.empty() && torn_size_bytes > 0;
    messages.insert(messages.end(), log.damage.begin(), log.damage.end());
    if (torn_size_bytes > 0) {
        messages.push_back("manifest: the last " + std::to_string(torn_size_bytes) +
                           " bytes are no complete record");
    }
    Segments segments;
    for (const auto& payload : log.records) {
        const auto record = read_record(payload);
        if (record) {
            apply(record.value(), contents, segments);
            continue;
        }
        contents.is_damaged = true;
        contents.is_torn = false;
        messages.push_back("manifest: a record makes no sense: " + record.error().message());
    }
    for (const auto& [id, segment] : segments) contents.segments.push_back(segment);
    return contents;
}

}  // namespace

Result<std::unique_ptr<Manifest>> Manifest::open(FileSystem& file_system, const std::string& path,
                                                 const std::string& quarantine_directory,
                                                 bool has_segments, bool read_only,
                                                 std::vector<std::string>& messages) {
    std::unique_ptr<Manifest> manifest(new Manifest(file_system, path));
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system.exists(path));
    if (!exists && has_segments) {
        manifest->recovered_.is_damaged = true;
        messages.emplace_back("manifest: the file is missing");
        return manifest;
    }
    if (!exists) {
        if (read_only) return manifest;
        TIDEMARK_ASSIGN_OR_RETURN(manifest->log_, RecordLog::create(file_system, path, kLogKind));
        return manifest;
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto log, read_record_log(file_system, path, kLogKind));
    manifest->recovered_ = load(log, messages);
    const ManifestContents& contents = manifest->recovered_;
    if (read_only) return manifest;
    if (contents.is_damaged) {
        TIDEMARK_RETURN_IF_ERROR(manifest->keep_damaged(log, quarantine_directory, messages));
    } else if (log.records.size() > kRewriteRecordCount + contents.segments.size()) {
        TIDEMARK_RETURN_IF_ERROR(manifest->rewrite(contents.flushed_sequence,
                                                   contents.next_segment_id, contents.segments));
    } else {
        TIDEMARK_ASSIGN_OR_RETURN(
            manifest->log_, RecordLog::open(file_system, path, kLogKind, log.good_size_bytes));
    }
    return manifest;
}

Status Manifest::keep_damaged(const RecordLogContents& log, const std::string& quarantine_directory,
                              std::vector<std::string>& messages) {
    TIDEMARK_ASSIGN_OR_RETURN(
        const auto kept,
        keep_in_quarantine(file_system_, quarantine_directory, kLogKind.name, log.bytes));
    messages.push_back("manifest: damaged (kept as " + kept + "), written anew");
    return success();
}

Status Manifest::rewrite(Sequence flushed_sequence, std::uint64_t next_segment_id,
                         std::span<const ManifestSegment> segments) {
    const std::vector<std::byte> records[] = {
        encode_flush(flushed_sequence, next_segment_id, segments)};
    const auto bytes = encode_record_log(kLogKind, records);
    TIDEMARK_RETURN_IF_ERROR(write_file_atomically(file_system_, path_, bytes));
    TIDEMARK_ASSIGN_OR_RETURN(log_, RecordLog::open(file_system_, path_, kLogKind, bytes.size()));
    return success();
}

Status Manifest::record_flush(Sequence flushed_sequence, std::uint64_t next_segment_id,
                              std::span<const ManifestSegment> added) {
    return record(encode_flush(flushed_sequence, next_segment_id, added));
}

Status Manifest::record_removal(std::span<const std::uint64_t> segment_ids) {
    std::vector<std::byte> payload;
    ByteWriter writer(payload);
    writer.write_u8(static_cast<std::uint8_t>(RecordKind::Removal));
    writer.write_varint(segment_ids.size());
    for (const std::uint64_t id : segment_ids) writer.write_varint(id);
    return record(payload);
}

Status Manifest::record(std::span<const std::byte> payload) {
    TIDEMARK_ASSERT(log_ != nullptr, "a read-only manifest cannot change");
    log_->add(payload);
    Status status = log_->commit();
    if (!status) log_->discard();
    return status;
}

}  // namespace tidemark::storage
