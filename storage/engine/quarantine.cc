#include "storage/engine/quarantine.h"

namespace tidemark::storage {

Result<std::string> keep_in_quarantine(FileSystem& file_system,
                                       const std::string& quarantine_directory,
                                       const std::string& name, std::span<const std::byte> bytes) {
    TIDEMARK_RETURN_IF_ERROR(file_system.create_directories(quarantine_directory));
    for (std::size_t number = 1;; ++number) {
        const std::string path =
            join_path(quarantine_directory, name + "." + std::to_string(number));
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_taken, file_system.exists(path));
        if (is_taken) continue;
        TIDEMARK_RETURN_IF_ERROR(write_file_atomically(file_system, path, bytes));
        return path;
    }
}

Result<std::unique_ptr<RecordLog>> continue_record_log(
    FileSystem& file_system, const std::string& path, const std::string& quarantine_directory,
    const RecordLogKind& kind, const RecordLogContents& contents, bool read_only,
    std::vector<std::string>& messages) {
    const std::span<const std::byte> bytes = contents.bytes;
    const auto torn = bytes.subspan(static_cast<std::size_t>(contents.good_size_bytes));
    std::string where = "left alone";
    if (!read_only && !torn.empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(
            where, keep_in_quarantine(file_system, quarantine_directory, kind.name, torn));
        TIDEMARK_RETURN_IF_ERROR(file_system.truncate(path, contents.good_size_bytes));
        where.insert(0, "kept as ");
    }
    if (!torn.empty()) {
        messages.push_back(std::string(kind.name) + ": the last " + std::to_string(torn.size()) +
                           " bytes are no complete record and were cut off (" + where + ")");
    }
    if (read_only) return std::unique_ptr<RecordLog>();
    if (contents.good_size_bytes == 0) return RecordLog::create(file_system, path, kind);
    return RecordLog::open(file_system, path, kind, contents.good_size_bytes);
}

}  // namespace tidemark::storage
