#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "storage/codec/float_scale.h"

// The loops of the codecs, one table per instruction set. All tables give identical results.
//
// Packed numbers are an LSB-first bit stream: number i takes the bits [i * width, (i + 1) * width),
// where bit k is bit k % 8 of byte k / 8.

namespace tidemark::storage {

inline constexpr std::size_t kCellSizeBytes = 8;
/// Cells that expand() may read behind the last change.
inline constexpr std::size_t kExpandPadding = 8;

/// The widest packed numbers that unpack_narrow() takes.
inline constexpr unsigned kNarrowWidthLimit = 25;

/// Differences of neighbours: difference i = base + numbers[i], or base + zigzag_decode(numbers[i])
/// where signs are folded in.
struct NarrowDeltas {
    std::span<const std::uint32_t> numbers;
    std::uint64_t base;
    bool is_zigzag;
};

/// Stateless; all functions are thread-safe. `mask` is filled as by match_values() in leaf_test.h.
struct CodecKernels {
    std::string_view name;  ///< Accepted by TIDEMARK_FORCE_KERNELS.
    bool (*supported)();

    /// values[i] = base + packed number i, of 1 to 64 bits. `packed` has at least the bytes they
    /// take, and is not read behind its end.
    void (*unpack_above)(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                         std::span<std::uint64_t> values);
    void unpack(std::span<const std::byte> packed, unsigned width,
                std::span<std::uint64_t> values) const {
        unpack_above(packed, width, 0, values);
    }

    /// The same as doubles: out[i] = scale.value(signed base + packed number i). The scale is a
    /// product or a quotient by a power of ten up to kMaxDecimalExponent, never both.
    void (*unpack_to_doubles)(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                              const FloatScale& scale, std::span<double> out);

    /// values[i] = base + zigzag_decode(packed number i).
    void (*unpack_zigzag)(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                          std::span<std::uint64_t> values);

    /// values[i] = first + values[0] + ... + values[i].
    void (*add_up)(std::uint64_t first, std::span<std::uint64_t> values);

    /// The same as doubles: out[i] = double(signed first + deltas[0] + ... + deltas[i]) * factor *
    /// fraction, each step rounded to nearest.
    void (*add_up_to_doubles)(std::uint64_t first, std::span<const std::uint64_t> deltas,
                              double factor, double fraction, double* out);

    /// numbers[i] = packed number i, of 1 to kNarrowWidthLimit bits.
    void (*unpack_narrow)(std::span<const std::byte> packed, unsigned width,
                          std::span<std::uint32_t> numbers);

    /// As add_up() where no sum is 2^30 or further away from `first`: out[i] = first + difference 0
    /// + ... + difference i. And scale.value() of them as signed integers; the scale is as for
    /// unpack_to_doubles().
    void (*add_up_narrow)(std::uint64_t first, const NarrowDeltas& deltas, std::uint64_t* out);
    void (*add_up_narrow_to_doubles)(std::uint64_t first, const NarrowDeltas& deltas,
                                     const FloatScale& scale, double* out);

    /// Of cells of eight bytes, integers or doubles: cells[0] = changes[0]; each further cells[i] =
    /// cells[i - 1], or the next one of `changes` when bit i - 1 of the mask `differs` is set.
    /// There is at least one cell. Behind the last change there are kExpandPadding more, whatever
    /// they are.
    void (*expand)(const std::uint64_t* differs, const std::byte* changes,
                   std::span<std::byte> cells);

    /// Which of `count` packed numbers lie in [low, high]; low <= high < 2 to the width.
    void (*match_packed)(std::span<const std::byte> packed, unsigned width, std::size_t count,
                         std::uint64_t low, std::uint64_t high, std::uint64_t* mask);

    /// Which numbers v have v - low <= distance in arithmetic modulo 2^64.
    void (*match_integers)(std::span<const std::uint64_t> values, std::uint64_t low,
                           std::uint64_t distance, std::uint64_t* mask);

    /// Which numbers lie in [low, high]; never a NaN.
    void (*match_doubles)(std::span<const double> values, double low, double high,
                          std::uint64_t* mask);

    /// out[i] = double(signed integers[i]) * factor * fraction, each step rounded to nearest.
    void (*scale_to_doubles)(std::span<const std::uint64_t> integers, double factor,
                             double fraction, double* out);

    /// out[i] = double(signed integers[i]) / divisor, each step rounded to nearest. The divisor is
    /// a power of ten up to kMaxDecimalExponent.
    void (*divide_to_doubles)(std::span<const std::uint64_t> integers, double divisor, double* out);
};

/// The table in use: the best one the processor can run, or the one forced by the environment.
const CodecKernels& codec_kernels();

/// Every table the processor can run, scalar first; for differential tests.
std::span<const CodecKernels* const> supported_codec_kernels();

namespace scalar {
extern const CodecKernels kCodecKernels;
}
namespace avx2 {
extern const CodecKernels kCodecKernels;
}
namespace avx512 {
extern const CodecKernels kCodecKernels;
}

}  // namespace tidemark::storage
