#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/write_batch.h>

#include "storage/line_protocol/time_precision.h"

namespace tidemark::storage {

/// Why a line was refused, in terms of the text it is in.
struct LineRefusal {
    const char* position = nullptr;  ///< What was found stands here.
    const char* resume = nullptr;    ///< The line's end is the first newline at or after this.
    std::string expected;
    /// Instead of the text at `position`, when not empty.
    std::string found;
};

enum class LineKind : std::uint8_t {
    Point,    ///< The batch has an open point, to be ended with time_ns() or abandoned.
    Blank,    ///< Nothing but space, or a comment.
    Refused,  ///< See refusal(). The batch may have an open point, to be abandoned.
};

/// Decodes one line. Not thread-safe; reused from line to line for its memory.
class LineDecoder {
public:
    explicit LineDecoder(std::int64_t unit_ns) : unit_ns_(unit_ns) {}

    void set_accepts_nan(bool accepts_nan) { accepts_nan_ = accepts_nan; }

    /// Decodes the line that begins at `line`, reading nothing at or after `end`. The line must not
    /// be empty (line != end).
    LineKind decode(const char* line, const char* end, WriteBatch& batch);

    /// Behind the line and its newline; after Refused where decoding stopped.
    const char* position() const { return position_; }
    /// After Point: its time, if it has one.
    std::optional<std::int64_t> time_ns() const { return time_ns_; }
    /// After Point: the bytes of measurement and tags. Empty when the line has an escape.
    std::string_view plain_key() const { return unescaped_count_ == 0 ? key_ : std::string_view(); }
    /// Newlines that were passed, the one that ends the line included.
    std::uint64_t newline_count() const { return newline_count_; }
    /// Decoding came to `end` before it saw the line's own end. With more bytes the outcome might
    /// have been another one.
    bool ran_out() const { return ran_out_; }
    const LineRefusal& refusal() const { return refusal_; }

private:
    struct TagKey {
        std::string_view key;
        const char* position;
    };

    bool decode_comment();
    bool decode_point(WriteBatch& batch);
    bool decode_tags(WriteBatch& batch);
    bool decode_tag(WriteBatch& batch);
    void check_tag_keys();
    bool decode_fields(WriteBatch& batch);
    bool decode_field_value(std::string_view name, WriteBatch& batch);
    bool decode_string(std::string_view name, WriteBatch& batch);
    void decode_boolean(std::string_view name, WriteBatch& batch);
    void decode_number(std::string_view name, WriteBatch& batch);
    void decode_integer(std::string_view name, std::string_view token, WriteBatch& batch);
    void decode_float(std::string_view name, std::string_view token, WriteBatch& batch);
    bool decode_word(std::string_view name, WriteBatch& batch);
    bool decode_timestamp();

    template <typename Bytes>
    std::string_view read_name();
    template <typename Bytes>
    std::string_view read_escaped(const char* begin, bool& has_high_bit);

    void skip_spaces();
    bool is_at(char byte) const { return position_ != end_ && *position_ == byte; }
    bool take(char byte);
    bool take_line_end();
    std::string_view value_token() const;
    void check_not_time(std::string_view key, const char* position);

    /// Notes the first thing wrong with the line; decoding goes on to find the line's end.
    void note(const char* position, std::string_view expected);
    void refuse_time_range(std::string_view digits, std::int64_t units);
    /// Notes what is at position() and ends decoding: what follows cannot be understood. False.
    bool stop(std::string_view expected);

    std::int64_t unit_ns_;
    bool accepts_nan_ = false;
    const char* position_ = nullptr;
    const char* end_ = nullptr;
    std::uint64_t newline_count_ = 0;
    bool is_refused_ = false;
    bool ran_out_ = false;
    std::optional<std::int64_t> time_ns_;
    std::string_view key_;
    LineRefusal refusal_;
    std::vector<TagKey> tag_keys_;
    bool tag_keys_ascend_ = true;
    /// Names and strings of the line that had escapes. A deque, because views into them must
    /// survive the next one.
    std::deque<std::string> unescaped_;
    std::size_t unescaped_count_ = 0;
};

}  // namespace tidemark::storage
