#pragma once

#include <cstdint>

namespace tidemark::storage {

/// The first byte of every encoded column. Numbers are stored and never reused, not even after a
/// codec is retired. 128 to 143 are reserved for entropy-coded forms. FORMAT.md section 4.1.
enum class CodecId : std::uint8_t {
    // Every type.
    Plain = 0,
    Constant = 1,

    // Integers, also inside of the other families.
    Packed = 2,
    Patched = 3,
    Centred = 4,
    Delta = 5,
    Sparse = 6,
    Multiple = 7,
    IntegerDictionary = 8,
    Line = 9,

    // Floats.
    Decimal = 32,
    Binary = 33,
    Split = 34,
    Pattern = 35,
    Planes = 36,

    // Booleans.
    Bitmap = 48,
    Runs = 49,

    // Strings.
    StringDictionary = 64,

    // Times.
    Regular = 80,
    Steps = 81,
    Grid = 82,
};

}  // namespace tidemark::storage
