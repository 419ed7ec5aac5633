#pragma once

// The options of `tidemark serve` that set a limit. Refusals name them.

namespace tidemark::server {

inline constexpr const char* kLineBytesOption = "--max-line-bytes";
inline constexpr const char* kBodyBytesOption = "--max-body-bytes";
inline constexpr const char* kQueryBytesOption = "--max-query-bytes";
inline constexpr const char* kConnectionsOption = "--max-connections";

}  // namespace tidemark::server
