#include "storage/engine/manifest.h"

#include <algorithm>
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

constexpr RecordLogKind kLogKind{"manifest", 0x4e4d'4d54};  // "TMMN"

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

Status apply_flush(ByteReader& reader, ManifestContents& contents, Segments& segments) {
    TIDEMARK_ASSIGN_OR_RETURN(const Sequence flushed_sequence, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t next_segment_id, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t segment_count, reader.read_varint());
    for (std::uint64_t index = 0; index < segment_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const ManifestSegment segment, read_segment(reader));
        segments[segment.info.segment_id] = segment;
    }
    contents.flushed_sequence = std::max(contents.flushed_sequence, flushed_sequence);
    contents.next_segment_id = std::max(contents.next_segment_id, next_segment_id);
    return success();
}

Status apply_removal(ByteReader& reader, Segments& segments) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t segment_count, reader.read_varint());
    for (std::uint64_t index = 0; index < segment_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t segment_id, reader.read_varint());
        segments.erase(segment_id);
    }
    return success();
}

Status apply(std::span<const std::byte> payload, ManifestContents& contents, Segments& segments) {
    ByteReader reader(payload);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t kind, reader.read_u8());
    switch (static_cast<RecordKind>(kind)) {
        case RecordKind::Flush:
            return apply_flush(reader, contents, segments);
        case RecordKind::Removal:
            return apply_removal(reader, segments);
    }
    return Error(ErrorCode::Corruption, "unknown kind of record " + std::to_string(kind));
}

ManifestContents load(const RecordLogContents& log, std::vector<std::string>& messages) {
    ManifestContents contents;
    contents.is_damaged = !log.damage.empty() || log.good_size_bytes < log.bytes.size();
    messages.insert(messages.end(), log.damage.begin(), log.damage.end());
    Segments segments;
    for (const auto& payload : log.records) {
        const Status status = apply(payload, contents, segments);
        if (status) continue;
        contents.is_damaged = true;
        messages.push_back("manifest: a record makes no sense: " + status.error().message());
    }
    for (const auto& [id, segment] : segments) contents.segments.push_back(segment);
    return contents;
}

}  // namespace

Result<std::unique_ptr<Manifest>> Manifest::open(FileSystem& file_system, const std::string& path,
                                                 const std::string& quarantine_directory,
                                                 bool read_only,
                                                 std::vector<std::string>& messages) {
    std::unique_ptr<Manifest> manifest(new Manifest());
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system.exists(path));
    if (!exists) {
        if (read_only) return manifest;
        TIDEMARK_ASSIGN_OR_RETURN(manifest->log_, RecordLog::create(file_system, path, kLogKind));
        return manifest;
    }
    TIDEMARK_ASSIGN_OR_RETURN(auto log, read_record_log(file_system, path, kLogKind));
    manifest->recovered_ = load(log, messages);
    const ManifestContents& contents = manifest->recovered_;
    const bool is_outdated = log.records.size() > kRewriteRecordCount + contents.segments.size();
    if (is_outdated && !contents.is_damaged && !read_only) {
        const std::vector<std::byte> records[] = {
            encode_flush(contents.flushed_sequence, contents.next_segment_id, contents.segments)};
        const auto bytes = encode_record_log(kLogKind, records);
        TIDEMARK_RETURN_IF_ERROR(write_file_atomically(file_system, path, bytes));
        TIDEMARK_ASSIGN_OR_RETURN(log, read_record_log(file_system, path, kLogKind));
    }
    TIDEMARK_ASSIGN_OR_RETURN(
        manifest->log_, continue_record_log(file_system, path, quarantine_directory, kLogKind, log,
                                            read_only, messages));
    return manifest;
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
