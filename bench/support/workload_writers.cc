#include "bench/support/workload_writers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <ctime>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "storage/base/bytes.h"

namespace tidemark::bench {
namespace {

using storage::as_text;
using storage::ByteWriter;

/// Gathers text and hands it on in large pieces. finish() hands on the rest.
class TextBuffer {
public:
    explicit TextBuffer(const ByteConsumer& consume) : consume_(consume) {
        text_.reserve(kPieceSizeBytes + kPieceSizeBytes / 4);
    }

    TextBuffer& append(std::string_view text) {
        text_.append(text);
        return *this;
    }

    TextBuffer& append_integer(std::integral auto value) { return append_number(value); }

    /// Integers without a fraction's mark; floats with the fewest digits that restore them.
    TextBuffer& append_value(double value, FieldType type) {
        if (type == FieldType::Integer) return append_number(static_cast<std::int64_t>(value));
        return append_number(value);
    }

    /// To be called now and then: after each line, say.
    Status hand_on_if_large() {
        if (text_.size() < kPieceSizeBytes) return success();
        return finish();
    }

    Status finish() {
        Status status = consume_(text_);
        text_.clear();
        return status;
    }

private:
    static constexpr std::size_t kPieceSizeBytes = std::size_t{1} << 20;

    // std::to_chars itself decides where an exponent is shorter.
    template <typename Number>
    TextBuffer& append_number(Number value) {
        char buffer[32];
        const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
        text_.append(buffer, end);
        return *this;
    }

    const ByteConsumer& consume_;
    std::string text_;
};

void append_line(const Workload& workload, const KpiMeasurement& measurement,
                 std::string_view tag_set, std::size_t host, std::size_t tick, TextBuffer& out) {
    out.append(measurement.name).append(tag_set);
    for (std::size_t f = 0; f < measurement.fields.size(); ++f) {
        const KpiField& field = measurement.fields[f];
        const double value = workload.samples(measurement.first_column + f, host)[tick];
        out.append(f == 0 ? " " : ",").append(field.name).append("=");
        out.append_value(value, field.type);
        if (field.type == FieldType::Integer) out.append("i");
    }
}

// Of one host, in line protocol: ",host=h000,region=eu-west,service=web".
std::string line_tag_set(std::size_t host) {
    std::string tags = ",host=" + host_name(host);
    tags.append(",region=").append(region_name(host));
    tags.append(",service=").append(service_name(host));
    return tags;
}

template <typename MakeText>
std::vector<std::string> text_of_each_host(std::size_t host_count, MakeText make_text) {
    std::vector<std::string> texts;
    texts.reserve(host_count);
    for (std::size_t host = 0; host < host_count; ++host) texts.push_back(make_text(host));
    return texts;
}

std::string utc_text(std::int64_t time_s) {
    const std::time_t time = time_s;
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string csv_header(const KpiMeasurement& measurement) {
    std::string header = "ts,host,region,service";
    for (const KpiField& field : measurement.fields) header.append(",").append(field.name);
    return header + "\n";
}

// Of one host, in CSV: ",h000,eu-west,web".
std::string csv_tag_cells(std::size_t host) {
    std::string cells = "," + host_name(host);
    cells.append(",").append(region_name(host));
    cells.append(",").append(service_name(host));
    return cells;
}

Status write_open_metrics_series(const Workload& workload, std::size_t column, FieldType type,
                                 const std::string& family, std::size_t host, TextBuffer& out) {
    std::string series = family + "{host=\"" + host_name(host);
    series.append("\",region=\"").append(region_name(host));
    series.append("\",service=\"").append(service_name(host)).append("\"} ");
    const std::span<const double> samples = workload.samples(column, host);
    for (std::size_t tick = 0; tick < samples.size(); ++tick) {
        if (std::isnan(samples[tick])) continue;
        out.append(series).append_value(samples[tick], type);
        out.append(" ").append_integer(workload.time_s(tick)).append("\n");
        TIDEMARK_RETURN_IF_ERROR(out.hand_on_if_large());
    }
    return success();
}

using Bytes = std::vector<std::byte>;

// Protocol Buffers: a field's tag is its number and how it is written.
constexpr std::uint8_t protobuf_tag(std::uint8_t field_number, std::uint8_t wire_type) {
    return static_cast<std::uint8_t>(field_number << 3 | wire_type);
}
constexpr std::uint8_t kVarint = 0;
constexpr std::uint8_t kFixed64 = 1;
constexpr std::uint8_t kSized = 2;

// Prometheus' prompb: WriteRequest{TimeSeries}, TimeSeries{Label, Sample}, Label{name, value},
// Sample{value, timestamp}.
constexpr std::uint8_t kRequestSeries = protobuf_tag(1, kSized);
constexpr std::uint8_t kSeriesLabel = protobuf_tag(1, kSized);
constexpr std::uint8_t kSeriesSample = protobuf_tag(2, kSized);
constexpr std::uint8_t kLabelName = protobuf_tag(1, kSized);
constexpr std::uint8_t kLabelValue = protobuf_tag(2, kSized);
constexpr std::uint8_t kSampleValue = protobuf_tag(1, kFixed64);
constexpr std::uint8_t kSampleTimeMs = protobuf_tag(2, kVarint);

void append_label(std::string_view name, std::string_view value, Bytes& out) {
    Bytes label;
    ByteWriter fields(label);
    fields.write_u8(kLabelName);
    fields.write_sized_string(name);
    fields.write_u8(kLabelValue);
    fields.write_sized_string(value);
    ByteWriter writer(out);
    writer.write_u8(kSeriesLabel);
    writer.write_sized_bytes(label);
}

// The labels of every series, which each request repeats: column after column, host after host.
std::vector<Bytes> series_labels(const Workload& workload) {
    std::vector<Bytes> all;
    all.reserve(workload.series_count());
    for (const KpiMeasurement& measurement : kKpiMeasurements) {
        for (const KpiField& field : measurement.fields) {
            for (std::size_t host = 0; host < workload.options().host_count; ++host) {
                Bytes& labels = all.emplace_back();
                append_label("__name__", column_name(measurement, field), labels);
                append_label("host", host_name(host), labels);
                append_label("region", region_name(host), labels);
                append_label("service", service_name(host), labels);
            }
        }
    }
    return all;
}

void append_sample(double value, std::int64_t time_s, Bytes& out) {
    constexpr std::uint64_t kMillisecondsPerSecond = 1000;
    Bytes sample;
    ByteWriter fields(sample);
    fields.write_u8(kSampleValue);
    fields.write_double(value);
    fields.write_u8(kSampleTimeMs);
    // A negative int64 is written as its two's complement.
    fields.write_varint(static_cast<std::uint64_t>(time_s) * kMillisecondsPerSecond);
    ByteWriter writer(out);
    writer.write_u8(kSeriesSample);
    writer.write_sized_bytes(sample);
}

// What the series of `labels` sent in [begin_tick, end_tick); nothing where it sent nothing.
void append_series(const Workload& workload, std::span<const double> samples, const Bytes& labels,
                   std::size_t begin_tick, std::size_t end_tick, Bytes& request) {
    Bytes series = labels;
    for (std::size_t tick = begin_tick; tick < end_tick; ++tick) {
        if (!std::isnan(samples[tick])) append_sample(samples[tick], workload.time_s(tick), series);
    }
    if (series.size() == labels.size()) return;
    ByteWriter writer(request);
    writer.write_u8(kRequestSeries);
    writer.write_sized_bytes(series);
}

// Snappy's block format: the size of the plain bytes, then literals, each behind its size - 1.
Bytes snappy_literals(std::span<const std::byte> plain) {
    constexpr std::size_t kLiteralSizeLimitBytes = 65'536;
    constexpr std::uint8_t kLiteralWithTwoSizeBytes = 61 << 2;
    Bytes packed;
    packed.reserve(plain.size() + plain.size() / 1024 + 16);
    ByteWriter writer(packed);
    writer.write_varint(plain.size());
    while (!plain.empty()) {
        const auto literal = plain.first(std::min(plain.size(), kLiteralSizeLimitBytes));
        writer.write_u8(kLiteralWithTwoSizeBytes);
        writer.write_u16(static_cast<std::uint16_t>(literal.size() - 1));
        writer.write_bytes(literal);
        plain = plain.subspan(literal.size());
    }
    return packed;
}

}  // namespace

ByteConsumer append_to(std::string& out) {
    return [&out](std::string_view bytes) {
        out.append(bytes);
        return success();
    };
}

HostRange host_range(const Workload& workload, std::size_t part, std::size_t part_count) {
    // Host h belongs to part floor(h * part_count / host_count).
    const std::size_t host_count = workload.options().host_count;
    const auto first_host = [&](std::size_t p) {
        return (p * host_count + part_count - 1) / part_count;
    };
    return {first_host(part), first_host(part + 1)};
}

Status write_line_protocol(const Workload& workload, HostRange hosts, std::uint64_t jitter_limit_ms,
                           const ByteConsumer& consume) {
    const auto tag_sets = text_of_each_host(workload.options().host_count, line_tag_set);
    TextBuffer out(consume);
    for (std::size_t tick = 0; tick < workload.options().tick_count; ++tick) {
        for (std::size_t host = hosts.begin; host < hosts.end; ++host) {
            const std::uint64_t late_ms = workload.jitter_ms(host, tick, jitter_limit_ms);
            const std::int64_t time_ms =
                workload.time_s(tick) * 1000 + static_cast<std::int64_t>(late_ms);
            for (const KpiMeasurement& measurement : kKpiMeasurements) {
                if (!workload.has_line(measurement, host, tick)) continue;
                append_line(workload, measurement, tag_sets[host], host, tick, out);
                out.append(" ").append_integer(time_ms).append("000000\n");
            }
            TIDEMARK_RETURN_IF_ERROR(out.hand_on_if_large());
        }
    }
    return out.finish();
}

Status write_csv(const Workload& workload, const KpiMeasurement& measurement,
                 const ByteConsumer& consume) {
    const std::size_t host_count = workload.options().host_count;
    const auto tag_cells = text_of_each_host(host_count, csv_tag_cells);
    TextBuffer out(consume);
    out.append(csv_header(measurement));
    for (std::size_t tick = 0; tick < workload.options().tick_count; ++tick) {
        const std::string time = utc_text(workload.time_s(tick));
        for (std::size_t host = 0; host < host_count; ++host) {
            if (!workload.has_line(measurement, host, tick)) continue;
            out.append(time).append(tag_cells[host]);
            for (std::size_t f = 0; f < measurement.fields.size(); ++f) {
                const double value = workload.samples(measurement.first_column + f, host)[tick];
                out.append(",").append_value(value, measurement.fields[f].type);
            }
            out.append("\n");
            TIDEMARK_RETURN_IF_ERROR(out.hand_on_if_large());
        }
    }
    return out.finish();
}

Status write_open_metrics(const Workload& workload, const ByteConsumer& consume) {
    TextBuffer out(consume);
    for (const KpiMeasurement& measurement : kKpiMeasurements) {
        for (std::size_t f = 0; f < measurement.fields.size(); ++f) {
            const KpiField& field = measurement.fields[f];
            const std::string family = column_name(measurement, field);
            out.append("# TYPE ").append(family).append(" gauge\n");
            for (std::size_t host = 0; host < workload.options().host_count; ++host) {
                TIDEMARK_RETURN_IF_ERROR(write_open_metrics_series(
                    workload, measurement.first_column + f, field.type, family, host, out));
            }
        }
    }
    out.append("# EOF\n");
    return out.finish();
}

Status write_remote_write(const Workload& workload, const ByteConsumer& consume) {
    constexpr std::size_t kTicksPerBody = 5;
    const std::size_t host_count = workload.options().host_count;
    const std::size_t tick_count = workload.options().tick_count;
    const std::vector<Bytes> labels = series_labels(workload);
    Bytes request;
    for (std::size_t begin = 0; begin < tick_count; begin += kTicksPerBody) {
        const std::size_t end = std::min(begin + kTicksPerBody, tick_count);
        request.clear();
        for (std::size_t column = 0; column < kKpiColumnCount; ++column) {
            for (std::size_t host = 0; host < host_count; ++host) {
                append_series(workload, workload.samples(column, host),
                              labels[column * host_count + host], begin, end, request);
            }
        }
        const Bytes body = snappy_literals(request);
        if (body.size() > std::numeric_limits<std::uint32_t>::max()) {
            return Error(ErrorCode::LimitExceeded, "a remote-write body of " +
                                                       std::to_string(body.size()) +
                                                       " bytes: fewer hosts fit into 4 GiB");
        }
        Bytes size;
        ByteWriter(size).write_u32(static_cast<std::uint32_t>(body.size()));
        TIDEMARK_RETURN_IF_ERROR(consume(as_text(size)));
        TIDEMARK_RETURN_IF_ERROR(consume(as_text(body)));
    }
    return success();
}

Status write_column(const Workload& workload, std::size_t column, const ByteConsumer& consume) {
    return consume(as_text(std::as_bytes(workload.column_values(column))));
}

}  // namespace tidemark::bench
