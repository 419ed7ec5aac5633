#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/inspection/file_description.h"
#include "storage/segment/segment_reader.h"

namespace tidemark::storage {

/// What the row groups' columns of one kind take together.
struct ColumnUse {
    std::uint64_t row_group_count = 0;
    std::uint64_t value_count = 0;
    std::uint64_t size_bytes = 0;  ///< Validity and encoded values, or times.
    unsigned min_width = 64;
    unsigned max_width = 0;  ///< Below min_width: nothing is packed.

    void add(std::uint64_t values, std::uint64_t bytes, std::optional<unsigned> width);
};

/// What the columns of segments are made of: by measurement, field, type and codecs.
class ColumnSurvey {
public:
    /// Adds all series of a segment. Corruption, with nothing known about the rest, when a series
    /// or row group cannot be read.
    Status add(const SegmentReader& segment);

    /// Codec, width and bytes per sample of each kind of column.
    DescribedTable table() const;

private:
    Status add_row_group(const std::string& measurement, const RowGroup& group);

    // Times come first: their field is empty.
    using Key = std::tuple<std::string, std::string, std::string, std::string>;
    std::map<Key, ColumnUse> uses_;
};

/// A segment file. FORMAT.md section 3.
FileDescription describe_segment(const SegmentReader& segment, DescriptionDetail detail);

/// "cpu" of "cpu,host=a"; a canonical series key.
std::string measurement_of_series_key(std::string_view series_key);

/// "1.25"; "-" when there is nothing to divide by.
std::string ratio_text(std::uint64_t dividend, std::uint64_t divisor);

}  // namespace tidemark::storage
