#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/write_batch.h>

#include "storage/line_protocol/known_lines.h"
#include "storage/line_protocol/line_decoder.h"
#include "storage/line_protocol/time_precision.h"

// Line protocol is what points are sent in, one line each:
//
//     measurement[,tag=value]... field=value[,field=value]... [timestamp]
//
// The grammar is InfluxDB's; docs/LINE_PROTOCOL.md lists where Tidemark reads a line differently.

namespace tidemark::storage {

struct LineParserOptions {
    TimePrecision precision = TimePrecision::Nanoseconds;
    /// `nan`, in letters of any case, is a float: "measured, nothing there" (R10). Else refused.
    bool accepts_nan = false;
    /// The longest line, its end included. A longer one is refused.
    std::size_t line_size_limit_bytes = std::size_t{1} << 20;
    /// Told with the refusal of a longer line: where the limit is set. Outlives the parser.
    std::string_view line_size_limit_place{};
    /// How many refused lines are described; beyond it they are only counted.
    std::size_t rejected_line_limit = 100'000;
    /// Of the line that the text begins with.
    std::uint64_t first_line_number = 1;
};

/// A line that was not taken, and why. Lines and columns count from 1, columns in bytes.
struct RejectedLine {
    std::uint64_t line_number;
    std::uint64_t column;
    std::string expected;  ///< `field value`
    std::string found;     ///< `"abc"`, `end of line`

    /// `line 3, column 12: expected field value, found "abc"`
    std::string message() const;
};

/// What a text said: its good lines as points, and its bad ones.
struct ParsedLines {
    WriteBatch batch;
    std::vector<std::uint64_t> line_numbers;  ///< Of each point in `batch`.
    std::vector<RejectedLine> rejected;       ///< In line order.
    std::uint64_t rejected_count = 0;         ///< Those beyond the limit included.

    /// Empties everything, keeps the memory.
    void clear();
};

/// Whether more text may follow a piece of a stream.
enum class TextEnd : std::uint8_t {
    MayContinue,  ///< A line without its end is left for the next call.
    Complete,     ///< The end of the text ends the last line.
};

/// Turns line protocol into points. A bad line never takes a good one with it: it is reported, and
/// reading goes on after its end. A newline inside a string field does not end a line; where a
/// string is never closed, the line it begins in counts as bad up to its first newline.
///
/// For a stream, call parse() with what has arrived and keep the bytes it did not consume in front
/// of what arrives next; how the stream was cut does not change the answer. At most
/// line_size_limit_bytes are left unconsumed.
///
/// Line numbers go on from call to call. Not thread-safe.
class LineParser {
public:
    explicit LineParser(const LineParserOptions& options);

    /// Appends to `out` what the complete lines of `text` say. Returns how many bytes were
    /// consumed: all of them when `end` is Complete.
    std::size_t parse(std::string_view text, TextEnd end, ParsedLines& out);

    /// Of the lines that come next; see LineParserOptions.
    void set_accepts_nan(bool accepts_nan) { decoder_.set_accepts_nan(accepts_nan); }

private:
    const char* parse_line(const char* line, const char* text_end, TextEnd end, ParsedLines& out);
    const char* refuse(const char* line, const char* text_end, const LineRefusal& refusal,
                       ParsedLines& out);
    const char* skip_to_next_line(const char* from, const char* text_end);

    LineParserOptions options_;
    KnownLines known_;
    LineDecoder decoder_;
    std::uint64_t line_number_;  ///< Of the next byte to be consumed.
    bool is_skipping_ = false;   ///< The rest of a refused line has yet to arrive.
};

/// Parses a whole text at once.
ParsedLines parse_lines(std::string_view text, const LineParserOptions& options);

}  // namespace tidemark::storage
