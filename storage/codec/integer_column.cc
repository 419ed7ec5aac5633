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

/// The width that makes the three packed streams of `count` numbers smallest, given the bits that
/// each number needs, none more than `widest`; or that some of them need, which stand for all.
PatchPlan plan_patches(std::span<const std::uint8_t> lengths, unsigned widest, std::size_t count) {
    const EncodeKernels& kernels = encode_kernels();
    const unsigned index_width = index_bit_width(count);
    const auto count_of = [&](unsigned width) {
        return kernels.count_bytes(lengths, static_cast<std::uint8_t>(width)) * count /
               lengths.size();
    };
    std::size_t patch_count = count_of(widest);
    while (widest > 0 && patch_count == 0) patch_count = count_of(--widest);
    PatchPlan best{widest, 0, 0, packed_size_bytes(count, widest)};
    for (unsigned width = widest; width-- > 0;) {
        const std::size_t size_bytes = packed_size_bytes(count, width) +
                                       packed_size_bytes(patch_count, index_width) +
                                       packed_size_bytes(patch_count, widest - width);
        if (size_bytes < best.packed_size_bytes) {
            best = {width, widest - width, patch_count, size_bytes};
        }
        // Narrower still, there are as many patches at least, each of which takes all its bits.
        if (packed_size_bytes(patch_count, index_width + widest) >= best.packed_size_bytes) break;
        patch_count += count_of(width);
    }
    return best;
}

/// Of the distances of `numbers`, or of a look at them, from a base.
PatchPlan plan_patches(std::span<const std::uint64_t> numbers, std::uint64_t base, unsigned widest,
                       std::size_t count) {
    Scratch<std::uint8_t> lengths(numbers.size());
    encode_kernels().bit_lengths(numbers, base, lengths.values().data());
    return plan_patches(lengths.values(), widest, count);
}

/// Of their zigzag forms instead.
PatchPlan plan_centred(std::span<const std::uint64_t> numbers, std::uint64_t centre,
                       const Extremes& extremes, std::size_t count) {
    Scratch<std::uint64_t> distances(numbers.size());
    encode_kernels().zigzag(numbers, centre, distances.values().data());
    // Distances of 2^63 and more do not keep the order of the values.
    const bool is_ordered = extremes.max - extremes.min < std::uint64_t{1} << 63;
    const auto width_of = [&](std::uint64_t value) {
        return bit_width_of(zigzag_encode(static_cast<std::int64_t>(value - centre)));
    };
    const unsigned widest =
        is_ordered ? std::max(width_of(extremes.min), width_of(extremes.max)) : kMaxBitWidth;
    return plan_patches(distances.values(), 0, widest, count);
}

/// Flipping the sign bit brings signed numbers into unsigned order.
Extremes extremes_of(std::span<const std::uint64_t> values, IntegerOrder order) {
    const std::uint64_t flip = order == IntegerOrder::Signed ? std::uint64_t{1} << 63 : 0;
    return encode_kernels().extremes(values, flip);
}

std::uint64_t median_of(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

/// Medians of three of medians of three, down to one: no branch to be mispredicted.
template <std::size_t kSampleCount>
std::uint64_t middle_of(std::span<const std::uint64_t> values, std::uint64_t base) {
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

PackedGuess guess_from(std::span<const std::uint64_t> look, const Extremes& extremes,
                       std::size_t count) {
    const unsigned widest = bit_width_of(extremes.max - extremes.min);
    const std::uint64_t centre = extremes.min + middle_of<9>(look, extremes.min);
    const auto somewhat_below = [](const PatchPlan& plan) {
        constexpr std::size_t kShare = 32;
        return plan.packed_size_bytes - plan.packed_size_bytes / kShare;
    };
    return {somewhat_below(plan_patches(look, extremes.min, widest, count)),
            somewhat_below(plan_centred(look, centre, extremes, count))};
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
    return middle_of<27>(values, base);
}

PackedGuess guess_packed(std::span<const std::uint64_t> look, std::size_t count) {
    return guess_from(look, extremes_of(look, IntegerOrder::Signed), count);
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
    const Extremes extremes = extremes_of(values, order);
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
    if (!patched_) {
        patched_ = plan_patches(values_, min_, bit_width_of(max_ - min_), values_.size());
    }
    return *patched_;
}

std::uint64_t IntegerColumn::centre() const {
    if (centre_) return *centre_;
    centre_ = min_ + middle_distance(values_, min_);
    return *centre_;
}

const PatchPlan& IntegerColumn::centred() const {
    if (centred_) return *centred_;
    centred_ = plan_centred(values_, centre(), {min_, max_}, values_.size());
    return *centred_;
}

const ColumnLook* IntegerColumn::look() const {
    if (values_.size() <= ColumnLook::kShortCount) return nullptr;
    if (!look_) look_.emplace(values_);
    return &*look_;
}

const PackedGuess& IntegerColumn::guess() const {
    if (guess_) return *guess_;
    if (look() != nullptr) {
        guess_ = guess_from(look()->values(), {min_, max_}, values_.size());
    } else {
        guess_ = PackedGuess{patched().packed_size_bytes, centred().packed_size_bytes};
    }
    return *guess_;
}

const PackedGuess& IntegerColumn::delta_guess() const {
    if (delta_guess_) return *delta_guess_;
    delta_guess_ =
        look() != nullptr ? guess_packed(look()->deltas(), values_.size() - 1) : deltas().guess();
    return *delta_guess_;
}

std::size_t IntegerColumn::change_count_guess() const {
    if (look() == nullptr) return change_count();
    const auto deltas = look()->deltas();
    const auto same_count = static_cast<std::size_t>(std::ranges::count(deltas, 0U));
    return (deltas.size() - same_count) * (values_.size() - 1) / deltas.size();
}

std::uint64_t IntegerColumn::common_factor() const {
    if (common_factor_) return *common_factor_;
    common_factor_ = factor_of_distances(values_, min_);
    return *common_factor_;
}

}  // namespace tidemark::storage
