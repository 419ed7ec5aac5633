#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tidemark::storage {

/// Which times a retention policy takes.
struct TimeLimits {
    std::int64_t now_ns;
    std::int64_t future_limit_ns;  ///< kHoldForever: any.
    std::int64_t past_limit_ns;    ///< 0: any.
    std::int64_t edge_ns;          ///< The policy keeps nothing before this instant.
    std::string policy;
};

/// Why a point of this time must be refused, with the likely mistake (R11), or nothing.
std::optional<std::string> time_defect(std::int64_t time_ns, const TimeLimits& limits);

}  // namespace tidemark::storage
