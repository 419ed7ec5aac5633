#include <cstddef>
#include <cstdint>
#include <string_view>

#include "storage/line_protocol/line_parser.h"
#include "storage/line_protocol/line_writer.h"

// Any bytes are either points or refused lines; what they say does not depend on where a stream is
// cut, and a point that was read can be written and read again.

using namespace tidemark;
using namespace tidemark::storage;

namespace {

void require(bool condition) {
    if (!condition) __builtin_trap();
}

std::string written(const WriteBatch& batch) {
    std::string text;
    require(append_lines(batch, TimePrecision::Nanoseconds, text).has_value());
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    if (size_bytes == 0) return 0;
    // The first byte chooses the line limit and the place of the cut.
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size_bytes - 1);
    const LineParserOptions options{.line_size_limit_bytes = data[0] % 2 == 0 ? 32U : 4096U};
    const ParsedLines whole = parse_lines(text, options);
    require(whole.line_numbers.size() == whole.batch.point_count());

    LineParser parser(options);
    ParsedLines pieces;
    const std::size_t cut = data[0] % size_bytes;
    const std::size_t consumed = parser.parse(text.substr(0, cut), TextEnd::MayContinue, pieces);
    parser.parse(text.substr(consumed), TextEnd::Complete, pieces);
    require(pieces.rejected_count == whole.rejected_count);

    const std::string once = written(whole.batch);
    require(written(pieces.batch) == once);
    const ParsedLines again = parse_lines(once, {});
    require(again.rejected_count == 0);
    require(written(again.batch) == once);
    return 0;
}
