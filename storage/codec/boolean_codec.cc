#include "storage/codec/boolean_codec.h"

namespace tidemark::storage {
namespace {

constexpr const BooleanCodec* kBooleanCodecs[] = {&kConstantBooleans, &kRunBooleans,
                                                  &kBitmapBooleans};

}  // namespace

std::span<const BooleanCodec* const> boolean_codecs() { return kBooleanCodecs; }

}  // namespace tidemark::storage
