#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/quantile_sketch.h>

#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "bench/micro/vectors.h"

// "sketch/add/latency_ms": the sketch of a block, 64 vectors of a column of the workload, or of
// numbers of all magnitudes; two such sketches merged, one taken out again, and a rank looked up.

namespace tidemark::bench {
namespace {

constexpr std::size_t kVectorsPerBlock = 64;
constexpr std::size_t kRowsPerBlock = kVectorsPerBlock * kRowsPerVector;

using Block = std::vector<double>;

Block block_of(const Vectors<double>& column) {
    Block block;
    block.reserve(kRowsPerBlock);
    for (std::size_t index = 0; index < kVectorsPerBlock; ++index) {
        const auto& vector = column.vectors[index % column.vectors.size()];
        block.insert(block.end(), vector.begin(), vector.end());
    }
    return block;
}

Block all_magnitudes() {
    std::mt19937_64 random(42);
    std::lognormal_distribution<double> magnitude(0, 100);
    Block block(kRowsPerBlock);
    for (double& value : block) value = magnitude(random);
    return block;
}

QuantileSketch sketch_of(const Block& block) {
    QuantileSketch sketch;
    sketch.add(block);
    return sketch;
}

/// The block is read.
Work work_of(const Block& block) {
    const auto count = static_cast<double>(block.size());
    return {.rates = {{"values", count}}, .costs = {}, .memory_bytes = count * sizeof(double)};
}

void add_block(benchmark::State& state, const Block& block, const MemoryBandwidth& bandwidth) {
    QuantileSketch sketch;
    run(state, work_of(block), bandwidth, [&] {
        sketch.clear();
        for (std::size_t begin = 0; begin < block.size(); begin += kRowsPerVector) {
            sketch.add(std::span(block).subspan(begin, kRowsPerVector));
        }
        benchmark::DoNotOptimize(sketch);
    });
}

void merge_and_subtract(benchmark::State& state, const Block& block,
                        const MemoryBandwidth& bandwidth) {
    const std::span half = std::span(block).first(block.size() / 2);
    const QuantileSketch other = sketch_of({half.begin(), half.end()});
    QuantileSketch sketch = sketch_of(block);
    run(state, {}, bandwidth, [&] {
        sketch.merge(other);
        benchmark::DoNotOptimize(sketch.subtract(other));
    });
}

void look_up(benchmark::State& state, const Block& block, const MemoryBandwidth& bandwidth) {
    const QuantileSketch sketch = sketch_of(block);
    const std::uint64_t rank = sketch.count() * 99 / 100;
    run(state, {}, bandwidth, [&] { benchmark::DoNotOptimize(sketch.value_at(rank)); });
}

void add_all(const std::string& name, Block values, const Surroundings& surroundings) {
    const auto block = std::make_shared<const Block>(std::move(values));
    const auto add = [&](const std::string& step, auto measure) {
        add_benchmark("sketch/" + step + '/' + name, [block, measure,
                                                      &surroundings](benchmark::State& state) {
            measure(state, *block, surroundings.bandwidth);
        })->Unit(benchmark::kMicrosecond);
    };
    add("add", add_block);
    add("merge_and_subtract", merge_and_subtract);
    add("look_up", look_up);
}

}  // namespace

void register_sketch_benchmarks(const Surroundings& surroundings) {
    const Workload workload = codec_workload();
    for (const std::size_t column : {Usage, LatencyMs, Entropy}) {
        const Vectors<double> vectors = float_vectors(workload, column);
        add_all(vectors.name, block_of(vectors), surroundings);
    }
    add_all("all_magnitudes", all_magnitudes(), surroundings);
}

}  // namespace tidemark::bench
