#include "storage/wal/wal_reader.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/wal/wal_format.h"
#include "tests/support/crashing_file_system.h"
#include "tests/wal/wal_samples.h"

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::tests;

namespace {

/// One log file in memory, whose bytes tests change at will.
class LogFile {
public:
    LogFile() {
        REQUIRE(files_.create_directories("/wal"));
        const auto writer = create_sample_log(files_, "/wal");
        REQUIRE(writer->append_mark(writer->next_sequence() - 1));
        REQUIRE(writer->sync());
        bytes = files_.read_file(writer->path()).value();
    }

    WalReader read() {
        files_.replace_contents("/wal/" + kSampleFileName, bytes);
        auto reader = WalReader::open(files_, "/wal", kSampleFileName);
        REQUIRE(reader);
        return std::move(reader).value();
    }

    void flip_bit(std::size_t bit) { bytes[bit / 8] ^= std::byte{1} << (bit % 8); }

    std::vector<std::byte> bytes;

private:
    CrashingFileSystem files_;
};

constexpr std::size_t kFrameHeaderSize = sizeof(wal_format::FrameHeader);

/// Where each frame of the sample ends, the mark frame last.
std::vector<std::size_t> frame_ends() {
    std::vector<std::size_t> ends;
    std::size_t end = wal_format::kFirstFrameOffset;
    for (const std::string& payload : kSamplePayloads) {
        end += kFrameHeaderSize + payload.size();
        ends.push_back(end);
    }
    ends.push_back(end + kFrameHeaderSize);
    return ends;
}

std::vector<std::string> first_payloads(std::size_t count) {
    count = std::min(count, kSamplePayloads.size());
    return {kSamplePayloads.begin(), kSamplePayloads.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Where everything lies that is said to be damaged; also checks what damage promises.
std::uint64_t damaged_size_bytes(const WalReader& reader) {
    std::uint64_t size_bytes = 0;
    std::uint64_t end = 0;
    for (const WalDamage& damage : reader.damages()) {
        REQUIRE(damage.offset >= end);
        end = damage.offset + damage.size_bytes;
        REQUIRE(end <= reader.bytes().size());
        REQUIRE(damage.missing_begin <= damage.missing_end);
        REQUIRE(
            (damage.has_frames_behind || end == reader.bytes().size() || reader.frames().empty()));
        size_bytes += damage.size_bytes;
    }
    return size_bytes;
}

}  // namespace

TEST_CASE("a log cut at any byte keeps the frames in front of the cut", "[wal]") {
    const LogFile whole;
    const auto ends = frame_ends();
    REQUIRE(ends.back() == whole.bytes.size());
    for (std::size_t size_bytes = 0; size_bytes < whole.bytes.size(); ++size_bytes) {
        INFO("cut at " << size_bytes);
        LogFile cut;
        cut.bytes.resize(size_bytes);
        const WalReader reader = cut.read();
        const auto frame_count =
            static_cast<std::size_t>(std::ranges::upper_bound(ends, size_bytes) - ends.begin());
        CHECK(payloads_of(reader) == first_payloads(frame_count));
        const std::size_t intact_size_bytes =
            size_bytes < wal_format::kFirstFrameOffset
                ? size_bytes / sizeof(wal_format::FileHeader) * sizeof(wal_format::FileHeader)
                : (frame_count == 0 ? wal_format::kFirstFrameOffset : ends[frame_count - 1]);
        CHECK(damaged_size_bytes(reader) == size_bytes - intact_size_bytes);
    }
}

TEST_CASE("any flipped bit is noticed and costs at most the frame it is in", "[wal]") {
    LogFile log;
    const auto ends = frame_ends();
    for (std::size_t bit = 0; bit < log.bytes.size() * 8; ++bit) {
        INFO("bit " << bit);
        log.flip_bit(bit);
        const WalReader reader = log.read();
        log.flip_bit(bit);

        CHECK(damaged_size_bytes(reader) > 0);
        auto expected = kSamplePayloads;
        const bool is_in_a_frame = bit / 8 >= wal_format::kFirstFrameOffset;
        const auto frame_index =
            static_cast<std::size_t>(std::ranges::upper_bound(ends, bit / 8) - ends.begin());
        if (is_in_a_frame && frame_index < expected.size()) {
            expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(frame_index));
            REQUIRE(reader.damages().size() == 1);
            const WalDamage& damage = reader.damages().front();
            CHECK(damage.missing_begin == kSampleFirstSequence + frame_index);
            CHECK(damage.missing_end == damage.missing_begin + 1);
            CHECK(damage.has_frames_behind);
        }
        CHECK(payloads_of(reader) == expected);
    }
}

TEST_CASE("any two bytes replaced never lead to a frame that was not written", "[wal]") {
    LogFile log;
    const auto intact = log.bytes;
    for (std::size_t first = 0; first < intact.size(); ++first) {
        const std::size_t second = (first * 7 + 13) % intact.size();
        log.bytes = intact;
        log.bytes[first] = std::byte{0};
        log.bytes[second] = std::byte{0xff};
        const WalReader reader = log.read();
        for (const WalFrame& frame : reader.frames()) {
            const auto index = static_cast<std::size_t>(frame.sequence - kSampleFirstSequence);
            REQUIRE(index < kSamplePayloads.size());
            CHECK(as_text(frame.payload) == kSamplePayloads[index]);
        }
    }
}

TEST_CASE("a frame whose payload alone is bad still tells its mark and sequence", "[wal]") {
    LogFile log;
    const auto ends = frame_ends();
    log.bytes.resize(ends[2]);
    log.bytes.back() ^= std::byte{1};
    const WalReader reader = log.read();
    CHECK(reader.durable_mark() == kSampleFirstSequence);
    REQUIRE(reader.damages().size() == 1);
    CHECK(reader.damages()[0].offset == ends[1]);
    CHECK(reader.damages()[0].missing_begin == kSampleFirstSequence + 2);
    CHECK(reader.damages()[0].missing_end == kSampleFirstSequence + 3);
    CHECK_FALSE(reader.damages()[0].has_frames_behind);
}

TEST_CASE("a tail of zeros is damage without known frames", "[wal]") {
    LogFile log;
    const std::size_t size_bytes = log.bytes.size();
    log.bytes.resize(size_bytes + 1000);
    const WalReader reader = log.read();
    CHECK(payloads_of(reader) == kSamplePayloads);
    REQUIRE(reader.damages().size() == 1);
    CHECK(reader.damages()[0].offset == size_bytes);
    CHECK(reader.damages()[0].size_bytes == 1000);
    CHECK(reader.damages()[0].missing_begin == reader.damages()[0].missing_end);
}

TEST_CASE("intact frames in another place are not taken for frames of that place", "[wal]") {
    LogFile log;
    const auto ends = frame_ends();
    const std::vector<std::byte> frames(log.bytes.begin() + wal_format::kFirstFrameOffset,
                                        log.bytes.end());
    log.bytes.insert(log.bytes.end(), frames.begin(), frames.end());
    const WalReader reader = log.read();
    CHECK(payloads_of(reader) == kSamplePayloads);
    CHECK(damaged_size_bytes(reader) == frames.size());
}

TEST_CASE("a log whose header is lost twice is damage as a whole", "[wal]") {
    LogFile log;
    log.bytes[0] ^= std::byte{1};
    log.bytes[sizeof(wal_format::FileHeader)] ^= std::byte{1};
    const WalReader reader = log.read();
    CHECK(reader.frames().empty());
    CHECK_FALSE(reader.first_sequence().has_value());
    CHECK(damaged_size_bytes(reader) == log.bytes.size());
}

TEST_CASE("a log with a header alone holds nothing and is well", "[wal]") {
    LogFile log;
    log.bytes.resize(wal_format::kFirstFrameOffset);
    const WalReader reader = log.read();
    CHECK(reader.frames().empty());
    CHECK(reader.damages().empty());
    CHECK(reader.first_sequence() == kSampleFirstSequence);
    CHECK(reader.next_sequence() == kSampleFirstSequence);
}

TEST_CASE("a log of a later version is unsupported, not corrupt", "[wal]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories("/wal"));
    wal_format::FileHeader header{};
    header.magic = wal_format::kFileMagic;
    header.version = wal_format::kVersion + 1;
    header.checksum = xxh3_64(std::as_bytes(std::span(&header, 1)).first(24), 0);
    files.replace_contents("/wal/" + kSampleFileName, std::as_bytes(std::span(&header, 1)));
    const auto reader = WalReader::open(files, "/wal", kSampleFileName);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().code() == ErrorCode::Unsupported);
    CHECK(reader.error().message() ==
          "wal-0000000000000002.wal: written by format version 1, known is 0");
}

TEST_CASE("a log that is not there is NotFound", "[wal]") {
    CrashingFileSystem files;
    CHECK(WalReader::open(files, "/wal", kSampleFileName).error().code() == ErrorCode::NotFound);
}
