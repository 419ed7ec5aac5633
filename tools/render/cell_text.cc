#include "tools/render/cell_text.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "server/format/json_writer.h"
#include "server/format/time_text.h"
#include "tools/render/time_parser.h"

namespace tidemark::tools {
namespace {

std::string number_text(double value) {
    std::string text;
    server::JsonWriter(text, false).number(value);
    return text;
}

struct CellText {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(double value) const { return number_text(value); }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(TimeCell value) const {
        std::string text;
        server::append_rfc3339(value.ns, value.offset_seconds, text);
        return text;
    }
};

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

}  // namespace

std::string cell_text(const Cell& cell) { return std::visit(CellText{}, cell); }

bool is_number(const Cell& cell) {
    return std::holds_alternative<double>(cell) || std::holds_alternative<std::int64_t>(cell) ||
           std::holds_alternative<std::uint64_t>(cell);
}

std::optional<double> number_of(const Cell& cell) {
    if (const auto* value = std::get_if<double>(&cell)) return *value;
    if (const auto* value = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*value);
    if (const auto* value = std::get_if<std::uint64_t>(&cell)) return static_cast<double>(*value);
    return std::nullopt;
}

std::optional<TimeCell> time_of(const Cell& cell) {
    if (const auto* time = std::get_if<TimeCell>(&cell)) return *time;
    const auto* text = std::get_if<std::string>(&cell);
    return text == nullptr ? std::nullopt : parse_rfc3339(*text);
}

std::string printable(std::string_view text) {
    std::string shown;
    for (const char c : text) {
        if (c == '\n') {
            shown += "\\n";
        } else if (c == '\t') {
            shown += "\\t";
        } else if (is_control(c)) {
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            shown += c;
        }
    }
    return shown;
}

std::size_t display_width(std::string_view text) {
    const auto starts_character = [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    };
    return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

}  // namespace tidemark::tools
