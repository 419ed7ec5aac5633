#include "storage/engine/quarantine.h"

namespace tidemark::storage {
namespace {

Result<std::string> first_free_path(FileSystem& file_system, const std::string& path) {
    for (std::size_t number = 1;; ++number) {
        std::string numbered = path + '.' + std::to_string(number);
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_taken, file_system.exists(numbered));
        if (!is_taken) return numbered;
    }
}

}  // namespace

Result<std::string> keep_in_quarantine(FileSystem& file_system,
                                       const std::string& quarantine_directory,
                                       const std::string& name, std::span<const std::byte> bytes) {
    TIDEMARK_RETURN_IF_ERROR(file_system.create_directories(quarantine_directory));
    TIDEMARK_ASSIGN_OR_RETURN(std::string path,
                              first_free_path(file_system, join_path(quarantine_directory, name)));
    TIDEMARK_RETURN_IF_ERROR(write_file_atomically(file_system, path, bytes));
    return path;
}

Result<std::string> move_to_quarantine(FileSystem& file_system, const std::string& directory,
                                       const std::string& name,
                                       const std::string& quarantine_directory) {
    TIDEMARK_RETURN_IF_ERROR(file_system.create_directories(quarantine_directory));
    std::string path = join_path(quarantine_directory, name);
    TIDEMARK_ASSIGN_OR_RETURN(const bool is_taken, file_system.exists(path));
    if (is_taken) {
        TIDEMARK_ASSIGN_OR_RETURN(path, first_free_path(file_system, path));
    }
    TIDEMARK_RETURN_IF_ERROR(file_system.rename(join_path(directory, name), path));
    TIDEMARK_RETURN_IF_ERROR(file_system.sync_directory(quarantine_directory));
    TIDEMARK_RETURN_IF_ERROR(file_system.sync_directory(directory));
    return path;
}

Result<std::unique_ptr<RecordLog>> continue_record_log(
    FileSystem& file_system, const std::string& path, const std::string& quarantine_directory,
    const RecordLogKind& kind, const RecordLogContents& contents, bool read_only,
    std::vector<std::string>& messages) {
    const auto torn_offset = static_cast<std::size_t>(contents.torn_offset());
    const auto torn = std::span(contents.bytes).subspan(torn_offset);
    std::uint64_t size_bytes = torn_offset;
    if (!torn.empty()) {
        const auto remaining = without_torn_bytes(kind, contents);
        size_bytes = remaining.size();
        std::string where = "left alone";
        if (!read_only) {
            TIDEMARK_ASSIGN_OR_RETURN(
                where, keep_in_quarantine(file_system, quarantine_directory, kind.name, torn));
            TIDEMARK_RETURN_IF_ERROR(size_bytes == torn_offset
                                         ? file_system.truncate(path, size_bytes)
                                         : write_file_atomically(file_system, path, remaining));
            where.insert(0, "kept as ");
        }
        messages.push_back(std::string(kind.name) + ": " +
                           std::to_string(contents.bytes.size() - size_bytes) + " bytes from " +
                           std::to_string(torn_offset) +
                           " on are no complete record and were cut off (" + where + ")");
    }
    if (read_only) return std::unique_ptr<RecordLog>();
    if (contents.good_size_bytes == 0) return RecordLog::create(file_system, path, kind);
    return RecordLog::open(file_system, path, kind, size_bytes);
}

}  // namespace tidemark::storage
