#include "storage/codec/kernels/encode_kernels.h"

#include "storage/base/kernel_choice.h"

namespace tidemark::storage {

std::span<const EncodeKernels* const> supported_encode_kernels() {
    static const auto supported = supported_tables<EncodeKernels>({
        &scalar::kEncodeKernels,
#if defined(__x86_64__)
            &avx2::kEncodeKernels, &avx512::kEncodeKernels,
#endif
    });
    return supported;
}

const EncodeKernels& encode_kernels() {
    static const EncodeKernels& kernels = chosen_table(supported_encode_kernels());
    return kernels;
}

}  // namespace tidemark::storage
