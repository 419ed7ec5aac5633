#pragma once

#include <cstdint>

#include <tidemark/types.h>

namespace tidemark::storage {

/// What a segment says of itself in its trailer.
struct SegmentInfo {
    std::uint64_t segment_id = 0;
    std::int64_t first_ns = 0;  ///< Times of the first and the last row of all series.
    std::int64_t last_ns = 0;
    Sequence first_sequence = 0;  ///< The WAL sequences of its rows.
    Sequence last_sequence = 0;
    std::uint64_t series_count = 0;
    std::uint64_t row_count = 0;
    std::uint64_t sample_count = 0;  ///< Field values.
    std::uint64_t size_bytes = 0;    ///< Of the file.
    bool operator==(const SegmentInfo&) const = default;
};

}  // namespace tidemark::storage
