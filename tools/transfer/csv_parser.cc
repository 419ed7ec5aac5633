#include "tools/transfer/csv_parser.h"

#include <algorithm>

namespace tidemark::tools {
namespace {

// A longer one is a quote that was never closed.
constexpr std::size_t kRecordLimitBytes = std::size_t{1} << 20;

std::string_view without_line_end(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

}  // namespace

void append_csv_cell(std::string_view text, std::string& out) {
    const bool needs_quotes = text.find_first_of(",\"\r\n") != std::string_view::npos ||
                              text.starts_with('#') || text.starts_with(' ') || text.ends_with(' ');
    if (!needs_quotes) {
        out.append(text);
        return;
    }
    out.push_back('"');
    for (const char byte : text) {
        if (byte == '"') out.push_back('"');
        out.push_back(byte);
    }
    out.push_back('"');
}

bool CsvParser::next(std::string_view& text, storage::TextEnd end, CsvRecord& record) {
    while (!text.empty() && (text.front() == '\n' || text.starts_with("\r\n"))) {
        text.remove_prefix(text.front() == '\n' ? 1 : 2);
        ++line_count_;
    }
    if (text.empty()) return false;
    record.cells.clear();
    record.defect.clear();
    unescaped_count_ = 0;
    std::size_t size_bytes = 0;
    switch (parse_record(text, end, record, size_bytes)) {
        case Ending::Whole:
            return finish(text, size_bytes, record);
        case Ending::Incomplete:
            if (text.size() <= kRecordLimitBytes) return false;
            record.defect = "a record of more than " + std::to_string(kRecordLimitBytes) +
                            " bytes; is a quote not closed?";
            break;
        case Ending::Defective:
            break;
    }
    record.cells.clear();
    const std::size_t newline = text.find('\n');
    return finish(text, newline == std::string_view::npos ? text.size() : newline + 1, record);
}

bool CsvParser::finish(std::string_view& text, std::size_t size_bytes, CsvRecord& record) {
    const std::string_view taken = text.substr(0, size_bytes);
    record.line_number = line_count_ + 1;
    record.text = without_line_end(taken);
    line_count_ += static_cast<std::uint64_t>(std::ranges::count(taken, '\n'));
    if (!taken.ends_with('\n')) ++line_count_;  // The last line of the text.
    text.remove_prefix(size_bytes);
    return true;
}

CsvParser::Ending CsvParser::parse_record(std::string_view text, storage::TextEnd end,
                                          CsvRecord& record, std::size_t& size_bytes) {
    const char stops[] = {separator_, '\n'};
    std::size_t position = 0;
    while (true) {
        if (position < text.size() && text[position] == '"') {
            const Ending ending = parse_quoted(text, end, position, record);
            if (ending != Ending::Whole) return ending;
        } else {
            const std::size_t stop =
                text.find_first_of(std::string_view(stops, sizeof stops), position);
            std::string_view cell = text.substr(position, stop - position);
            if (stop == std::string_view::npos || text[stop] == '\n') {
                if (cell.ends_with('\r')) cell.remove_suffix(1);
            }
            record.cells.push_back({cell, false});
            position = std::min(stop, text.size());
        }
        if (position == text.size()) {
            size_bytes = position;
            return end == storage::TextEnd::Complete ? Ending::Whole : Ending::Incomplete;
        }
        const char stop = text[position++];
        if (stop == '\n') {
            size_bytes = position;
            return Ending::Whole;
        }
    }
}

// Moves `position` from the opening quote behind the closing one, to a separator or line end.
CsvParser::Ending CsvParser::parse_quoted(std::string_view text, storage::TextEnd end,
                                          std::size_t& position, CsvRecord& record) {
    const std::size_t begin = position + 1;
    std::size_t close = begin;
    bool has_quotes = false;
    while (true) {
        close = text.find('"', close);
        if (close == std::string_view::npos) {
            if (end == storage::TextEnd::MayContinue) return Ending::Incomplete;
            record.defect = "expected a closing quote for column " +
                            std::to_string(record.cells.size() + 1) + ", found the end of the text";
            return Ending::Defective;
        }
        if (close + 1 == text.size() || text[close + 1] != '"') break;
        has_quotes = true;
        close += 2;
    }
    const std::string_view inside = text.substr(begin, close - begin);
    position = close + 1;
    if (text.substr(position).starts_with("\r\n")) ++position;
    const bool ends_well =
        position == text.size() || text[position] == separator_ || text[position] == '\n';
    if (!ends_well) {
        if (text.substr(position) == "\r") {  // Of a line end that is cut in two.
            if (end == storage::TextEnd::MayContinue) return Ending::Incomplete;
            ++position;
        } else {
            record.defect = "expected a separator behind the closing quote of column " +
                            std::to_string(record.cells.size() + 1) + ", found '" + text[position] +
                            "'";
            return Ending::Defective;
        }
    }
    record.cells.push_back({has_quotes ? without_doubled_quotes(inside) : inside, true});
    return Ending::Whole;
}

std::string_view CsvParser::without_doubled_quotes(std::string_view text) {
    if (unescaped_count_ == unescaped_.size()) unescaped_.emplace_back();
    std::string& unescaped = unescaped_[unescaped_count_++];
    unescaped.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        unescaped.push_back(text[i]);
        if (text[i] == '"') ++i;
    }
    return unescaped;
}

}  // namespace tidemark::tools
