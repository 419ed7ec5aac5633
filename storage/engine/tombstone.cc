#include "storage/engine/tombstone.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

namespace tidemark::storage {
namespace {

using RowGroupPointer = std::shared_ptr<const RowGroup>;
using Hiding = std::vector<const Tombstone*>;

bool is_hidden(const Hiding& hiding, std::int64_t time_ns) {
    return std::ranges::any_of(hiding, [time_ns](const Tombstone* tombstone) {
        return tombstone->first_ns <= time_ns && time_ns <= tombstone->last_ns;
    });
}

// Null when nothing is left.
Result<RowGroupPointer> without_hidden(const RowGroup& group, const Hiding& hiding) {
    TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, decode_row_group(group));
    DecodedRows kept;
    kept.columns.reserve(rows.columns.size());
    for (const DecodedColumn& column : rows.columns) {
        kept.columns.push_back({});
        kept.columns.back().name = column.name;
        kept.columns.back().type = column.type;
    }
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
        if (is_hidden(hiding, rows.times[row])) continue;
        kept.times.push_back(rows.times[row]);
        for (std::size_t column = 0; column < rows.columns.size(); ++column) {
            kept.columns[column].append_row(rows.columns[column], row);
        }
    }
    if (kept.times.empty()) return RowGroupPointer();
    return make_decoded_row_group(std::move(kept), group.info().first_sequence,
                                  group.info().last_sequence);
}

// Whether some of it is hidden, as far as can be told without looking into it: row groups of older
// sequences may be in a block with later ones.
bool may_be_hidden_in_part(const RowGroup& block, const Hiding& naming) {
    const RowGroupInfo& info = block.info();
    const bool is_whole_hidden = std::ranges::any_of(
        naming, [&info](const Tombstone* one) { return one->hides_all_of(info); });
    return !is_whole_hidden && std::ranges::any_of(naming, [&info](const Tombstone* one) {
        return info.first_sequence <= one->sequence && one->first_ns <= info.last_ns &&
               info.first_ns <= one->last_ns;
    });
}

// Blocks that are hidden in part give way to what is in them.
Status open_blocks(const Hiding& naming, std::vector<RowGroupPointer>& groups) {
    std::vector<RowGroupPointer> opened;
    opened.reserve(groups.size());
    for (RowGroupPointer& group : groups) {
        if (!group->is_block() || !may_be_hidden_in_part(*group, naming)) {
            opened.push_back(std::move(group));
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(auto members, group->members());
        TIDEMARK_RETURN_IF_ERROR(open_blocks(naming, members));
        opened.insert(opened.end(), members.begin(), members.end());
    }
    groups = std::move(opened);
    return success();
}

}  // namespace

bool Tombstone::names(SeriesId series_id) const {
    return std::ranges::binary_search(series, series_id);
}

bool Tombstone::hides_all_of(const RowGroupInfo& info) const {
    return info.last_sequence <= sequence && first_ns <= info.first_ns && info.last_ns <= last_ns;
}

bool Tombstone::hides_some_of(const RowGroupInfo& info) const {
    return info.last_sequence <= sequence && first_ns <= info.last_ns && info.first_ns <= last_ns;
}

Sequence last_sequence_of(const Tombstones& tombstones) {
    Sequence last = 0;
    for (const auto& tombstone : tombstones) last = std::max(last, tombstone->sequence);
    return last;
}

std::uint64_t last_id_of(const Tombstones& tombstones) {
    std::uint64_t last = 0;
    for (const auto& tombstone : tombstones) last = std::max(last, tombstone->id);
    return last;
}

Status hide_deleted(const Tombstones& tombstones, PolicyId policy, SeriesId series,
                    std::vector<RowGroupPointer>& groups) {
    Hiding naming;
    for (const auto& tombstone : tombstones) {
        if (tombstone->policy == policy && tombstone->names(series)) {
            naming.push_back(tombstone.get());
        }
    }
    if (naming.empty()) return success();
    TIDEMARK_RETURN_IF_ERROR(open_blocks(naming, groups));
    for (RowGroupPointer& group : groups) {
        const RowGroupInfo& info = group->info();
        Hiding hiding;
        std::ranges::copy_if(naming, std::back_inserter(hiding),
                             [&](const Tombstone* one) { return one->hides_some_of(info); });
        if (hiding.empty()) continue;
        if (std::ranges::any_of(hiding, [&](const auto* one) { return one->hides_all_of(info); })) {
            group = nullptr;
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(group, without_hidden(*group, hiding));
    }
    std::erase(groups, nullptr);
    return success();
}

void encode_tombstone(ByteWriter& writer, const Tombstone& tombstone) {
    writer.write_varint(tombstone.id);
    writer.write_varint(tombstone.policy);
    writer.write_varint(tombstone.sequence);
    writer.write_zigzag(tombstone.first_ns);
    writer.write_zigzag(tombstone.last_ns);
    encode_series_ids(writer, tombstone.series);
}

Result<Tombstone> read_tombstone(ByteReader& reader) {
    Tombstone tombstone;
    TIDEMARK_ASSIGN_OR_RETURN(tombstone.id, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t policy, reader.read_varint());
    if (policy > std::numeric_limits<PolicyId>::max()) {
        return Error(ErrorCode::Corruption,
                     "database id " + std::to_string(policy) + " exceeds 32 bits");
    }
    tombstone.policy = static_cast<PolicyId>(policy);
    TIDEMARK_ASSIGN_OR_RETURN(tombstone.sequence, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(tombstone.first_ns, reader.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(tombstone.last_ns, reader.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(tombstone.series, read_series_ids(reader));
    return tombstone;
}

}  // namespace tidemark::storage
