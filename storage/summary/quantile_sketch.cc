#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>

#include <tidemark/quantile_sketch.h>

#include "storage/base/assert.h"

namespace tidemark {
namespace {

// Sign, eleven bits of exponent, six of mantissa.
constexpr unsigned kIndexBits = 18;
constexpr unsigned kShift = 64 - kIndexBits;
constexpr std::uint32_t kNegativeCount = std::uint32_t{1} << (kIndexBits - 1);
constexpr std::uint64_t kMiddle = std::uint64_t{1} << (kShift - 1);

constexpr std::size_t kBatchSize = 1024;
// Batches whose buckets lie this close are counted in a table, as those of a KPI do mostly: 32
// powers of two.
constexpr std::size_t kTableSize = 2048;

// Negative numbers first, the greatest magnitude first among them.
std::uint32_t index_of(double value) {
    const auto top = static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(value) >> kShift);
    return (top & kNegativeCount) != 0 ? ~top & (kNegativeCount - 1) : top | kNegativeCount;
}

// The middle of a bucket.
double value_of(std::uint32_t index) {
    const bool is_negative = index < kNegativeCount;
    const std::uint32_t magnitude = (is_negative ? ~index : index) & (kNegativeCount - 1);
    if (magnitude == 0) return 0;
    const std::uint64_t low = std::uint64_t{magnitude} << kShift;
    const auto low_value = std::bit_cast<double>(low);
    const double value =
        std::isfinite(low_value) ? std::bit_cast<double>(low | kMiddle) : low_value;
    return is_negative ? -value : value;
}

}  // namespace

/// The buckets of up to kBatchSize numbers.
class QuantileSketch::Batch {
public:
    std::span<const Bucket> buckets_of(std::span<const double> values) {
        std::ranges::transform(values, indices_.begin(), index_of);
        const std::span indices(indices_.data(), values.size());
        const auto [least, greatest] = std::ranges::minmax(indices);
        size_ = 0;
        if (greatest - least < kTableSize) {
            count_in_table(indices, least, greatest);
        } else {
            std::ranges::sort(indices);
            for (const std::uint32_t index : indices) count_next(index);
        }
        return {buckets_.data(), size_};
    }

private:
    void count_in_table(std::span<const std::uint32_t> indices, std::uint32_t least,
                        std::uint32_t greatest) {
        std::array<std::uint16_t, kTableSize> counts;
        std::fill_n(counts.begin(), greatest - least + 1, std::uint16_t{0});
        for (const std::uint32_t index : indices) ++counts[index - least];
        for (std::uint32_t index = least; index <= greatest; ++index) {
            const std::uint16_t count = counts[index - least];
            if (count > 0) buckets_[size_++] = {index, count};
        }
    }

    void count_next(std::uint32_t index) {
        if (size_ == 0 || buckets_[size_ - 1].index != index) buckets_[size_++] = {index, 0};
        ++buckets_[size_ - 1].count;
    }

    std::array<std::uint32_t, kBatchSize> indices_;
    std::array<Bucket, kBatchSize> buckets_;
    std::size_t size_ = 0;
};

void QuantileSketch::add(std::span<const double> values) {
    Batch batch;
    while (!values.empty()) {
        const auto part = values.first(std::min(values.size(), kBatchSize));
        add_buckets(batch.buckets_of(part));
        values = values.subspan(part.size());
    }
}

void QuantileSketch::merge(const QuantileSketch& other) { add_buckets(other.buckets_); }

void QuantileSketch::add_buckets(std::span<const Bucket> added) {
    std::vector<Bucket> unknown;  // Those that this sketch has no number of.
    auto own = buckets_.begin();
    for (const Bucket& bucket : added) {
        count_ += bucket.count;
        own = std::ranges::lower_bound(own, buckets_.end(), bucket.index, {}, &Bucket::index);
        if (own != buckets_.end() && own->index == bucket.index) {
            own->count += bucket.count;
        } else {
            unknown.push_back(bucket);
        }
    }
    if (unknown.empty()) return;
    const auto middle = static_cast<std::ptrdiff_t>(buckets_.size());
    buckets_.insert(buckets_.end(), unknown.begin(), unknown.end());
    std::ranges::inplace_merge(buckets_, buckets_.begin() + middle, {}, &Bucket::index);
}

bool QuantileSketch::subtract(const QuantileSketch& other) {
    std::vector<Bucket> left;
    left.reserve(buckets_.size());
    auto taken = other.buckets_.begin();
    for (const Bucket& bucket : buckets_) {
        std::uint64_t taken_count = 0;
        if (taken != other.buckets_.end() && taken->index == bucket.index) {
            taken_count = taken->count;
            ++taken;
        }
        if (taken_count > bucket.count) return false;
        if (taken_count < bucket.count) left.push_back({bucket.index, bucket.count - taken_count});
    }
    if (taken != other.buckets_.end()) return false;
    buckets_ = std::move(left);
    count_ -= other.count_;
    return true;
}

double QuantileSketch::value_at(std::uint64_t rank) const {
    TIDEMARK_ASSERT(rank < count_, "the rank is below the count");
    for (const Bucket& bucket : buckets_) {
        if (rank < bucket.count) return value_of(bucket.index);
        rank -= bucket.count;
    }
    return 0;
}

void QuantileSketch::clear() {
    buckets_.clear();
    count_ = 0;
}

}  // namespace tidemark
