#include "storage/codec/integer_codec.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "storage/base/assert.h"
#include "storage/codec/integer_codecs.h"
#include "storage/codec/kernels/codec_kernels.h"

namespace tidemark::storage {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

constexpr const IntegerCodec* kIntegerCodecs[] = {
    &kConstantIntegers, &kMultipleIntegers,   &kPackedIntegers,
    &kPatchedIntegers,  &kCentredIntegers,    &kDeltaIntegers,
    &kSparseIntegers,   &kDictionaryIntegers, &kPlainIntegers,
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

// Columns of at least this many values are sampled: a few stretches of neighbours.
constexpr std::size_t kSampledCount = 512;
constexpr std::size_t kStretchCount = 5;
constexpr std::size_t kStretchSize = 32;

std::vector<std::uint64_t> take_sample(std::span<const std::uint64_t> values) {
    std::vector<std::uint64_t> sample;
    sample.reserve(kStretchCount * kStretchSize);
    for (std::size_t stretch = 0; stretch < kStretchCount; ++stretch) {
        const std::size_t begin = stretch * (values.size() - kStretchSize) / (kStretchCount - 1);
        const auto taken = values.subspan(begin, kStretchSize);
        sample.insert(sample.end(), taken.begin(), taken.end());
    }
    return sample;
}

/// Tries codecs on one column and keeps the smallest encoding.
class Encoder {
public:
    Encoder(const IntegerColumn& column, unsigned rank_limit, std::size_t size_limit_bytes)
        : column_(column), rank_limit_(rank_limit), size_limit_bytes_(size_limit_bytes) {}

    void try_all() {
        for (const IntegerCodec* codec : kIntegerCodecs) {
            const bool is_tried = codec->rank < rank_limit_ && try_codec(*codec);
            if (is_tried && codec->id == CodecId::Constant) return;
        }
    }

    /// Those whose encodings of a sample are about as small as the smallest one.
    void try_promising() {
        constexpr std::size_t kSlackBytes = 3;
        constexpr std::size_t kSlackDivisor = 50;
        // Nothing is smaller than a constant, or than a long column without its common factor; and
        // no sample shows that.
        for (const IntegerCodec* codec : {&kConstantIntegers, &kMultipleIntegers}) {
            if (codec->rank < rank_limit_ && try_codec(*codec)) return;
        }
        std::size_t good_size_bytes = kNoLimit;
        for (const auto& [size_bytes, codec] : rank_by_sample()) {
            if (size_bytes > good_size_bytes) return;
            // A codec may do well on the sample and not be able to hold the column.
            if (!try_codec(*codec) || good_size_bytes != kNoLimit) continue;
            good_size_bytes = size_bytes + kSlackBytes + size_bytes / kSlackDivisor;
        }
    }

    /// A dictionary does better on a column than on a sample, in which less comes twice.
    void try_dictionary() {
        if (kDictionaryIntegers.rank < rank_limit_) try_codec(kDictionaryIntegers);
    }

    bool append_best(std::vector<std::byte>& out) const {
        out.insert(out.end(), best_.begin(), best_.end());
        return !best_.empty();
    }

private:
    struct Promise {
        std::size_t sample_size_bytes;
        const IntegerCodec* codec;
    };

    bool try_codec(const IntegerCodec& codec) {
        if (size_limit_bytes_ == 0) return false;
        candidate_.assign(1, static_cast<std::byte>(codec.id));
        if (!codec.encode(column_, size_limit_bytes_ - 1, candidate_)) return false;
        TIDEMARK_ASSERT(candidate_.size() <= size_limit_bytes_, "codec exceeded its size limit");
        std::swap(best_, candidate_);
        size_limit_bytes_ = best_.size() - 1;  // The next one must be smaller.
        return true;
    }

    std::vector<Promise> rank_by_sample() {
        const std::vector<std::uint64_t> values = take_sample(column_.values());
        const IntegerColumn sample(values, column_.order());
        std::vector<Promise> promises;
        for (const IntegerCodec* codec : kIntegerCodecs) {
            if (codec->rank >= rank_limit_ || codec == &kDictionaryIntegers) continue;
            candidate_.clear();
            if (!codec->encode(sample, kNoLimit, candidate_)) continue;
            promises.push_back({candidate_.size(), codec});
        }
        std::ranges::stable_sort(promises, {}, &Promise::sample_size_bytes);
        return promises;
    }

    const IntegerColumn& column_;
    const unsigned rank_limit_;
    std::size_t size_limit_bytes_;
    std::vector<std::byte> best_;
    std::vector<std::byte> candidate_;
};

}  // namespace

IntegerColumn::IntegerColumn(std::span<const std::uint64_t> values, IntegerOrder order)
    : values_(values), order_(order) {
    if (values.empty()) return;
    // Flipping the sign bit brings signed numbers into unsigned order.
    const std::uint64_t flip = order == IntegerOrder::Signed ? std::uint64_t{1} << 63 : 0;
    // Several at once, because one comparison waits for the one before it.
    constexpr std::size_t kLaneCount = 4;
    std::array<std::uint64_t, kLaneCount> mins;
    mins.fill(values.front() ^ flip);
    std::array<std::uint64_t, kLaneCount> maxes = mins;
    const auto include = [&](std::size_t lane, std::uint64_t value) {
        mins[lane] = std::min(mins[lane], value ^ flip);
        maxes[lane] = std::max(maxes[lane], value ^ flip);
    };
    std::size_t i = 0;
    for (; i + kLaneCount <= values.size(); i += kLaneCount) {
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) include(lane, values[i + lane]);
    }
    for (; i < values.size(); ++i) include(0, values[i]);
    min_ = *std::ranges::min_element(mins) ^ flip;
    max_ = *std::ranges::max_element(maxes) ^ flip;
}

std::span<const IntegerCodec* const> integer_codecs() { return kIntegerCodecs; }

bool encode_integer_column(const IntegerColumn& column, unsigned rank_limit,
                           std::size_t size_limit_bytes, std::vector<std::byte>& out) {
    Encoder encoder(column, rank_limit, size_limit_bytes);
    if (column.values().size() < kSampledCount) {
        encoder.try_all();
    } else {
        encoder.try_promising();
        encoder.try_dictionary();
    }
    return encoder.append_best(out);
}

void encode_integer_column(const IntegerColumn& column, std::vector<std::byte>& out) {
    encode_integer_column(column, kAnyRank, kNoLimit, out);
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

void match_integers(std::span<const std::uint64_t> values, const IntegerInterval& interval,
                    std::span<std::uint64_t> mask) {
    codec_kernels().match_integers(values, interval.low, interval.distance, mask.data());
}

}  // namespace tidemark::storage
