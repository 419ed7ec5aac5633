#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/bytes.h"
#include "storage/engine/catalogue_record.h"
#include "storage/segment/row_group.h"

namespace tidemark::storage {

/// Rows that were deleted but may still be in segments: those of some series, within a range of
/// time, that arrived up to a sequence. Immutable and thread-safe.
///
/// When it was made nothing that it hides was in the head. So a row group either arrived as a
/// whole up to its sequence, or holds nothing that it hides.
struct Tombstone {
    std::uint64_t id = 0;  ///< From 1; no other one of the store has it.
    PolicyId policy = 0;
    Sequence sequence = 0;
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;      ///< Inclusive: the last instant there is can be deleted too.
    std::vector<SeriesId> series;  ///< Ascending, each once.

    bool names(SeriesId series_id) const;
    bool hides_all_of(const RowGroupInfo& info) const;
    bool hides_some_of(const RowGroupInfo& info) const;
    bool operator==(const Tombstone&) const = default;
};

using Tombstones = std::vector<std::shared_ptr<const Tombstone>>;

/// The greatest sequence and the greatest id of them; 0 of none.
Sequence last_sequence_of(const Tombstones& tombstones);
std::uint64_t last_id_of(const Tombstones& tombstones);

/// Takes what is hidden out of the row groups of a series of `policy`. A row group that loses some
/// of its rows comes back decoded, in its place and with its sequences; a block that may lose some
/// gives way to what is in it; the others stay as they were. Corruption when one of these cannot be
/// read.
Status hide_deleted(const Tombstones& tombstones, PolicyId policy, SeriesId series,
                    std::vector<std::shared_ptr<const RowGroup>>& groups);

// FORMAT.md section 5.
void encode_tombstone(ByteWriter& writer, const Tombstone& tombstone);
/// Corruption when the bytes are no tombstone.
Result<Tombstone> read_tombstone(ByteReader& reader);

}  // namespace tidemark::storage
