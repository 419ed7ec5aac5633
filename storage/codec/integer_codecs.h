#pragma once

#include "storage/codec/integer_codec.h"

// The rows of the table in integer_codec.cc: one file per codec.

namespace tidemark::storage {

extern const IntegerCodec kPlainIntegers;
extern const IntegerCodec kConstantIntegers;
extern const IntegerCodec kPackedIntegers;
extern const IntegerCodec kPatchedIntegers;
extern const IntegerCodec kCentredIntegers;
extern const IntegerCodec kDeltaIntegers;
extern const IntegerCodec kDictionaryIntegers;
extern const IntegerCodec kSparseIntegers;
extern const IntegerCodec kMultipleIntegers;

/// Which of the integers lie in the interval.
void match_integers(std::span<const std::uint64_t> values, const IntegerInterval& interval,
                    std::span<std::uint64_t> mask);

}  // namespace tidemark::storage
