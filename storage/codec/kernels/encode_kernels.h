#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

// The loops that encoders measure their columns with, one table per instruction set. All tables
// give identical results. What decoders run is in codec_kernels.h.

namespace tidemark::storage {

/// The smallest and the largest of some numbers.
struct Extremes {
    std::uint64_t min = 0;
    std::uint64_t max = 0;
};

/// Integers that lie less than this apart can be narrow: 32 bits, the low ones of each. Arithmetic
/// on them is modulo 2^32, which gives their differences, as signed numbers, without a loss; also
/// the zigzag forms of these differences.
inline constexpr std::uint64_t kNarrowRange = std::uint64_t{1} << 30;

/// The smallest and the largest of some 32-bit numbers as signed ones; of none, beyond all of them.
struct NarrowExtremes {
    std::int32_t min = std::numeric_limits<std::int32_t>::max();
    std::int32_t max = std::numeric_limits<std::int32_t>::min();
};

/// How doubles are tried as integers: integer = value * digits, rounded, which must give back the
/// value as double(integer) * factor * fraction / divisor.
struct RoundTrip {
    double digits = 1;
    double factor = 1;
    double fraction = 1;
    double divisor = 1;  ///< Only round_to_narrow() takes another one.
};

/// The exponents of the highest bit and of the lowest bit that is set in any of some doubles.
struct BitRange {
    int highest = std::numeric_limits<int>::min();
    int lowest = std::numeric_limits<int>::max();

    int bit_count() const { return highest - lowest + 1; }
};

/// How many lengths count_lengths() counts at a time.
inline constexpr unsigned kLengthCount = 8;

/// Bytes that pack_groups() may overwrite behind what it writes.
inline constexpr std::size_t kPackPaddingBytes = 16;

/// Stateless; all functions are thread-safe.
struct EncodeKernels {
    std::string_view name;  ///< Accepted by TIDEMARK_FORCE_KERNELS.
    bool (*supported)();

    /// Of values[i] ^ flip as unsigned numbers, flipped back. There is at least one value.
    Extremes (*extremes)(std::span<const std::uint64_t> values, std::uint64_t flip);

    /// differences[i] = values[i + 1] - values[i] modulo 2^64, one fewer than there are values, of
    /// which there is at least one. Returns how many differences are not 0.
    std::size_t (*subtract_neighbours)(std::span<const std::uint64_t> values,
                                       std::uint64_t* differences);

    /// numbers[i] = the zigzag form of values[i] - base.
    void (*zigzag)(std::span<const std::uint64_t> values, std::uint64_t base,
                   std::uint64_t* numbers);

    /// The bits that each values[i] - base needs, in any order, into values.size() bytes.
    void (*bit_lengths)(std::span<const std::uint64_t> values, std::uint64_t base,
                        std::uint8_t* lengths);

    /// counts[k] = how many of the lengths are longest - k, for kLengthCount of them; none is above
    /// 64 but 255, which stands for no length.
    void (*count_lengths)(std::span<const std::uint8_t> lengths, unsigned longest,
                          std::uint32_t* counts);

    /// Of the values but zeros, infinities and NaN; subnormal ones count as if they were normal,
    /// which makes `lowest` less than -1074.
    BitRange (*bit_range)(std::span<const double> values);

    /// integers[i] = values[i] * factor without its fraction; 0 for NaN and from 2^63 on.
    void (*multiply_to_integers)(std::span<const double> values, double factor,
                                 std::uint64_t* integers);

    /// Sets bit i % 64 of mismatches[i / 64] when the bits of values[i] and others[i] differ,
    /// clears it when they do not and behind the last value; returns how many differ.
    std::size_t (*find_mismatches)(std::span<const double> values, const double* others,
                                   std::uint64_t* mismatches);

    /// Writes the low `width` (1 to 64) bits of each values[i] - base as packed numbers (FORMAT.md
    /// section 4.2), of whole groups of eight only. Each group takes `width` bytes; up to
    /// kPackPaddingBytes behind the last one are overwritten as well.
    void (*pack_groups)(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
                        std::byte* target);

    /// integers[i] = nearest_integer(values[i] * digits), as in float_scale.h. Sets bit i % 64 of
    /// mismatches[i / 64] when it does not give back all bits of the value, clears it when it does
    /// and behind the last value; returns how many do not.
    std::size_t (*round_to_integers)(std::span<const double> values, const RoundTrip& round_trip,
                                     std::uint64_t* integers, std::uint64_t* mismatches);

    /// numbers[i] = the same integer, when it gives back its value and lies within 32 bits for all
    /// of the values; else false, and `numbers` and `extremes` are unspecified.
    bool (*round_to_narrow)(std::span<const double> values, const RoundTrip& round_trip,
                            std::uint32_t* numbers, NarrowExtremes& extremes);

    /// numbers[i] = the low 32 bits of values[i].
    void (*narrow)(std::span<const std::uint64_t> values, std::uint32_t* numbers);

    /// subtract_neighbours() of narrow numbers; `extremes` are those of the differences.
    std::size_t (*subtract_narrow_neighbours)(std::span<const std::uint32_t> numbers,
                                              std::uint32_t* differences, NarrowExtremes& extremes);

    /// Sets bit i % 64 of mask[i / 64] when numbers[i + 1] differs from numbers[i], clears it when
    /// it does not and behind the last but one number. Returns how many differ. There are at least
    /// two numbers.
    std::size_t (*find_narrow_changes)(std::span<const std::uint32_t> numbers, std::uint64_t* mask);

    /// zigzag() of narrow numbers.
    void (*zigzag_narrow)(std::span<const std::uint32_t> numbers, std::uint32_t base,
                          std::uint32_t* out);

    /// bit_lengths() of narrow numbers; their distances from the base are below 2^31.
    void (*narrow_bit_lengths)(std::span<const std::uint32_t> numbers, std::uint32_t base,
                               std::uint8_t* lengths);

    /// Sets bit i % 64 of mask[i / 64] when numbers[i] - base is above the limit, clears it when it
    /// is not and behind the last number. Distances and limit are below 2^31.
    void (*find_narrow_above)(std::span<const std::uint32_t> numbers, std::uint32_t base,
                              std::uint32_t limit, std::uint64_t* mask);

    /// pack_groups() of narrow numbers, `width` 1 to 32.
    void (*pack_narrow_groups)(std::span<const std::uint32_t> numbers, std::uint32_t base,
                               unsigned width, std::byte* target);
};

/// The table in use: the best one the processor can run, or the one forced by the environment.
const EncodeKernels& encode_kernels();

/// Every table the processor can run, scalar first; for differential tests.
std::span<const EncodeKernels* const> supported_encode_kernels();

namespace scalar {
extern const EncodeKernels kEncodeKernels;
}
namespace avx2 {
extern const EncodeKernels kEncodeKernels;
}
namespace avx512 {
extern const EncodeKernels kEncodeKernels;
}

}  // namespace tidemark::storage
