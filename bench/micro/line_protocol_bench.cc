#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/micro/lazy.h"
#include "bench/micro/measures.h"
#include "bench/micro/real_data.h"
#include "bench/micro/suites.h"
#include "bench/support/kpi_shapes.h"
#include "bench/support/workload_writers.h"
#include "storage/line_protocol/line_parser.h"

namespace tidemark::bench {
namespace {

using namespace storage;

// Beyond the second-level cache, as what a network brings is.
constexpr std::size_t kTextSizeBytes = std::size_t{4} << 20;
constexpr const char* kTime = " 1767571200000000000\n";

std::string workload_lines() {
    WorkloadOptions options;
    options.tick_count = 105;
    const Workload workload = must(Workload::generate(options));
    std::string text;
    must(write_line_protocol(workload, {0, options.host_count}, 0, append_to(text)));
    return text;
}

/// Lines that `append_line` makes from their numbers.
template <typename AppendLine>
std::string make_lines(const AppendLine& append_line) {
    std::string text;
    for (std::size_t number = 0; text.size() < kTextSizeBytes; ++number) {
        append_line(number, text);
        text += kTime;
    }
    return text;
}

// What service meshes and container platforms send.
std::string many_tags() {
    return make_lines([](std::size_t number, std::string& text) {
        text += "requests";
        for (int tag = 0; tag < 20; ++tag) {
            text += ",label_" + std::to_string(100 + tag) + "=value-" +
                    std::to_string(number * 31 % 97 + static_cast<std::size_t>(tag));
        }
        text += " value=" + std::to_string(number % 1000) + ".5";
    });
}

std::string escapes() {
    return make_lines([](std::size_t number, std::string& text) {
        text += R"(log\ lines,path=C:\\Program\ Files\,x86,user=a\=b text="she said \"no\" to )" +
                std::to_string(number) + R"( and left C:\\temp\\",level="a \\ b")";
    });
}

std::string integers() {
    return make_lines([](std::size_t number, std::string& text) {
        text += "counters,host=h" + std::to_string(number % 100) + ' ';
        for (std::size_t field = 0; field < 8; ++field) {
            if (field > 0) text += ',';
            text += "field" + std::to_string(field) + '=' +
                    std::to_string(number * (field + 1) * 7919) + 'i';
        }
    });
}

std::string repeated(const std::string& text) {
    std::string repeated;
    while (repeated.size() < kTextSizeBytes) repeated += text;
    return repeated;
}

void parse(benchmark::State& state, const std::string& text, const MemoryBandwidth& bandwidth) {
    ParsedLines parsed = parse_lines(text, {});
    const auto line_count = static_cast<double>(parsed.batch.point_count() + parsed.rejected_count);
    const auto text_size = static_cast<double>(text.size());
    // The text is read, the batch is written.
    const Work work{.rates = {{"bytes", text_size}, {"lines", line_count}},
                    .costs = {{"line", line_count}},
                    .memory_bytes = text_size + static_cast<double>(parsed.batch.size_bytes())};
    run(state, work, bandwidth, [&] {
        parsed.clear();
        LineParser parser({});
        benchmark::DoNotOptimize(parser.parse(text, TextEnd::Complete, parsed));
    });
    state.counters["refused_lines"] = static_cast<double>(parsed.rejected_count);
    state.counters["bytes_per_line"] = text_size / line_count;
}

void add(const std::string& name, std::function<std::string()> make_text,
         const Surroundings& surroundings) {
    const auto text = std::make_shared<Lazy<std::string>>(std::move(make_text));
    add_benchmark("line_protocol/parse/" + name, [&surroundings, text](benchmark::State& state) {
        parse(state, text->get(), surroundings.bandwidth);
    })->Unit(benchmark::kMillisecond);
}

void add_real(const std::string& name, const std::string& file, const Surroundings& surroundings) {
    const auto path = real_data(file);
    if (!path) return add_skipped("line_protocol/parse/" + name, path.error().message());
    add(
        name, [path = path.value()] { return repeated(must(read_text(path))); }, surroundings);
}

}  // namespace

void register_line_protocol_benchmarks(const Surroundings& surroundings) {
    add("workload", workload_lines, surroundings);
    add("many_tags", many_tags, surroundings);
    add("escapes", escapes, surroundings);
    add("integers", integers, surroundings);
    add_real("telegraf", "telegraf-lines/telegraf-expected.lp", surroundings);
    add_real("weather", "influx-docs-lp/bay-area-weather.lp", surroundings);
}

}  // namespace tidemark::bench
