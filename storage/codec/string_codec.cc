#include "storage/codec/string_codec.h"

namespace tidemark::storage {
namespace {

constexpr const StringCodec* kStringCodecs[] = {&kConstantStrings, &kDictionaryStrings,
                                                &kPlainStrings};

}  // namespace

std::span<const StringCodec* const> string_codecs() { return kStringCodecs; }

}  // namespace tidemark::storage
