#include "storage/codec/integer_codec.h"

#include <algorithm>
#include <array>
#include <string>

#include "storage/base/assert.h"
#include "storage/base/bytes.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/codec_kernels.h"

namespace tidemark::storage {
namespace {

constexpr const IntegerCodec* kIntegerCodecs[] = {
    &kConstantIntegers,   &kMultipleIntegers, &kPackedIntegers, &kPatchedIntegers,
    &kCentredIntegers,    &kDeltaIntegers,    &kLineIntegers,   &kSparseIntegers,
    &kDictionaryIntegers, &kPlainIntegers,
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

/// A codec that may hold a column, and the least that it takes.
struct Candidate {
    std::size_t bound_bytes;
    const IntegerCodec* codec;
};

/// Those of a rank below the limit that may hold the column, by what they promise.
class Candidates {
public:
    Candidates(const IntegerColumn& column, unsigned rank_limit) {
        for (const IntegerCodec* codec : kIntegerCodecs) {
            if (codec->rank >= rank_limit) continue;
            const std::size_t bound_bytes = codec->size_bound_bytes(column);
            if (bound_bytes == kCannotHold) continue;
            insert({bound_bytes, codec});
            // Nothing is smaller than a constant, or than a long column without its common factor.
            constexpr std::size_t kLongCount = 64;
            if (codec->id == CodecId::Constant) return;
            if (codec->id == CodecId::Multiple && column.count() >= kLongCount) return;
        }
    }

    const Candidate* begin() const { return candidates_.data(); }
    const Candidate* end() const { return candidates_.data() + count_; }

private:
    /// Behind those that promise as much or more.
    void insert(const Candidate& candidate) {
        std::size_t place = count_++;
        for (; place > 0 && candidates_[place - 1].bound_bytes > candidate.bound_bytes; --place) {
            candidates_[place] = candidates_[place - 1];
        }
        candidates_[place] = candidate;
    }

    std::array<Candidate, std::size(kIntegerCodecs)> candidates_;
    std::size_t count_ = 0;
};

}  // namespace

std::span<const IntegerCodec* const> integer_codecs() { return kIntegerCodecs; }

bool encode_integer_column(const IntegerColumn& column, unsigned rank_limit,
                           std::size_t size_limit_bytes, std::vector<std::byte>& out) {
    const std::size_t begin = out.size();
    for (const auto& [bound_bytes, codec] : Candidates(column, rank_limit)) {
        if (bound_bytes >= size_limit_bytes) break;
        const std::size_t candidate_begin = out.size();
        out.push_back(static_cast<std::byte>(codec->id));
        if (!codec->encode(column, size_limit_bytes - 1, out)) {
            out.pop_back();
            continue;
        }
        TIDEMARK_ASSERT(out.size() - candidate_begin <= size_limit_bytes,
                        "codec exceeded its size limit");
        erase_bytes(out, begin, candidate_begin);
        size_limit_bytes = out.size() - begin - 1;  // The next one must be smaller.
    }
    return out.size() != begin;
}

void encode_integer_column(const IntegerColumn& column, std::vector<std::byte>& out) {
    encode_integer_column(column, kAnyRank, kCannotHold, out);
}

Status decode_integer_column(std::span<const std::byte> bytes, unsigned rank_limit,
                             std::span<std::uint64_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const OpenedColumn column, open_column(bytes, rank_limit));
    auto status = column.codec->decode(column.body, values);
    if (!status) return std::move(status).error().within(column.codec->name);
    return success();
}

Status decode_scaled_column(std::span<const std::byte> bytes, unsigned rank_limit,
                            const FloatScale& scale, std::span<double> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const OpenedColumn column, open_column(bytes, rank_limit));
    auto status = column.codec->decode_scaled(column.body, scale, values);
    if (!status) return std::move(status).error().within(column.codec->name);
    return success();
}

Result<std::optional<NarrowColumn>> decode_narrow_column(std::span<const std::byte> bytes,
                                                         unsigned rank_limit,
                                                         std::span<std::uint32_t> numbers) {
    TIDEMARK_ASSIGN_OR_RETURN(const OpenedColumn column, open_column(bytes, rank_limit));
    if (column.codec->decode_narrow == nullptr) return std::optional<NarrowColumn>();
    auto narrow = column.codec->decode_narrow(column.body, numbers);
    if (!narrow) return std::move(narrow).error().within(column.codec->name);
    return narrow;
}

Status match_integer_column(std::span<const std::byte> bytes, unsigned rank_limit,
                            std::size_t count, const IntegerInterval& interval,
                            std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const OpenedColumn column, open_column(bytes, rank_limit));
    auto status = column.codec->match(column.body, count, interval, mask);
    if (!status) return std::move(status).error().within(column.codec->name);
    return success();
}

void match_integers(std::span<const std::uint64_t> values, const IntegerInterval& interval,
                    std::span<std::uint64_t> mask) {
    codec_kernels().match_integers(values, interval.low, interval.distance, mask.data());
}

}  // namespace tidemark::storage
