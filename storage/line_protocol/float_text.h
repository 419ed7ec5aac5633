#pragma once

#include <string>

namespace tidemark::storage {

/// Where a decimal gives way to an exponent.
enum class FloatStyle {
    /// Go's strconv 'g' with the shortest digits, which is how line protocol is written by its
    /// reference: an exponent below 1e-4 and from 1e6 on. `6.632243e+06`, `0.5`, `42`.
    Shortest,
    /// Go's encoding/json, which is how InfluxDB answers: an exponent below 1e-6 and from 1e21 on,
    /// without a leading zero. `6632243`, `1e-7`, `1e+21`.
    Json,
    /// Never an exponent, as InfluxDB writes CSV.
    Decimal,
};

/// Appends the shortest decimal that reads back as the same double. `value` must be finite.
void append_float(double value, FloatStyle style, std::string& out);

}  // namespace tidemark::storage
