#include "storage/base/file_system.h"

namespace tidemark::storage {

std::string join_path(const std::string& directory, const std::string& name) {
    if (directory.empty()) return name;
    return directory.back() == '/' ? directory + name : directory + '/' + name;
}

std::string parent_path(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Status write_file_atomically(FileSystem& file_system, const std::string& path,
                             std::span<const std::byte> bytes) {
    const std::string temporary_path = path + ".tmp";
    TIDEMARK_ASSIGN_OR_RETURN(const bool has_left_over, file_system.exists(temporary_path));
    if (has_left_over) TIDEMARK_RETURN_IF_ERROR(file_system.remove(temporary_path));

    TIDEMARK_ASSIGN_OR_RETURN(const auto file, file_system.create_file(temporary_path));
    TIDEMARK_RETURN_IF_ERROR(file->append(bytes));
    TIDEMARK_RETURN_IF_ERROR(file->sync());
    TIDEMARK_RETURN_IF_ERROR(file->close());
    TIDEMARK_RETURN_IF_ERROR(file_system.rename(temporary_path, path));
    return file_system.sync_directory(parent_path(path));
}

}  // namespace tidemark::storage
