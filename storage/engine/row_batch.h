#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/engine/catalogue_record.h"
#include "storage/engine/head_rows.h"

namespace tidemark::storage {

// The payload of a WAL frame: the rows of one write. FORMAT.md section 7.

/// Collects the rows of one write as the payload of a WAL frame.
///
/// Not thread-safe. Keeps its memory from payload to payload.
class RowBatchWriter {
public:
    RowBatchWriter() { begin({}); }

    /// Starts a payload; `buffer` is only memory to be used again.
    void begin(std::vector<std::byte> buffer);

    void add_row(SeriesId id, std::int64_t time_ns, std::span<const HeadField> fields);

    bool is_empty() const { return size_bytes_ <= 1; }

    /// The payload. begin() must follow.
    std::vector<std::byte> take();

private:
    // Field index and type of each field, as they stand in the payload.
    using Shape = std::vector<std::uint64_t>;

    std::size_t shape_number(std::span<const HeadField> fields);
    void reserve(std::size_t more_bytes);
    void write_varint(std::uint64_t value);
    void write_bytes(const void* bytes, std::size_t size_bytes);
    void write_value(const HeadField& field);

    std::vector<std::byte> buffer_;  // Larger than what is used of it.
    std::size_t size_bytes_ = 0;
    std::vector<Shape> shapes_;
    std::size_t shape_count_ = 0;  // Of shapes_, those of this payload; the rest is kept memory.
    std::size_t last_shape_ = 0;
    SeriesId last_id_ = 0;
    std::int64_t last_time_ns_ = 0;
};

/// One row of a payload. Valid until the reader moves.
struct BatchRow {
    SeriesId id = 0;
    std::int64_t time_ns = 0;
    std::span<HeadField> fields;  ///< Without names.
};

/// Reads a payload back. Trusts nothing. Not thread-safe.
class RowBatchReader {
public:
    /// `payload` must outlive the reader and what it gives out.
    explicit RowBatchReader(std::span<const std::byte> payload) : rest_(payload) {}

    /// False at the end. Corruption when the payload is none of RowBatchWriter's.
    Result<bool> next(BatchRow& row);

private:
    struct ShapeField {
        FieldIndex index;
        FieldType type;
    };
    using Shape = std::vector<ShapeField>;

    Status read_kind();
    Result<const Shape*> read_shape();
    static bool names_a_field_twice(Shape shape);
    Status read_value(HeadField& field);
    bool take_varint(std::uint64_t& value);
    bool take_bytes(std::uint64_t size_bytes, std::span<const std::byte>& bytes);

    std::span<const std::byte> rest_;
    bool is_started_ = false;
    std::deque<Shape> shapes_;  // Addresses stay.
    std::vector<HeadField> fields_;
    SeriesId last_id_ = 0;
    std::int64_t last_time_ns_ = 0;
};

}  // namespace tidemark::storage
