#include "storage/wal/wal_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/wal/wal_format.h"

namespace tidemark::storage {
namespace {

using wal_format::FileHeader;
using wal_format::FrameHeader;

constexpr auto kFrameMagicText =
    std::bit_cast<std::array<char, sizeof wal_format::kFrameMagic>>(wal_format::kFrameMagic);

/// Copies a T out of the bytes: they need not be aligned. Nothing when they end before.
template <typename T>
std::optional<T> load(std::span<const std::byte> bytes, std::uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// One of the two file headers, when it verifies.
std::optional<FileHeader> intact_file_header(std::span<const std::byte> bytes,
                                             std::uint64_t offset) {
    const auto header = load<FileHeader>(bytes, offset);
    if (!header || header->magic != wal_format::kFileMagic) return std::nullopt;
    const auto covered = bytes.subspan(offset, offsetof(FileHeader, checksum));
    if (xxh3_64(covered, offset) != header->checksum) return std::nullopt;
    return header;
}

/// One pass over the frames of a file. Collects the intact ones and the damage between them.
class FrameScan {
public:
    FrameScan(std::span<const std::byte> bytes, const FileHeader& header)
        : bytes_(bytes), file_id_(header.file_id), next_sequence_(header.first_sequence) {}

    void run() {
        std::uint64_t offset = wal_format::kFirstFrameOffset;
        while (offset < bytes_.size()) offset = step(offset);
        if (!damage_begin_) return;
        end_damage(bytes_.size(), std::max(next_sequence_, bad_sequence_end_), false);
    }

    Sequence next_sequence() const { return next_sequence_; }
    Sequence durable_mark() const { return durable_mark_; }
    bool has_intact_frame() const { return has_intact_frame_; }
    std::vector<WalFrame> take_frames() { return std::move(frames_); }
    std::vector<WalDamage> take_damages() { return std::move(damages_); }

private:
    /// Looks at `offset`; returns where to look next.
    std::uint64_t step(std::uint64_t offset) {
        const auto header = intact_frame_header(offset);
        if (!header) {
            begin_damage(offset);
            return next_frame_magic(offset + 1);
        }
        durable_mark_ = std::max(durable_mark_, header->durable_mark);
        const std::uint64_t payload_offset = offset + sizeof(FrameHeader);
        if (header->payload_size_bytes > bytes_.size() - payload_offset) {
            begin_damage(offset);
            note_bad_frame(*header);
            return bytes_.size();
        }
        const auto payload = bytes_.subspan(payload_offset, header->payload_size_bytes);
        if (is_intact(*header, payload, offset)) {
            take_frame(*header, payload, offset);
        } else {
            begin_damage(offset);
            note_bad_frame(*header);
        }
        return payload_offset + payload.size();
    }

    std::optional<FrameHeader> intact_frame_header(std::uint64_t offset) const {
        const auto header = load<FrameHeader>(bytes_, offset);
        if (!header || header->magic != wal_format::kFrameMagic) return std::nullopt;
        const auto covered = bytes_.subspan(offset, offsetof(FrameHeader, header_checksum));
        const std::uint64_t seed = wal_format::frame_seed(file_id_, offset);
        if (xxh3_64(covered, seed) != header->header_checksum) return std::nullopt;
        return header;
    }

    /// A frame that goes back in sequence is none of ours, whatever its checksums say.
    bool is_intact(const FrameHeader& header, std::span<const std::byte> payload,
                   std::uint64_t offset) const {
        return header.sequence >= next_sequence_ &&
               xxh3_64(payload, wal_format::frame_seed(file_id_, offset)) ==
                   header.payload_checksum;
    }

    void take_frame(const FrameHeader& header, std::span<const std::byte> payload,
                    std::uint64_t offset) {
        if (header.sequence > next_sequence_) begin_damage(offset);
        if (damage_begin_) end_damage(offset, header.sequence, true);
        has_intact_frame_ = true;
        next_sequence_ = header.sequence;
        if (payload.empty()) return;
        frames_.push_back({header.sequence, offset, payload});
        ++next_sequence_;
    }

    void note_bad_frame(const FrameHeader& header) {
        const Sequence end = header.sequence + (header.payload_size_bytes == 0 ? 0 : 1);
        bad_sequence_end_ = std::max(bad_sequence_end_, end);
    }

    void begin_damage(std::uint64_t offset) {
        if (!damage_begin_) damage_begin_ = offset;
    }

    void end_damage(std::uint64_t offset, Sequence missing_end, bool has_frames_behind) {
        damages_.push_back({*damage_begin_, offset - *damage_begin_, next_sequence_, missing_end,
                            has_frames_behind});
        damage_begin_.reset();
    }

    std::uint64_t next_frame_magic(std::uint64_t offset) const {
        const std::string_view magic(kFrameMagicText.data(), kFrameMagicText.size());
        const std::size_t found = as_text(bytes_).find(magic, offset);
        return found == std::string_view::npos ? bytes_.size() : found;
    }

    std::span<const std::byte> bytes_;
    std::uint64_t file_id_;
    Sequence next_sequence_;
    Sequence durable_mark_ = 0;
    bool has_intact_frame_ = false;
    Sequence bad_sequence_end_ = 0;              // Behind the frames whose header alone is intact.
    std::optional<std::uint64_t> damage_begin_;  // Of the damage that is not ended yet.
    std::vector<WalFrame> frames_;
    std::vector<WalDamage> damages_;
};

}  // namespace

Result<WalReader> WalReader::open(FileSystem& file_system, const std::string& directory,
                                  const std::string& name) {
    TIDEMARK_ASSIGN_OR_RETURN(auto file, file_system.map(join_path(directory, name)));
    WalReader reader(std::move(file), name);
    Status status = reader.read();
    // Zeros in place of what cannot be read are no torn tail, so nobody may judge them.
    if (!reader.file_->is_intact()) {
        return Error(ErrorCode::IoError, name + ": a part of the file cannot be read");
    }
    TIDEMARK_RETURN_IF_ERROR(status);
    return reader;
}

Status WalReader::read() {
    const std::span<const std::byte> file_bytes = bytes();
    const auto first_copy = intact_file_header(file_bytes, 0);
    const auto second_copy = intact_file_header(file_bytes, sizeof(FileHeader));
    if (!first_copy && !second_copy) {
        if (!file_bytes.empty()) damages_.push_back({0, file_bytes.size(), 0, 0, false});
        return success();
    }
    const FileHeader& header = first_copy ? *first_copy : *second_copy;
    if (header.version > wal_format::kVersion) {
        return Error(ErrorCode::Unsupported, name_ + ": written by format version " +
                                                 std::to_string(header.version) + ", known is " +
                                                 std::to_string(wal_format::kVersion));
    }
    FrameScan scan(file_bytes, header);
    scan.run();
    first_sequence_ = header.first_sequence;
    next_sequence_ = scan.next_sequence();
    durable_mark_ = scan.durable_mark();
    frames_ = scan.take_frames();
    if (!first_copy || !second_copy) {
        note_lost_header_copy(first_copy ? sizeof(FileHeader) : 0, scan.has_intact_frame());
    }
    std::ranges::copy(scan.take_damages(), std::back_inserter(damages_));
    return success();
}

/// The other copy serves as well, so nothing is missing.
void WalReader::note_lost_header_copy(std::uint64_t offset, bool has_frames_behind) {
    const std::uint64_t end = std::min<std::uint64_t>(offset + sizeof(FileHeader), bytes().size());
    if (end <= offset) return;
    const Sequence first_sequence = *first_sequence_;
    damages_.push_back({offset, end - offset, first_sequence, first_sequence, has_frames_behind});
}

}  // namespace tidemark::storage
