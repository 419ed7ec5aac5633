#include "tests/segment/random_rows.h"

#include <bit>
#include <map>
#include <type_traits>
#include <variant>

namespace tidemark::tests {
namespace {

// Doubles by their bits, so that -0.0 is not 0.0.
std::string describe_value(const Value& value) {
    return std::visit(
        [](const auto& held) -> std::string {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<Held, std::string>) {
                return '"' + held + '"';
            } else if constexpr (std::is_same_v<Held, double>) {
                return std::to_string(held) + "#" +
                       std::to_string(std::bit_cast<std::uint64_t>(held));
            } else {
                return std::to_string(held);
            }
        },
        value);
}

}  // namespace

std::string describe_row(const storage::DecodedRows& rows, std::size_t row) {
    std::map<std::string, std::string> fields;
    for (const storage::DecodedColumn& column : rows.columns) {
        if (column.is_valid(row)) fields[column.name] = describe_value(column.value(row));
    }
    std::string text = std::to_string(rows.times[row]) + ":";
    for (const auto& [name, value] : fields) text += " " + name + "=" + value;
    return text;
}

std::string describe_rows(const storage::DecodedRows& rows) {
    std::string text;
    for (std::size_t row = 0; row < rows.row_count(); ++row) text += describe_row(rows, row) + "\n";
    return text;
}

}  // namespace tidemark::tests
