#pragma once

// The bytes of a write-ahead log file. FORMAT.md section 2 is the specification; this header is
// its transcription. Change both together, and the golden test.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::storage::wal_format {

inline constexpr std::uint32_t kFileMagic = 0x4c57'4d54;   // "TMWL"
inline constexpr std::uint32_t kFrameMagic = 0x5246'4d54;  // "TMFR"
inline constexpr std::uint16_t kVersion = 0;

// File header, at offset 0 and once more at offset 32: losing it would lose the whole file.
struct FileHeader {
    std::uint32_t magic;
    std::uint16_t version;
    std::uint16_t reserved;  // Zero.
    std::uint64_t file_id;
    std::uint64_t first_sequence;
    std::uint64_t checksum;  // XXH3-64 of the 24 bytes above, seeded with this header's offset.
};
static_assert(sizeof(FileHeader) == 32);
static_assert(offsetof(FileHeader, checksum) == 24);

inline constexpr std::uint64_t kFileHeaderCount = 2;
inline constexpr std::uint64_t kFirstFrameOffset = kFileHeaderCount * sizeof(FileHeader);

// Frame header; the payload follows, then the next frame.
struct FrameHeader {
    std::uint32_t magic;
    std::uint32_t payload_size_bytes;  // 0: a mark frame.
    std::uint64_t sequence;            // Of a mark frame: of the next frame with a payload.
    std::uint64_t durable_mark;        // Everything up to this sequence was durable before.
    std::uint64_t payload_checksum;    // XXH3-64 of the payload, seeded with frame_seed().
    std::uint64_t header_checksum;     // XXH3-64 of the 32 bytes above, seeded with frame_seed().
};
static_assert(sizeof(FrameHeader) == 40);
static_assert(offsetof(FrameHeader, header_checksum) == 32);

inline constexpr std::uint64_t kMaxPayloadSizeBytes = std::uint64_t{1} << 30;

/// Binds a frame to its file and place, so that stray bytes of another frame never verify.
constexpr std::uint64_t frame_seed(std::uint64_t file_id, std::uint64_t frame_offset) {
    return file_id + frame_offset;
}

/// "wal-", 16 hexadecimal digits, ".wal": names sort as the numbers do.
std::string file_name(std::uint64_t file_number);

/// Nothing when `name` is no name of a log file.
std::optional<std::uint64_t> file_number_of(std::string_view name);

}  // namespace tidemark::storage::wal_format
