#pragma once

#include <functional>
#include <string>

#include <tidemark/result.h>

// Looks into the files of a store: the only folder of tools that knows storage's inside.

namespace tidemark::tools {

/// What is in a file of a store, or in a store's directory, as text for people. `is_full`: with
/// every row group or frame.
Result<std::string> inspect_path(const std::string& path, bool is_full);

struct VerifyOutcome {
    std::string findings;  ///< Some lines each; empty when there is nothing to tell.
    std::string summary;   ///< One line.
    bool has_damage = false;
};

/// Compares every checksum of the store in `directory`, as verify_store() does.
Result<VerifyOutcome> verify_directory(
    const std::string& directory, const std::function<bool(const std::string& file)>& progress);

}  // namespace tidemark::tools
