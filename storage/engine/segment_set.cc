#include "storage/engine/segment_set.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <utility>

namespace tidemark::storage {
namespace {

constexpr std::string_view kPrefix = "segment-";
constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kDigitCount = 16;

Result<std::shared_ptr<const SegmentReader>> open_reader(FileSystem& file_system,
                                                         const std::string& directory,
                                                         const std::string& name,
                                                         const ManifestSegment& entry) {
    TIDEMARK_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file,
                              file_system.map(join_path(directory, name)));
    TIDEMARK_ASSIGN_OR_RETURN(auto reader, SegmentReader::open(std::move(file), name));
    if (reader->info().segment_id != entry.info.segment_id) {
        return Error(ErrorCode::Corruption,
                     name + " is segment " + std::to_string(reader->info().segment_id));
    }
    return reader;
}

}  // namespace

bool may_hide_rows_of(const Tombstone& tombstone, const ManifestSegment& entry) {
    return tombstone.policy == entry.database && tombstone.id > entry.last_tombstone_id &&
           tombstone.sequence >= entry.info.first_sequence &&
           tombstone.first_ns <= entry.info.last_ns && entry.info.first_ns <= tombstone.last_ns;
}

std::string segment_file_name(std::uint64_t segment_id) {
    std::array<char, kDigitCount> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), segment_id, 16).ptr;
    const auto digit_count = static_cast<std::size_t>(end - digits.begin());
    std::string name(kPrefix);
    name.append(kDigitCount - digit_count, '0').append(digits.data(), digit_count);
    return name.append(kSuffix);
}

std::optional<std::uint64_t> segment_id_of(std::string_view name) {
    const std::string_view digits = name.substr(std::min(kPrefix.size(), name.size()), kDigitCount);
    std::uint64_t segment_id = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), segment_id, 16);
    if (segment_file_name(segment_id) != name) return std::nullopt;
    return segment_id;
}

Result<std::shared_ptr<const LiveSegment>> open_live_segment(FileSystem& file_system,
                                                             const std::string& directory,
                                                             const ManifestSegment& entry) {
    auto segment = std::make_shared<LiveSegment>();
    segment->entry = entry;
    segment->file_name = segment_file_name(entry.info.segment_id);
    auto reader = open_reader(file_system, directory, segment->file_name, entry);
    if (reader) {
        segment->reader = std::move(reader).value();
    } else if (reader.error().code() == ErrorCode::Unsupported) {
        return std::move(reader).error().within(segment->file_name);
    } else {
        segment->defect = "segment " + segment->file_name + " cannot be read, its " +
                          std::to_string(entry.info.row_count) + " rows from " +
                          format_time(entry.info.first_ns) + " to " +
                          format_time(entry.info.last_ns) +
                          " are missing: " + reader.error().message();
    }
    return std::shared_ptr<const LiveSegment>(std::move(segment));
}

std::string format_time(std::int64_t time_ns) {
    constexpr std::int64_t kSecondNs = 1'000'000'000;
    std::int64_t seconds = time_ns / kSecondNs;
    std::int64_t fraction_ns = time_ns % kSecondNs;
    if (fraction_ns < 0) {
        fraction_ns += kSecondNs;
        --seconds;
    }
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    std::string formatted = text.data();
    if (fraction_ns != 0) {
        std::snprintf(text.data(), text.size(), ".%09d", static_cast<int>(fraction_ns));
        formatted += text.data();
        formatted.erase(formatted.find_last_not_of('0') + 1);
    }
    return formatted + "Z";
}

}  // namespace tidemark::storage
