// The time codecs.
//
//   regular    offset  size   field
//              0       1      unit: 0 nanosecond, 1 microsecond, 2 millisecond, 3 second, 4 minute
//              1       1..10  the first time in units, zigzag varint
//              ..      1..10  the step in units, varint
//
//   steps      0       1      unit of the first time, as above
//              1       1..10  the first time in units, zigzag varint
//              ..      ..     encoded integers, of unsigned order: time i + 1 - time i in
//                             nanoseconds, one fewer than there are times
//
//   grid       0       1      unit of the first time and of the step, as above
//              1       1..10  the first time in units, zigzag varint
//              ..      1..10  the step in units, varint
//              ..      1..    size of the strides, varint
//              ..      ..     encoded integers, of signed order: the strides, how many steps lie
//                             from tick i to tick i + 1; one fewer than there are times
//              ..      ..     encoded integers, of signed order: how much later than its tick each
//                             time but the first is, in nanoseconds; one fewer than there are times
//
//   plain      0       8 n    the times, nanoseconds

#include "storage/codec/time_codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <string>

#include "storage/base/bytes.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr std::int64_t kUnits[] = {1, 1'000, 1'000'000, 1'000'000'000, 60'000'000'000};

/// Times that are not within reach of the first one by signed arithmetic have no grid.
constexpr std::uint64_t kLongestGrid = std::uint64_t{1} << 62;

/// The difference of times may exceed their type, but not its unsigned brother.
std::uint64_t step_between(std::int64_t earlier, std::int64_t later) {
    return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
}

/// The longest unit that divides the time and the step.
std::uint8_t longest_unit(std::int64_t time, std::uint64_t step) {
    std::uint8_t unit = 0;
    static_assert(std::size(kUnits) < 256);
    for (std::size_t index = 0; index < std::size(kUnits); ++index) {
        const bool divides =
            time % kUnits[index] == 0 && step % static_cast<std::uint64_t>(kUnits[index]) == 0;
        if (divides) unit = static_cast<std::uint8_t>(index);
    }
    return unit;
}

Result<std::uint64_t> read_unit(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t unit, reader.read_u8());
    if (unit >= std::size(kUnits)) return Error(ErrorCode::Corruption, "unknown unit of time");
    return static_cast<std::uint64_t>(kUnits[unit]);
}

/// A first time in units; what exceeds 64 bits wraps around, and fails the check of order.
Result<std::uint64_t> read_time(ByteReader& reader, std::uint64_t unit) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t time, reader.read_zigzag());
    return static_cast<std::uint64_t>(time) * unit;
}

bool encode_regular(std::span<const std::int64_t> times, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    if (times.empty()) return false;
    const std::uint64_t step = times.size() == 1 ? 0 : step_between(times[0], times[1]);
    const auto is_irregular = [=](std::int64_t earlier, std::int64_t later) {
        return step_between(earlier, later) != step;
    };
    if (std::ranges::adjacent_find(times, is_irregular) != times.end()) return false;
    const std::size_t begin = out.size();
    const std::uint8_t unit = longest_unit(times.front(), step);
    ByteWriter writer(out);
    writer.write_u8(unit);
    writer.write_zigzag(times.front() / kUnits[unit]);
    writer.write_varint(step / static_cast<std::uint64_t>(kUnits[unit]));
    if (out.size() - begin <= size_limit_bytes) return true;
    out.resize(begin);
    return false;
}

Status decode_regular(std::span<const std::byte> bytes, std::span<std::int64_t> times) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t unit, read_unit(reader));
    TIDEMARK_ASSIGN_OR_RETURN(std::uint64_t time, read_time(reader, unit));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t step_units, reader.read_varint());
    if (!reader.is_at_end()) return Error(ErrorCode::Corruption, "bytes behind the step");
    const std::uint64_t step = step_units * unit;
    for (std::int64_t& target : times) {
        target = static_cast<std::int64_t>(time);
        time += step;
    }
    return success();
}

/// The round length of time nearest to the median of some steps: what a scheduler was told. Nothing
/// when none is near.
std::optional<std::uint64_t> usual_step(std::span<const std::int64_t> times) {
    constexpr std::uint64_t kMillisecond = 1'000'000;
    constexpr std::uint64_t kSecond = 1000 * kMillisecond;
    constexpr std::uint64_t kMinute = 60 * kSecond;
    constexpr std::uint64_t kHour = 60 * kMinute;
    constexpr std::uint64_t kRoundSteps[] = {kMillisecond,
                                             2 * kMillisecond,
                                             5 * kMillisecond,
                                             10 * kMillisecond,
                                             20 * kMillisecond,
                                             25 * kMillisecond,
                                             50 * kMillisecond,
                                             100 * kMillisecond,
                                             200 * kMillisecond,
                                             250 * kMillisecond,
                                             500 * kMillisecond,
                                             kSecond,
                                             2 * kSecond,
                                             5 * kSecond,
                                             10 * kSecond,
                                             15 * kSecond,
                                             20 * kSecond,
                                             30 * kSecond,
                                             kMinute,
                                             2 * kMinute,
                                             5 * kMinute,
                                             10 * kMinute,
                                             15 * kMinute,
                                             20 * kMinute,
                                             30 * kMinute,
                                             kHour,
                                             2 * kHour,
                                             3 * kHour,
                                             4 * kHour,
                                             6 * kHour,
                                             8 * kHour,
                                             12 * kHour,
                                             24 * kHour};
    constexpr std::size_t kSampleCount = 15;
    std::array<std::uint64_t, kSampleCount> steps{};
    for (std::size_t i = 0; i < kSampleCount; ++i) {
        const std::size_t index = i * (times.size() - 1) / kSampleCount;
        steps[i] = step_between(times[index], times[index + 1]);
    }
    const auto middle = steps.begin() + kSampleCount / 2;
    std::nth_element(steps.begin(), middle, steps.end());
    const auto distance = [=](std::uint64_t step) {
        return step > *middle ? step - *middle : *middle - step;
    };
    const std::uint64_t nearest = *std::ranges::min_element(kRoundSteps, {}, distance);
    constexpr std::uint64_t kNearShare = 4;
    if (distance(nearest) > nearest / kNearShare) return std::nullopt;
    return nearest;
}

/// True when all times lie on a grid which writes the strides from tick to tick as small numbers,
/// where the steps are the same strides, times the step of the grid: behind a longer head.
bool is_better_on_grid(std::span<const std::int64_t> times) {
    // So many steps are written without their common factor.
    constexpr std::size_t kLeastCount = 65;
    if (times.size() < kLeastCount) return false;
    const std::optional<std::uint64_t> step = usual_step(times);
    if (!step || step_between(times.front(), times.back()) > kLongestGrid) return false;
    const auto is_off = [=](std::int64_t earlier, std::int64_t later) {
        const std::uint64_t distance = step_between(earlier, later);
        return distance != *step && distance % *step != 0;
    };
    if (std::ranges::adjacent_find(times, is_off) != times.end()) return false;
    const std::uint8_t unit = longest_unit(times.front(), *step);
    const std::uint8_t longest = longest_unit(times.front(), 0);
    // The size of the strides, the delays, which are all 0, and bases of strides above 0.
    constexpr std::size_t kMostOtherBytes = 2 + 2 + 4;
    const std::size_t grid_bytes =
        zigzag_size_bytes(times.front() / kUnits[unit]) +
        varint_size_bytes(*step / static_cast<std::uint64_t>(kUnits[unit])) + kMostOtherBytes;
    const std::size_t steps_bytes = zigzag_size_bytes(times.front() / kUnits[longest]) + 1 +
                                    zigzag_size_bytes(static_cast<std::int64_t>(*step)) +
                                    varint_size_bytes(*step);
    return grid_bytes <= steps_bytes;
}

bool encode_steps(std::span<const std::int64_t> times, std::size_t size_limit_bytes,
                  std::vector<std::byte>& out) {
    if (times.size() < 2 || is_better_on_grid(times)) return false;
    Scratch<std::uint64_t> steps(times.size() - 1);
    for (std::size_t i = 0; i + 1 < times.size(); ++i) {
        steps.values()[i] = step_between(times[i], times[i + 1]);
    }
    const std::size_t begin = out.size();
    const std::uint8_t unit = longest_unit(times.front(), 0);
    ByteWriter writer(out);
    writer.write_u8(unit);
    writer.write_zigzag(times.front() / kUnits[unit]);
    const std::size_t header_size_bytes = out.size() - begin;
    if (header_size_bytes < size_limit_bytes &&
        encode_integer_column({steps.values(), IntegerOrder::Unsigned}, kAnyRank,
                              size_limit_bytes - header_size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

struct StepColumn {
    std::uint64_t first;
    std::span<const std::byte> steps;
};

Result<StepColumn> read_steps(std::span<const std::byte> bytes) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t unit, read_unit(reader));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t first, read_time(reader, unit));
    return StepColumn{first, bytes.subspan(reader.offset())};
}

Status decode_steps(std::span<const std::byte> bytes, std::span<std::int64_t> times) {
    if (times.empty()) return Error(ErrorCode::Corruption, "no times");
    TIDEMARK_ASSIGN_OR_RETURN(const StepColumn column, read_steps(bytes));
    const std::span<std::uint64_t> patterns(reinterpret_cast<std::uint64_t*>(times.data()),
                                            times.size());
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.steps, kAnyRank, patterns.subspan(1)));
    patterns.front() = column.first;
    codec_kernels().add_up(column.first, patterns.subspan(1));
    return success();
}

NestedColumn nested_steps(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_steps(bytes);
    return column && count != 0 ? NestedColumn{column.value().steps, count - 1} : NestedColumn{};
}

bool encode_grid(std::span<const std::int64_t> times, std::size_t size_limit_bytes,
                 std::vector<std::byte>& out) {
    constexpr std::size_t kLeastCount = 3;
    if (times.size() < kLeastCount) return false;
    const std::optional<std::uint64_t> step = usual_step(times);
    if (!step || step_between(times.front(), times.back()) > kLongestGrid) return false;
    Scratch<std::uint64_t> strides(times.size() - 1);
    Scratch<std::uint64_t> delays(times.size() - 1);
    std::uint64_t last_tick = 0;
    for (std::size_t i = 1; i < times.size(); ++i) {
        const std::uint64_t distance = step_between(times.front(), times[i]);
        // Mostly the next tick, which needs no division.
        const bool is_next = step_between(times[i - 1], times[i]) == *step;
        const std::uint64_t tick = is_next ? last_tick + 1 : (distance + *step / 2) / *step;
        strides.values()[i - 1] = tick - last_tick;
        delays.values()[i - 1] = distance - tick * *step;
        last_tick = tick;
    }
    std::vector<std::byte> encoded_strides;
    encode_integer_column({strides.values(), IntegerOrder::Signed}, encoded_strides);
    const std::size_t begin = out.size();
    const std::uint8_t unit = longest_unit(times.front(), *step);
    ByteWriter writer(out);
    writer.write_u8(unit);
    writer.write_zigzag(times.front() / kUnits[unit]);
    writer.write_varint(*step / static_cast<std::uint64_t>(kUnits[unit]));
    writer.write_sized_bytes(encoded_strides);
    const std::size_t size_bytes = out.size() - begin;
    if (size_bytes < size_limit_bytes &&
        encode_integer_column({delays.values(), IntegerOrder::Signed}, kAnyRank,
                              size_limit_bytes - size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

struct GridColumn {
    std::uint64_t first;
    std::uint64_t step;
    std::span<const std::byte> strides;
    std::span<const std::byte> delays;
};

Result<GridColumn> read_grid(std::span<const std::byte> bytes) {
    ByteReader reader(bytes);
    GridColumn column{};
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t unit, read_unit(reader));
    TIDEMARK_ASSIGN_OR_RETURN(column.first, read_time(reader, unit));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t step_units, reader.read_varint());
    column.step = step_units * unit;
    TIDEMARK_ASSIGN_OR_RETURN(column.strides, reader.read_sized_bytes());
    column.delays = bytes.subspan(reader.offset());
    return column;
}

bool is_constant(std::span<const std::byte> column) {
    return !column.empty() && static_cast<CodecId>(column.front()) == CodecId::Constant;
}

Status decode_grid(std::span<const std::byte> bytes, std::span<std::int64_t> times) {
    if (times.empty()) return Error(ErrorCode::Corruption, "no times");
    TIDEMARK_ASSIGN_OR_RETURN(const GridColumn column, read_grid(bytes));
    Scratch<std::uint64_t> strides(times.size() - 1);
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.strides, kAnyRank, strides.values()));
    std::uint64_t tick_time = column.first;
    times.front() = static_cast<std::int64_t>(tick_time);
    if (is_constant(column.delays)) {
        // As most are: nothing is late, or everything is by as much.
        std::uint64_t delay = 0;
        TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.delays, kAnyRank, {&delay, 1}));
        for (std::size_t i = 1; i < times.size(); ++i) {
            tick_time += strides.values()[i - 1] * column.step;
            times[i] = static_cast<std::int64_t>(tick_time + delay);
        }
        return success();
    }
    Scratch<std::uint64_t> delays(times.size() - 1);
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.delays, kAnyRank, delays.values()));
    for (std::size_t i = 1; i < times.size(); ++i) {
        tick_time += strides.values()[i - 1] * column.step;
        times[i] = static_cast<std::int64_t>(tick_time + delays.values()[i - 1]);
    }
    return success();
}

NestedColumn nested_delays(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_grid(bytes);
    return column && count != 0 ? NestedColumn{column.value().delays, count - 1} : NestedColumn{};
}

bool encode_plain(std::span<const std::int64_t> times, std::size_t size_limit_bytes,
                  std::vector<std::byte>& out) {
    if (times.size_bytes() > size_limit_bytes) return false;
    ByteWriter(out).write_bytes(std::as_bytes(times));
    return true;
}

Status decode_plain(std::span<const std::byte> bytes, std::span<std::int64_t> times) {
    if (bytes.size() != times.size_bytes()) {
        return Error(ErrorCode::Corruption, "expected " + std::to_string(times.size_bytes()) +
                                                " bytes, got " + std::to_string(bytes.size()));
    }
    if (!bytes.empty()) std::memcpy(times.data(), bytes.data(), bytes.size());
    return success();
}

constexpr const TimeCodec* kTimeCodecs[] = {&kRegularTimes, &kStepTimes, &kGridTimes, &kPlainTimes};

}  // namespace

const TimeCodec kRegularTimes{CodecId::Regular, "regular", encode_regular, decode_regular,
                              nothing_nested};
const TimeCodec kStepTimes{CodecId::Steps, "steps", encode_steps, decode_steps, nested_steps};
const TimeCodec kGridTimes{CodecId::Grid, "grid", encode_grid, decode_grid, nested_delays};
const TimeCodec kPlainTimes{CodecId::Plain, "plain", encode_plain, decode_plain, nothing_nested};

std::span<const TimeCodec* const> time_codecs() { return kTimeCodecs; }

}  // namespace tidemark::storage
