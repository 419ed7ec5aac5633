#include "storage/wal/wal_writer.h"

#include <cstring>
#include <utility>

#include "storage/base/assert.h"
#include "storage/base/checksum.h"
#include "storage/wal/wal_format.h"

namespace tidemark::storage {
namespace {

// Frames are handed to the operating system in pieces of about this size: large enough that the
// call does not matter, small enough to stay in the cache.
constexpr std::size_t kBufferSizeBytes = std::size_t{256} << 10;

template <typename T>
std::span<const std::byte> leading_bytes_of(const T& header, std::size_t size_bytes) {
    return std::as_bytes(std::span(&header, 1)).first(size_bytes);
}

template <typename T>
void append_to(std::vector<std::byte>& out, const T& header) {
    const auto bytes = std::as_bytes(std::span(&header, 1));
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

Result<std::unique_ptr<WalWriter>> WalWriter::create(FileSystem& file_system,
                                                     const std::string& directory,
                                                     std::uint64_t file_number,
                                                     Sequence first_sequence,
                                                     std::uint64_t file_id) {
    TIDEMARK_ASSERT(first_sequence > 0, "sequence 0 stands for nothing");
    const std::string path = join_path(directory, wal_format::file_name(file_number));
    TIDEMARK_ASSIGN_OR_RETURN(auto file, file_system.create_file(path));
    std::unique_ptr<WalWriter> writer(
        new WalWriter(std::move(file), path, first_sequence, file_id));
    writer->buffer_file_headers();
    Status status = writer->write_buffer();
    // The header itself becomes durable with the first frame; without frames nobody misses it.
    if (status) status = file_system.sync_directory(directory);
    if (status) return writer;
    writer.reset();
    static_cast<void>(file_system.remove(path));  // It would only take space.
    return std::move(status).error();
}

WalWriter::WalWriter(std::unique_ptr<WritableFile> file, std::string path, Sequence first_sequence,
                     std::uint64_t file_id)
    : file_(std::move(file)),
      path_(std::move(path)),
      file_id_(file_id),
      next_sequence_(first_sequence) {}

Status WalWriter::append(Sequence sequence, Sequence durable_mark,
                         std::span<const std::byte> payload) {
    TIDEMARK_ASSERT(sequence == next_sequence_, "frames follow each other without gap");
    if (first_error_) return *first_error_;
    if (payload.empty() || payload.size() > wal_format::kMaxPayloadSizeBytes) {
        return Error(ErrorCode::LimitExceeded,
                     path_ + ": a frame holds 1 to " +
                         std::to_string(wal_format::kMaxPayloadSizeBytes) + " bytes, not " +
                         std::to_string(payload.size()));
    }
    buffer_frame(durable_mark, payload);
    ++next_sequence_;
    return buffer_.size() < kBufferSizeBytes ? success() : keep_first_error(write_buffer());
}

Status WalWriter::append_mark(Sequence durable_mark) {
    if (first_error_) return *first_error_;
    buffer_frame(durable_mark, {});
    return success();
}

Status WalWriter::sync() {
    if (first_error_) return *first_error_;
    TIDEMARK_RETURN_IF_ERROR(keep_first_error(write_buffer()));
    return keep_first_error(file_->sync());
}

Status WalWriter::close() {
    if (first_error_) return *first_error_;
    TIDEMARK_RETURN_IF_ERROR(keep_first_error(write_buffer()));
    return keep_first_error(file_->close());
}

void WalWriter::buffer_file_headers() {
    for (std::uint64_t copy = 0; copy < wal_format::kFileHeaderCount; ++copy) {
        wal_format::FileHeader header{};
        header.magic = wal_format::kFileMagic;
        header.version = wal_format::kVersion;
        header.file_id = file_id_;
        header.first_sequence = next_sequence_;
        header.checksum =
            xxh3_64(leading_bytes_of(header, offsetof(wal_format::FileHeader, checksum)),
                    copy * sizeof header);
        append_to(buffer_, header);
    }
}

void WalWriter::buffer_frame(Sequence durable_mark, std::span<const std::byte> payload) {
    TIDEMARK_ASSERT(durable_mark < next_sequence_, "what is not appended cannot be durable");
    const std::uint64_t seed = wal_format::frame_seed(file_id_, size_bytes());
    wal_format::FrameHeader header{};
    header.magic = wal_format::kFrameMagic;
    header.payload_size_bytes = static_cast<std::uint32_t>(payload.size());
    header.sequence = next_sequence_;
    header.durable_mark = durable_mark;
    header.payload_checksum = xxh3_64(payload, seed);
    header.header_checksum =
        xxh3_64(leading_bytes_of(header, offsetof(wal_format::FrameHeader, header_checksum)), seed);
    append_to(buffer_, header);
    buffer_.insert(buffer_.end(), payload.begin(), payload.end());
}

Status WalWriter::write_buffer() {
    Status written = file_->append(buffer_);
    buffer_.clear();
    return written;
}

Status WalWriter::keep_first_error(Status status) {
    if (!status) first_error_ = status.error();
    return status;
}

}  // namespace tidemark::storage
