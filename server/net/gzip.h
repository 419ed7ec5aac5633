#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tidemark/result.h>

namespace tidemark::server {

/// Unpacks a gzip body of one or more members. InvalidArgument when it is damaged or cut short,
/// LimitExceeded when it unpacks to more than `limit_bytes`, Busy when there is no memory for it.
Result<std::string> gunzip(std::string_view packed, std::size_t limit_bytes);

}  // namespace tidemark::server
