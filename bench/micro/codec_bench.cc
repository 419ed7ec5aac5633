#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/micro/measures.h"
#include "bench/micro/real_data.h"
#include "bench/micro/suites.h"
#include "bench/micro/vectors.h"
#include "storage/codec/boolean_codec.h"
#include "storage/codec/column_codec.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/string_codec.h"
#include "storage/codec/time_codec.h"

// "codec/float/decimal/decode/usage": each codec of the tables on the vectors of each column that
// it can write smaller than plain; and "chosen", what the engine does: the smallest of all, checked
// by decoding. The vectors of a column together fit a second-level cache, as a row group that was
// just received or read does, so a share of the memory bandwidth may be above 1.

namespace tidemark::bench {
namespace {

using namespace storage;

using Bytes = std::vector<std::byte>;

constexpr const char* kChosen = "chosen";

template <typename T>
struct CodecUnderTest {
    std::string name;
    /// False when the values take more than the limit.
    std::function<bool(std::span<const T>, std::size_t size_limit_bytes, Bytes&)> encode;
    std::function<Status(std::span<const std::byte>, std::span<T>)> decode;
};

// What plain values take, and a little for sizes.
template <typename T>
std::size_t plain_size_bytes(std::span<const T> values) {
    return values.size_bytes() + 64;
}
std::size_t plain_size_bytes(std::span<const std::uint8_t> values) { return values.size() / 8 + 1; }
std::size_t plain_size_bytes(std::span<const std::string_view> values) {
    std::size_t size_bytes = 64;
    for (const std::string_view value : values) size_bytes += value.size() + 8;
    return size_bytes;
}

/// One codec on those vectors of a column that it takes.
template <typename T>
struct CodecCase {
    CodecUnderTest<T> codec;
    std::shared_ptr<const Vectors<T>> column;
    std::vector<std::size_t> taken;  ///< Indices of vectors.
    std::vector<Bytes> encoded;      ///< Of these.
    double value_count = 0;
    double encoded_size_bytes = 0;
    double plain_size = 0;
};

template <typename T>
CodecCase<T> make_case(const CodecUnderTest<T>& codec, std::shared_ptr<const Vectors<T>> column) {
    CodecCase<T> made{codec, std::move(column), {}, {}, 0, 0, 0};
    const auto& vectors = made.column->vectors;
    for (std::size_t index = 0; index < vectors.size(); ++index) {
        const std::span<const T> values = vectors[index];
        Bytes bytes;
        if (!codec.encode(values, plain_size_bytes(values), bytes)) continue;
        made.taken.push_back(index);
        made.value_count += static_cast<double>(values.size());
        made.encoded_size_bytes += static_cast<double>(bytes.size());
        made.plain_size += static_cast<double>(plain_size_bytes(values));
        made.encoded.push_back(std::move(bytes));
    }
    return made;
}

template <typename T>
Work work_of(const CodecCase<T>& test) {
    return {.rates = {{"values", test.value_count}},
            .costs = {},
            .memory_bytes = test.encoded_size_bytes + test.plain_size};
}

template <typename T>
void report_size(benchmark::State& state, const CodecCase<T>& test) {
    state.counters["bits_per_value"] = test.encoded_size_bytes * 8 / test.value_count;
    state.counters["taken"] =
        static_cast<double>(test.taken.size()) / static_cast<double>(test.column->vectors.size());
}

template <typename T>
void encode(benchmark::State& state, const CodecCase<T>& test, const MemoryBandwidth& bandwidth) {
    Bytes out;
    run(state, work_of(test), bandwidth, [&] {
        for (const std::size_t index : test.taken) {
            const std::span<const T> values = test.column->vectors[index];
            out.clear();
            test.codec.encode(values, plain_size_bytes(values), out);
            benchmark::DoNotOptimize(out.data());
        }
    });
    report_size(state, test);
}

template <typename T>
void decode(benchmark::State& state, const CodecCase<T>& test, const MemoryBandwidth& bandwidth) {
    std::vector<T> decoded;
    const auto decode_vector = [&](std::size_t position) {
        decoded.resize(test.column->vectors[test.taken[position]].size());
        const Status status = test.codec.decode(test.encoded[position], decoded);
        benchmark::DoNotOptimize(decoded.data());
        return status.has_value();
    };
    for (std::size_t position = 0; position < test.taken.size(); ++position) {
        const auto& expected = test.column->vectors[test.taken[position]];
        if (decode_vector(position) && std::ranges::equal(decoded, expected)) continue;
        state.SkipWithError("decodes to other values");
        return;
    }
    run(state, work_of(test), bandwidth, [&] {
        for (std::size_t position = 0; position < test.taken.size(); ++position) {
            decode_vector(position);
        }
    });
    report_size(state, test);
}

/// Four doubles, which AVX2 holds in a register.
using Lanes = double __attribute__((vector_size(32)));

/// Eight vectors of sums, so that few additions wait for the one before.
TIDEMARK_BENCH_CLONES("avx512f", "avx2")
double sum_of(const double* values, std::size_t count) {
    constexpr std::size_t kLaneCount = 4;
    constexpr std::size_t kSumCount = 8;
    Lanes sums[kSumCount] = {};
    std::size_t i = 0;
    for (; i + kSumCount * kLaneCount <= count; i += kSumCount * kLaneCount) {
        for (std::size_t part = 0; part < kSumCount; ++part) {
            Lanes lanes;
            std::memcpy(&lanes, values + i + part * kLaneCount, sizeof lanes);
            sums[part] += lanes;
        }
    }
    for (std::size_t part = 1; part < kSumCount; ++part) sums[0] += sums[part];
    double sum = 0;
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) sum += sums[0][lane];
    for (; i < count; ++i) sum += values[i];
    return sum;
}

/// What a query does that looks at all values: decoding them where they stay in the nearest cache,
/// and one pass over them.
void decode_and_sum(benchmark::State& state, const CodecCase<double>& test,
                    const MemoryBandwidth& bandwidth) {
    std::vector<double> decoded(kRowsPerVector);
    Work work = work_of(test);
    work.memory_bytes = test.encoded_size_bytes;
    run(state, work, bandwidth, [&] {
        double sum = 0;
        for (std::size_t position = 0; position < test.taken.size(); ++position) {
            decoded.resize(test.column->vectors[test.taken[position]].size());
            const Status status = test.codec.decode(test.encoded[position], decoded);
            sum += status ? sum_of(decoded.data(), decoded.size()) : 0;
        }
        benchmark::DoNotOptimize(sum);
    });
    report_size(state, test);
    // How its first vector is encoded.
    Bytes encoded;
    const std::vector<double>& first = test.column->vectors[test.taken.front()];
    encode_floats(first, encoded);
    state.SetLabel(describe_column(FieldType::Float, encoded, first.size()));
}

template <typename T>
void add_case(std::string_view family, const CodecUnderTest<T>& codec,
              const std::shared_ptr<const Vectors<T>>& column, const Surroundings& surroundings) {
    const auto test = std::make_shared<const CodecCase<T>>(make_case(codec, column));
    if (test->taken.empty()) return;
    const std::string prefix = "codec/" + std::string(family) + '/' + codec.name;
    add_benchmark(prefix + "/encode/" + column->name,
                  [&surroundings, test](benchmark::State& state) {
                      encode(state, *test, surroundings.bandwidth);
                  });
    add_benchmark(prefix + "/decode/" + column->name,
                  [&surroundings, test](benchmark::State& state) {
                      decode(state, *test, surroundings.bandwidth);
                  });
    if constexpr (std::is_same_v<T, double>) {
        if (codec.name != kChosen) return;
        add_benchmark(prefix + "/decode_and_sum/" + column->name,
                      [&surroundings, test](benchmark::State& state) {
                          decode_and_sum(state, *test, surroundings.bandwidth);
                      });
    }
}

template <typename T>
void add_cases(std::string_view family, const std::vector<CodecUnderTest<T>>& codecs,
               std::vector<Vectors<T>> columns, const Surroundings& surroundings) {
    for (Vectors<T>& column : columns) {
        const auto shared = std::make_shared<const Vectors<T>>(std::move(column));
        for (const CodecUnderTest<T>& codec : codecs) {
            add_case(family, codec, shared, surroundings);
        }
    }
}

// The rows of a codec table, whose functions take the values as they are, behind the codec that
// the engine chooses.
template <typename T, typename Table>
std::vector<CodecUnderTest<T>> codecs_of(const Table& table,
                                         void (*encode)(std::span<const T>, Bytes&),
                                         Status (*decode)(std::span<const std::byte>,
                                                          std::span<T>)) {
    std::vector<CodecUnderTest<T>> codecs;
    codecs.reserve(table.size() + 1);
    const auto encode_chosen = [encode](std::span<const T> values, std::size_t, Bytes& out) {
        encode(values, out);
        return true;
    };
    codecs.push_back({kChosen, encode_chosen, decode});
    for (const auto* codec : table) {
        codecs.push_back({std::string(codec->name), codec->encode, codec->decode});
    }
    return codecs;
}

std::vector<CodecUnderTest<std::uint64_t>> integers_under_test() {
    std::vector<CodecUnderTest<std::uint64_t>> codecs;
    codecs.reserve(integer_codecs().size() + 1);
    const auto encode_chosen = [](std::span<const std::uint64_t> values, std::size_t, Bytes& out) {
        encode_integer_column(IntegerColumn(values, IntegerOrder::Signed), out);
        return true;
    };
    const auto decode_chosen = [](std::span<const std::byte> bytes,
                                  std::span<std::uint64_t> values) {
        return decode_integer_column(bytes, kAnyRank, values);
    };
    codecs.push_back({kChosen, encode_chosen, decode_chosen});
    for (const IntegerCodec* codec : integer_codecs()) {
        const auto encode_by_codec = [codec](std::span<const std::uint64_t> values,
                                             std::size_t size_limit_bytes, Bytes& out) {
            const IntegerColumn column(values, IntegerOrder::Signed);
            return codec->encode(column, size_limit_bytes, out);
        };
        codecs.push_back({std::string(codec->name), encode_by_codec, codec->decode});
    }
    return codecs;
}

std::vector<CodecUnderTest<std::string_view>> strings_under_test() {
    std::vector<CodecUnderTest<std::string_view>> codecs;
    codecs.reserve(string_codecs().size() + 1);
    // The decoded strings live in an arena, which is emptied for each vector.
    const auto with_arena = [](auto decode_into) {
        return [decode_into, arena = std::make_shared<StringArena>()](
                   std::span<const std::byte> bytes, std::span<std::string_view> values) {
            arena->clear();
            return decode_into(bytes, values, *arena);
        };
    };
    const auto encode_chosen = [](std::span<const std::string_view> values, std::size_t,
                                  Bytes& out) {
        encode_strings(values, out);
        return true;
    };
    codecs.push_back({kChosen, encode_chosen, with_arena(decode_strings)});
    for (const StringCodec* codec : string_codecs()) {
        codecs.push_back({std::string(codec->name), codec->encode, with_arena(codec->decode)});
    }
    return codecs;
}

// All samples together for each codec, and one by one for the codec that is chosen.
void add_alp_samples(const std::vector<CodecUnderTest<double>>& codecs,
                     const Surroundings& surroundings) {
    const auto samples = alp_samples();
    if (!samples) return add_skipped("codec/float/alp", samples.error().message());
    std::vector<Vectors<double>> columns = {{"alp", {}, nullptr}};
    std::vector<Vectors<double>> each;
    for (const NamedDoubles& sample : samples.value()) {
        append_vectors(std::span<const double>(sample.values), columns.front().vectors);
        each.push_back({"alp/" + sample.name, {sample.values}, nullptr});
    }
    add_cases("float", codecs, std::move(columns), surroundings);
    add_cases("float", {codecs.front()}, std::move(each), surroundings);
}

}  // namespace

void register_codec_benchmarks(const Surroundings& surroundings) {
    const Workload workload = codec_workload();
    const auto floats = codecs_of<double>(float_codecs(), encode_floats, decode_floats);
    std::vector<Vectors<double>> float_columns;
    std::vector<Vectors<std::uint64_t>> integer_columns;
    for (const KpiMeasurement& measurement : kKpiMeasurements) {
        for (std::size_t field = 0; field < measurement.fields.size(); ++field) {
            const std::size_t column = measurement.first_column + field;
            if (measurement.fields[field].type == FieldType::Float) {
                float_columns.push_back(float_vectors(workload, column));
            } else {
                integer_columns.push_back(integer_vectors(workload, column));
            }
        }
    }
    add_alp_samples(floats, surroundings);
    add_cases("float", floats, std::move(float_columns), surroundings);
    add_cases("integer", integers_under_test(), std::move(integer_columns), surroundings);
    add_cases<std::uint8_t>(
        "boolean", codecs_of<std::uint8_t>(boolean_codecs(), encode_booleans, decode_booleans),
        {up_vectors(workload), busy_vectors(workload)}, surroundings);
    add_cases<std::string_view>("string", strings_under_test(),
                                {level_vectors(workload), message_vectors(workload)}, surroundings);
    add_cases<std::int64_t>(
        "time", codecs_of<std::int64_t>(time_codecs(), encode_times, decode_times),
        {time_vectors(workload, "regular", 0), time_vectors(workload, "jitter", 1000)},
        surroundings);
}

}  // namespace tidemark::bench
