#pragma once

#include <cstddef>

// The options of `tidemark serve` that set a limit. Refusals name them.

namespace tidemark::server {

inline constexpr const char* kLineBytesOption = "--max-line-bytes";
inline constexpr const char* kBodyBytesOption = "--max-body-bytes";
inline constexpr const char* kQueryBytesOption = "--max-query-bytes";
inline constexpr const char* kConnectionsOption = "--max-connections";
inline constexpr const char* kQueryRowsOption = "--max-query-rows";
inline constexpr const char* kQuerySecondsOption = "--max-query-seconds";
inline constexpr const char* kQueryMemoryOption = "--max-query-memory";

/// Of what one request to /query may ask for; as in QueryOptions.
struct QueryLimits {
    std::size_t row_count = 2'000'000;
    std::size_t seconds = 300;
    std::size_t memory_bytes = std::size_t{2} << 30;
};

}  // namespace tidemark::server
