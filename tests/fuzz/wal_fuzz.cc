#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "storage/base/checksum.h"
#include "storage/wal/wal_format.h"
#include "storage/wal/wal_recovery.h"
#include "tests/support/crashing_file_system.h"

// Any bytes are a file of the log, what cannot be read of it being told; frames come in order, and
// the repaired log has the same ones.

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::storage::wal_format;

namespace {

const std::string kDirectory = "/wal";

void require(bool condition) {
    if (!condition) __builtin_trap();
}

template <typename T>
T read_at(const std::vector<std::byte>& bytes, std::size_t offset) {
    T record;
    std::memcpy(&record, bytes.data() + offset, sizeof record);
    return record;
}

std::uint64_t checksum_of(const std::vector<std::byte>& bytes, std::size_t offset,
                          std::size_t size_bytes, std::uint64_t seed) {
    return xxh3_64(std::span(bytes).subspan(offset, size_bytes), seed);
}

void seal_file_header(std::vector<std::byte>& bytes, std::size_t offset) {
    auto header = read_at<FileHeader>(bytes, offset);
    header.magic = kFileMagic;
    std::memcpy(bytes.data() + offset, &header, sizeof header);
    header.checksum = checksum_of(bytes, offset, offsetof(FileHeader, checksum), offset);
    std::memcpy(bytes.data() + offset, &header, sizeof header);
}

/// The offset behind the frame; 0 when the file is too short for it.
std::size_t seal_frame(std::vector<std::byte>& bytes, std::size_t offset, std::uint64_t file_id) {
    if (bytes.size() - offset < sizeof(FrameHeader)) return 0;
    auto header = read_at<FrameHeader>(bytes, offset);
    const std::size_t payload_offset = offset + sizeof header;
    if (header.payload_size_bytes > bytes.size() - payload_offset) return 0;
    header.magic = kFrameMagic;
    const std::uint64_t seed = frame_seed(file_id, offset);
    header.payload_checksum = checksum_of(bytes, payload_offset, header.payload_size_bytes, seed);
    std::memcpy(bytes.data() + offset, &header, sizeof header);
    header.header_checksum =
        checksum_of(bytes, offset, offsetof(FrameHeader, header_checksum), seed);
    std::memcpy(bytes.data() + offset, &header, sizeof header);
    return payload_offset + header.payload_size_bytes;
}

/// Makes the checksums right, but for those whose bit in `left_alone` is set: the two headers, then
/// every sixth frame.
void seal(std::vector<std::byte>& bytes, unsigned left_alone) {
    if (bytes.size() < kFirstFrameOffset) return;
    for (std::size_t copy = 0; copy < kFileHeaderCount; ++copy) {
        if (((left_alone >> copy) & 1) == 0) seal_file_header(bytes, copy * sizeof(FileHeader));
    }
    const std::uint64_t file_id = read_at<FileHeader>(bytes, 0).file_id;
    std::size_t offset = kFirstFrameOffset;
    for (std::size_t frame = 0; offset != 0 && offset < bytes.size(); ++frame) {
        std::vector<std::byte> damaged;
        const bool is_left = ((left_alone >> (2 + frame % 6)) & 1) != 0;
        if (is_left) damaged = bytes;
        offset = seal_frame(bytes, offset, file_id);
        if (is_left) bytes = damaged;
    }
}

struct KeptFrame {
    Sequence sequence;
    std::vector<std::byte> payload;
    bool operator==(const KeptFrame&) const = default;
};

std::vector<KeptFrame> frames_of(const WalRecovery& recovery) {
    std::vector<KeptFrame> frames;
    for (const WalFrame& frame : recovery.frames) {
        require(frames.empty() || frames.back().sequence < frame.sequence);
        require(!frame.payload.empty());
        frames.push_back({frame.sequence, {frame.payload.begin(), frame.payload.end()}});
    }
    return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    if (size_bytes < 2) return 0;
    const auto input = std::as_bytes(std::span(data + 2, size_bytes - 2));
    std::vector<std::byte> bytes(input.begin(), input.end());
    seal(bytes, data[0]);
    tests::CrashingFileSystem files;
    require(files.create_directories(kDirectory).has_value());
    files.replace_contents(kDirectory + "/" + file_name(1), bytes);

    const Sequence flushed_sequence = data[1] % 16;
    const Sequence known_mark = flushed_sequence + data[1] / 16;
    const auto recovery = recover_wal(files, kDirectory, flushed_sequence, known_mark);
    if (!recovery) {
        require(recovery.error().code() == ErrorCode::Unsupported);
        return 0;
    }
    const auto frames = frames_of(recovery.value());
    require(frames.empty() || frames.front().sequence > flushed_sequence);
    for (const WalCut& cut : recovery.value().cuts) require(!cut.description().empty());

    require(settle_wal(files, kDirectory, recovery.value(), "/quarantine").has_value());
    const auto again = recover_wal(files, kDirectory, flushed_sequence, known_mark);
    require(again.has_value() && frames_of(again.value()) == frames);
    return 0;
}
