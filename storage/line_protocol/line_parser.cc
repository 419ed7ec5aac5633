#include "storage/line_protocol/line_parser.h"

#include <algorithm>
#include <cstring>

#include "storage/base/utf8.h"
#include "storage/line_protocol/structural_scan.h"

namespace tidemark::storage {
namespace {

// A message quotes at most this much of what it found.
constexpr std::ptrdiff_t kQuotedBytes = 40;

const char* find_newline(const char* from, const char* end) {
    if (from == end) return end;
    const void* found = std::memchr(from, '\n', static_cast<std::size_t>(end - from));
    return found == nullptr ? end : static_cast<const char*>(found);
}

std::uint64_t count_newlines(const char* from, const char* end) {
    return static_cast<std::uint64_t>(std::count(from, end, '\n'));
}

// `text` in double quotes; what would not print, or is no UTF-8, as \xNN.
std::string quoted(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const bool is_utf8 = is_valid_utf8(text);
    std::string out = "\"";
    for (const char character : text) {
        const auto byte = static_cast<std::uint8_t>(character);
        if (is_control_byte(byte) || (byte >= 0x80 && !is_utf8)) {
            out.append("\\x").push_back(kDigits[byte >> 4]);
            out.push_back(kDigits[byte & 15]);
        } else {
            out.push_back(character);
        }
    }
    return out.append("\"");
}

// What stands at `position`, as a message names it.
std::string describe(const char* position, const char* end) {
    if (position == end) return "end of input";
    if (*position == '\n') return "end of line";
    if (*position == '\r' && position + 1 != end && position[1] == '\n') return "end of line";
    const char* limit = position + std::min(end - position, kQuotedBytes);
    const char* stop = std::find_if(position + 1, limit, [](char byte) {
        return byte == ' ' || byte == ',' || byte == '\n' || byte == '\r';
    });
    // Not in the middle of a character.
    if (stop == limit && limit != end) {
        while (stop != position + 1 && (static_cast<std::uint8_t>(*stop) & 0xc0) == 0x80) --stop;
    }
    return quoted({position, static_cast<std::size_t>(stop - position)});
}

}  // namespace

std::string RejectedLine::message() const {
    return "line " + std::to_string(line_number) + ", column " + std::to_string(column) +
           ": expected " + expected + ", found " + found;
}

void ParsedLines::clear() {
    batch.clear();
    line_numbers.clear();
    rejected.clear();
    rejected_count = 0;
}

LineParser::LineParser(const LineParserOptions& options)
    : options_(options),
      known_(unit_ns(options.precision)),
      decoder_(unit_ns(options.precision)),
      line_number_(options.first_line_number) {
    decoder_.set_accepts_nan(options.accepts_nan);
}

std::size_t LineParser::parse(std::string_view text, TextEnd end, ParsedLines& out) {
    const char* position = text.data();
    const char* text_end = position + text.size();
    known_.begin_batch();
    if (is_skipping_) position = skip_to_next_line(position, text_end);
    while (position != text_end) {
        const char* next = parse_line(position, text_end, end, out);
        if (next == nullptr) break;
        position = next;
    }
    return static_cast<std::size_t>(position - text.data());
}

// Returns where the next line begins, or null when the end of this one has yet to arrive.
const char* LineParser::parse_line(const char* line, const char* text_end, TextEnd end,
                                   ParsedLines& out) {
    const auto limit = static_cast<std::ptrdiff_t>(options_.line_size_limit_bytes);
    const bool is_cut = text_end - line > limit;
    const char* window_end = is_cut ? line + limit : text_end;
    if (const char* next = known_.read(line, window_end, out.batch)) {
        out.batch.end_point(known_.time_ns());
        out.line_numbers.push_back(line_number_++);
        return next;
    }
    const LineKind kind = decoder_.decode(line, window_end, out.batch);

    if (decoder_.ran_out() && is_cut) {
        LineRefusal refusal = decoder_.refusal();
        if (kind != LineKind::Refused) refusal.resume = window_end;
        refusal.position = line;
        refusal.expected = "line of at most " + std::to_string(limit) + " bytes";
        refusal.found = "a longer one";
        if (!options_.line_size_limit_place.empty()) {
            refusal.found.append(" (").append(options_.line_size_limit_place).append(" sets it)");
        }
        return refuse(line, text_end, refusal, out);
    }
    const bool may_change = end == TextEnd::MayContinue && !is_cut;
    if (may_change && decoder_.ran_out()) {
        out.batch.abandon_point();
        return nullptr;
    }
    if (kind == LineKind::Refused) {
        const LineRefusal& refusal = decoder_.refusal();
        if (may_change && find_newline(refusal.resume, text_end) == text_end) {
            out.batch.abandon_point();
            return nullptr;
        }
        return refuse(line, text_end, refusal, out);
    }
    if (kind == LineKind::Point) {
        out.batch.end_point(decoder_.time_ns());
        out.line_numbers.push_back(line_number_);
        if (const auto key = decoder_.plain_key(); !key.empty()) known_.learn(key, out.batch);
    }
    line_number_ += decoder_.newline_count();
    return decoder_.position();
}

const char* LineParser::refuse(const char* line, const char* text_end, const LineRefusal& refusal,
                               ParsedLines& out) {
    out.batch.abandon_point();
    ++out.rejected_count;
    if (out.rejected.size() < options_.rejected_line_limit) {
        const char* line_begin = refusal.position;
        while (line_begin != line && line_begin[-1] != '\n') --line_begin;
        out.rejected.push_back(
            {line_number_ + count_newlines(line, refusal.position),
             static_cast<std::uint64_t>(refusal.position - line_begin) + 1, refusal.expected,
             refusal.found.empty() ? describe(refusal.position, text_end) : refusal.found});
    }
    line_number_ += count_newlines(line, refusal.resume);
    return skip_to_next_line(refusal.resume, text_end);
}

const char* LineParser::skip_to_next_line(const char* from, const char* text_end) {
    const char* newline = find_newline(from, text_end);
    is_skipping_ = newline == text_end;
    if (is_skipping_) return text_end;
    ++line_number_;
    return newline + 1;
}

ParsedLines parse_lines(std::string_view text, const LineParserOptions& options) {
    ParsedLines out;
    LineParser(options).parse(text, TextEnd::Complete, out);
    return out;
}

}  // namespace tidemark::storage
