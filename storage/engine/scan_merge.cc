#include "storage/engine/scan_merge.h"

#include <algorithm>
#include <functional>
#include <span>

#include "storage/codec/leaf_test.h"
#include "storage/engine/scan_leaf.h"
#include "storage/segment/validity.h"

namespace tidemark::storage {
namespace {

using Part = MergedRows::Part;

/// Makes one piece; see make_merged_piece().
class MergedPiece {
public:
    MergedPiece(const CompiledScan& scan, const MergedRows& rows, PieceParts& parts,
                ScanStatistics& statistics)
        : scan_(scan),
          rows_(rows),
          parts_(parts),
          statistics_(statistics),
          winners_(scan.fields.size()) {}

    Result<const ScanPiece*> make() {
        parts_.clear();
        parts_.deepen(scan_.wants_every_row() ? PieceDepth::Decoded : PieceDepth::Encoded);
        for (std::size_t field = 0; field < scan_.fields.size(); ++field) {
            TIDEMARK_RETURN_IF_ERROR(find_winners(field));
        }
        select_rows();
        if (selected_.empty()) return nullptr;
        std::vector<std::int64_t>& times = parts_.times_buffer();
        for (const std::size_t row : selected_) times.push_back(rows_.time_ns(row));
        for (std::size_t leaf = 0; leaf < scan_.leaf_fields.size(); ++leaf) {
            if (scan_.leaf_fields[leaf]) TIDEMARK_RETURN_IF_ERROR(add_leaf(leaf));
        }
        for (std::size_t column = 0; column < scan_.column_fields.size(); ++column) {
            TIDEMARK_RETURN_IF_ERROR(add_column(column));
        }
        return parts_.finish(times.front(), times.back(), times.size(), times, statistics_);
    }

private:
    /// For each row the part whose value of `field` counts: the latest that has one.
    Status find_winners(std::size_t field) {
        std::vector<const Part*>& winners = winners_[field];
        winners.assign(rows_.row_count(), nullptr);
        for (std::size_t row = 0; row < rows_.row_count(); ++row) {
            for (const Part& part : rows_.parts(row)) {
                if (!part.source->has_field(field)) continue;
                TIDEMARK_ASSIGN_OR_RETURN(const auto validity, part.source->validity(field));
                if (!is_row_valid(validity, part.row)) continue;
                winners[row] = &part;
                break;
            }
        }
        return success();
    }

    /// Leaves out the rows in which everything asked for is null.
    void select_rows() {
        for (std::size_t row = 0; row < rows_.row_count(); ++row) {
            const bool has_value = std::ranges::any_of(
                winners_, [row](const auto& winners) { return winners[row] != nullptr; });
            if (has_value || scan_.wants_every_row()) selected_.push_back(row);
        }
    }

    Status add_leaf(std::size_t leaf) {
        const std::vector<const Part*>& winners = winners_[*scan_.leaf_fields[leaf]];
        std::vector<std::uint64_t> truth(mask_word_count(selected_.size()));
        std::vector<std::uint64_t> validity(truth.size());
        std::vector<std::uint64_t> hold_ends;
        for (std::size_t index = 0; index < selected_.size(); ++index) {
            const Part* winner = winners[selected_[index]];
            if (winner == nullptr) continue;
            TIDEMARK_ASSIGN_OR_RETURN(const LeafMask* mask, winner->source->leaf_mask(leaf));
            if (!mask->was_encoded) parts_.deepen(PieceDepth::Decoded);
            const std::uint64_t bit = std::uint64_t{1} << (index % 64);
            validity[index / 64] |= bit;
            if (mask->is_true(winner->row)) truth[index / 64] |= bit;
            TIDEMARK_ASSIGN_OR_RETURN(const auto ends,
                                      winner->source->hold_ends(*scan_.leaf_fields[leaf]));
            if (ends.empty() || !is_row_valid(ends, winner->row)) continue;
            hold_ends.resize(truth.size());
            hold_ends[index / 64] |= bit;
        }
        append_runs({parts_.times_buffer(), validity, truth, hold_ends, 0, selected_.size()},
                    scan_.request.hold_ns, parts_.runs(leaf));
        return success();
    }

    Status add_column(std::size_t column) {
        const auto field = scan_.column_fields[column];
        if (!field) {
            parts_.set_null_values(column, FieldType::Float, selected_.size());
            return success();
        }
        ColumnBuffer& buffer = parts_.buffer(column);
        const FieldType type = scan_.fields[*field].type;
        for (const std::size_t row : selected_) {
            const Part* winner = winners_[*field][row];
            if (winner == nullptr) {
                buffer.append_null(type);
                continue;
            }
            TIDEMARK_ASSIGN_OR_RETURN(const ColumnValues* values, winner->source->values(*field));
            parts_.deepen(PieceDepth::Decoded);
            buffer.append(*values, winner->row);
        }
        parts_.set_values(column, buffer.view(type));
        return success();
    }

    const CompiledScan& scan_;
    const MergedRows& rows_;
    PieceParts& parts_;
    ScanStatistics& statistics_;
    std::vector<std::vector<const Part*>> winners_;  // Per field of the scan, then per row.
    std::vector<std::size_t> selected_;
};

}  // namespace

void MergedRows::clear() {
    times_.clear();
    parts_.clear();
    part_ends_.clear();
}

void MergedRows::append(std::int64_t time_ns, std::vector<Part>& parts) {
    if (parts.size() > 1) {
        std::ranges::sort(parts, std::greater<>{},
                          [](const Part& part) { return part.source->rank(); });
    }
    times_.push_back(time_ns);
    parts_.insert(parts_.end(), parts.begin(), parts.end());
    part_ends_.push_back(parts_.size());
}

Result<const ScanPiece*> make_merged_piece(const CompiledScan& scan, const MergedRows& rows,
                                           PieceParts& parts, ScanStatistics& statistics) {
    return MergedPiece(scan, rows, parts, statistics).make();
}

}  // namespace tidemark::storage
