#include "storage/codec/kernels/codec_kernels.h"

#include "storage/base/kernel_choice.h"

namespace tidemark::storage {

std::span<const CodecKernels* const> supported_codec_kernels() {
    static const auto supported = supported_tables<CodecKernels>({
        &scalar::kCodecKernels,
#if defined(__x86_64__)
            &avx2::kCodecKernels, &avx512::kCodecKernels,
#endif
    });
    return supported;
}

const CodecKernels& codec_kernels() {
    static const CodecKernels& kernels = chosen_table(supported_codec_kernels());
    return kernels;
}

}  // namespace tidemark::storage
