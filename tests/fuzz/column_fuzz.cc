#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "storage/codec/column_codec.h"
#include "storage/codec/mask.h"

// Any bytes are a column of some values or Corruption, for every type; a comparison made on the
// encoded form says what comparing the decoded values says; what decodes can be encoded again.

using namespace tidemark;
using namespace tidemark::storage;

namespace {

void require(bool condition) {
    if (!condition) __builtin_trap();
}

void check_floats(std::span<const std::byte> bytes, std::size_t count) {
    std::vector<double> values(count);
    if (!decode_floats(bytes, values)) return;
    const Value constant = count == 0 ? 0.0 : values[count / 2];
    const auto test =
        LeafTest::make(FieldType::Float, {"v", CompareOp::GreaterEqual, constant, {}});
    if (!test) return;  // NaN compares with nothing.
    std::vector<std::uint64_t> encoded_mask(mask_word_count(count));
    std::vector<std::uint64_t> decoded_mask(mask_word_count(count));
    const auto outcome = match_column(bytes, count, test.value(), encoded_mask);
    require(outcome.has_value());
    match_values(test.value(), values, decoded_mask);
    require(encoded_mask == decoded_mask);
}

template <typename T, auto kDecode, auto kEncode>
void check_whole_numbers(std::span<const std::byte> bytes, std::size_t count) {
    std::vector<T> values(count);
    if (!kDecode(bytes, values)) return;
    std::vector<std::byte> again;
    kEncode(values, again);
    std::vector<T> same(count);
    require(kDecode(again, same).has_value());
    require(same == values);
}

void check_times(std::span<const std::byte> bytes, std::size_t count) {
    std::vector<std::int64_t> times(count);
    if (!decode_times(bytes, times)) return;
    for (std::size_t i = 1; i < count; ++i) require(times[i - 1] < times[i]);
}

void check_booleans_and_strings(std::span<const std::byte> bytes, std::size_t count) {
    std::vector<std::uint8_t> booleans(count);
    if (decode_booleans(bytes, booleans)) {
        for (const std::uint8_t value : booleans) require(value <= 1);
    }
    StringArena arena;
    std::vector<std::string_view> strings(count);
    if (!decode_strings(bytes, strings, arena)) return;
    std::size_t size_bytes = 0;
    for (const std::string_view text : strings) {
        for (const char c : text) size_bytes += static_cast<unsigned char>(c);
    }
    require(count > 0 || size_bytes == 0);  // Every byte was read: a view astray is found.
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    if (size_bytes < 3) return 0;
    // The first bytes choose the type and the value count.
    const std::size_t count = (data[1] + std::size_t{256} * data[2]) % 1200;
    const auto bytes = std::as_bytes(std::span(data + 3, size_bytes - 3));
    switch (data[0] % 4) {
        case 0:
            check_floats(bytes, count);
            break;
        case 1:
            check_whole_numbers<std::int64_t, decode_integers, encode_integers>(bytes, count);
            check_whole_numbers<std::uint64_t, decode_unsigneds, encode_unsigneds>(bytes, count);
            break;
        case 2:
            check_times(bytes, count);
            break;
        default:
            check_booleans_and_strings(bytes, count);
            break;
    }
    return 0;
}
