#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/types.h>

#include "storage/base/bytes.h"
#include "storage/base/hash_slots.h"
#include "storage/engine/batch_column.h"
#include "storage/engine/catalogue_record.h"
#include "storage/engine/head_rows.h"

namespace tidemark::storage {

/// Collects the rows of one write and makes them the payload of a WAL frame. FORMAT.md section 7.
///
/// Not thread-safe. Keeps its memory from payload to payload, unless a payload was very large.
class RowBatchWriter {
public:
    /// `fields` names each field once. Rows of one measurement with the same fields are stored
    /// together, column by column.
    void add_row(MeasurementId measurement, SeriesId id, std::int64_t time_ns,
                 std::span<const HeadField> fields);

    /// The payload of the rows since the last call, of which there must be some. `buffer` is only
    /// memory to be used again.
    std::vector<std::byte> take(std::vector<std::byte> buffer = {});

    /// Forgets the rows since the last take().
    void clear();

private:
    /// Rows of one measurement with the same fields, in the order they came.
    struct Group {
        MeasurementId measurement = 0;
        std::vector<std::uint64_t> fields;         // Index and type of each, as they are stored.
        std::vector<std::uint32_t> first_values;   // Of each row: place of its values in values_.
        std::vector<std::uint32_t> previous_rows;  // Of each row: as NumberColumnWriter has it.
    };
    /// A series in a group.
    struct Member {
        SeriesId id;
        std::uint32_t group;
        std::uint32_t last_row;  // Of the group; kNoRow: none so far.
    };
    /// Rows that each have the next member, or that all have one time.
    struct Run {
        std::int64_t change;  // What the first of them has instead of what was expected.
        std::uint64_t row_count;
    };

    std::uint32_t member_of(MeasurementId measurement, SeriesId id,
                            std::span<const HeadField> fields);
    std::uint32_t group_of(MeasurementId measurement, std::span<const HeadField> fields);
    void note_member(std::uint32_t member);
    void note_time(std::int64_t time_ns);
    std::uint64_t keep_text(std::string_view text);

    void write_body();
    void write_groups(ByteWriter& body) const;
    void write_members(ByteWriter& body) const;
    void write_runs(std::span<const Run> runs, std::int64_t unit, ByteWriter& body);
    void write_column(const Group& group, std::size_t field_index, ByteWriter& body);

    std::vector<Group> groups_;
    std::size_t group_count_ = 0;  // Of groups_, those of this payload; the rest is kept memory.
    HashSlots group_slots_;
    std::vector<Member> members_;
    HashSlots member_slots_;
    std::vector<Run> member_runs_;
    std::vector<Run> time_runs_;
    std::vector<std::uint64_t> values_;  // The rows' bits, row by row; of a text its place.
    std::string texts_;                  // Sized each.
    std::uint32_t next_member_ = 0;      // Behind that of the last row.
    std::int64_t last_time_ns_ = 0;

    // In use only while a payload is made.
    NumberColumnWriter number_columns_;
    std::vector<std::uint64_t> column_values_;
    std::vector<std::byte> piece_;
    std::vector<std::byte> body_;
};

}  // namespace tidemark::storage
