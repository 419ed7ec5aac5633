#include "tools/demo/kpi_series.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace fs = std::filesystem;

namespace tidemark::tools {
namespace {

// How the files of one folder become series: measurement, tag and field.
struct SeriesNaming {
    std::string_view path_part;  ///< Occurs in the file's path.
    std::string_view measurement;
    std::string_view tag_key;
    std::string_view field;
    std::string_view file_prefix;  ///< Left out of the tag's value.
};

constexpr std::array<SeriesNaming, 4> kNamings = {{
    {"ec2_cpu_utilization_", "cpu", "host", "usage", "ec2_cpu_utilization_"},
    {"middle-tier-api-dependency-latency", "dependency", "api", "latency_ms", ""},
    {"occupancy_", "road", "sensor", "occupancy", "occupancy_"},
    {"", "kpi", "name", "value", ""},  // Everything else.
}};

const SeriesNaming& naming_of(const std::string& path) {
    return *std::ranges::find_if(kNamings, [&](const SeriesNaming& naming) {
        return path.find(naming.path_part) != std::string::npos;
    });
}

std::string escape_tag_value(std::string_view value) {
    std::string escaped;
    for (const char c : value) {
        if (c == ' ' || c == ',' || c == '=') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string_view without_quotes(std::string_view cell) {
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') {
        return cell.substr(1, cell.size() - 2);
    }
    return cell;
}

std::optional<int> read_int(std::string_view digits) {
    int number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

// "2014-04-16 14:49:00" and "2014-04-16T14:49:00Z", read as UTC.
std::optional<std::int64_t> read_time_seconds(std::string_view text) {
    if (text.size() < 19) return std::nullopt;
    const auto year = read_int(text.substr(0, 4));
    const auto month = read_int(text.substr(5, 2));
    const auto day = read_int(text.substr(8, 2));
    const auto hour = read_int(text.substr(11, 2));
    const auto minute = read_int(text.substr(14, 2));
    const auto second = read_int(text.substr(17, 2));
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return days * 86'400 + std::int64_t{*hour} * 3'600 + std::int64_t{*minute} * 60 + *second;
}

void append_line(KpiLines& lines, std::string_view series_and_field, std::string_view value,
                 std::int64_t time_seconds) {
    fmt::format_to(std::back_inserter(lines.text), "{}={} {}000000000\n", series_and_field, value,
                   time_seconds);
    ++lines.line_count;
}

void append_file(KpiLines& lines, const fs::path& path) {
    const SeriesNaming& naming = naming_of(path.generic_string());
    std::string name = path.stem().string();
    if (name.starts_with(naming.file_prefix)) name.erase(0, naming.file_prefix.size());
    const std::string series_and_field = fmt::format(
        "{},{}={} {}", naming.measurement, naming.tag_key, escape_tag_value(name), naming.field);
    std::ifstream stream(path);
    std::string row;
    std::getline(stream, row);  // The header.
    while (std::getline(stream, row)) {
        if (!row.empty() && row.back() == '\r') row.pop_back();
        const std::string_view cells = row;
        const std::size_t comma = cells.find(',');
        if (comma == std::string_view::npos) continue;
        const auto time_seconds = read_time_seconds(without_quotes(cells.substr(0, comma)));
        std::string_view value = cells.substr(comma + 1);
        value = without_quotes(value.substr(0, value.find(',')));
        if (time_seconds && !value.empty()) {
            append_line(lines, series_and_field, value, *time_seconds);
        }
    }
    ++lines.series_count;
}

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same numbers on every machine.
class Noise {
public:
    // Uniform in [0, 1).
    double uniform() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
    }

private:
    std::uint64_t state_ = 42;
};

// Processor load of one host: a daily wave with bursts. The last burst reaches the end of the data.
void generate_cpu(KpiLines& lines, Noise& noise, std::string_view host, std::int64_t begin_seconds,
                  std::int64_t end_seconds) {
    const std::string series = fmt::format("cpu,host={} usage", host);
    int burst_left = 0;
    for (std::int64_t t = begin_seconds; t < end_seconds; t += 300) {
        if (noise.uniform() < 0.004) burst_left = 6 + static_cast<int>(noise.uniform() * 30);
        if (end_seconds - t <= 2'700) burst_left = 1;
        const double wave = 35 + 15 * std::sin(static_cast<double>(t % 86'400) / 13'751.0);
        const double load = burst_left > 0 ? 84 + 12 * noise.uniform() : wave + 8 * noise.uniform();
        burst_left = std::max(0, burst_left - 1);
        append_line(lines, series, fmt::format("{:.2f}", load), t);
    }
    ++lines.series_count;
}

void generate_latency(KpiLines& lines, Noise& noise, int api, std::int64_t begin_seconds,
                      std::int64_t end_seconds) {
    const std::string series = fmt::format("dependency,api=outbound-{:02} latency_ms", api);
    for (std::int64_t t = begin_seconds; t < end_seconds; t += 3'600) {
        const double latency = 900 * std::exp(noise.uniform() + 0.6 * noise.uniform());
        append_line(lines, series, fmt::format("{:.3f}", latency), t);
    }
    ++lines.series_count;
}

// Occupancy of a road: busy in the mornings, and a sensor that is silent for hours at a time.
void generate_road(KpiLines& lines, Noise& noise, std::int64_t begin_seconds,
                   std::int64_t end_seconds) {
    std::int64_t silent_until = begin_seconds;
    for (std::int64_t t = begin_seconds; t < end_seconds; t += 300) {
        if (noise.uniform() < 0.01) {
            silent_until = t + 1'800 + static_cast<std::int64_t>(noise.uniform() * 9'000);
        }
        if (t < silent_until) continue;
        const std::int64_t hour = t % 86'400 / 3'600;
        const double base = hour >= 6 && hour < 9 ? 12 : 5;
        append_line(lines, "road,sensor=t4013 occupancy",
                    fmt::format("{:.2f}", base + 6 * noise.uniform()), t);
    }
    ++lines.series_count;
}

}  // namespace

Result<KpiLines> load_published_series(const fs::path& data_root) {
    std::vector<fs::path> files;
    for (const char* folder : {"numenta-nab", "microsoft-cloud-monitoring"}) {
        std::error_code error;
        for (auto entry = fs::recursive_directory_iterator(data_root / folder / "data", error);
             !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
            if (entry->path().extension() == ".csv") files.push_back(entry->path());
        }
    }
    if (files.empty()) {
        return Error(ErrorCode::NotFound, "no published series below " + data_root.string());
    }
    std::ranges::sort(files);
    KpiLines lines;
    for (const fs::path& file : files) append_file(lines, file);
    lines.origin = "published series of the Numenta anomaly benchmark and of Microsoft's cloud";
    return lines;
}

KpiLines generate_series() {
    KpiLines lines;
    Noise noise;
    for (const std::string_view host : {"24ae8d", "77c1ca", "825cc2", "ac20cd"}) {
        generate_cpu(lines, noise, host, 1'396'448'940, 1'397'659'800);  // To 2014-04-16T14:50:00Z.
    }
    for (int api = 2; api < 16; ++api) {
        generate_latency(lines, noise, api, 1'529'193'600, 1'531'785'600);  // 2018-06-17, 30 days.
    }
    generate_road(lines, noise, 1'441'107'000, 1'442'507'040);  // 2015-09-01 to 2015-09-17.
    lines.origin = "generated series (no published data beside this checkout)";
    return lines;
}

}  // namespace tidemark::tools
