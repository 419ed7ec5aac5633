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

/// How many lengths there are of each width, asked for in descending order; for all numbers of a
/// column, of which these may be some.
class LengthCounts {
public:
    LengthCounts(std::span<const std::uint8_t> lengths, std::size_t column_count)
        : lengths_(lengths), column_count_(column_count) {}

    std::size_t operator()(unsigned width) {
        if (left_ == 0) {
            encode_kernels().count_lengths(lengths_, width, counts_.data());
            left_ = kLengthCount;
        }
        return std::size_t{counts_[kLengthCount - left_--]} * column_count_ / lengths_.size();
    }

private:
    std::span<const std::uint8_t> lengths_;
    std::size_t column_count_;
    std::array<std::uint32_t, kLengthCount> counts_;
    unsigned left_ = 0;
};

/// The width that makes the three packed streams of `count` numbers smallest, given the bits that
/// each number needs, none more than `widest`; or that some of them need, which stand for all.
PatchPlan plan_patches(std::span<const std::uint8_t> lengths, unsigned widest, std::size_t count) {
    const unsigned index_width = index_bit_width(count);
    LengthCounts count_of(lengths, count);
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

void measure(std::span<const std::uint64_t> numbers, std::uint64_t base, std::uint8_t* lengths) {
    encode_kernels().bit_lengths(numbers, base, lengths);
}
void measure(std::span<const std::uint32_t> numbers, std::uint32_t base, std::uint8_t* lengths) {
    encode_kernels().narrow_bit_lengths(numbers, base, lengths);
}

void fold(std::span<const std::uint64_t> numbers, std::uint64_t base, std::uint64_t* out) {
    encode_kernels().zigzag(numbers, base, out);
}
void fold(std::span<const std::uint32_t> numbers, std::uint32_t base, std::uint32_t* out) {
    encode_kernels().zigzag_narrow(numbers, base, out);
}

/// Of the distances of `numbers`, or of a look at them, from a base.
template <typename Number>
PatchPlan plan_patches(std::span<const Number> numbers, std::uint64_t base, unsigned widest,
                       std::size_t count) {
    Scratch<std::uint8_t> lengths(numbers.size());
    measure(numbers, static_cast<Number>(base), lengths.values().data());
    return plan_patches(lengths.values(), widest, count);
}

/// Of their zigzag forms instead.
template <typename Number>
PatchPlan plan_centred(std::span<const Number> numbers, std::uint64_t centre,
                       const Extremes& extremes, std::size_t count) {
    Scratch<Number> distances(numbers.size());
    fold(numbers, static_cast<Number>(centre), distances.values().data());
    // Distances of 2^63 and more do not keep the order of the values.
    const bool is_ordered = extremes.max - extremes.min < std::uint64_t{1} << 63;
    const auto width_of = [&](std::uint64_t value) {
        return bit_width_of(zigzag_encode(static_cast<std::int64_t>(value - centre)));
    };
    const unsigned widest =
        is_ordered ? std::max(width_of(extremes.min), width_of(extremes.max)) : kMaxBitWidth;
    return plan_patches<Number>(distances.values(), 0, widest, count);
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
template <std::size_t kSampleCount, typename Number>
std::uint64_t middle_of(std::span<const Number> values, std::uint64_t base) {
    std::array<std::uint64_t, kSampleCount> medians;
    for (std::size_t i = 0; i < kSampleCount; ++i) {
        medians[i] = values[i * values.size() / kSampleCount] - static_cast<Number>(base);
    }
    for (std::size_t count = kSampleCount; count > 1; count /= 3) {
        const std::size_t third = count / 3;
        for (std::size_t i = 0; i < third; ++i) {
            medians[i] = median_of(medians[i], medians[i + third], medians[i + 2 * third]);
        }
    }
    return medians.front();
}

template <typename Number>
PackedGuess guess_from(std::span<const Number> look, const Extremes& extremes, std::size_t count) {
    const unsigned widest = bit_width_of(extremes.max - extremes.min);
    const std::uint64_t centre = extremes.min + middle_of<9>(look, extremes.min);
    const auto somewhat_below = [](const PatchPlan& plan) {
        constexpr std::size_t kShare = 32;
        return plan.packed_size_bytes - plan.packed_size_bytes / kShare;
    };
    return {somewhat_below(plan_patches(look, extremes.min, widest, count)),
            somewhat_below(plan_centred(look, centre, extremes, count))};
}

/// Of a look at a column of those extremes.
PackedGuess guess_from_look(std::span<const std::uint64_t> look, const Extremes& extremes,
                            std::size_t count) {
    if (!NarrowIntegers::can_hold(extremes.min, extremes.max)) {
        return guess_from(look, extremes, count);
    }
    Scratch<std::uint32_t> numbers(look.size());
    encode_kernels().narrow(look, numbers.values().data());
    return guess_from<std::uint32_t>(numbers.values(), extremes, count);
}

/// The greatest common divisor of the distances from the smallest value; 0 when they are all 0.
template <typename Number>
std::uint64_t factor_of_distances(std::span<const Number> values, std::uint64_t min) {
    const auto base = static_cast<Number>(min);
    // Mostly the first few tell that there is none but 1.
    constexpr std::size_t kFirstLookCount = 16;
    const auto first = values.first(std::min(values.size(), kFirstLookCount));
    std::uint64_t factor = 0;
    for (const Number value : first) {
        factor = std::gcd<std::uint64_t, std::uint64_t>(factor, value - base);
        if (factor == 1) return factor;
    }
    const auto rest = values.subspan(first.size());
    if (std::has_single_bit(factor)) {
        auto bits = static_cast<Number>(factor);
        for (const Number value : rest) bits |= value - base;
        return bits & (0 - std::uint64_t{bits});
    }
    ExactDivisor divisor(std::max<std::uint64_t>(factor, 1));
    for (const Number value : rest) {
        const std::uint64_t distance = value - base;
        if (factor == 0 ? distance == 0 : divisor.divides(distance)) continue;
        factor = std::gcd(factor, distance);
        if (factor == 1) break;
        divisor = ExactDivisor(factor);
    }
    return factor;
}

/// What does not pay for a short column.
constexpr std::size_t kLeastNarrowCount = 32;

}  // namespace

std::uint64_t middle_distance(std::span<const std::uint64_t> values, std::uint64_t base) {
    return middle_of<27>(values, base);
}

PackedGuess guess_packed(std::span<const std::uint64_t> look, std::size_t count) {
    return guess_from_look(look, extremes_of(look, IntegerOrder::Signed), count);
}

struct IntegerColumn::Deltas {
    explicit Deltas(std::span<const std::uint64_t> values)
        : wide(std::make_unique_for_overwrite<std::uint64_t[]>(values.size() - 1)),
          change_count(encode_kernels().subtract_neighbours(values, wide.get())),
          column(std::span<const std::uint64_t>(wide.get(), values.size() - 1),
                 IntegerOrder::Signed) {}

    explicit Deltas(std::span<const std::uint32_t> numbers)
        : narrow(std::make_unique_for_overwrite<std::uint32_t[]>(numbers.size() - 1)),
          change_count(
              encode_kernels().subtract_narrow_neighbours(numbers, narrow.get(), extremes)),
          column(NarrowIntegers::of({narrow.get(), numbers.size() - 1}, extremes),
                 IntegerOrder::Signed) {}

    std::unique_ptr<std::uint64_t[]> wide;
    std::unique_ptr<std::uint32_t[]> narrow;
    NarrowExtremes extremes;
    std::size_t change_count;
    IntegerColumn column;
};

IntegerColumn::IntegerColumn(std::span<const std::uint64_t> values, IntegerOrder order)
    : count_(values.size()), order_(order), values_(values) {
    if (values.empty()) return;
    const Extremes extremes = extremes_of(values, order);
    min_ = extremes.min;
    max_ = extremes.max;
}

IntegerColumn::IntegerColumn(const NarrowIntegers& integers, IntegerOrder order)
    : count_(integers.numbers.size()),
      order_(order),
      narrow_(integers),
      min_(integers.min),
      max_(integers.max) {}

IntegerColumn::~IntegerColumn() = default;
IntegerColumn::IntegerColumn(IntegerColumn&& other) noexcept = default;
IntegerColumn& IntegerColumn::operator=(IntegerColumn&& other) noexcept = default;

std::span<const std::uint64_t> IntegerColumn::values() const {
    if (values_.empty() && count_ != 0) {
        widened_ = std::make_unique_for_overwrite<std::uint64_t[]>(count_);
        const std::span<std::uint64_t> widened(widened_.get(), count_);
        narrow_->widen(widened);
        values_ = widened;
    }
    return values_;
}

const std::optional<NarrowIntegers>& IntegerColumn::narrow() const {
    if (!narrow_ && count_ >= kLeastNarrowCount && NarrowIntegers::can_hold(min_, max_)) {
        narrowed_ = std::make_unique_for_overwrite<std::uint32_t[]>(count_);
        encode_kernels().narrow(values_, narrowed_.get());
        narrow_ = NarrowIntegers{{narrowed_.get(), count_}, min_, max_};
    }
    return narrow_;
}

const IntegerColumn& IntegerColumn::deltas() const {
    if (deltas_) return deltas_->column;
    // So that the differences of narrow integers are narrow ones too.
    const bool is_narrow = max_ - min_ < kNarrowRange / 2 && narrow();
    deltas_ = is_narrow ? std::make_unique<const Deltas>(narrow_->numbers)
                        : std::make_unique<const Deltas>(values());
    return deltas_->column;
}

std::size_t IntegerColumn::change_count() const {
    deltas();
    return deltas_->change_count;
}

const PatchPlan& IntegerColumn::patched() const {
    if (patched_) return *patched_;
    const unsigned widest = bit_width_of(max_ - min_);
    patched_ = narrow() ? plan_patches(narrow_->numbers, min_, widest, count_)
                        : plan_patches(values_, min_, widest, count_);
    return *patched_;
}

std::uint64_t IntegerColumn::centre() const {
    if (centre_) return *centre_;
    centre_ =
        min_ + (narrow() ? middle_of<27>(narrow_->numbers, min_) : middle_of<27>(values_, min_));
    return *centre_;
}

const PatchPlan& IntegerColumn::centred() const {
    if (centred_) return *centred_;
    const Extremes extremes{min_, max_};
    centred_ = narrow() ? plan_centred(narrow_->numbers, centre(), extremes, count_)
                        : plan_centred(values_, centre(), extremes, count_);
    return *centred_;
}

const ColumnLook* IntegerColumn::look() const {
    if (count_ <= ColumnLook::kShortCount) return nullptr;
    if (look_) return &*look_;
    if (values_.empty()) {
        look_.emplace(*narrow_);
    } else {
        look_.emplace(values_);
    }
    return &*look_;
}

const PackedGuess& IntegerColumn::guess() const {
    if (guess_) return *guess_;
    if (look() != nullptr) {
        guess_ = guess_from_look(look()->values(), {min_, max_}, count_);
    } else {
        guess_ = PackedGuess{patched().packed_size_bytes, centred().packed_size_bytes};
    }
    return *guess_;
}

const PackedGuess& IntegerColumn::delta_guess() const {
    if (delta_guess_) return *delta_guess_;
    delta_guess_ =
        look() != nullptr ? guess_packed(look()->deltas(), count_ - 1) : deltas().guess();
    return *delta_guess_;
}

std::size_t IntegerColumn::change_count_guess() const {
    if (look() == nullptr) return change_count();
    const auto deltas = look()->deltas();
    const auto same_count = static_cast<std::size_t>(std::ranges::count(deltas, 0U));
    return (deltas.size() - same_count) * (count_ - 1) / deltas.size();
}

std::uint64_t IntegerColumn::common_factor() const {
    if (common_factor_) return *common_factor_;
    common_factor_ =
        narrow() ? factor_of_distances(narrow_->numbers, min_) : factor_of_distances(values_, min_);
    return *common_factor_;
}

}  // namespace tidemark::storage
