#include "storage/codec/kernels/codec_kernels.h"

#include <vector>

#include "storage/base/cpu_features.h"

namespace tidemark::storage {
namespace {

const CodecKernels& chosen_kernels() {
    const auto supported = supported_codec_kernels();
    for (const CodecKernels* kernels : supported) {
        if (kernels->name == forced_kernels_name()) return *kernels;
    }
    return *supported.back();
}

}  // namespace

std::span<const CodecKernels* const> supported_codec_kernels() {
    // In ascending order of speed.
    static const std::vector<const CodecKernels*> supported = [] {
        std::vector<const CodecKernels*> tables;
        for (const CodecKernels* kernels : {&scalar::kCodecKernels, &avx2::kCodecKernels}) {
            if (kernels->supported()) tables.push_back(kernels);
        }
        return tables;
    }();
    return supported;
}

const CodecKernels& codec_kernels() {
    static const CodecKernels& kernels = chosen_kernels();
    return kernels;
}

}  // namespace tidemark::storage
