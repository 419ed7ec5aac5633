#include "storage/base/bytes.h"

#include <bit>
#include <limits>

#include <catch2/catch.hpp>

using namespace tidemark;
using namespace tidemark::storage;

namespace {

// Around every length of a varint, and the ends of the type.
std::vector<std::uint64_t> varint_samples() {
    std::vector<std::uint64_t> samples = {0, std::numeric_limits<std::uint64_t>::max()};
    for (unsigned shift = 0; shift < 64; ++shift) {
        const std::uint64_t power = std::uint64_t{1} << shift;
        samples.insert(samples.end(), {power - 1, power, power + 1});
    }
    return samples;
}

}  // namespace

TEST_CASE("fields come back as they were written, little-endian", "[bytes]") {
    std::vector<std::byte> bytes;
    ByteWriter writer(bytes);
    writer.write_u8(0xab);
    writer.write_u16(0x1234);
    writer.write_u32(0xdeadbeef);
    writer.write_u64(0x0123456789abcdef);
    writer.write_i64(std::numeric_limits<std::int64_t>::min());
    writer.write_double(-0.0);
    writer.write_sized_string("usage");
    CHECK(bytes[1] == std::byte{0x34});
    CHECK(bytes.size() == 1 + 2 + 4 + 8 + 8 + 8 + 1 + 5);

    ByteReader reader(bytes);
    CHECK(reader.read_u8().value() == 0xab);
    CHECK(reader.read_u16().value() == 0x1234);
    CHECK(reader.read_u32().value() == 0xdeadbeef);
    CHECK(reader.read_u64().value() == 0x0123456789abcdef);
    CHECK(reader.read_i64().value() == std::numeric_limits<std::int64_t>::min());
    CHECK(std::bit_cast<std::uint64_t>(reader.read_double().value()) == std::uint64_t{1} << 63);
    CHECK(reader.read_sized_string().value() == "usage");
    CHECK(reader.is_at_end());
}

TEST_CASE("varints of every length come back", "[bytes]") {
    std::vector<std::byte> bytes;
    ByteWriter writer(bytes);
    const auto samples = varint_samples();
    for (const std::uint64_t sample : samples) {
        writer.write_varint(sample);
        writer.write_zigzag(static_cast<std::int64_t>(sample));
    }
    ByteReader reader(bytes);
    for (const std::uint64_t sample : samples) {
        CHECK(reader.read_varint().value() == sample);
        CHECK(reader.read_zigzag().value() == static_cast<std::int64_t>(sample));
    }
    CHECK(reader.is_at_end());
}

TEST_CASE("zigzag puts small numbers of either sign first", "[bytes]") {
    CHECK(zigzag_encode(0) == 0);
    CHECK(zigzag_encode(-1) == 1);
    CHECK(zigzag_encode(1) == 2);
    CHECK(zigzag_encode(std::numeric_limits<std::int64_t>::min()) ==
          std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a truncated field is corruption and leaves the reader where it was", "[bytes]") {
    std::vector<std::byte> bytes;
    ByteWriter writer(bytes);
    writer.write_sized_string("abcdefgh");
    for (std::size_t size_bytes = 0; size_bytes < bytes.size(); ++size_bytes) {
        const std::span<const std::byte> cut(bytes.data(), size_bytes);
        ByteReader reader(cut);
        const auto text = reader.read_sized_string();
        REQUIRE_FALSE(text.has_value());
        CHECK(text.error().code() == ErrorCode::Corruption);
        CHECK(reader.offset() == 0);
    }
    const std::span<const std::byte> three_bytes(bytes.data(), 3);
    ByteReader short_reader(three_bytes);
    CHECK(short_reader.read_u32().error().message() == "truncated at byte 0");
    CHECK(short_reader.read_u16().has_value());
    CHECK_FALSE(short_reader.read_u64().has_value());
    CHECK_FALSE(short_reader.read_bytes(std::numeric_limits<std::uint64_t>::max()).has_value());
    CHECK(short_reader.read_bytes(1).has_value());
}

TEST_CASE("a varint beyond 64 bits is corruption", "[bytes]") {
    std::vector<std::byte> bytes(9, std::byte{0xff});
    bytes.push_back(std::byte{0x02});
    CHECK_FALSE(ByteReader(bytes).read_varint().has_value());
    bytes.back() = std::byte{0x01};
    CHECK(ByteReader(bytes).read_varint().value() == std::numeric_limits<std::uint64_t>::max());
    bytes.back() = std::byte{0x81};
    bytes.push_back(std::byte{0x00});
    CHECK_FALSE(ByteReader(bytes).read_varint().has_value());
}

TEST_CASE("sizes and checksums can be filled in afterwards", "[bytes]") {
    std::vector<std::byte> bytes;
    ByteWriter writer(bytes);
    writer.write_u32(0);
    writer.write_u64(0);
    writer.write_u8(7);
    writer.pad_to_multiple_of(8);
    writer.patch_u32(0, 42);
    writer.patch_u64(4, 43);
    REQUIRE(bytes.size() == 16);
    writer.pad_to_multiple_of(8);
    CHECK(bytes.size() == 16);
    ByteReader reader(bytes);
    CHECK(reader.read_u32().value() == 42);
    CHECK(reader.read_u64().value() == 43);
    CHECK(reader.read_u8().value() == 7);
    CHECK(bytes.back() == std::byte{0});
}
