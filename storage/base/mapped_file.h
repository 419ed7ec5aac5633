#pragma once

#include <memory>
#include <string>

#include <tidemark/result.h>

#include "storage/base/file_system.h"

namespace tidemark::storage {

/// Maps the whole file read-only and closes its descriptor. NotFound or IoError.
Result<std::unique_ptr<MappedFile>> map_file(const std::string& path);

}  // namespace tidemark::storage
