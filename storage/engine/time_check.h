#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tidemark::storage {

/// Why a point of this time must be refused, with the likely mistake (R11), or nothing.
/// `future_limit_ns` is StoreOptions::future_limit_ns.
std::optional<std::string> time_defect(std::int64_t time_ns, std::int64_t now_ns,
                                       std::int64_t future_limit_ns);

}  // namespace tidemark::storage
