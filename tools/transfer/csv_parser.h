#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "storage/line_protocol/line_parser.h"

// CSV as RFC 4180 has it: cells between separators, records between line ends (LF or CRLF); a cell
// in double quotes may hold separators, line ends and doubled quotes. A quote inside of a cell that
// does not begin with one is an ordinary character.

namespace tidemark::tools {

struct CsvCell {
    std::string_view text;  ///< Without quotes. Valid until the next record is parsed.
    bool is_quoted = false;
};

/// One record, or a line that is none.
struct CsvRecord {
    std::vector<CsvCell> cells;
    std::uint64_t line_number = 0;  ///< From 1: where it begins.
    std::string_view text;          ///< All of it, its line end not included.
    std::string defect;             ///< Why it cannot be read; empty when it can.
};

/// Appends a cell, in quotes where its text needs them.
void append_csv_cell(std::string_view text, std::string& out);

/// Takes records off the front of a text that arrives in pieces. Empty lines are passed over. A bad
/// record costs its first line, and reading goes on behind that. Not thread-safe.
class CsvParser {
public:
    explicit CsvParser(char separator) : separator_(separator) {}

    /// Takes the next record off `text`, which it views into; false when there is no whole one, and
    /// `text` is then what belongs in front of what arrives next.
    bool next(std::string_view& text, storage::TextEnd end, CsvRecord& record);

    void set_separator(char separator) { separator_ = separator; }

    /// Lines taken so far.
    std::uint64_t line_count() const { return line_count_; }

private:
    enum class Ending : std::uint8_t { Whole, Incomplete, Defective };

    Ending parse_record(std::string_view text, storage::TextEnd end, CsvRecord& record,
                        std::size_t& size_bytes);
    Ending parse_quoted(std::string_view text, storage::TextEnd end, std::size_t& position,
                        CsvRecord& record);
    std::string_view without_doubled_quotes(std::string_view text);
    bool finish(std::string_view& text, std::size_t size_bytes, CsvRecord& record);

    char separator_;
    std::uint64_t line_count_ = 0;
    std::deque<std::string> unescaped_;  // Cells that held quotes. A deque: views must stay.
    std::size_t unescaped_count_ = 0;
};

}  // namespace tidemark::tools
