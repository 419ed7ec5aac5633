// Planes: first the highest byte of every double, then the next byte of every double, and so on;
// each of these eight planes as it is or as an LZ4 block. For doubles that are no decimals but
// have longer parts that come again.
//
//   offset  size  field
//   0       1     which planes are LZ4 blocks: bit 7 the one of the highest bytes, bit 0 the lowest
//   1       ..    the planes from the highest to the lowest: n bytes, or a sized LZ4 block

#include <algorithm>
#include <array>
#include <bit>

#include "storage/base/bytes.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/lz4_bytes.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr unsigned kPlaneCount = sizeof(double);

void gather_plane(std::span<const double> values, unsigned plane, std::span<std::byte> bytes) {
    const auto shift_plane = [=](double value) {
        return static_cast<std::byte>(std::bit_cast<std::uint64_t>(value) >> (8 * plane));
    };
    std::ranges::transform(values, bytes.begin(), shift_plane);
}

/// A look at some bytes: of noise, nearly all of them differ.
bool is_noise(std::span<const std::byte> bytes) {
    constexpr std::size_t kLookCount = 64;
    constexpr std::size_t kNoiseCount = 48;  // Of 64 random bytes, 57 differ on average.
    if (bytes.size() < kLookCount) return false;
    std::array<std::uint64_t, 256 / 64> seen{};
    for (std::size_t i = 0; i < kLookCount; ++i) {
        set_mask_bit(seen, std::to_integer<std::size_t>(bytes[i * bytes.size() / kLookCount]),
                     true);
    }
    std::size_t count = 0;
    for (const std::uint64_t word : seen) count += static_cast<std::size_t>(std::popcount(word));
    return count >= kNoiseCount;
}

bool encode_planes(std::span<const double> values, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    // Below this, decimals or few bits have found what there is to find.
    constexpr std::size_t kBytesPerValueWorth = 3;
    const std::size_t count = values.size();
    if (count == 0 || size_limit_bytes < kBytesPerValueWorth * count) return false;
    const std::size_t begin = out.size();
    Scratch<std::byte> plane_bytes(count);
    std::vector<std::byte> compressed;
    std::uint8_t compressed_planes = 0;
    ByteWriter writer(out);
    writer.write_u8(0);
    for (unsigned plane = kPlaneCount; plane-- > 0;) {
        gather_plane(values, plane, plane_bytes.values());
        compressed.clear();
        if (!is_noise(plane_bytes.values()) && compress_lz4(plane_bytes.values(), compressed)) {
            compressed_planes = static_cast<std::uint8_t>(compressed_planes | 1U << plane);
            writer.write_sized_bytes(compressed);
        } else {
            writer.write_bytes(plane_bytes.values());
        }
        if (out.size() - begin > size_limit_bytes) break;
    }
    out[begin] = static_cast<std::byte>(compressed_planes);
    if (compressed_planes != 0 && out.size() - begin <= size_limit_bytes) return true;
    out.resize(begin);
    return false;
}

Status read_plane(ByteReader& reader, bool is_compressed, std::span<std::byte> plane) {
    if (is_compressed) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto compressed, reader.read_sized_bytes());
        return decompress_lz4(compressed, plane);
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto bytes, reader.read_bytes(plane.size()));
    std::ranges::copy(bytes, plane.begin());
    return success();
}

Status decode_planes(std::span<const std::byte> bytes, std::span<double> values) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const unsigned compressed_planes, reader.read_u8());
    Scratch<std::uint64_t> bits(values.size());
    std::ranges::fill(bits.values(), std::uint64_t{0});
    Scratch<std::byte> plane_bytes(values.size());
    for (unsigned plane = kPlaneCount; plane-- > 0;) {
        const bool is_compressed = (compressed_planes >> plane & 1U) != 0;
        TIDEMARK_RETURN_IF_ERROR(read_plane(reader, is_compressed, plane_bytes.values()));
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto byte = std::to_integer<std::uint64_t>(plane_bytes.values()[i]);
            bits.values()[i] |= byte << (8 * plane);
        }
    }
    if (!reader.is_at_end()) return Error(ErrorCode::Corruption, "bytes behind the planes");
    std::ranges::transform(bits.values(), values.begin(),
                           [](std::uint64_t pattern) { return std::bit_cast<double>(pattern); });
    return success();
}

Status match_planes(std::span<const std::byte> bytes, std::size_t count,
                    const FloatInterval& interval, std::span<std::uint64_t> mask) {
    Scratch<double> values(count);
    TIDEMARK_RETURN_IF_ERROR(decode_planes(bytes, values.values()));
    codec_kernels().match_doubles(values.values(), interval.low, interval.high, mask.data());
    return success();
}

}  // namespace

const FloatCodec kPlaneFloats{CodecId::Planes, "planes",     false,         encode_planes,
                              decode_planes,   match_planes, nothing_nested};

}  // namespace tidemark::storage
