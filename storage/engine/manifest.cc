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
//   exchange u8 3, varints: next segment id, number of segments removed, their ids, number of
//            segments added, for each: varints: rewrites, last tombstone; segment
//   deletion u8 4, varint: number of tombstones; for each: varints: id, database, sequence;
//            zigzag: first time, last time; varints: number of series, steps from id to id
//   cleared  u8 5, varints: number of tombstones, their ids
//
//   segment  varints: id, database; zigzag: first time, last time; varints: first sequence, last
//            sequence, series, rows, samples, size of the file

namespace tidemark::storage {
namespace {

constexpr RecordLogKind kLogKind = kManifestKind;

enum class RecordKind : std::uint8_t {
    Flush = 1,
    Removal = 2,
    Exchange = 3,
    Deletion = 4,
    Cleared = 5,
};

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

std::vector<std::byte> encode_ids(RecordKind kind, std::span<const std::uint64_t> ids) {
    std::vector<std::byte> payload;
    ByteWriter writer(payload);
    writer.write_u8(static_cast<std::uint8_t>(kind));
    writer.write_varint(ids.size());
    for (const std::uint64_t id : ids) writer.write_varint(id);
    return payload;
}

std::vector<std::byte> encode_exchange(std::uint64_t next_segment_id,
                                       std::span<const std::uint64_t> removed,
                                       std::span<const ManifestSegment> added) {
    std::vector<std::byte> payload;
    ByteWriter writer(payload);
    writer.write_u8(static_cast<std::uint8_t>(RecordKind::Exchange));
    writer.write_varint(next_segment_id);
    writer.write_varint(removed.size());
    for (const std::uint64_t id : removed) writer.write_varint(id);
    writer.write_varint(added.size());
    for (const ManifestSegment& segment : added) {
        writer.write_varint(segment.rewrite_count);
        writer.write_varint(segment.last_tombstone_id);
        encode_segment(writer, segment);
    }
    return payload;
}

std::vector<std::byte> encode_deletion(std::span<const Tombstone> added) {
    std::vector<std::byte> payload;
    ByteWriter writer(payload);
    writer.write_u8(static_cast<std::uint8_t>(RecordKind::Deletion));
    writer.write_varint(added.size());
    for (const Tombstone& tombstone : added) encode_tombstone(writer, tombstone);
    return payload;
}

/// What a record says; nothing of it counts unless all of it makes sense.
struct ManifestRecord {
    RecordKind kind = RecordKind::Flush;
    Sequence flushed_sequence = 0;
    std::uint64_t next_segment_id = 1;
    std::vector<ManifestSegment> added;
    std::vector<std::uint64_t> removed;
    std::vector<Tombstone> tombstones;
    std::vector<std::uint64_t> cleared;
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

Status read_ids(ByteReader& reader, std::vector<std::uint64_t>& ids) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t count, reader.read_varint());
    for (std::uint64_t index = 0; index < count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t id, reader.read_varint());
        ids.push_back(id);
    }
    return success();
}

Status read_exchange(ByteReader& reader, ManifestRecord& record) {
    TIDEMARK_ASSIGN_OR_RETURN(record.next_segment_id, reader.read_varint());
    TIDEMARK_RETURN_IF_ERROR(read_ids(reader, record.removed));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t segment_count, reader.read_varint());
    for (std::uint64_t index = 0; index < segment_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t rewrite_count, reader.read_varint());
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t last_tombstone_id, reader.read_varint());
        TIDEMARK_ASSIGN_OR_RETURN(ManifestSegment segment, read_segment(reader));
        if (rewrite_count > std::numeric_limits<std::uint8_t>::max()) {
            return Error(ErrorCode::Corruption, "a segment rewritten more than 255 times");
        }
        segment.rewrite_count = static_cast<std::uint8_t>(rewrite_count);
        segment.last_tombstone_id = last_tombstone_id;
        record.added.push_back(segment);
    }
    return success();
}

Status read_deletion(ByteReader& reader, ManifestRecord& record) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t count, reader.read_varint());
    for (std::uint64_t index = 0; index < count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(Tombstone tombstone, read_tombstone(reader));
        record.tombstones.push_back(std::move(tombstone));
    }
    return success();
}

Status read_record_of(RecordKind kind, ByteReader& reader, ManifestRecord& record) {
    switch (kind) {
        case RecordKind::Flush:
            return read_flush(reader, record);
        case RecordKind::Removal:
            return read_ids(reader, record.removed);
        case RecordKind::Exchange:
            return read_exchange(reader, record);
        case RecordKind::Deletion:
            return read_deletion(reader, record);
        case RecordKind::Cleared:
            return read_ids(reader, record.cleared);
    }
    return Error(ErrorCode::Corruption,
                 "unknown kind of record " + std::to_string(static_cast<int>(kind)));
}

Result<ManifestRecord> read_record(std::span<const std::byte> payload) {
    ByteReader reader(payload);
    ManifestRecord record;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t kind, reader.read_u8());
    record.kind = static_cast<RecordKind>(kind);
    TIDEMARK_RETURN_IF_ERROR(read_record_of(record.kind, reader, record));
    if (!reader.is_at_end()) {
        return Error(ErrorCode::Corruption,
                     std::to_string(reader.remaining_size_bytes()) + " bytes behind the record");
    }
    return record;
}

void apply(const ManifestRecord& record, ManifestContents& contents, Segments& segments) {
    // A flush brings nothing that a deletion before it hides: deletions wait for the head.
    const std::uint64_t last_tombstone_id = contents.next_tombstone_id - 1;
    for (const ManifestSegment& segment : record.added) {
        ManifestSegment& entry = segments[segment.info.segment_id];
        entry = segment;
        if (record.kind == RecordKind::Flush) entry.last_tombstone_id = last_tombstone_id;
        contents.next_tombstone_id =
            std::max(contents.next_tombstone_id, entry.last_tombstone_id + 1);
    }
    for (const Tombstone& tombstone : record.tombstones) {
        contents.next_tombstone_id = std::max(contents.next_tombstone_id, tombstone.id + 1);
        contents.tombstones.push_back(std::make_shared<const Tombstone>(tombstone));
    }
    std::erase_if(contents.tombstones, [&record](const auto& tombstone) {
        return std::ranges::find(record.cleared, tombstone->id) != record.cleared.end();
    });
    for (const std::uint64_t segment_id : record.removed) {
        segments.erase(segment_id);
        contents.removed_segment_ids.insert(segment_id);
    }
    contents.flushed_sequence = std::max(contents.flushed_sequence, record.flushed_sequence);
    contents.next_segment_id = std::max(contents.next_segment_id, record.next_segment_id);
}

ManifestContents load(const RecordLogContents& log, std::vector<std::string>& messages) {
    ManifestContents contents;
    const std::uint64_t torn_size_bytes = log.bytes.size() - log.torn_offset();
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
                                                 const std::set<std::uint64_t>& present_segments,
                                                 bool read_only,
                                                 std::vector<std::string>& messages) {
    std::unique_ptr<Manifest> manifest(new Manifest(file_system, path));
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system.exists(path));
    if (!exists && !present_segments.empty()) {
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
    ManifestContents& contents = manifest->recovered_;
    std::erase_if(contents.removed_segment_ids,
                  [&present_segments](std::uint64_t id) { return !present_segments.contains(id); });
    if (read_only) return manifest;
    if (contents.is_damaged) {
        TIDEMARK_RETURN_IF_ERROR(manifest->keep_damaged(log, quarantine_directory, messages));
    } else if (log.records.size() > kRewriteRecordCount + contents.segments.size()) {
        TIDEMARK_RETURN_IF_ERROR(manifest->rewrite(contents));
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

Status Manifest::rewrite(const ManifestContents& contents) {
    std::vector<ManifestSegment> flushed;
    std::vector<ManifestSegment> rewritten;
    for (const ManifestSegment& segment : contents.segments) {
        const bool is_flushed = segment.rewrite_count == 0 && segment.last_tombstone_id == 0;
        (is_flushed ? flushed : rewritten).push_back(segment);
    }
    // The flush first: what it brings counts as clean of the deletions in front of it.
    std::vector<std::vector<std::byte>> records{
        encode_flush(contents.flushed_sequence, contents.next_segment_id, flushed)};
    const std::vector<std::uint64_t> removed(contents.removed_segment_ids.begin(),
                                             contents.removed_segment_ids.end());
    if (!rewritten.empty() || !removed.empty()) {
        records.push_back(encode_exchange(contents.next_segment_id, removed, rewritten));
    }
    std::vector<Tombstone> tombstones;
    tombstones.reserve(contents.tombstones.size());
    for (const auto& tombstone : contents.tombstones) tombstones.push_back(*tombstone);
    if (!tombstones.empty()) records.push_back(encode_deletion(tombstones));
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
    return record(encode_ids(RecordKind::Removal, segment_ids));
}

Status Manifest::record_exchange(std::uint64_t next_segment_id,
                                 std::span<const std::uint64_t> removed,
                                 std::span<const ManifestSegment> added) {
    return record(encode_exchange(next_segment_id, removed, added));
}

Status Manifest::record_tombstones(std::span<const Tombstone> added) {
    return record(encode_deletion(added));
}

Status Manifest::record_cleared_tombstones(std::span<const std::uint64_t> tombstone_ids) {
    return record(encode_ids(RecordKind::Cleared, tombstone_ids));
}

Status Manifest::record(std::span<const std::byte> payload) {
    TIDEMARK_ASSERT(log_ != nullptr, "a read-only manifest cannot change");
    log_->add(payload);
    Status status = log_->commit();
    if (!status) log_->discard();
    return status;
}

}  // namespace tidemark::storage
