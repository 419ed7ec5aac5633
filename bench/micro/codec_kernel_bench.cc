#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "storage/codec/kernels/codec_kernels.h"

// "codec_kernel/avx2/unpack/14_bits": the loops inside of the codecs, for each table that this
// processor can run, on 32 vectors that stay in its second-level cache. What the memory bandwidth
// is compared with is the bytes read and written, so above 1 the kernel is faster than memory.

namespace tidemark::bench {
namespace {

using namespace storage;

constexpr unsigned kWidths[] = {1, 7, 14, 16, 21, 40};
constexpr std::size_t kValuesPerVector = 1024;
constexpr std::size_t kVectorCount = 32;
constexpr double kValueCount = kValuesPerVector * kVectorCount;
constexpr double kPlainBytes = kValuesPerVector * sizeof(double);
constexpr double kMaskBytes = kValuesPerVector / 8.0;  // A bit for each value.

/// One vector in all forms; a kernel does not care what the numbers are.
struct Input {
    std::size_t index;
    std::span<const std::byte> packed;  ///< Of all vectors, without gaps.
    std::array<std::uint64_t, kValuesPerVector> integers;
    std::array<double, kValuesPerVector> doubles;

    std::span<const std::byte> packed_of(unsigned width) const {
        const std::size_t size_bytes = kValuesPerVector * width / 8;
        return packed.subspan(index * size_bytes, size_bytes);
    }
};

struct Inputs {
    std::vector<std::byte> packed;  ///< Up to 64 bits for each number.
    std::vector<Input> vectors;
};

struct Output {
    std::array<std::uint64_t, kValuesPerVector> integers;
    std::array<double, kValuesPerVector> doubles;
    std::array<std::uint64_t, kValuesPerVector / 64> mask;
};

/// What is called for each vector.
struct Step {
    const char* name;
    double plain_bytes;  ///< Touched, apart from packed ones.
    void (*run)(const CodecKernels& kernels, const Input& in, unsigned width, Output& out);
};

void match_upper_half(const CodecKernels& kernels, const Input& in, unsigned width, Output& out) {
    const std::uint64_t half = std::uint64_t{1} << (width - 1);
    kernels.match_packed(in.packed_of(width), width, kValuesPerVector, half, 2 * half - 1,
                         out.mask.data());
}

TIDEMARK_BENCH_CLONES("popcnt")
unsigned count_bits(std::span<const std::uint64_t> mask) {
    unsigned count = 0;
    for (const std::uint64_t word : mask) count += static_cast<unsigned>(std::popcount(word));
    return count;
}

constexpr Step kPackedSteps[] = {
    {"unpack", kPlainBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned width, Output& out) {
         kernels.unpack(in.packed_of(width), width, out.integers);
     }},
    {"unpack_to_doubles", kPlainBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned width, Output& out) {
         kernels.unpack_to_doubles(in.packed_of(width), width, 7025, {1e12, 1e-14, 1}, out.doubles);
     }},
    {"unpack_zigzag", kPlainBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned width, Output& out) {
         kernels.unpack_zigzag(in.packed_of(width), width, 7025, out.integers);
     }},
    {"match_packed", kMaskBytes, match_upper_half},
    {"match_and_count", kMaskBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned width, Output& out) {
         match_upper_half(kernels, in, width, out);
         benchmark::DoNotOptimize(count_bits(out.mask));
     }},
};

constexpr Step kPlainSteps[] = {
    {"add_up_to_doubles", 2 * kPlainBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned, Output& out) {
         kernels.add_up_to_doubles(7025, in.integers, 1e12, 1e-14, out.doubles.data());
     }},
    {"match_integers", kPlainBytes + kMaskBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned, Output& out) {
         kernels.match_integers(in.integers, 1000, 500'000, out.mask.data());
     }},
    {"match_doubles", kPlainBytes + kMaskBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned, Output& out) {
         kernels.match_doubles(in.doubles, 10.0, 5000.0, out.mask.data());
     }},
    {"scale_to_doubles", 2 * kPlainBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned, Output& out) {
         kernels.scale_to_doubles(in.integers, 1.0, 0.01, out.doubles.data());
     }},
    {"divide_to_doubles", 2 * kPlainBytes,
     [](const CodecKernels& kernels, const Input& in, unsigned, Output& out) {
         kernels.divide_to_doubles(in.integers, 100.0, out.doubles.data());
     }},
};

Inputs make_inputs() {
    Inputs inputs{std::vector<std::byte>(kVectorCount * kValuesPerVector * 8),
                  std::vector<Input>(kVectorCount)};
    std::uint64_t state = 42;
    std::byte* packed = inputs.packed.data();
    for (std::size_t index = 0; index < kVectorCount; ++index) {
        Input& input = inputs.vectors[index];
        input.index = index;
        input.packed = inputs.packed;
        for (std::size_t i = 0; i < kValuesPerVector; ++i) {
            state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
            input.integers[i] = state >> 44U;
            input.doubles[i] = static_cast<double>(state >> 44U) / 100;
            for (unsigned byte = 0; byte < 8; ++byte) {
                *packed++ = static_cast<std::byte>(state >> (8 * byte));
            }
        }
    }
    return inputs;
}

}  // namespace

void register_codec_kernel_benchmarks(const Surroundings& surroundings) {
    const auto inputs = std::make_shared<const Inputs>(make_inputs());
    const auto add = [&](const CodecKernels& kernels, const Step& step, unsigned width,
                         const std::string& suffix) {
        const Work work{.rates = {{"values", kValueCount}},
                        .costs = {},
                        .memory_bytes = (step.plain_bytes + kMaskBytes * width) * kVectorCount};
        add_benchmark(
            "codec_kernel/" + std::string(kernels.name) + '/' + step.name + suffix,
            [inputs, &kernels, &step, width, work, &surroundings](benchmark::State& state) {
                Output out;
                benchmark::DoNotOptimize(&out);
                run(state, work, surroundings.bandwidth, [&] {
                    for (const Input& input : inputs->vectors) {
                        step.run(kernels, input, width, out);
                    }
                    benchmark::ClobberMemory();
                });
            });
    };
    for (const CodecKernels* kernels : supported_codec_kernels()) {
        for (const Step& step : kPackedSteps) {
            for (const unsigned width : kWidths) {
                add(*kernels, step, width, '/' + std::to_string(width) + "_bits");
            }
        }
        for (const Step& step : kPlainSteps) add(*kernels, step, 0, "");
    }
}

}  // namespace tidemark::bench
