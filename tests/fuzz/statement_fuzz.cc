#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <tidemark/statement_text.h>

#include "query/syntax/parser.h"
#include "query/syntax/printer.h"

// Any text is either statements or an error with a place in it, and what was parsed prints to a
// text that means the same. What may be typed in the middle of any text can be asked.

using namespace tidemark;
using namespace tidemark::query;

namespace {

void require(bool condition) {
    if (!condition) __builtin_trap();
}

const BoundParameters& parameters() {
    static const BoundParameters bound = {{"i", BoundValue(std::int64_t{-5})},
                                          {"f", BoundValue(2.5)},
                                          {"s", BoundValue(std::string("a'b\n"))},
                                          {"n", BoundValue(BoundIdentifier{"a b"})}};
    return bound;
}

void check_error(const SyntaxError& error, std::string_view text) {
    require(!error.message.empty());
    require(error.location.line >= 1 && error.location.column >= 1);
    require(!error.render(text).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    const std::string text(data, data + size_bytes);
    const std::size_t place = size_bytes / 2;
    require(expected_input(text, place).begin <= place);
    require(column_traits(text).size() <= size_bytes);
    const auto first = parse_statements(text, parameters());
    if (const auto* error = std::get_if<SyntaxError>(&first)) {
        check_error(*error, text);
        return 0;
    }
    for (const Statement& statement : std::get<std::vector<Statement>>(first)) {
        const auto second = parse_statements(print(statement));
        const auto* again = std::get_if<std::vector<Statement>>(&second);
        require(again != nullptr && again->size() == 1 && again->front() == statement);
    }
    return 0;
}
