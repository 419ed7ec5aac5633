#include "query/functions/kernels/lane_sort.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "storage/base/assert.h"
#include "storage/base/cpu_features.h"
#include "storage/base/kernel_choice.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tidemark::query {
namespace {

/// Rows whose keys are brought into order: the first one gets the smaller key.
struct Comparator {
    std::uint8_t first;
    std::uint8_t second;
};
using Network = std::vector<Comparator>;

/// Of merges of sorted runs of 1, 2, 4 .. rows.
Network make_network(std::size_t row_count) {
    Network network;
    for (std::size_t run = 1; run < row_count; run *= 2) {
        for (std::size_t distance = run; distance > 0; distance /= 2) {
            for (std::size_t first = distance % run; first + distance < row_count; ++first) {
                const std::size_t second = first + distance;
                const bool is_compared = (first - distance % run) / distance % 2 == 0 &&
                                         first / (2 * run) == second / (2 * run);
                if (!is_compared) continue;
                network.push_back(
                    {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)});
            }
        }
    }
    return network;
}

const Network& network_of(std::size_t row_count) {
    static const auto networks = [] {
        std::array<Network, kSortRows + 1> made;
        for (std::size_t count = 0; count < made.size(); ++count) made[count] = make_network(count);
        return made;
    }();
    TIDEMARK_ASSERT(row_count < networks.size(), "columns are short");
    return networks[row_count];
}

void sort_scalar(std::span<std::uint64_t> keys) {
    for (const Comparator& comparator : network_of(keys.size() / kSortLanes)) {
        std::uint64_t* const first = &keys[comparator.first * kSortLanes];
        std::uint64_t* const second = &keys[comparator.second * kSortLanes];
        for (std::size_t lane = 0; lane < kSortLanes; ++lane) {
            const auto [smaller, larger] = std::minmax({first[lane], second[lane]});
            first[lane] = smaller;
            second[lane] = larger;
        }
    }
}

constexpr LaneSort kScalar{"scalar", [] { return true; }, sort_scalar};

#if defined(__x86_64__)

#define TIDEMARK_AVX2 __attribute__((target("avx2")))

constexpr std::size_t kRegisterLanes = 4;

TIDEMARK_AVX2 __m256i load(const std::uint64_t* keys) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys));
}
TIDEMARK_AVX2 void store(std::uint64_t* keys, __m256i lanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(keys), lanes);
}

/// Flips the sign bits: AVX2 compares signed numbers only.
TIDEMARK_AVX2 void flip_order(std::span<std::uint64_t> keys) {
    const __m256i sign_bits = _mm256_set1_epi64x(std::numeric_limits<std::int64_t>::min());
    for (std::size_t i = 0; i < keys.size(); i += kRegisterLanes) {
        store(&keys[i], _mm256_xor_si256(load(&keys[i]), sign_bits));
    }
}

TIDEMARK_AVX2 void sort_avx2(std::span<std::uint64_t> keys) {
    flip_order(keys);
    for (const Comparator& comparator : network_of(keys.size() / kSortLanes)) {
        std::uint64_t* const first = &keys[comparator.first * kSortLanes];
        std::uint64_t* const second = &keys[comparator.second * kSortLanes];
        for (std::size_t lane = 0; lane < kSortLanes; lane += kRegisterLanes) {
            const __m256i left = load(first + lane);
            const __m256i right = load(second + lane);
            const __m256i is_greater = _mm256_cmpgt_epi64(left, right);
            store(first + lane, _mm256_blendv_epi8(left, right, is_greater));
            store(second + lane, _mm256_blendv_epi8(right, left, is_greater));
        }
    }
    flip_order(keys);
}

constexpr LaneSort kAvx2{"avx2", [] { return storage::cpu_features().avx2; }, sort_avx2};

#undef TIDEMARK_AVX2

#endif

}  // namespace

std::span<const LaneSort* const> supported_lane_sorts() {
#if defined(__x86_64__)
    static const auto supported = storage::supported_tables<LaneSort>({&kScalar, &kAvx2});
#else
    static const auto supported = storage::supported_tables<LaneSort>({&kScalar});
#endif
    return supported;
}

const LaneSort& lane_sort() {
    static const LaneSort& chosen = storage::chosen_table<LaneSort>(supported_lane_sorts());
    return chosen;
}

}  // namespace tidemark::query
