// Constant and plain: one double for all, or every double as it is. Eight bytes each,
// little-endian IEEE 754 binary64.

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "storage/base/bytes.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

Status check_size(std::span<const std::byte> bytes, std::size_t expected_size_bytes) {
    if (bytes.size() == expected_size_bytes) return success();
    return Error(ErrorCode::Corruption, "expected " + std::to_string(expected_size_bytes) +
                                            " bytes, got " + std::to_string(bytes.size()));
}

bool encode_constant(std::span<const double> values, std::size_t size_limit_bytes,
                     std::vector<std::byte>& out) {
    if (values.empty() || size_limit_bytes < sizeof(double)) return false;
    const auto bits = std::bit_cast<std::uint64_t>(values.front());
    const auto has_bits = [=](double value) { return std::bit_cast<std::uint64_t>(value) == bits; };
    if (!std::ranges::all_of(values, has_bits)) return false;
    ByteWriter(out).write_double(values.front());
    return true;
}

Result<double> read_constant(std::span<const std::byte> bytes) {
    TIDEMARK_RETURN_IF_ERROR(check_size(bytes, sizeof(double)));
    return ByteReader(bytes).read_double();
}

Status decode_constant(std::span<const std::byte> bytes, std::span<double> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const double value, read_constant(bytes));
    std::ranges::fill(values, value);
    return success();
}

Status match_constant(std::span<const std::byte> bytes, std::size_t count,
                      const FloatInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const double value, read_constant(bytes));
    fill_mask(mask, count, interval.contains(value));
    return success();
}

bool encode_plain(std::span<const double> values, std::size_t size_limit_bytes,
                  std::vector<std::byte>& out) {
    if (values.size_bytes() > size_limit_bytes) return false;
    ByteWriter(out).write_bytes(std::as_bytes(values));
    return true;
}

Status decode_plain(std::span<const std::byte> bytes, std::span<double> values) {
    TIDEMARK_RETURN_IF_ERROR(check_size(bytes, values.size_bytes()));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return success();
}

Status match_plain(std::span<const std::byte> bytes, std::size_t count,
                   const FloatInterval& interval, std::span<std::uint64_t> mask) {
    // Copied, because the bytes of a file need not be aligned.
    Scratch<double> values(count);
    TIDEMARK_RETURN_IF_ERROR(decode_plain(bytes, values.values()));
    codec_kernels().match_doubles(values.values(), interval.low, interval.high, mask.data());
    return success();
}

}  // namespace

const FloatCodec kConstantFloats{CodecId::Constant, "constant",     true,          encode_constant,
                                 decode_constant,   match_constant, nothing_nested};
const FloatCodec kPlainFloats{CodecId::Plain, "plain",     false,         encode_plain,
                              decode_plain,   match_plain, nothing_nested};

}  // namespace tidemark::storage
