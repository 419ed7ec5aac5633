#include "storage/codec/integer_column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/exact_divisor.h"
#include "storage/codec/kernels/encode_kernels.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

/// The width that makes the three packed streams smallest, given the bits that each number needs,
/// none more than `widest`.
PatchPlan plan_patches(std::span<const std::uint8_t> lengths, unsigned widest) {
    const EncodeKernels& kernels = encode_kernels();
    const std::size_t count = lengths.size();
    const unsigned index_width = index_bit_width(count);
    std::size_t widest_count = kernels.count_bytes(lengths, static_cast<std::uint8_t>(widest));
    while (widest > 0 && widest_count == 0) {
        --widest;
        widest_count = kernels.count_bytes(lengths, static_cast<std::uint8_t>(widest));
    }
    PatchPlan best{widest, 0, 0, packed_size_bytes(count, widest)};
    std::size_t patch_count = widest_count;
    for (unsigned width = widest; width-- > 0;) {
        const std::size_t size_bytes = packed_size_bytes(count, width) +
                                       packed_size_bytes(patch_count, index_width) +
                                       packed_size_bytes(patch_count, widest - width);
        if (size_bytes < best.packed_size_bytes) {
            best = {width, widest - width, patch_count, size_bytes};
        }
        // Narrower still, there are as many patches at least, each of which takes all its bits.
        if (packed_size_bytes(patch_count, index_width + widest) >= best.packed_size_bytes) break;
        patch_count += kernels.count_bytes(lengths, static_cast<std::uint8_t>(width));
    }
    return best;
}

PatchPlan plan_patches(std::span<const std::uint64_t> numbers, std::uint64_t base,
                       unsigned widest) {
    Scratch<std::uint8_t> lengths(numbers.size());
    encode_kernels().bit_lengths(numbers, base, lengths.values().data());
    return plan_patches(lengths.values(), widest);
}

std::uint64_t median_of(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

/// The greatest common divisor of the distances from `base`; 0 when they are all 0.
std::uint64_t factor_of_distances(std::span<const std::uint64_t> values, std::uint64_t base) {
    // Mostly the first few tell that there is none but 1.
    constexpr std::size_t kFirstLookCount = 16;
    const auto first = values.first(std::min(values.size(), kFirstLookCount));
    std::uint64_t factor = 0;
    for (const std::uint64_t value : first) {
        factor = std::gcd(factor, value - base);
        if (factor == 1) return factor;
    }
    const auto rest = values.subspan(first.size());
    if (std::has_single_bit(factor)) {
        for (const std::uint64_t value : rest) factor |= value - base;
        return factor & (0 - factor);
    }
    ExactDivisor divisor(std::max<std::uint64_t>(factor, 1));
    for (const std::uint64_t value : rest) {
        const std::uint64_t distance = value - base;
        if (factor == 0 ? distance == 0 : divisor.divides(distance)) continue;
        factor = std::gcd(factor, distance);
        if (factor == 1) break;
        divisor = ExactDivisor(factor);
    }
    return factor;
}

}  // namespace

std::uint64_t middle_distance(std::span<const std::uint64_t> values, std::uint64_t base) {
    // Medians of three of medians of three of medians of three: no branch to be mispredicted.
    constexpr std::size_t kSampleCount = 27;
    std::array<std::uint64_t, kSampleCount> medians;
    for (std::size_t i = 0; i < kSampleCount; ++i) {
        medians[i] = values[i * values.size() / kSampleCount] - base;
    }
    for (std::size_t count = kSampleCount; count > 1; count /= 3) {
        const std::size_t third = count / 3;
        for (std::size_t i = 0; i < third; ++i) {
            medians[i] = median_of(medians[i], medians[i + third], medians[i + 2 * third]);
        }
    }
    return medians.front();
}

struct IntegerColumn::Deltas {
    explicit Deltas(std::span<const std::uint64_t> values)
        : buffer(values.size() - 1),
          change_count(encode_kernels().subtract_neighbours(values, buffer.values().data())),
          column(buffer.values(), IntegerOrder::Signed) {}

    Scratch<std::uint64_t> buffer;
    std::size_t change_count;
    IntegerColumn column;
};

IntegerColumn::IntegerColumn(std::span<const std::uint64_t> values, IntegerOrder order)
    : values_(values), order_(order) {
    if (values.empty()) return;
    // Flipping the sign bit brings signed numbers into unsigned order.
    const std::uint64_t flip = order == IntegerOrder::Signed ? std::uint64_t{1} << 63 : 0;
    const Extremes extremes = encode_kernels().extremes(values, flip);
    min_ = extremes.min;
    max_ = extremes.max;
}

IntegerColumn::~IntegerColumn() = default;
IntegerColumn::IntegerColumn(IntegerColumn&& other) noexcept = default;
IntegerColumn& IntegerColumn::operator=(IntegerColumn&& other) noexcept = default;

const IntegerColumn& IntegerColumn::deltas() const {
    if (!deltas_) deltas_ = std::make_unique<const Deltas>(values_);
    return deltas_->column;
}

std::size_t IntegerColumn::change_count() const {
    deltas();
    return deltas_->change_count;
}

const PatchPlan& IntegerColumn::patched() const {
    if (!patched_) patched_ = plan_patches(values_, min_, bit_width_of(max_ - min_));
    return *patched_;
}

std::uint64_t IntegerColumn::centre() const {
    if (centre_) return *centre_;
    centre_ = min_ + middle_distance(values_, min_);
    return *centre_;
}

const PatchPlan& IntegerColumn::centred() const {
    if (centred_) return *centred_;
    Scratch<std::uint64_t> numbers(values_.size());
    encode_kernels().zigzag(values_, centre(), numbers.values().data());
    // Distances of 2^63 and more do not keep the order of the values.
    const bool is_ordered = max_ - min_ < std::uint64_t{1} << 63;
    const auto width_of = [&](std::uint64_t value) {
        return bit_width_of(zigzag_encode(static_cast<std::int64_t>(value - centre())));
    };
    const unsigned widest = is_ordered ? std::max(width_of(min_), width_of(max_)) : kMaxBitWidth;
    centred_ = plan_patches(numbers.values(), 0, widest);
    return *centred_;
}

std::uint64_t IntegerColumn::common_factor() const {
    if (common_factor_) return *common_factor_;
    common_factor_ = factor_of_distances(values_, min_);
    return *common_factor_;
}

}  // namespace tidemark::storage
