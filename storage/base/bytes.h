#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>

namespace tidemark::storage {

static_assert(std::endian::native == std::endian::little,
              "the formats are little-endian and read in place");

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

/// The same bytes as text, valid as long as `bytes` is.
inline std::string_view as_text(std::span<const std::byte> bytes) {
    if (bytes.empty()) return {};
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Maps small magnitudes of either sign to small unsigned numbers: 0, -1, 1, -2 to 0, 1, 2, 3.
constexpr std::uint64_t zigzag_encode(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    return (bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0);
}
constexpr std::int64_t zigzag_decode(std::uint64_t encoded) {
    return static_cast<std::int64_t>((encoded >> 1) ^ (~(encoded & 1) + 1));
}

/// A 64-bit varint (LEB128) is at most this long.
inline constexpr std::size_t kMaxVarintSizeBytes = 10;

/// The bytes that a number takes as a varint, and as a zigzag varint.
constexpr std::size_t varint_size_bytes(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}
constexpr std::size_t zigzag_size_bytes(std::int64_t value) {
    return varint_size_bytes(zigzag_encode(value));
}

/// Writes a varint to `out`, which has room for varint_size_bytes(value). Behind what was written.
inline std::byte* put_varint(std::uint64_t value, std::byte* out) {
    for (; value >= 0x80; value >>= 7) *out++ = static_cast<std::byte>(value | 0x80);
    *out++ = static_cast<std::byte>(value);
    return out;
}

/// Reads little-endian fields from untrusted bytes. Every read is bounds-checked: past the end it
/// returns Corruption with the offset, and never touches memory outside the span. What it returns
/// as span or string_view is valid as long as the bytes given in.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    Result<std::uint8_t> read_u8() { return read_fixed<std::uint8_t>(); }
    Result<std::uint16_t> read_u16() { return read_fixed<std::uint16_t>(); }
    Result<std::uint32_t> read_u32() { return read_fixed<std::uint32_t>(); }
    Result<std::uint64_t> read_u64() { return read_fixed<std::uint64_t>(); }
    Result<std::int64_t> read_i64() { return read_fixed<std::int64_t>(); }
    Result<double> read_double() { return read_fixed<double>(); }

    /// LEB128; Corruption also when the number does not fit in 64 bits.
    Result<std::uint64_t> read_varint() {
        std::uint64_t value = 0;
        if (take_varint(value)) return value;
        if (remaining_size_bytes() < kMaxVarintSizeBytes) return truncated();
        return Error(ErrorCode::Corruption,
                     "varint at byte " + std::to_string(offset_) + " exceeds 64 bits");
    }
    /// The same without words for what is wrong: false, and nothing is read.
    bool take_varint(std::uint64_t& value) {
        value = 0;
        for (std::size_t index = 0; index < kMaxVarintSizeBytes; ++index) {
            if (index >= remaining_size_bytes()) return false;
            const auto byte = std::to_integer<std::uint64_t>(bytes_[offset_ + index]);
            const bool overflows = index + 1 == kMaxVarintSizeBytes && byte > 1;
            if (overflows) return false;
            value |= (byte & 0x7f) << (7 * index);
            if (byte < 0x80) {
                offset_ += index + 1;
                return true;
            }
        }
        return false;
    }
    Result<std::int64_t> read_zigzag() {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t encoded, read_varint());
        return zigzag_decode(encoded);
    }

    Result<std::span<const std::byte>> read_bytes(std::uint64_t size_bytes) {
        if (size_bytes > remaining_size_bytes()) return truncated();
        const auto taken = bytes_.subspan(offset_, static_cast<std::size_t>(size_bytes));
        offset_ += taken.size();
        return taken;
    }

    /// A varint size, then so many bytes.
    Result<std::span<const std::byte>> read_sized_bytes() {
        const std::size_t begin = offset_;
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, read_varint());
        auto taken = read_bytes(size_bytes);
        if (!taken) offset_ = begin;
        return taken;
    }
    Result<std::string_view> read_sized_string() {
        TIDEMARK_ASSIGN_OR_RETURN(const auto text, read_sized_bytes());
        return as_text(text);
    }

    /// As take_varint().
    bool take_sized_string(std::string_view& text) {
        const std::size_t begin = offset_;
        std::uint64_t size_bytes = 0;
        if (!take_varint(size_bytes)) return false;
        if (size_bytes > remaining_size_bytes()) {
            offset_ = begin;
            return false;
        }
        text = as_text(bytes_.subspan(offset_, static_cast<std::size_t>(size_bytes)));
        offset_ += text.size();
        return true;
    }

    std::size_t offset() const { return offset_; }
    std::size_t remaining_size_bytes() const { return bytes_.size() - offset_; }
    bool is_at_end() const { return offset_ == bytes_.size(); }

private:
    template <typename T>
    Result<T> read_fixed() {
        if (remaining_size_bytes() < sizeof(T)) return truncated();
        T field;
        std::memcpy(&field, bytes_.data() + offset_, sizeof field);
        offset_ += sizeof field;
        return field;
    }

    Error truncated() const {
        return {ErrorCode::Corruption, "truncated at byte " + std::to_string(offset_)};
    }

    std::span<const std::byte> bytes_;
    std::size_t offset_ = 0;  // Invariant: offset_ <= bytes_.size(). A failed read leaves it.
};

/// Appends little-endian fields to a vector, which it borrows.
class ByteWriter {
public:
    explicit ByteWriter(std::vector<std::byte>& out) : out_(out) {}

    void write_u8(std::uint8_t value) { write_fixed(value); }
    void write_u16(std::uint16_t value) { write_fixed(value); }
    void write_u32(std::uint32_t value) { write_fixed(value); }
    void write_u64(std::uint64_t value) { write_fixed(value); }
    void write_i64(std::int64_t value) { write_fixed(value); }
    void write_double(double value) { write_fixed(value); }

    void write_varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::byte>(value | 0x80));
        out_.push_back(static_cast<std::byte>(value));
    }
    void write_zigzag(std::int64_t value) { write_varint(zigzag_encode(value)); }

    void write_bytes(std::span<const std::byte> bytes) {
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    /// A varint size, then the bytes.
    void write_sized_bytes(std::span<const std::byte> bytes) {
        write_varint(bytes.size());
        write_bytes(bytes);
    }
    void write_sized_string(std::string_view text) { write_sized_bytes(as_bytes(text)); }

    /// Zero bytes until the vector's size is a multiple of `alignment`.
    void pad_to_multiple_of(std::size_t alignment) {
        const std::size_t excess = out_.size() % alignment;
        if (excess != 0) out_.resize(out_.size() + alignment - excess);
    }

    /// Replaces bytes written before; `offset` counts from the vector's begin. For sizes and
    /// checksums that are known only afterwards.
    void patch_u32(std::size_t offset, std::uint32_t value) { patch_fixed(offset, value); }
    void patch_u64(std::size_t offset, std::uint64_t value) { patch_fixed(offset, value); }

    /// Bytes in the vector, those from before this writer included.
    std::size_t size_bytes() const { return out_.size(); }

private:
    template <typename T>
    void write_fixed(T value) {
        const std::size_t offset = out_.size();
        out_.resize(offset + sizeof value);
        patch_fixed(offset, value);
    }

    template <typename T>
    void patch_fixed(std::size_t offset, T value) {
        std::memcpy(out_.data() + offset, &value, sizeof value);
    }

    std::vector<std::byte>& out_;
};

/// Removes the bytes [begin, end), so that those behind them move up.
inline void erase_bytes(std::vector<std::byte>& bytes, std::size_t begin, std::size_t end) {
    bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                bytes.begin() + static_cast<std::ptrdiff_t>(end));
}

}  // namespace tidemark::storage
