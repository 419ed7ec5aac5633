#include "server/format/json_writer.h"

#include <cmath>

#include "storage/base/digits.h"
#include "storage/base/utf8.h"
#include "storage/line_protocol/float_text.h"

namespace tidemark::server {
namespace {

void append_hex_escape(std::uint8_t byte, std::string& out) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out.append("\\u00").append({kDigits[byte >> 4], kDigits[byte & 15]});
}

bool is_plain(std::uint8_t byte) {
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\' && byte != '<' &&
           byte != '>' && byte != '&';
}

void append_ascii(std::uint8_t byte, std::string& out) {
    switch (byte) {
        case '"':
            out.append("\\\"");
            break;
        case '\\':
            out.append("\\\\");
            break;
        case '\n':
            out.append("\\n");
            break;
        case '\r':
            out.append("\\r");
            break;
        case '\t':
            out.append("\\t");
            break;
        default:
            append_hex_escape(byte, out);
    }
}

// The size of the character that begins `text`, which is not ASCII; 0 when its bytes are none.
std::size_t character_size(std::string_view text) {
    for (std::size_t size = 2; size <= 4 && size <= text.size(); ++size) {
        if (storage::is_valid_utf8(text.substr(0, size))) return size;
    }
    return 0;
}

void append_character(std::string_view character, std::string& out) {
    if (character == "\u2028") {
        out.append("\\u2028");
    } else if (character == "\u2029") {
        out.append("\\u2029");
    } else {
        out.append(character);
    }
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
    out.push_back('"');
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && is_plain(static_cast<std::uint8_t>(text[plain]))) ++plain;
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;

        const auto byte = static_cast<std::uint8_t>(text[0]);
        std::size_t size = 1;
        if (byte < 0x80) {
            append_ascii(byte, out);
        } else if (const std::size_t found = character_size(text); found != 0) {
            size = found;
            append_character(text.substr(0, size), out);
        } else {
            out.append("\\ufffd");
        }
        text.remove_prefix(size);
    }
    out.push_back('"');
}

void JsonWriter::key(std::string_view name) {
    separate();
    append_json_string(name, out_);
    out_.append(is_pretty_ ? ": " : ":");
    has_key_ = true;
}

void JsonWriter::integer(std::int64_t value) {
    char buffer[1 + storage::kLongestInteger];
    char* const end = buffer + sizeof buffer;
    const auto pattern = static_cast<std::uint64_t>(value);
    char* begin = storage::put_digits(value < 0 ? 0 - pattern : pattern, end);
    if (value < 0) *--begin = '-';
    raw({begin, static_cast<std::size_t>(end - begin)});
}

void JsonWriter::unsigned_integer(std::uint64_t value) {
    char buffer[storage::kLongestInteger];
    char* const end = buffer + sizeof buffer;
    char* const begin = storage::put_digits(value, end);
    raw({begin, static_cast<std::size_t>(end - begin)});
}

void JsonWriter::number(double value) {
    if (!std::isfinite(value)) return null();
    separate();
    storage::append_float(value, storage::FloatStyle::Json, out_);
}

void JsonWriter::string(std::string_view text) {
    separate();
    append_json_string(text, out_);
}

}  // namespace tidemark::server
