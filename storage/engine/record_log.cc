#include "storage/engine/record_log.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"

// FORMAT.md section 1. A header of 16 bytes, then records:
//
//   offset  size  type  field
//   0       8     u64   checksum: XXH3-64 of size and payload, seed = magic << 32 ^ file offset
//   8       4     u32   payload size; the highest bit marks the first record of a commit
//   12      ..    bytes payload
//
// The offset in the seed makes a record good in one place only, so a reader that lost its way can
// look for the next good record byte by byte.
//
// A commit is written after the one in front of it was synced. So bytes that cannot be read were
// durable when a marked record is behind them; without one they may be sectors of the last commit
// that a crash kept from the disk, although others behind them are there.

namespace tidemark::storage {
namespace {

enum class Mark : std::uint8_t { None, Commit };

struct Record {
    std::span<const std::byte> payload;
    Mark mark;
};

std::uint64_t record_seed(const RecordLogKind& kind, std::uint64_t offset) {
    return (std::uint64_t{kind.magic} << 32) ^ offset;
}

void append_record(std::vector<std::byte>& out, const RecordLogKind& kind, std::uint64_t offset,
                   std::span<const std::byte> payload, Mark mark) {
    ByteWriter writer(out);
    const std::size_t begin = out.size();
    writer.write_u64(0);
    const auto size_bytes = static_cast<std::uint32_t>(payload.size());
    writer.write_u32(mark == Mark::Commit ? size_bytes | kCommitMark : size_bytes);
    writer.write_bytes(payload);
    const auto checked = std::span<const std::byte>(out).subspan(begin + sizeof(std::uint64_t));
    writer.patch_u64(begin, xxh3_64(checked, record_seed(kind, offset)));
}

std::vector<std::byte> encode_header(const RecordLogKind& kind) {
    std::vector<std::byte> header;
    ByteWriter writer(header);
    writer.write_u32(kind.magic);
    writer.write_u16(kRecordLogVersion);
    writer.write_u16(0);
    writer.write_u64(xxh3_64(header, kind.magic));
    return header;
}

// The record at `offset`, if a good one is there.
std::optional<Record> record_at(std::span<const std::byte> bytes, const RecordLogKind& kind,
                                std::size_t offset) {
    if (bytes.size() - offset < kRecordHeaderSizeBytes) return std::nullopt;
    std::uint64_t checksum;
    std::uint32_t marked_size;
    std::memcpy(&checksum, bytes.data() + offset, sizeof checksum);
    std::memcpy(&marked_size, bytes.data() + offset + sizeof checksum, sizeof marked_size);
    const std::size_t size_bytes = marked_size & ~kCommitMark;
    if (bytes.size() - offset - kRecordHeaderSizeBytes < size_bytes) return std::nullopt;
    const auto checked = bytes.subspan(offset + sizeof checksum, sizeof marked_size + size_bytes);
    if (xxh3_64(checked, record_seed(kind, offset)) != checksum) return std::nullopt;
    return Record{checked.subspan(sizeof marked_size),
                  (marked_size & kCommitMark) != 0 ? Mark::Commit : Mark::None};
}

// The first of these records, which is to be written at `offset`, begins a commit.
void mark_commit(std::span<std::byte> records, const RecordLogKind& kind, std::uint64_t offset) {
    std::uint32_t marked_size;
    std::memcpy(&marked_size, records.data() + sizeof(std::uint64_t), sizeof marked_size);
    const std::size_t size_bytes = marked_size & ~kCommitMark;
    marked_size |= kCommitMark;
    std::memcpy(records.data() + sizeof(std::uint64_t), &marked_size, sizeof marked_size);
    const auto checked = records.subspan(sizeof(std::uint64_t), sizeof marked_size + size_bytes);
    const std::uint64_t checksum = xxh3_64(checked, record_seed(kind, offset));
    std::memcpy(records.data(), &checksum, sizeof checksum);
}

// A damaged header is told and passed over: the records behind it carry their own checksums.
Status check_header(RecordLogContents& contents, const RecordLogKind& kind) {
    const std::span<const std::byte> bytes = contents.bytes;
    const auto expected = encode_header(kind);
    if (bytes.size() < expected.size()) {
        contents.damage.push_back(std::string(kind.name) + ": the file header is incomplete");
        contents.damaged_bytes.push_back({0, bytes.size(), true});
        return success();
    }
    ByteReader reader(bytes.first(kRecordLogHeaderSizeBytes));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint32_t magic, reader.read_u32());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint16_t version, reader.read_u16());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint16_t reserved, reader.read_u16());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t checksum, reader.read_u64());
    if (magic != kind.magic || reserved != 0 || checksum != xxh3_64(bytes.first(8), kind.magic)) {
        contents.damage.push_back(std::string(kind.name) + ": the file header is damaged");
        contents.damaged_bytes.push_back({0, kRecordLogHeaderSizeBytes, true});
        return success();
    }
    if (version > kRecordLogVersion) {
        return Error(ErrorCode::Unsupported, std::string(kind.name) + " has format version " +
                                                 std::to_string(version) +
                                                 ", this program knows versions up to " +
                                                 std::to_string(kRecordLogVersion));
    }
    return success();
}

std::string describe_damage(const RecordLogKind& kind, const DamagedBytes& bytes) {
    return std::string(kind.name) + ": bytes " + std::to_string(bytes.begin_offset) + " to " +
           std::to_string(bytes.end_offset) + " are damaged and were left out";
}

// A marked record was read: what is in front of it was synced before it was written.
void note_commit(RecordLogContents& contents, const RecordLogKind& kind) {
    auto& stretches = contents.damaged_bytes;
    const auto first = std::ranges::partition_point(stretches, &DamagedBytes::was_durable);
    for (auto stretch = first; stretch != stretches.end(); ++stretch) {
        stretch->was_durable = true;
        contents.damage.push_back(describe_damage(kind, *stretch));
    }
}

}  // namespace

std::uint64_t RecordLogContents::torn_offset() const {
    const auto first = std::ranges::partition_point(damaged_bytes, &DamagedBytes::was_durable);
    return first == damaged_bytes.end() ? good_size_bytes : first->begin_offset;
}

Result<RecordLogContents> read_record_log(FileSystem& file_system, const std::string& path,
                                          const RecordLogKind& kind) {
    RecordLogContents contents;
    TIDEMARK_ASSIGN_OR_RETURN(contents.bytes, file_system.read_file(path));
    TIDEMARK_RETURN_IF_ERROR(check_header(contents, kind));
    const std::span<const std::byte> bytes = contents.bytes;
    if (bytes.size() < kRecordLogHeaderSizeBytes) return contents;
    std::size_t offset = kRecordLogHeaderSizeBytes;
    std::size_t good_end = offset;
    while (offset < bytes.size()) {
        const auto record = record_at(bytes, kind, offset);
        if (!record) {
            ++offset;
            continue;
        }
        if (offset != good_end) contents.damaged_bytes.push_back({good_end, offset, false});
        if (record->mark == Mark::Commit) note_commit(contents, kind);
        contents.records.push_back(record->payload);
        offset += kRecordHeaderSizeBytes + record->payload.size();
        good_end = offset;
    }
    contents.good_size_bytes = good_end;
    return contents;
}

std::vector<std::byte> encode_record_log(const RecordLogKind& kind,
                                         std::span<const std::vector<std::byte>> records) {
    std::vector<std::byte> bytes = encode_header(kind);
    for (const auto& record : records) {
        append_record(bytes, kind, bytes.size(), record, Mark::Commit);
    }
    return bytes;
}

std::vector<std::byte> without_torn_bytes(const RecordLogKind& kind,
                                          const RecordLogContents& contents) {
    const auto kept_size = static_cast<std::ptrdiff_t>(contents.torn_offset());
    std::vector<std::byte> bytes(contents.bytes.begin(), contents.bytes.begin() + kept_size);
    for (const auto& record : contents.records) {
        if (record.data() - contents.bytes.data() < kept_size) continue;
        append_record(bytes, kind, bytes.size(), record, Mark::Commit);
    }
    return bytes;
}

RecordLog::RecordLog(FileSystem& file_system, std::string path, const RecordLogKind& kind,
                     std::unique_ptr<WritableFile> file, std::uint64_t size_bytes)
    : file_system_(file_system),
      path_(std::move(path)),
      kind_(kind),
      file_(std::move(file)),
      durable_size_bytes_(size_bytes),
      end_offset_(size_bytes) {}

Result<std::unique_ptr<RecordLog>> RecordLog::create(FileSystem& file_system,
                                                     const std::string& path,
                                                     const RecordLogKind& kind) {
    TIDEMARK_RETURN_IF_ERROR(write_file_atomically(file_system, path, encode_header(kind)));
    return open(file_system, path, kind, kRecordLogHeaderSizeBytes);
}

Result<std::unique_ptr<RecordLog>> RecordLog::open(FileSystem& file_system, const std::string& path,
                                                   const RecordLogKind& kind,
                                                   std::uint64_t size_bytes) {
    TIDEMARK_ASSIGN_OR_RETURN(auto file, file_system.open_file(path));
    if (file->size_bytes() != size_bytes) {
        return Error(ErrorCode::Corruption, path + " is " + std::to_string(file->size_bytes()) +
                                                " bytes, expected " + std::to_string(size_bytes));
    }
    // What a process that was killed wrote may have been read from memory only.
    TIDEMARK_RETURN_IF_ERROR(file->sync());
    return std::unique_ptr<RecordLog>(
        new RecordLog(file_system, path, kind, std::move(file), size_bytes));
}

void RecordLog::add(std::span<const std::byte> payload) {
    MutexLock lock(mutex_);
    append_record(uncommitted_, kind_, end_offset_, payload, Mark::None);
    end_offset_ += kRecordHeaderSizeBytes + payload.size();
}

void RecordLog::discard() {
    MutexLock lock(mutex_);
    end_offset_ -= uncommitted_.size();
    uncommitted_.clear();
}

Status RecordLog::commit() {
    MutexLock commit_lock(commit_mutex_);
    if (!final_status_) return final_status_;
    std::vector<std::byte> bytes;
    {
        MutexLock lock(mutex_);
        bytes.swap(uncommitted_);
    }
    if (bytes.empty()) return success();
    mark_commit(bytes, kind_, durable_size_bytes_);
    const std::size_t size_bytes = bytes.size();
    Status status = write_and_sync(bytes);
    if (status) {
        durable_size_bytes_ += size_bytes;
        return success();
    }
    if (status.error().code() == ErrorCode::StorageFull) {
        take_back(std::move(bytes));
        return status;
    }
    final_status_ = status;
    return status;
}

Status RecordLog::write_and_sync(std::span<const std::byte> bytes) {
    if (file_ == nullptr) {
        TIDEMARK_ASSIGN_OR_RETURN(file_, file_system_.open_file(path_));
    }
    Status status = file_->append(bytes);
    if (status) {
        status = file_->sync();
        if (status) return status;
        // Whatever the reason, what is on disk is unknown: not a full disk to be waited out.
        status = Error(ErrorCode::IoError, status.error().message());
    }
    // A part may be there, or be shown by the operating system although the disk does not have it:
    // it is cut off, and after a full disk the next attempt begins afresh.
    file_.reset();
    Status cut = file_system_.truncate(path_, durable_size_bytes_);
    return cut || status.error().code() != ErrorCode::StorageFull ? status : cut;
}

void RecordLog::take_back(std::vector<std::byte> bytes) {
    MutexLock lock(mutex_);
    bytes.insert(bytes.end(), uncommitted_.begin(), uncommitted_.end());
    uncommitted_ = std::move(bytes);
}

}  // namespace tidemark::storage
