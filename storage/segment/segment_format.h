#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/base/checksum.h"

// The bytes of a segment file. FORMAT.md section 3 is the specification; this header is its
// transcription. Change both together.
namespace tidemark::storage::segment_format {

inline constexpr std::uint32_t kMagic = 0x4753'4d54;  // "TMSG"
inline constexpr std::uint16_t kVersion = 0;

/// Features without which a file cannot be read. A reader that meets a bit not in here refuses.
inline constexpr std::uint32_t kKnownRequiredFeatures = 0;

/// Optional feature: the rows were in other segments before. When nothing names such a file, those
/// have its rows.
inline constexpr std::uint32_t kRewrittenFeature = 1;

/// What a reader is willing to allocate for one row group on the word of a file.
inline constexpr std::uint32_t kMaxRowsPerGroup = 1U << 20;

/// What a writer puts together: see FORMAT.md, "Blocks". Fewer row groups than the latter have no
/// summary in common, which would take a notable share of what theirs take.
inline constexpr std::uint64_t kRowGroupsPerBlock = 64;
inline constexpr std::uint64_t kMinRowGroupsForBlocks = 4;

// Header: the first bytes of the file.
struct Header {
    std::uint32_t magic;
    std::uint16_t version;
    std::uint16_t reserved;  // Zero.
    std::uint64_t segment_id;
    std::uint64_t padding[5];  // Zero.
    std::uint64_t checksum;    // Of the 56 bytes above.
};
static_assert(sizeof(Header) == 64);
static_assert(offsetof(Header, checksum) == 56);

// Index entry: one for each series, in order of id.
struct IndexEntry {
    std::uint32_t series_id;
    std::uint32_t block_size_bytes;
    std::uint64_t block_offset;
    std::uint64_t block_checksum;
};
static_assert(sizeof(IndexEntry) == 24);

inline constexpr std::size_t kIndexAlignment = 64;

// Trailer: the last bytes of the file.
struct Trailer {
    std::uint64_t segment_id;
    std::int64_t first_ns;
    std::int64_t last_ns;
    std::uint64_t first_sequence;
    std::uint64_t last_sequence;
    std::uint64_t series_count;
    std::uint64_t row_group_count;
    std::uint64_t row_count;
    std::uint64_t sample_count;
    std::uint64_t data_end_offset;  // Padding up to the index begins here.
    std::uint64_t index_offset;
    std::uint64_t index_checksum;  // From data_end_offset to the trailer.
    std::uint32_t required_features;
    std::uint32_t optional_features;
    std::uint32_t reserved;  // Zero.
    // In every version to come these keep their place at the end of the file, and the trailer
    // begins with the segment id: what is newer can be told from what is damaged.
    std::uint16_t version;
    std::uint16_t trailer_size_bytes;
    std::uint32_t padding;  // Zero.
    std::uint32_t magic;
    std::uint64_t checksum;  // Of the trailer's bytes above.
};
static_assert(sizeof(Trailer) == 128);
static_assert(offsetof(Trailer, required_features) == 96);
static_assert(offsetof(Trailer, version) == 108);
static_assert(offsetof(Trailer, magic) == 116);
static_assert(offsetof(Trailer, checksum) == 120);

/// The checksum of bytes at `offset` of a segment.
inline std::uint64_t checksum_at(std::span<const std::byte> bytes, std::uint64_t segment_id,
                                 std::uint64_t offset) {
    // The multiplier (2^64 / golden ratio) keeps the seeds of different segments apart.
    return xxh3_64(bytes, segment_id * 0x9e37'79b9'7f4a'7c15 + offset);
}

}  // namespace tidemark::storage::segment_format
