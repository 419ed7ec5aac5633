#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"
#include "storage/engine/record_log.h"

namespace tidemark::storage {

/// Puts a copy of `bytes` into the quarantine directory, durable on return, under the first free of
/// the names "<name>.1", "<name>.2", ... The path of the copy. Repair never deletes: whatever is
/// cut from a file comes here first.
Result<std::string> keep_in_quarantine(FileSystem& file_system,
                                       const std::string& quarantine_directory,
                                       const std::string& name, std::span<const std::byte> bytes);

/// Moves the file `name` of `directory` to the quarantine directory, durable on return, under its
/// name or the first free of "<name>.1", "<name>.2", ... Where it is then.
Result<std::string> move_to_quarantine(FileSystem& file_system, const std::string& directory,
                                       const std::string& name,
                                       const std::string& quarantine_directory);

/// The log at `path`, read as `contents`, ready to be appended to: what of an unfinished commit
/// cannot be read is moved to the quarantine and said in `messages`. Null (and nothing is touched)
/// when `read_only`.
Result<std::unique_ptr<RecordLog>> continue_record_log(
    FileSystem& file_system, const std::string& path, const std::string& quarantine_directory,
    const RecordLogKind& kind, const RecordLogContents& contents, bool read_only,
    std::vector<std::string>& messages);

}  // namespace tidemark::storage
