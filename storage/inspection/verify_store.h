#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"

namespace tidemark::storage {

/// Something that is not as FORMAT.md says, or that a person should know.
struct Finding {
    enum class Kind : std::uint8_t {
        Note,    ///< Nothing is lost: the trace of a crash, a file that is not used.
        Damage,  ///< Bytes that do not match their checksum, or are missing.
    };
    Kind kind = Kind::Damage;
    std::string file;                     ///< Relative to the store.
    std::optional<std::uint64_t> offset;  ///< Nothing: the file as a whole.
    std::string what;
    std::string meaning;  ///< Which rows it costs.
    std::string advice;   ///< Empty for notes that need nothing.
};

struct VerifyReport {
    std::vector<Finding> findings;  ///< In the order of the files.
    std::uint64_t file_count = 0;   ///< Files that were read.
    std::uint64_t size_bytes = 0;
    bool is_in_use = false;  ///< A server had the store open meanwhile.

    bool has_damage() const;
};

/// Reads every file of the store in `directory` and compares every checksum. Writes nothing and
/// takes no lock, so a server may have the store: what it writes meanwhile is no finding.
/// `progress` is told each file before it is read, and ends the whole with Cancelled when it
/// returns false.
///
/// Damage is no error; errors are NotFound, Unsupported, and what the file system says.
Result<VerifyReport> verify_store(FileSystem& file_system, const std::string& directory,
                                  const std::function<bool(const std::string& file)>& progress);

}  // namespace tidemark::storage
