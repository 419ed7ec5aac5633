// Runs: how many equal booleans follow each other.
//
//   offset  size  field
//   0       1     the first boolean, 0 or 1
//   1       1..   number of runs, varint, at least 2
//   ..      ..    encoded integers, of unsigned order: the lengths of all runs but the last, each
//                 at least 1

#include <algorithm>

#include "storage/base/bytes.h"
#include "storage/codec/boolean_codec.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/mask.h"

namespace tidemark::storage {
namespace {

bool encode_runs(std::span<const std::uint8_t> values, std::size_t size_limit_bytes,
                 std::vector<std::byte>& out) {
    if (values.empty()) return false;
    std::vector<std::uint64_t> lengths;
    std::size_t begin = 0;
    for (std::size_t i = 1; i < values.size(); ++i) {
        if (values[i] == values[i - 1]) continue;
        lengths.push_back(i - begin);
        begin = i;
    }
    if (lengths.empty()) return false;  // A constant.
    const std::size_t begin_offset = out.size();
    ByteWriter writer(out);
    writer.write_u8(values.front());
    writer.write_varint(lengths.size() + 1);
    const std::size_t header_size_bytes = out.size() - begin_offset;
    if (header_size_bytes < size_limit_bytes &&
        encode_integer_column({lengths, IntegerOrder::Unsigned}, kAnyRank,
                              size_limit_bytes - header_size_bytes, out)) {
        return true;
    }
    out.resize(begin_offset);
    return false;
}

struct RunColumn {
    bool first = false;
    std::vector<std::uint64_t> lengths;  ///< The last run included; they add up to the count.
};

Result<RunColumn> read_runs(std::span<const std::byte> bytes, std::size_t count) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t first, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t run_count, reader.read_varint());
    if (first > 1 || run_count < 2 || run_count > count) {
        return Error(ErrorCode::Corruption, "the runs do not fit the values");
    }
    RunColumn column{first == 1, std::vector<std::uint64_t>(run_count)};
    const auto stored = std::span(column.lengths).first(run_count - 1);
    TIDEMARK_RETURN_IF_ERROR(
        decode_integer_column(bytes.subspan(reader.offset()), kAnyRank, stored));
    std::uint64_t values_left = count;
    for (const std::uint64_t length : stored) {
        if (length == 0 || length >= values_left) {
            return Error(ErrorCode::Corruption, "the runs do not add up to the values");
        }
        values_left -= length;
    }
    column.lengths.back() = values_left;
    return column;
}

Status decode_runs(std::span<const std::byte> bytes, std::span<std::uint8_t> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const RunColumn column, read_runs(bytes, values.size()));
    bool value = column.first;
    auto target = values.begin();
    for (const std::uint64_t length : column.lengths) {
        target = std::fill_n(target, length, std::uint8_t{value});
        value = !value;
    }
    return success();
}

Status match_runs(std::span<const std::byte> bytes, std::size_t count, const BooleanTest& test,
                  std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const RunColumn column, read_runs(bytes, count));
    fill_mask(mask, count, false);
    bool value = column.first;
    std::size_t begin = 0;
    for (const std::uint64_t length : column.lengths) {
        const std::size_t end = begin + static_cast<std::size_t>(length);
        if (test.passes(value)) set_mask_range(mask, begin, end);
        value = !value;
        begin = end;
    }
    return success();
}

NestedColumn nested_lengths(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_runs(bytes, count);
    ByteReader reader(bytes);
    if (!column || !reader.read_u8() || !reader.read_varint()) return {};
    return {bytes.subspan(reader.offset()), column.value().lengths.size() - 1};
}

}  // namespace

const BooleanCodec kRunBooleans{CodecId::Runs, "runs",     encode_runs,
                                decode_runs,   match_runs, nested_lengths};

}  // namespace tidemark::storage
