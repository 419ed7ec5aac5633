#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>

#include "storage/codec/codec_id.h"
#include "storage/codec/nested_column.h"

namespace tidemark::storage {

/// One way to write strictly ascending times. Stateless; all functions are thread-safe. The bytes
/// do not include the id.
struct TimeCodec {
    CodecId id;
    std::string_view name;  ///< As shown by describe_times().

    /// Appends the encoded times when they take at most `size_limit_bytes`. Else, or when that is
    /// too unlikely to be tried, leaves `out` as it was and returns false.
    bool (*encode)(std::span<const std::int64_t> times, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out);

    /// Fills `times` from untrusted bytes; Corruption if they are no encoding of so many. That they
    /// ascend is for the caller to check.
    Status (*decode)(std::span<const std::byte> bytes, std::span<std::int64_t> times);

    /// The integer column inside of this one's bytes, or nothing.
    NestedColumn (*nested)(std::span<const std::byte> bytes, std::size_t count);
};

extern const TimeCodec kRegularTimes;
extern const TimeCodec kStepTimes;
extern const TimeCodec kGridTimes;
extern const TimeCodec kPlainTimes;

/// Every time codec; the last one, the plain one, can hold any times.
std::span<const TimeCodec* const> time_codecs();

}  // namespace tidemark::storage
