#include "storage/codec/float_codec.h"

namespace tidemark::storage {
namespace {

constexpr const FloatCodec* kFloatCodecs[] = {&kConstantFloats, &kDecimalFloats, &kBinaryFloats,
                                              &kPatternFloats,  &kSplitFloats,   &kPlaneFloats,
                                              &kPlainFloats};

}  // namespace

std::span<const FloatCodec* const> float_codecs() { return kFloatCodecs; }

}  // namespace tidemark::storage
