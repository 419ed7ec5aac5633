#include "storage/inspection/segment_survey.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/codec/column_codec.h"
#include "storage/engine/segment_set.h"
#include "storage/segment/segment_format.h"

namespace tidemark::storage {
namespace {

std::string text(std::uint64_t number) { return std::to_string(number); }

std::string width_text(const ColumnUse& use) {
    if (use.max_width < use.min_width) return "-";
    if (use.max_width == use.min_width) return text(use.max_width);
    return text(use.min_width) + " to " + text(use.max_width);
}

// Sizes of the parts between header and trailer.
struct SectionSizes {
    std::uint64_t row_group_bytes = 0;
    std::uint64_t block_bytes = 0;
    std::uint64_t summary_bytes = 0;
    std::uint64_t common_summary_bytes = 0;  // Of blocks and of all blocks of a series.
};

std::uint64_t summary_bytes(const std::vector<SeriesBlockColumn>& columns) {
    std::uint64_t size_bytes = 0;
    for (const SeriesBlockColumn& column : columns) {
        size_bytes += column.summary.size() + column.value_runs.size();
    }
    return size_bytes;
}

void add_sizes(const SegmentSeriesLayout& series, SectionSizes& sizes) {
    sizes.block_bytes += series.block_size_bytes;
    for (const SeriesBlockRowGroup& group : series.row_groups) {
        sizes.row_group_bytes += group.payload_size_bytes;
        sizes.summary_bytes += summary_bytes(group.columns);
    }
    if (series.header.totals) {
        sizes.common_summary_bytes += summary_bytes(series.header.totals->columns);
    }
    for (const SeriesBlockPart& part : series.parts) {
        sizes.common_summary_bytes += summary_bytes(part.record.columns);
    }
}

DescribedTable section_table(const SegmentReader& segment, const SectionSizes& sizes) {
    DescribedTable table{"sections", {"section", "bytes", "bytes per sample"}, {}};
    const SegmentInfo& info = segment.info();
    const std::uint64_t index_bytes = info.series_count * sizeof(segment_format::IndexEntry);
    const std::uint64_t trailer_bytes = sizeof(segment_format::Trailer);
    const std::pair<const char*, std::uint64_t> sections[] = {
        {"header", sizeof(segment_format::Header)},
        {"row groups", sizes.row_group_bytes},
        {"series blocks, without summaries",
         sizes.block_bytes - sizes.summary_bytes - sizes.common_summary_bytes},
        {"summaries of row groups", sizes.summary_bytes},
        {"summaries of blocks", sizes.common_summary_bytes},
        {"padding", info.size_bytes - segment.data_end_offset() - index_bytes - trailer_bytes},
        {"index of series", index_bytes},
        {"trailer", trailer_bytes},
    };
    for (const auto& [name, size_bytes] : sections) {
        table.rows.push_back({name, text(size_bytes), ratio_text(size_bytes, info.sample_count)});
    }
    return table;
}

void describe_row_groups(const SegmentSeriesLayout& series, const SegmentReader& segment,
                         FileDescription& description) {
    DescribedTable table{"series " + text(series.id) + " " + std::string(series.header.series_key) +
                             ", series block at " + text(series.block_offset) + ", " +
                             text(series.block_size_bytes) + " bytes",
                         {"row group at", "bytes", "rows", "first time", "last time",
                          "first sequence", "last sequence", "columns"},
                         {}};
    const auto groups = segment.row_groups(series.id);
    if (!groups) return;  // The survey of the columns told it.
    for (std::size_t index = 0; index < series.row_groups.size(); ++index) {
        const SeriesBlockRowGroup& stored = series.row_groups[index];
        const RowGroup& group = *groups.value()[index];
        std::string columns;
        if (const auto times = group.encoded_times()) {
            columns = "times: " + describe_times(times.value(), stored.info.row_count);
        }
        for (std::size_t column = 0; column < group.columns().size(); ++column) {
            const RowGroupColumn& field = group.columns()[column];
            const auto encoded = group.encoded_column(column);
            columns.append("; ").append(field.name).append(": ");
            columns +=
                encoded ? describe_column(field.type, encoded.value().values, field.non_null_count)
                        : encoded.error().message();
        }
        table.rows.push_back({text(stored.payload_offset), text(stored.payload_size_bytes),
                              text(stored.info.row_count), format_time(stored.info.first_ns),
                              format_time(stored.info.last_ns), text(stored.info.first_sequence),
                              text(stored.info.last_sequence), columns});
    }
    description.tables.push_back(std::move(table));
}

}  // namespace

void ColumnUse::add(std::uint64_t values, std::uint64_t bytes, std::optional<unsigned> width) {
    ++row_group_count;
    value_count += values;
    size_bytes += bytes;
    if (!width) return;
    min_width = std::min(min_width, *width);
    max_width = std::max(max_width, *width);
}

Status ColumnSurvey::add(const SegmentReader& segment) {
    const auto series_count = static_cast<std::size_t>(segment.info().series_count);
    for (std::size_t index = 0; index < series_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const SegmentSeriesLayout series, segment.series_layout(index));
        TIDEMARK_ASSIGN_OR_RETURN(const auto groups, segment.row_groups(series.id));
        const std::string measurement = measurement_of_series_key(series.header.series_key);
        for (const auto& group : groups) {
            TIDEMARK_RETURN_IF_ERROR(add_row_group(measurement, *group));
        }
    }
    return success();
}

Status ColumnSurvey::add_row_group(const std::string& measurement, const RowGroup& group) {
    const std::uint32_t row_count = group.info().row_count;
    TIDEMARK_ASSIGN_OR_RETURN(const auto times, group.encoded_times());
    uses_[{measurement, "", "times", describe_times(times, row_count)}].add(
        row_count, times.size(), times_bit_width(times, row_count));
    for (std::size_t index = 0; index < group.columns().size(); ++index) {
        const RowGroupColumn& column = group.columns()[index];
        TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn encoded, group.encoded_column(index));
        const std::string codecs =
            describe_column(column.type, encoded.values, column.non_null_count);
        uses_[{measurement, std::string(column.name), std::string(field_type_name(column.type)),
               codecs}]
            .add(column.non_null_count, encoded.validity.size() + encoded.values.size(),
                 column_bit_width(column.type, encoded.values, column.non_null_count));
    }
    return success();
}

DescribedTable ColumnSurvey::table() const {
    DescribedTable table{"columns of the row groups",
                         {"measurement", "field", "type", "codec", "width", "row groups", "samples",
                          "bytes", "bytes per sample"},
                         {}};
    for (const auto& [key, use] : uses_) {
        const auto& [measurement, field, type, codecs] = key;
        table.rows.push_back({measurement, field, type, codecs, width_text(use),
                              text(use.row_group_count), text(use.value_count),
                              text(use.size_bytes), ratio_text(use.size_bytes, use.value_count)});
    }
    return table;
}

FileDescription describe_segment(const SegmentReader& segment, DescriptionDetail detail) {
    const SegmentInfo& info = segment.info();
    FileDescription description;
    description.title = "segment " + segment.file_name();
    description.facts = {
        {"size in bytes", text(info.size_bytes)},
        {"segment id", text(info.segment_id)},
        {"first time", format_time(info.first_ns)},
        {"last time", format_time(info.last_ns)},
        {"first sequence", text(info.first_sequence)},
        {"last sequence", text(info.last_sequence)},
        {"series count", text(info.series_count)},
        {"row group count", text(segment.row_group_count())},
        {"row count", text(info.row_count)},
        {"sample count", text(info.sample_count)},
        {"data end", text(segment.data_end_offset())},
        {"bytes per sample", ratio_text(info.size_bytes, info.sample_count)},
    };
    SectionSizes sizes;
    std::vector<SegmentSeriesLayout> all_series;
    for (std::size_t index = 0; index < info.series_count; ++index) {
        auto series = segment.series_layout(index);
        if (!series) {
            description.remarks.push_back(series.error().message());
            continue;
        }
        add_sizes(series.value(), sizes);
        if (detail == DescriptionDetail::Full) all_series.push_back(std::move(series).value());
    }
    description.tables.push_back(section_table(segment, sizes));
    ColumnSurvey survey;
    if (Status surveyed = survey.add(segment); !surveyed) {
        description.remarks.push_back(surveyed.error().message() +
                                      "; columns behind it were not looked at");
    }
    description.tables.push_back(survey.table());
    for (const SegmentSeriesLayout& series : all_series) {
        describe_row_groups(series, segment, description);
    }
    return description;
}

std::string measurement_of_series_key(std::string_view series_key) {
    std::string measurement;
    for (std::size_t i = 0; i < series_key.size() && series_key[i] != ','; ++i) {
        if (series_key[i] == '\\' && i + 1 < series_key.size()) ++i;
        measurement.push_back(series_key[i]);
    }
    return measurement;
}

std::string ratio_text(std::uint64_t dividend, std::uint64_t divisor) {
    if (divisor == 0) return "-";
    std::array<char, 64> digits{};
    std::snprintf(digits.data(), digits.size(), "%.2f",
                  static_cast<double>(dividend) / static_cast<double>(divisor));
    return digits.data();
}

}  // namespace tidemark::storage
