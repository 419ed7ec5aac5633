// Constant and plain: the bytes of the one string that all values are, or a pool of all values
// (string_pool.h).

#include <algorithm>
#include <cstring>
#include <functional>

#include "storage/base/bytes.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"
#include "storage/codec/string_codec.h"
#include "storage/codec/string_pool.h"

namespace tidemark::storage {
namespace {

bool encode_constant(std::span<const std::string_view> values, std::size_t size_limit_bytes,
                     std::vector<std::byte>& out) {
    if (values.empty() || values.front().size() > size_limit_bytes) return false;
    if (std::ranges::adjacent_find(values, std::not_equal_to<>{}) != values.end()) return false;
    ByteWriter(out).write_bytes(as_bytes(values.front()));
    return true;
}

Status decode_constant(std::span<const std::byte> bytes, std::span<std::string_view> values,
                       StringArena& arena) {
    const auto copy = arena.allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
    std::ranges::fill(values, as_text(copy));
    return success();
}

Status match_constant(std::span<const std::byte> bytes, std::size_t count, const LeafTest& test,
                      std::span<std::uint64_t> mask) {
    fill_mask(mask, count, count != 0 && test.matches(as_text(bytes)));
    return success();
}

bool encode_plain(std::span<const std::string_view> values, std::size_t size_limit_bytes,
                  std::vector<std::byte>& out) {
    const std::size_t begin = out.size();
    write_string_pool(values, out);
    if (out.size() - begin <= size_limit_bytes) return true;
    out.resize(begin);
    return false;
}

Status match_plain(std::span<const std::byte> bytes, std::size_t count, const LeafTest& test,
                   std::span<std::uint64_t> mask) {
    StringArena arena;
    Scratch<std::string_view> values(count);
    TIDEMARK_RETURN_IF_ERROR(read_string_pool(bytes, values.values(), arena));
    match_values(test, values.values(), mask);
    return success();
}

}  // namespace

const StringCodec kConstantStrings{CodecId::Constant, "constant",      true,
                                   encode_constant,   decode_constant, match_constant,
                                   nothing_nested};
const StringCodec kPlainStrings{CodecId::Plain,   "plain",     false,         encode_plain,
                                read_string_pool, match_plain, nothing_nested};

}  // namespace tidemark::storage
