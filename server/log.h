#pragma once

#include <spdlog/logger.h>

namespace tidemark::server {

/// The server's log, on standard error. Thread-safe; lives as long as the process.
spdlog::logger& log();

}  // namespace tidemark::server
