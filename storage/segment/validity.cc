#include "storage/segment/validity.h"

#include <bit>
#include <string>

namespace tidemark::storage {
namespace {

std::size_t stored_size_bytes(std::size_t row_count) { return (row_count + 7) / 8; }

}  // namespace

std::size_t count_valid_rows(std::span<const std::uint64_t> validity, std::size_t row_count) {
    if (validity.empty()) return row_count;
    std::size_t count = 0;
    for (const std::uint64_t word : validity)
        count += static_cast<std::size_t>(std::popcount(word));
    return count;
}

std::vector<std::uint64_t> all_rows_valid(std::size_t row_count) {
    std::vector<std::uint64_t> words((row_count + 63) / 64, ~std::uint64_t{0});
    if (row_count % 64 != 0) words.back() >>= 64 - row_count % 64;
    return words;
}

std::vector<std::uint64_t> slice_validity(std::span<const std::uint64_t> validity,
                                          std::size_t first_row, std::size_t row_count) {
    if (validity.empty()) return {};
    std::vector<std::uint64_t> slice = slice_bits(validity, first_row, row_count);
    if (count_valid_rows(slice, row_count) == row_count) slice.clear();
    return slice;
}

std::vector<std::uint64_t> slice_bits(std::span<const std::uint64_t> words, std::size_t first_row,
                                      std::size_t row_count) {
    std::vector<std::uint64_t> slice((row_count + 63) / 64);
    for (std::size_t row = 0; row < row_count; ++row) {
        const std::size_t from = first_row + row;
        slice[row / 64] |= ((words[from / 64] >> (from % 64)) & 1U) << (row % 64);
    }
    return slice;
}

void write_validity(std::span<const std::uint64_t> validity, std::size_t row_count,
                    std::vector<std::byte>& out) {
    if (validity.empty()) return;
    for (std::size_t index = 0; index < stored_size_bytes(row_count); ++index) {
        out.push_back(static_cast<std::byte>(validity[index / 8] >> (index % 8 * 8)));
    }
}

Result<std::vector<std::uint64_t>> read_validity(std::span<const std::byte> bytes,
                                                 std::size_t row_count,
                                                 std::size_t non_null_count) {
    if (bytes.empty() && non_null_count == row_count) return std::vector<std::uint64_t>{};
    if (bytes.size() != stored_size_bytes(row_count)) {
        return Error(ErrorCode::Corruption, "validity of " + std::to_string(row_count) +
                                                " rows has " + std::to_string(bytes.size()) +
                                                " bytes");
    }
    std::vector<std::uint64_t> words((row_count + 63) / 64);
    for (std::size_t index = 0; index < bytes.size(); ++index) {
        words[index / 8] |= std::to_integer<std::uint64_t>(bytes[index]) << (index % 8 * 8);
    }
    if (row_count % 64 != 0 && (words.back() >> (row_count % 64)) != 0) {
        return Error(ErrorCode::Corruption, "validity has bits behind the last row");
    }
    const std::size_t found_count = count_valid_rows(words, row_count);
    if (found_count != non_null_count) {
        return Error(ErrorCode::Corruption, "validity has " + std::to_string(found_count) +
                                                " values, expected " +
                                                std::to_string(non_null_count));
    }
    return words;
}

}  // namespace tidemark::storage
