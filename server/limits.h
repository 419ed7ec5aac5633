#pragma once

#include <chrono>
#include <cstddef>

#include <tidemark/query.h>

// The options of `tidemark serve` that set a limit. Refusals name them.

namespace tidemark::server {

inline constexpr const char* kLineBytesOption = "--max-line-bytes";
inline constexpr const char* kBodyBytesOption = "--max-body-bytes";
inline constexpr const char* kQueryBytesOption = "--max-query-bytes";
inline constexpr const char* kConnectionsOption = "--max-connections";
inline constexpr const char* kQueryRowsOption = "--max-query-rows";
inline constexpr const char* kQuerySecondsOption = "--max-query-seconds";
inline constexpr const char* kQueryMemoryOption = "--max-query-memory";

/// Of what one request to /query may ask for; at first as in QueryOptions.
struct QueryLimits {
    std::size_t row_count = QueryOptions().row_limit;
    std::size_t seconds = static_cast<std::size_t>(
        std::chrono::duration_cast<std::chrono::seconds>(QueryOptions().time_limit).count());
    std::size_t memory_bytes = QueryOptions().memory_limit_bytes;
};

}  // namespace tidemark::server
