#include "storage/codec/string_pool.h"

#include <cstring>

#include "storage/base/bytes.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/lz4_bytes.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

enum class PoolForm : std::uint8_t { Plain = 0, Lz4 = 1 };

/// The bytes of all strings, in memory of the arena.
Result<std::span<const std::byte>> read_pool_bytes(ByteReader& reader, std::size_t size_bytes,
                                                   StringArena& arena) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t form, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(const auto stored, reader.read_bytes(reader.remaining_size_bytes()));
    if (form == static_cast<std::uint8_t>(PoolForm::Plain) && stored.size() == size_bytes) {
        const auto bytes = arena.allocate(size_bytes);
        if (size_bytes != 0) std::memcpy(bytes.data(), stored.data(), size_bytes);
        return std::span<const std::byte>(bytes);
    }
    if (form == static_cast<std::uint8_t>(PoolForm::Lz4) &&
        is_plausible_lz4_size(stored.size(), size_bytes)) {
        const auto bytes = arena.allocate(size_bytes);
        TIDEMARK_RETURN_IF_ERROR(decompress_lz4(stored, bytes));
        return std::span<const std::byte>(bytes);
    }
    return Error(ErrorCode::Corruption, "the strings do not have the size of their lengths");
}

/// The sum of the lengths; Corruption when it leaves 64 bits.
Result<std::uint64_t> total_size_bytes(std::span<const std::uint64_t> lengths) {
    std::uint64_t total = 0;
    for (const std::uint64_t length : lengths) {
        if (__builtin_add_overflow(total, length, &total)) {
            return Error(ErrorCode::Corruption, "the lengths of the strings exceed 64 bits");
        }
    }
    return total;
}

}  // namespace

void write_string_pool(std::span<const std::string_view> strings, std::vector<std::byte>& out) {
    std::vector<std::uint64_t> lengths;
    lengths.reserve(strings.size());
    std::vector<std::byte> pool;
    for (const std::string_view text : strings) {
        lengths.push_back(text.size());
        ByteWriter(pool).write_bytes(as_bytes(text));
    }
    std::vector<std::byte> encoded_lengths;
    encode_integer_column({lengths, IntegerOrder::Unsigned}, encoded_lengths);
    ByteWriter writer(out);
    writer.write_sized_bytes(encoded_lengths);
    const std::size_t form_offset = out.size();
    writer.write_u8(static_cast<std::uint8_t>(PoolForm::Lz4));
    if (compress_lz4(pool, out)) return;
    out[form_offset] = static_cast<std::byte>(PoolForm::Plain);
    writer.write_bytes(pool);
}

Status read_string_pool(std::span<const std::byte> bytes, std::span<std::string_view> strings,
                        StringArena& arena) {
    ByteReader reader(bytes);
    TIDEMARK_ASSIGN_OR_RETURN(const auto encoded_lengths, reader.read_sized_bytes());
    Scratch<std::uint64_t> lengths(strings.size());
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(encoded_lengths, kAnyRank, lengths.values()));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, total_size_bytes(lengths.values()));
    TIDEMARK_ASSIGN_OR_RETURN(auto pool, read_pool_bytes(reader, size_bytes, arena));
    for (std::size_t i = 0; i < strings.size(); ++i) {
        const auto length = static_cast<std::size_t>(lengths.values()[i]);
        strings[i] = as_text(pool.first(length));
        pool = pool.subspan(length);
    }
    return success();
}

}  // namespace tidemark::storage
