#include "storage/codec/integer_codec.h"

#include <algorithm>
#include <limits>
#include <string>

#include "storage/base/assert.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/codec_kernels.h"

namespace tidemark::storage {
namespace {

constexpr const IntegerCodec* kIntegerCodecs[] = {
    &kConstantIntegers, &kPackedIntegers, &kPatchedIntegers,  &kCentredIntegers,
    &kDeltaIntegers,    &kSparseIntegers, &kMultipleIntegers, &kPlainIntegers,
};

struct OpenedColumn {
    const IntegerCodec* codec;
    std::span<const std::byte> body;
};

Result<OpenedColumn> open_column(std::span<const std::byte> bytes, unsigned rank_limit) {
    if (bytes.empty()) return Error(ErrorCode::Corruption, "encoded integers without a codec id");
    const auto id = static_cast<CodecId>(bytes.front());
    for (const IntegerCodec* codec : integer_codecs()) {
        if (codec->id == id && codec->rank < rank_limit) {
            return OpenedColumn{codec, bytes.subspan(1)};
        }
    }
    return Error(ErrorCode::Corruption,
                 "codec " + std::to_string(std::to_integer<unsigned>(bytes.front())) +
                     " is none of integers that may stand here");
}

}  // namespace

std::span<const IntegerCodec* const> integer_codecs() { return kIntegerCodecs; }

bool encode_integer_column(const IntegerColumn& column, unsigned rank_limit,
                           std::size_t size_limit_bytes, std::vector<std::byte>& out) {
    std::vector<std::byte> best;
    std::vector<std::byte> candidate;
    for (const IntegerCodec* codec : integer_codecs()) {
        if (codec->rank >= rank_limit || size_limit_bytes == 0) continue;
        candidate.assign(1, static_cast<std::byte>(codec->id));
        if (!codec->encode(column, size_limit_bytes - 1, candidate)) continue;
        TIDEMARK_ASSERT(candidate.size() <= size_limit_bytes, "codec exceeded its size limit");
        std::swap(best, candidate);
        size_limit_bytes = best.size() - 1;  // The next one must be smaller.
        if (codec->id == CodecId::Constant) break;
    }
    out.insert(out.end(), best.begin(), best.end());
    return !best.empty();
}

void encode_integer_column(const IntegerColumn& column, std::vector<std::byte>& out) {
    encode_integer_column(column, kAnyRank, std::numeric_limits<std::size_t>::max(), out);
}

Status decode_integer_column(std::span<const std::byte> bytes, unsigned rank_limit,
                             std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const OpenedColumn column, open_column(bytes, rank_limit));
    auto status = column.codec->decode(column.body, values);
    if (!status) return std::move(status).error().within(column.codec->name);
    return success();
}

Status match_integer_column(std::span<const std::byte> bytes, unsigned rank_limit,
                            std::size_t count, const IntegerInterval& interval,
                            std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const OpenedColumn column, open_column(bytes, rank_limit));
    auto status = column.codec->match(column.body, count, interval, mask);
    if (!status) return std::move(status).error().within(column.codec->name);
    return success();
}

std::uint64_t smallest_value(const IntegerColumn& column) {
    const auto is_signed_less = [](std::uint64_t left, std::uint64_t right) {
        return static_cast<std::int64_t>(left) < static_cast<std::int64_t>(right);
    };
    return column.order == IntegerOrder::Signed
               ? *std::ranges::min_element(column.values, is_signed_less)
               : *std::ranges::min_element(column.values);
}

void match_integers(std::span<const std::uint64_t> values, const IntegerInterval& interval,
                    std::span<std::uint64_t> mask) {
    codec_kernels().match_integers(values, interval.low, interval.distance, mask.data());
}

}  // namespace tidemark::storage
