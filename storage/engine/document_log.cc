#include "storage/engine/document_log.h"

#include <limits>

#include "storage/base/bytes.h"
#include "storage/engine/quarantine.h"

// FORMAT.md section 11. The payloads of the records:
//
//   version  u8 1, varints: database, version, sequence; zigzag: time; sized: kind, name, author,
//            reason, bytes
//   removal  u8 2, the same without the bytes

namespace tidemark::storage {
namespace {

constexpr RecordLogKind kLogKind = kDocumentsKind;

enum class RecordKind : std::uint8_t { Version = 1, Removal = 2 };

Status read_numbers(ByteReader& reader, DocumentSet::Entry& entry) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t database, reader.read_varint());
    if (database > std::numeric_limits<DatabaseId>::max()) {
        return Error(ErrorCode::Corruption,
                     "database id " + std::to_string(database) + " exceeds 32 bits");
    }
    entry.database = static_cast<DatabaseId>(database);
    TIDEMARK_ASSIGN_OR_RETURN(entry.document.version, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(entry.document.sequence, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(entry.document.time_ns, reader.read_zigzag());
    return success();
}

Status read_text(ByteReader& reader, std::string& text) {
    TIDEMARK_ASSIGN_OR_RETURN(text, reader.read_sized_string());
    return success();
}

}  // namespace

std::vector<std::byte> encode_document(DatabaseId database, const Document& document) {
    std::vector<std::byte> payload;
    ByteWriter writer(payload);
    writer.write_u8(
        static_cast<std::uint8_t>(document.is_removed ? RecordKind::Removal : RecordKind::Version));
    writer.write_varint(database);
    writer.write_varint(document.version);
    writer.write_varint(document.sequence);
    writer.write_zigzag(document.time_ns);
    writer.write_sized_string(document.kind);
    writer.write_sized_string(document.name);
    writer.write_sized_string(document.author);
    writer.write_sized_string(document.reason);
    if (!document.is_removed) writer.write_sized_string(document.bytes);
    return payload;
}

Result<DocumentSet::Entry> decode_document(std::span<const std::byte> payload) {
    ByteReader reader(payload);
    DocumentSet::Entry entry;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t kind, reader.read_u8());
    const bool is_known = kind == static_cast<std::uint8_t>(RecordKind::Version) ||
                          kind == static_cast<std::uint8_t>(RecordKind::Removal);
    if (!is_known) {
        return Error(ErrorCode::Corruption, "unknown kind of record " + std::to_string(kind));
    }
    entry.document.is_removed = kind == static_cast<std::uint8_t>(RecordKind::Removal);
    TIDEMARK_RETURN_IF_ERROR(read_numbers(reader, entry));
    TIDEMARK_RETURN_IF_ERROR(read_text(reader, entry.document.kind));
    TIDEMARK_RETURN_IF_ERROR(read_text(reader, entry.document.name));
    TIDEMARK_RETURN_IF_ERROR(read_text(reader, entry.document.author));
    TIDEMARK_RETURN_IF_ERROR(read_text(reader, entry.document.reason));
    if (!entry.document.is_removed) {
        TIDEMARK_RETURN_IF_ERROR(read_text(reader, entry.document.bytes));
    }
    if (!reader.is_at_end()) {
        return Error(ErrorCode::Corruption,
                     std::to_string(reader.remaining_size_bytes()) + " bytes behind the record");
    }
    return entry;
}

Result<std::unique_ptr<DocumentLog>> DocumentLog::open(FileSystem& file_system,
                                                       const std::string& path,
                                                       const std::string& quarantine_directory,
                                                       bool read_only,
                                                       std::vector<std::string>& messages) {
    std::unique_ptr<DocumentLog> log(new DocumentLog(file_system, path));
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system.exists(path));
    if (!exists) return log;
    TIDEMARK_ASSIGN_OR_RETURN(const auto contents, read_record_log(file_system, path, kLogKind));
    log->load(contents, messages);
    MutexLock lock(log->write_mutex_);
    TIDEMARK_ASSIGN_OR_RETURN(
        log->log_, continue_record_log(file_system, path, quarantine_directory, kLogKind, contents,
                                       read_only, messages));
    return log;
}

void DocumentLog::load(const RecordLogContents& contents, std::vector<std::string>& messages) {
    damage_ = contents.damage;
    MutexLock lock(mutex_);
    for (const auto& payload : contents.records) {
        auto entry = decode_document(payload);
        Status status =
            entry ? documents_.add(entry.value().database, std::move(entry.value().document))
                  : Status(entry.error());
        if (status) continue;
        damage_.push_back("documents: a record makes no sense and was left out: " +
                          status.error().message());
    }
    messages.insert(messages.end(), damage_.begin(), damage_.end());
}

Result<std::uint64_t> DocumentLog::record(DatabaseId database, Document document,
                                          const std::optional<std::uint64_t>& expected_version) {
    TIDEMARK_RETURN_IF_ERROR(check_document(document));
    const DocumentKey key{database, document.kind, document.name};
    MutexLock write_lock(write_mutex_);
    if (is_closed_) return Error(ErrorCode::InvalidArgument, "the store is closed");
    {
        MutexLock lock(mutex_);
        TIDEMARK_ASSIGN_OR_RETURN(
            document.version, documents_.next_version(key, document.is_removed, expected_version));
    }
    TIDEMARK_RETURN_IF_ERROR(write(database, document));
    const std::uint64_t version = document.version;
    MutexLock lock(mutex_);
    TIDEMARK_RETURN_IF_ERROR(documents_.add(database, std::move(document)));
    return version;
}

Status DocumentLog::write(DatabaseId database, const Document& document) {
    if (log_ == nullptr) {
        TIDEMARK_ASSIGN_OR_RETURN(log_, RecordLog::create(file_system_, path_, kLogKind));
    }
    log_->add(encode_document(database, document));
    Status status = log_->commit();
    if (!status) log_->discard();
    return status;
}

std::optional<Document> DocumentLog::newest(const DocumentKey& key) const {
    MutexLock lock(mutex_);
    return documents_.newest(key);
}

std::vector<Document> DocumentLog::newest_of(DatabaseId database, std::string_view kind) const {
    MutexLock lock(mutex_);
    return documents_.newest_of(database, kind);
}

std::vector<Document> DocumentLog::history(const DocumentKey& key) const {
    MutexLock lock(mutex_);
    return documents_.history(key);
}

std::vector<DocumentSet::Entry> DocumentLog::entries() const {
    MutexLock lock(mutex_);
    return documents_.entries();
}

std::set<DatabaseId> DocumentLog::databases() const {
    MutexLock lock(mutex_);
    std::set<DatabaseId> ids;
    for (const auto& entry : documents_.entries()) ids.insert(entry.database);
    return ids;
}

std::vector<std::byte> DocumentLog::copy() const {
    MutexLock lock(mutex_);
    if (documents_.entries().empty()) return {};
    std::vector<std::vector<std::byte>> records;
    records.reserve(documents_.entries().size());
    for (const auto& entry : documents_.entries()) {
        records.push_back(encode_document(entry.database, entry.document));
    }
    return encode_record_log(kLogKind, records);
}

void DocumentLog::close() {
    MutexLock lock(write_mutex_);
    is_closed_ = true;
}

}  // namespace tidemark::storage
