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

/// A bit for each plane of the kind.
struct Noise {
    unsigned full = 0;  ///< Nearly all bytes differ.
    unsigned some = 0;  ///< So many differ that little would come again.
};

/// By a look at some values.
Noise find_noise(std::span<const double> values) {
    constexpr std::size_t kLookCount = 32;
    constexpr std::size_t kFullCount = 26;  // Of 32 random bytes, 30 differ on average.
    constexpr std::size_t kSomeCount = 16;
    if (values.size() < kLookCount) return {};
    std::array<std::uint64_t, kLookCount> look;
    for (std::size_t i = 0; i < kLookCount; ++i) {
        look[i] = std::bit_cast<std::uint64_t>(values[i * values.size() / kLookCount]);
    }
    Noise noise;
    for (unsigned plane = 0; plane < kPlaneCount; ++plane) {
        std::array<std::uint64_t, 256 / 64> seen{};
        for (const std::uint64_t bits : look) set_mask_bit(seen, bits >> (8 * plane) & 0xff, true);
        std::size_t count = 0;
        for (const std::uint64_t word : seen) {
            count += static_cast<std::size_t>(std::popcount(word));
        }
        noise.full |= (count >= kFullCount ? 1U : 0U) << plane;
        noise.some |= (count >= kSomeCount && count < kFullCount ? 1U : 0U) << plane;
    }
    return noise;
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
    Noise noise = find_noise(values);
    ByteWriter writer(out);
    writer.write_u8(0);
    const auto is_hopeless = [&] {
        const auto full_count = static_cast<std::size_t>(std::popcount(noise.full));
        const auto some_count = static_cast<std::size_t>(std::popcount(noise.some));
        const std::size_t noise_bytes = full_count * count + some_count * count * 3 / 4;
        return out.size() - begin + noise_bytes > size_limit_bytes;
    };
    for (unsigned plane = kPlaneCount; plane-- > 0 && !is_hopeless();) {
        gather_plane(values, plane, plane_bytes.values());
        compressed.clear();
        const unsigned flag = 1U << plane;
        if ((noise.full & flag) == 0 && compress_lz4(plane_bytes.values(), compressed)) {
            compressed_planes = static_cast<std::uint8_t>(compressed_planes | flag);
            writer.write_sized_bytes(compressed);
        } else {
            writer.write_bytes(plane_bytes.values());
        }
        noise.full &= ~flag;
        noise.some &= ~flag;
    }
    out[begin] = static_cast<std::byte>(compressed_planes);
    if (compressed_planes != 0 && !is_hopeless()) return true;
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
