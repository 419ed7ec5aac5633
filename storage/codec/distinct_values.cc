#include "storage/codec/distinct_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace tidemark::storage {
namespace {

/// The upper `bit_count` bits of a product with the golden ratio (Knuth, TAOCP 6.4).
std::size_t hash_of(std::uint64_t value, unsigned bit_count) {
    constexpr std::uint64_t kGoldenRatio = 0x9e37'79b9'7f4a'7c15;
    return static_cast<std::size_t>((value * kGoldenRatio) >> (64 - bit_count));
}

/// Numbers the distinct values in order of appearance. Open addressing in twice the room at least.
class Numbering {
public:
    explicit Numbering(std::size_t value_count)
        : slot_bits_(static_cast<unsigned>(std::bit_width(2 * value_count))),
          slots_(std::size_t{1} << slot_bits_) {}

    std::size_t number_of(std::uint64_t value) {
        for (std::size_t slot = hash_of(value, slot_bits_);; slot = (slot + 1) % slots_.size()) {
            if (slots_[slot] == 0) {
                values_.push_back(value);
                slots_[slot] = static_cast<std::uint32_t>(values_.size());
            }
            const std::size_t number = slots_[slot] - 1;
            if (values_[number] == value) return number;
        }
    }

    const std::vector<std::uint64_t>& values() const { return values_; }

private:
    unsigned slot_bits_;
    std::vector<std::uint32_t> slots_;  // The number of the value plus 1, or 0.
    std::vector<std::uint64_t> values_;
};

constexpr std::size_t kFewCount = 2048;

/// find_distinct() of integers of so small a range that there is a place for each in a table.
bool find_among_few(const NarrowIntegers& integers, std::size_t entry_limit,
                    DistinctValues& distinct) {
    std::array<std::uint16_t, kFewCount> ranks;
    const auto places = std::span(ranks).first(integers.max - integers.min + 1);
    std::ranges::fill(places, std::uint16_t{0});
    const auto base = static_cast<std::uint32_t>(integers.min);
    for (const std::uint32_t number : integers.numbers) places[number - base] = 1;
    for (std::size_t place = 0; place < places.size(); ++place) {
        if (places[place] == 0) continue;
        places[place] = static_cast<std::uint16_t>(distinct.entries.size());
        distinct.entries.push_back(integers.min + place);
    }
    if (distinct.entries.size() > entry_limit) return false;
    distinct.indices.resize(integers.numbers.size());
    for (std::size_t i = 0; i < distinct.indices.size(); ++i) {
        distinct.indices[i] = places[integers.numbers[i] - base];
    }
    return true;
}

}  // namespace

DistinctGuess guess_distinct(std::span<const std::uint64_t> first_values, std::size_t count) {
    constexpr unsigned kHashBits = 11;
    const std::size_t look_count = std::min(first_values.size(), kDistinctLookCount);
    // A place for each hash: hardly fewer are taken than there are distinct values.
    std::array<bool, std::size_t{1} << kHashBits> seen{};
    std::size_t first_half_count = 0;
    std::size_t distinct_count = 0;
    for (std::size_t i = 0; i < look_count; ++i) {
        if (i == look_count / 2) {
            if (distinct_count == i && i != 0) return {false, count};
            first_half_count = distinct_count;
        }
        bool& is_seen = seen[hash_of(first_values[i], kHashBits)];
        distinct_count += is_seen ? 0U : 1U;
        is_seen = true;
    }
    // New values come about half as often further on as in the second half of the look.
    const std::size_t later_count =
        look_count == 0 ? 0
                        : (count - look_count) * (distinct_count - first_half_count) / look_count;
    return {distinct_count < look_count - look_count / 8, distinct_count + later_count};
}

bool find_distinct(const IntegerColumn& column, std::size_t entry_limit, DistinctValues& distinct) {
    const auto& narrow = column.narrow();
    if (narrow && narrow->max - narrow->min < kFewCount) {
        return find_among_few(*narrow, entry_limit, distinct);
    }
    Numbering numbering(column.count());
    distinct.indices.resize(column.count());
    const auto values = column.values();
    for (std::size_t i = 0; i < distinct.indices.size(); ++i) {
        distinct.indices[i] = numbering.number_of(values[i]);
        if (numbering.values().size() > entry_limit) return false;
    }
    std::vector<std::uint64_t> order(numbering.values().size());
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    std::ranges::sort(
        order, {}, [&](std::uint64_t number) { return numbering.values()[number] - column.min(); });
    std::vector<std::uint64_t> ranks(order.size());
    distinct.entries.resize(order.size());
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        ranks[order[rank]] = rank;
        distinct.entries[rank] = numbering.values()[order[rank]];
    }
    for (std::uint64_t& index : distinct.indices) index = ranks[index];
    return true;
}

}  // namespace tidemark::storage
