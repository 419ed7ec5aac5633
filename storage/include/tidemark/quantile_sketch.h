#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tidemark {

/// Counts of numbers by magnitude, from which ranks are answered with a relative error below 0.8 %.
///
/// A number's bucket is its sign, its exponent and the six highest bits of its mantissa, so that a
/// power of two has 64 buckets and no logarithm is needed. This is the idea of DDSketch (Masson,
/// Rim, Lee: "DDSketch: A fast and fully-mergeable quantile sketch with relative-error guarantees",
/// VLDB 2019) with buckets that are linear within a power of two. Counts are integers: what a
/// sketch says does not depend on the order of the numbers, nor on how they were split and merged,
/// and a part that was merged can be taken out again.
///
/// Memory is 16 bytes for each bucket that has a number; numbers between 1 and 1,000 take at most
/// 640 buckets. Numbers below 2^-1022 (denormal ones) have buckets of a fixed width, so their
/// relative error is larger. -0.0 and +0.0 are 0.
///
/// Values are copied and moved freely. Not thread-safe.
///
///     QuantileSketch monday, tuesday;
///     monday.add(std::vector<double>{12.5, 14, 250});
///     tuesday.add(13);
///     monday.merge(tuesday);
///     const double median = monday.value_at(monday.count() / 2);  // 14, more or less.
class QuantileSketch {
public:
    /// How far an answer may lie from the number it stands for, as a share of that number.
    static constexpr double kRelativeError = 1.0 / 128;

    /// Counts a number, which must not be NaN.
    void add(double value) { add(std::span(&value, 1)); }
    /// Counts many, several times faster than one by one.
    void add(std::span<const double> values);

    /// Afterwards this sketch is that of both inputs together.
    void merge(const QuantileSketch& other);

    /// Takes numbers out again. False, with nothing changed, when `other` has counted more numbers
    /// in some bucket than this sketch.
    bool subtract(const QuantileSketch& other);

    std::uint64_t count() const { return count_; }

    /// A number near the one of this rank, rank 0 being the smallest; below count(). Never less
    /// than the answer for a smaller rank. Time linear in the number of buckets.
    double value_at(std::uint64_t rank) const;

    void clear();

    bool operator==(const QuantileSketch&) const = default;

private:
    struct Bucket {
        std::uint32_t index = 0;  ///< In the order of the numbers.
        std::uint64_t count = 0;

        bool operator==(const Bucket&) const = default;
    };
    class Batch;

    void add_buckets(std::span<const Bucket> added);

    std::vector<Bucket> buckets_;  // Ascending, none empty.
    std::uint64_t count_ = 0;
};

}  // namespace tidemark
