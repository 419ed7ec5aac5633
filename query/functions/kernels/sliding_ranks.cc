#include "query/functions/kernels/sliding_ranks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace tidemark::query {
namespace {

constexpr std::size_t kGroupWords = 64;
constexpr unsigned kDigitBits = 11;
constexpr std::size_t kDigitCount = std::size_t{1} << kDigitBits;

/// Position of the k-th set bit of `word`, from 0; it has more than k.
unsigned select_in_word(std::uint64_t word, unsigned k) {
    unsigned byte = 0;
    for (; byte < 7; ++byte) {
        const auto count = static_cast<unsigned>(std::popcount((word >> (8 * byte)) & 0xffU));
        if (k < count) break;
        k -= count;
    }
    std::uint64_t rest = word >> (8 * byte);
    for (; k > 0; --k) rest &= rest - 1;
    return 8 * byte + static_cast<unsigned>(std::countr_zero(rest));
}

/// One stable pass of a radix sort: `source` ordered by the digit of digits[row] at `shift`.
void sort_by_digit(std::span<const std::uint32_t> digits, unsigned shift,
                   std::span<const std::uint32_t> source, std::span<std::uint32_t> target) {
    std::array<std::uint32_t, kDigitCount> starts{};
    for (const std::uint32_t digit : digits) ++starts[(digit >> shift) % kDigitCount];
    std::exclusive_scan(starts.begin(), starts.end(), starts.begin(), std::uint32_t{0});
    for (const std::uint32_t row : source) {
        target[starts[(digits[row] >> shift) % kDigitCount]++] = row;
    }
}

}  // namespace

void SlidingRanks::assign(std::span<const std::uint64_t> keys, std::size_t cursor_count) {
    sort_rows(keys);
    rank_of_row_.resize(keys.size());
    for (std::size_t rank = 0; rank < keys.size(); ++rank) {
        rank_of_row_[row_of_rank_[rank]] = static_cast<std::uint32_t>(rank);
    }
    const std::size_t word_count = keys.size() / 64 + 1;
    words_.assign(word_count, 0);
    word_counts_.assign(word_count, 0);
    group_counts_.assign(word_count / kGroupWords + 1, 0);
    cursors_.assign(cursor_count, Cursor{});
}

void SlidingRanks::sort_rows(std::span<const std::uint64_t> keys) {
    row_of_rank_.resize(keys.size());
    std::iota(row_of_rank_.begin(), row_of_rank_.end(), std::uint32_t{0});
    if (keys.empty()) return;

    // The top 22 bits of the range decide almost everything, in two passes.
    const auto [smallest, largest] = std::ranges::minmax(keys);
    const auto range_bits = static_cast<unsigned>(std::bit_width(largest - smallest));
    const unsigned shift = range_bits > 2 * kDigitBits ? range_bits - 2 * kDigitBits : 0;
    digits_.resize(keys.size());
    for (std::size_t row = 0; row < keys.size(); ++row) {
        digits_[row] = static_cast<std::uint32_t>((keys[row] - smallest) >> shift);
    }
    buffer_.resize(keys.size());
    sort_by_digit(digits_, 0, row_of_rank_, buffer_);
    sort_by_digit(digits_, kDigitBits, buffer_, row_of_rank_);
    if (shift == 0 || repair_order(keys)) return;
    std::ranges::sort(row_of_rank_, [&](std::uint32_t left, std::uint32_t right) {
        return keys[left] != keys[right] ? keys[left] < keys[right] : left < right;
    });
}

/// Insertion sort on the full keys. Gives up (false) when many rows share their top bits.
bool SlidingRanks::repair_order(std::span<const std::uint64_t> keys) {
    std::size_t moves_left = 8 * keys.size();
    for (std::size_t i = 1; i < row_of_rank_.size(); ++i) {
        const std::uint32_t row = row_of_rank_[i];
        std::size_t hole = i;
        while (hole > 0 && keys[row_of_rank_[hole - 1]] > keys[row]) {
            row_of_rank_[hole] = row_of_rank_[hole - 1];
            --hole;
        }
        row_of_rank_[hole] = row;
        if (i - hole > moves_left) return false;
        moves_left -= i - hole;
    }
    return true;
}

void SlidingRanks::enter(std::size_t row) {
    const std::size_t rank = rank_of_row_[row];
    const std::size_t word = rank / 64;
    words_[word] |= std::uint64_t{1} << (rank % 64);
    ++word_counts_[word];
    ++group_counts_[word / kGroupWords];
    for (Cursor& cursor : cursors_) cursor.below += static_cast<std::size_t>(word < cursor.word);
}

void SlidingRanks::leave(std::size_t row) {
    const std::size_t rank = rank_of_row_[row];
    const std::size_t word = rank / 64;
    words_[word] &= ~(std::uint64_t{1} << (rank % 64));
    --word_counts_[word];
    --group_counts_[word / kGroupWords];
    for (Cursor& cursor : cursors_) cursor.below -= static_cast<std::size_t>(word < cursor.word);
}

std::size_t SlidingRanks::select(std::size_t cursor_index, std::size_t k) {
    std::size_t word = cursors_[cursor_index].word;
    std::size_t below = cursors_[cursor_index].below;
    while (below > k) {
        if (word % kGroupWords == 0 && below - group_counts_[word / kGroupWords - 1] > k) {
            word -= kGroupWords;
            below -= group_counts_[word / kGroupWords];
        } else {
            --word;
            below -= word_counts_[word];
        }
    }
    while (below + word_counts_[word] <= k) {
        if (word % kGroupWords == 0 && below + group_counts_[word / kGroupWords] <= k) {
            below += group_counts_[word / kGroupWords];
            word += kGroupWords;
        } else {
            below += word_counts_[word];
            ++word;
        }
    }
    cursors_[cursor_index] = {word, below};
    const unsigned bit = select_in_word(words_[word], static_cast<unsigned>(k - below));
    return row_of_rank_[word * 64 + bit];
}

std::size_t SlidingRanks::next(std::size_t row) const {
    const std::size_t rank = std::size_t{rank_of_row_[row]} + 1;
    std::size_t word = rank / 64;
    std::uint64_t bits = words_[word] & (~std::uint64_t{0} << (rank % 64));
    while (bits == 0) {
        ++word;
        if (word % kGroupWords == 0) {
            while (group_counts_[word / kGroupWords] == 0) word += kGroupWords;
        }
        bits = words_[word];
    }
    return row_of_rank_[word * 64 + static_cast<unsigned>(std::countr_zero(bits))];
}

}  // namespace tidemark::query
