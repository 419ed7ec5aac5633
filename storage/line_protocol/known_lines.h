#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/write_batch.h>

#include "storage/base/hash_slots.h"

namespace tidemark::storage {

/// Reads lines that are like an earlier one of the same series: the same bytes in front of the
/// fields, the same fields in the same order, only values and time differ. So are most lines, and
/// they need no look at each of their bytes: names are compared, not taken apart.
///
/// It knows what learn() told it, and reads nothing else: a line with an escape, an exponent or
/// anything wrong is left to LineDecoder, which alone decides what line protocol is.
///
/// Not thread-safe.
class KnownLines {
public:
    explicit KnownLines(std::int64_t unit_ns) : unit_ns_(unit_ns) {}

    /// What the batch was told to keep is gone: it is another one, or was cleared.
    void begin_batch() { ++batch_number_; }

    /// Reads the line that begins at `line`; nothing at or after `end` is looked at. Returns where
    /// the next line begins; the batch has an open point then, to be ended with time_ns(). Null
    /// when the line is not known; the batch may have an open point then, to be abandoned.
    const char* read(const char* line, const char* end, WriteBatch& batch);

    /// After read(): the line's time, if it has one.
    std::optional<std::int64_t> time_ns() const { return time_ns_; }

    /// Remembers the line that the last point of `batch` was read from, to which read() said null;
    /// from the first line on of which the series came before.
    /// `key` is its measurement and tags, which have no escapes.
    void learn(std::string_view key, const WriteBatch& batch);

private:
    struct Text {
        std::uint32_t offset = 0;  // Into bytes_.
        std::uint32_t size_bytes = 0;
    };
    struct Series {
        Text key;             // As lines have it.
        Text raw_series_key;  // As the batch has it.
        std::uint32_t fields;
        std::uint32_t follower;      // The series whose line came after its last one.
        std::uint32_t batch_number;  // Of the batch that has its key.
        WriteBatch::Kept kept_key;
    };
    /// Names of a line's fields, in order.
    struct Field {
        Text name;  // And '='.
        WriteBatch::Kept kept_name;
    };
    struct Fields {
        std::vector<Field> fields;
        std::uint32_t batch_number = 0;  // Of the batch that has their names.
    };

    std::string_view view(Text text) const {
        return std::string_view(bytes_).substr(text.offset, text.size_bytes);
    }
    bool repeats(std::string_view key);
    Text keep(std::string_view bytes);
    std::optional<std::uint32_t> find(const char* line, const char* line_end);
    void begin_point(Series& series, WriteBatch& batch) const;
    Fields& fields_in(std::uint32_t number, WriteBatch& batch);
    const char* read_fields(const char* position, const char* line_end, const Fields& fields,
                            WriteBatch& batch) const;
    bool read_time(const char* begin, const char* end);
    std::optional<std::uint32_t> learn_fields(const WriteBatch& batch);
    bool has_names(const Fields& fields, const WriteBatch& batch) const;

    // A connection remembers so many at most; lines of further series are read byte by byte.
    static constexpr std::size_t kMaxSeries = 16'384;

    std::int64_t unit_ns_;
    bool is_repeating_ = false;
    std::string awaited_key_;
    std::size_t lines_awaited_ = kMaxSeries;  // Since it came; the first line's key is awaited.
    std::string bytes_;
    std::vector<Series> series_;
    HashSlots slots_;
    std::vector<Fields> fields_;
    std::uint32_t batch_number_ = 0;
    std::uint32_t last_ = 0;  // Of series_: that of the last line.
    std::optional<std::int64_t> time_ns_;
    std::string last_time_text_;
    std::int64_t last_time_ns_ = 0;
};

}  // namespace tidemark::storage
