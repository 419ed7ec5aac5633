#pragma once

#include "storage/codec/integer_codec.h"
#include "storage/codec/scratch.h"

// The rows of the table in integer_codec.cc: one file per codec.

namespace tidemark::storage {

extern const IntegerCodec kPlainIntegers;
extern const IntegerCodec kConstantIntegers;
extern const IntegerCodec kPackedIntegers;
extern const IntegerCodec kPatchedIntegers;
extern const IntegerCodec kCentredIntegers;
extern const IntegerCodec kDeltaIntegers;
extern const IntegerCodec kDictionaryIntegers;
extern const IntegerCodec kLineIntegers;
extern const IntegerCodec kSparseIntegers;
extern const IntegerCodec kMultipleIntegers;

/// Which of the integers lie in the interval.
void match_integers(std::span<const std::uint64_t> values, const IntegerInterval& interval,
                    std::span<std::uint64_t> mask);

/// The decode_scaled() of a codec that knows no shorter way.
template <Status (*kDecode)(std::span<const std::byte> bytes, std::span<std::uint64_t> values)>
Status decode_then_scale(std::span<const std::byte> bytes, const FloatScale& scale,
                         std::span<double> values) {
    Scratch<std::uint64_t> integers(values.size());
    TIDEMARK_RETURN_IF_ERROR(kDecode(bytes, integers.values()));
    scale_integers(integers.values(), scale, values);
    return success();
}

}  // namespace tidemark::storage
