#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/scan.h>

// Columns to summarise, and what two summaries must have in common.

namespace tidemark::tests {

/// A column of one type with its times; only the vector of that type is used.
struct SampleColumn {
    FieldType type = FieldType::Float;
    std::vector<std::int64_t> times;
    std::vector<double> floats;
    std::vector<std::int64_t> integers;
    std::vector<std::uint64_t> unsigneds;
    std::vector<std::uint8_t> booleans;
    std::vector<std::string> strings;

    std::size_t size() const { return times.size(); }
};

/// Random columns of all types, among them ones with huge values and with times at the ends of
/// their range. Made from a fixed seed.
std::vector<SampleColumn> sample_columns();

/// The summary of the values [begin, end), with `null_count` null rows between them.
ColumnSummary summarise_part(const SampleColumn& column, std::size_t begin, std::size_t end,
                             std::uint64_t null_count = 0);

/// Fails the test unless everything but the float sums is equal, floats by their bits.
void check_same_but_sums(const ColumnSummary& left, const ColumnSummary& right);

/// Fails the test unless everything is equal to the bit.
void check_same(const ColumnSummary& left, const ColumnSummary& right);

}  // namespace tidemark::tests
