#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

// Columns that codecs are tried on: shapes that have broken codecs before, and random ones of many
// kinds. Everything is made from fixed seeds.

namespace tidemark::tests {

std::vector<std::vector<std::uint64_t>> sample_integer_columns();
std::vector<std::vector<double>> sample_float_columns();
std::vector<std::vector<std::uint8_t>> sample_boolean_columns();
std::vector<std::vector<std::string>> sample_string_columns();
/// Strictly ascending.
std::vector<std::vector<std::int64_t>> sample_time_columns();

}  // namespace tidemark::tests
