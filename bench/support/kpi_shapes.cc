#include "bench/support/kpi_shapes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

// The order of the random numbers and of each floating-point operation is what makes a seed mean
// the same bytes everywhere: tests/bench holds checksums of them.

namespace tidemark::bench {
namespace {

constexpr double kTwoPi = 6.283185307179586;
constexpr double kDaySeconds = 86'400;
// Neighbouring seeds share no host.
constexpr std::uint64_t kSeedStride = 1'000'003;
constexpr std::uint64_t kTickStride = 0x1'0001;

/// xoshiro256++ (Blackman and Vigna), its state filled by splitmix64.
class RandomSequence {
public:
    explicit RandomSequence(std::uint64_t seed) {
        for (std::uint64_t& word : state_) {
            seed += 0x9e37'79b9'7f4a'7c15;
            std::uint64_t mixed = (seed ^ (seed >> 30)) * 0xbf58'476d'1ce4'e5b9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
            word = mixed ^ (mixed >> 31);
        }
    }

    std::uint64_t next() {
        const std::uint64_t drawn = std::rotl(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return drawn;
    }

    /// In [0, 1).
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

    /// Box and Muller's method, without its second number.
    double normal() {
        const double radius_draw = 1.0 - uniform();
        const double angle_draw = uniform();
        return std::sqrt(-2.0 * std::log(radius_draw)) * std::cos(kTwoPi * angle_draw);
    }

    double exponential(double mean) { return -mean * std::log(1.0 - uniform()); }

private:
    std::array<std::uint64_t, 4> state_;
};

double round_to(double value, double steps_per_unit) {
    return std::round(value * steps_per_unit) / steps_per_unit;
}

using HostValues = std::array<double, kKpiColumnCount>;

/// One host, tick after tick.
class HostModel {
public:
    HostModel(RandomSequence& random, double step_s) : random_(random), step_s_(step_s) {
        base_usage_ = 20 + 30 * random_.uniform();
        phase_s_ = kDaySeconds * random_.uniform();
        median_latency_ms_ = 20 + 60 * random_.uniform();
        requests_per_s_ = 20 + 80 * random_.uniform();
        temperature_ = 40 + 20 * random_.uniform();
        memory_pages_ = (2 + 6 * random_.uniform()) * kPagesPerGibibyte;
        queue_ = 5 + 20 * random_.uniform();
        queue_mean_ = queue_;
        next_burst_s_ = random_.exponential(kBurstDistanceSeconds);
        next_outage_s_ = random_.exponential(kOutageDistanceSeconds);
    }

    /// What the host measures `elapsed_s` after the begin. Ticks come in order, none left out.
    HostValues measure(double elapsed_s) {
        enter_burst_or_outage(elapsed_s);
        const bool in_burst = elapsed_s < burst_end_s_;
        is_out_ = elapsed_s < outage_end_s_;
        const double day_wave = std::sin(kTwoPi * (elapsed_s + phase_s_) / kDaySeconds);

        HostValues values{};
        const double usage = next_usage(in_burst, day_wave);
        values[Usage] = round_to(std::fmin(100, std::fmax(0, usage)), 100);
        values[Iowait] = round_to(0.8 * std::exp(0.7 * random_.normal()), 100);
        values[LatencyMs] = round_to(median_latency_ms_ * (1 + 0.3 * day_wave) *
                                         (in_burst ? 2.2 : 1) * std::exp(0.5 * random_.normal()),
                                     1000);
        count_requests(day_wave);
        values[Requests] = requests_;
        values[Errors] = errors_;
        queue_ = std::fmax(0, queue_ + 0.05 * ((in_burst ? 4 : 1) * queue_mean_ - queue_) +
                                  1.5 * random_.normal());
        values[Up] = is_out_ ? 0 : 1;
        values[Queue] = is_out_ ? 0 : std::floor(queue_);
        temperature_ += 0.01 * (45 + 0.2 * (usage - 40) - temperature_) + 0.04 * random_.normal();
        values[Temp] = round_to(temperature_, 10);
        values[MemUsed] = next_memory_bytes();
        values[Entropy] = random_.uniform();
        return values;
    }

    /// Whether it was out at the tick measured last.
    bool is_out() const { return is_out_; }

private:
    static constexpr double kBurstDistanceSeconds = 18'000;
    static constexpr double kOutageDistanceSeconds = 108'000;
    static constexpr double kPageBytes = 4096;
    static constexpr double kPagesPerGibibyte = 262'144;
    static constexpr double kFewestPages = 65'536;

    void enter_burst_or_outage(double elapsed_s) {
        if (elapsed_s >= next_burst_s_) {
            burst_end_s_ = elapsed_s + 600 * std::exp(1.2 * random_.normal() + 0.8);
            next_burst_s_ = burst_end_s_ + random_.exponential(kBurstDistanceSeconds);
            burst_usage_ = 86 + 11 * random_.uniform();
        }
        if (elapsed_s >= next_outage_s_) {
            outage_end_s_ = elapsed_s + 30 + random_.exponential(360);
            next_outage_s_ = outage_end_s_ + random_.exponential(kOutageDistanceSeconds);
        }
    }

    double next_usage(bool in_burst, double day_wave) {
        noise_ = 0.9 * noise_ + random_.normal();
        return in_burst ? burst_usage_ + 0.6 * noise_ : base_usage_ + 15 * day_wave + 1.2 * noise_;
    }

    void count_requests(double day_wave) {
        if (is_out_) return;
        const double expected = requests_per_s_ * (1 + 0.5 * day_wave) * step_s_;
        const double arrived = expected + 6 * random_.normal() * std::sqrt(requests_per_s_);
        requests_ += std::round(std::fmax(0, arrived));
        if (random_.uniform() < 0.02) errors_ += 1 + std::floor(3 * random_.uniform());
    }

    double next_memory_bytes() {
        if (random_.uniform() < 0.3) {
            const double moved = memory_pages_ + std::round(400 * random_.normal());
            memory_pages_ = std::fmax(kFewestPages, moved);
        }
        return kPageBytes * std::round(memory_pages_);
    }

    RandomSequence& random_;
    const double step_s_;

    double base_usage_;
    double phase_s_;
    double median_latency_ms_;
    double requests_per_s_;
    double queue_mean_;

    double noise_ = 0;
    double burst_usage_ = 0;
    double burst_end_s_ = -1;
    double next_burst_s_;
    double outage_end_s_ = -1;
    double next_outage_s_;
    bool is_out_ = false;
    double temperature_;
    double memory_pages_;
    double queue_;
    double requests_ = 0;
    double errors_ = 0;
};

Error bad_option(const std::string& found, const std::string& expected) {
    return {ErrorCode::InvalidArgument, found + ": expected " + expected};
}

Status check(const WorkloadOptions& options) {
    // 2^28 rows of ten columns are 20 GiB.
    constexpr std::size_t kRowLimit = std::size_t{1} << 28;
    constexpr std::int64_t kLongestStepSeconds = 31'622'400;  // A leap year.
    // Nanoseconds since 1970 end in 2262.
    constexpr std::int64_t kTimeLimitSeconds = 9'223'372'036;

    if (options.host_count == 0 || options.tick_count == 0 ||
        options.tick_count > kRowLimit / options.host_count) {
        return bad_option(std::to_string(options.host_count) + " hosts with " +
                              std::to_string(options.tick_count) + " ticks",
                          "at least one of each, and a product up to " + std::to_string(kRowLimit));
    }
    if (options.step_s < 1 || options.step_s > kLongestStepSeconds) {
        return bad_option("a step of " + std::to_string(options.step_s) + " s",
                          "1 to " + std::to_string(kLongestStepSeconds));
    }
    const std::int64_t length_s = static_cast<std::int64_t>(options.tick_count) * options.step_s;
    if (options.begin_s < -kTimeLimitSeconds || options.begin_s > kTimeLimitSeconds - length_s) {
        return bad_option("times from " + std::to_string(options.begin_s) + " s on, for " +
                              std::to_string(length_s) + " s",
                          "all within " + std::to_string(kTimeLimitSeconds) + " s around 1970");
    }
    if (!(options.loss >= 0 && options.loss <= 1)) {
        return bad_option("a loss of " + std::to_string(options.loss), "a share from 0 to 1");
    }
    return success();
}

}  // namespace

Workload::Workload(const WorkloadOptions& options) : options_(options) {
    for (std::vector<double>& column : columns_) {
        column.assign(options_.host_count * options_.tick_count,
                      std::numeric_limits<double>::quiet_NaN());
    }
    for (std::size_t host = 0; host < options_.host_count; ++host) generate_host(host);
}

Result<Workload> Workload::generate(const WorkloadOptions& options) {
    TIDEMARK_RETURN_IF_ERROR(check(options));
    return Workload(options);
}

void Workload::generate_host(std::size_t host) {
    RandomSequence random(options_.seed * kSeedStride + host);
    const auto step_s = static_cast<double>(options_.step_s);
    HostModel model(random, step_s);
    for (std::size_t tick = 0; tick < options_.tick_count; ++tick) {
        const HostValues values = model.measure(static_cast<double>(tick) * step_s);
        for (std::size_t m = 0; m < kKpiMeasurements.size(); ++m) {
            const bool is_lost = random.uniform() < options_.loss;
            if (is_lost || (model.is_out() && m != kSvcMeasurement)) continue;
            const KpiMeasurement& measurement = kKpiMeasurements[m];
            const std::size_t begin = measurement.first_column;
            const std::size_t end = begin + measurement.fields.size();
            for (std::size_t column = begin; column < end; ++column) {
                columns_[column][host * options_.tick_count + tick] = values[column];
            }
            ++line_count_;
            sample_count_ += measurement.fields.size();
        }
    }
}

bool Workload::has_line(const KpiMeasurement& measurement, std::size_t host,
                        std::size_t tick) const {
    return !std::isnan(samples(measurement.first_column, host)[tick]);
}

std::uint64_t Workload::jitter_ms(std::size_t host, std::size_t tick,
                                  std::uint64_t limit_ms) const {
    if (limit_ms == 0) return 0;
    RandomSequence random(options_.seed + host * kSeedStride + tick * kTickStride);
    return random.next() % limit_ms;
}

std::string column_name(const KpiMeasurement& measurement, const KpiField& field) {
    return std::string(measurement.name).append("_").append(field.name);
}

std::string host_name(std::size_t host) {
    constexpr std::size_t kFewestDigits = 3;
    const std::string digits = std::to_string(host);
    const std::size_t missing = kFewestDigits - std::min(kFewestDigits, digits.size());
    return "h" + std::string(missing, '0') + digits;
}

std::string_view region_name(std::size_t host) {
    constexpr std::array<std::string_view, 4> kRegions = {"eu-west", "us-east", "ap-south",
                                                          "us-west"};
    return kRegions[host % kRegions.size()];
}

std::string_view service_name(std::size_t host) {
    constexpr std::array<std::string_view, 5> kServices = {"web", "api", "db", "cache", "batch"};
    return kServices[host % kServices.size()];
}

}  // namespace tidemark::bench
