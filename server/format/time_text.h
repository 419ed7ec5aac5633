#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/line_protocol/time_precision.h"

namespace tidemark::server {

/// How the times of an answer are written: RFC 3339 when there is no epoch, else as an integer in
/// that unit since 1970.
using Epoch = std::optional<storage::TimePrecision>;

/// Appends an instant as Go's RFC3339Nano: "2024-02-29T12:00:00.5Z", no trailing zeros.
void append_rfc3339(std::int64_t time_ns, std::string& out);

/// The same on clocks that are `offset_seconds` ahead of UTC: "2024-02-29T13:00:00+01:00"; "Z" when
/// they are not.
void append_rfc3339(std::int64_t time_ns, std::int32_t offset_seconds, std::string& out);

/// An instant in a unit, without its fraction (towards 1970, as InfluxDB).
std::int64_t in_unit(std::int64_t time_ns, storage::TimePrecision unit);

}  // namespace tidemark::server
