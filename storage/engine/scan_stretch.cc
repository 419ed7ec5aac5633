#include "storage/engine/scan_stretch.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/engine/scan_leaf.h"
#include "storage/segment/validity.h"
#include "storage/summary/summary.h"

namespace tidemark::storage {
namespace {

/// Makes one piece; see make_stretch_piece().
class StretchPiece {
public:
    StretchPiece(const CompiledScan& scan, ScanSource& source, std::size_t begin_row,
                 std::size_t end_row, PieceParts& parts, ScanStatistics& statistics)
        : scan_(scan),
          source_(source),
          begin_row_(begin_row),
          end_row_(end_row),
          parts_(parts),
          statistics_(statistics) {}

    Result<const ScanPiece*> make() {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, make_from_summaries());
        if (piece != nullptr) return piece;
        return make_from_rows();
    }

    Result<const ScanPiece*> make_from_summaries() {
        parts_.clear();
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_answered, answer_from_summaries());
        if (!is_answered) return nullptr;
        return parts_.finish(first_ns_, last_ns_, row_count_, {}, statistics_);
    }

private:
    bool can_use_summaries() const {
        return source_.has_summaries() && begin_row_ == 0 && end_row_ == source_.row_count();
    }

    bool has_dense_field() const {
        for (std::size_t field = 0; field < scan_.fields.size(); ++field) {
            if (source_.has_field(field) && source_.is_dense(field)) return true;
        }
        return false;
    }

    // ---- nothing opened

    /// Fills the parts when nothing needs to be opened, false when something does.
    Result<bool> answer_from_summaries() {
        if (!can_use_summaries() || scan_.wants_every_row()) return false;
        TIDEMARK_ASSIGN_OR_RETURN(const bool has_row_set, find_row_set());
        if (!has_row_set) return false;
        for (std::size_t leaf = 0; leaf < scan_.leaf_fields.size(); ++leaf) {
            TIDEMARK_ASSIGN_OR_RETURN(const bool is_answered, answer_leaf_from_summary(leaf));
            if (!is_answered) return start_again();
        }
        for (std::size_t column = 0; column < scan_.column_fields.size(); ++column) {
            TIDEMARK_ASSIGN_OR_RETURN(const bool is_answered, answer_column_from_summary(column));
            if (!is_answered) return start_again();
        }
        return true;
    }

    bool start_again() {
        parts_.clear();
        return false;
    }

    /// How many rows have something asked for and where they begin and end, when that is known
    /// without looking at them.
    Result<bool> find_row_set() {
        if (has_dense_field()) {
            row_count_ = source_.row_count();
            first_ns_ = source_.info().first_ns;
            last_ns_ = source_.info().last_ns;
            return true;
        }
        if (source_.field_count() != 1) return false;
        std::size_t field = 0;
        while (!source_.has_field(field)) ++field;
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* summary, source_.summary(field));
        row_count_ = source_.non_null_count(field);
        first_ns_ = summary->first_ns;
        last_ns_ = summary->last_ns;
        return true;
    }

    Result<bool> answer_leaf_from_summary(std::size_t leaf) {
        const auto field = scan_.leaf_fields[leaf];
        if (!field || !source_.has_field(*field)) return true;
        if (!can_use_summaries()) return false;
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* summary, source_.summary(*field));
        if (summary->largest_gap_ns > scan_.request.hold_ns) return false;
        TIDEMARK_ASSIGN_OR_RETURN(const std::optional<bool> truth, source_.decided_truth(leaf));
        if (!truth) return answer_leaf_from_value_runs(leaf);
        parts_.runs(leaf).push_back({summary->first_ns, summary->last_ns,
                                     static_cast<std::uint32_t>(summary->non_null_count), *truth});
        return true;
    }

    /// No gap is longer than the hold limit.
    Result<bool> answer_leaf_from_value_runs(std::size_t leaf) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto known, source_.value_runs(*scan_.leaf_fields[leaf]));
        std::vector<LeafRun>& runs = parts_.runs(leaf);
        for (const ValueRun& run : known) {
            const bool is_true = scan_.leaf_tests[leaf]->matches(run.value);
            if (runs.empty() || runs.back().is_true != is_true) {
                runs.push_back({run.first_ns, run.last_ns, run.sample_count, is_true});
            } else {
                runs.back().last_ns = run.last_ns;
                runs.back().sample_count += run.sample_count;
            }
        }
        return !known.empty();
    }

    Result<bool> answer_column_from_summary(std::size_t column) {
        if (!can_use_summaries()) return false;
        if (scan_.request.columns[column].need != Need::Summary) return false;
        const auto field = scan_.column_fields[column];
        if (!field || !source_.has_field(*field)) {
            const FieldType type = scan_.column_types[column].value_or(FieldType::Float);
            parts_.set_summary(column, empty_summary(type), row_count_);
            return true;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* summary, source_.summary(*field));
        // What a summary says of time does not hold across a longer gap.
        if (!summary->has_values || summary->largest_gap_ns > scan_.request.hold_ns) return false;
        const auto& accepts = scan_.request.columns[column].accepts;
        if (accepts && !accepts(*summary)) return false;
        parts_.set_summary(column, *summary, row_count_);
        return true;
    }

    // ---- rows opened

    Result<const ScanPiece*> make_from_rows() {
        const bool is_plain = !source_.is_encoded() || scan_.wants_every_row();
        parts_.deepen(is_plain ? PieceDepth::Decoded : PieceDepth::Encoded);
        TIDEMARK_ASSIGN_OR_RETURN(times_, source_.times());
        TIDEMARK_RETURN_IF_ERROR(select_rows());
        if (row_count_ == 0) return nullptr;
        for (std::size_t leaf = 0; leaf < scan_.leaf_fields.size(); ++leaf) {
            TIDEMARK_RETURN_IF_ERROR(add_leaf(leaf));
        }
        for (std::size_t column = 0; column < scan_.column_fields.size(); ++column) {
            TIDEMARK_RETURN_IF_ERROR(add_column(column));
        }
        std::span<const std::int64_t> times = times_.subspan(begin_row_, end_row_ - begin_row_);
        if (!selected_.empty()) {
            for (const std::size_t row : selected_) parts_.times_buffer().push_back(times_[row]);
            times = parts_.times_buffer();
        }
        return parts_.finish(times.front(), times.back(), row_count_, times, statistics_);
    }

    /// Leaves out the rows in which everything asked for is null.
    Status select_rows() {
        row_count_ = end_row_ - begin_row_;
        if (scan_.wants_every_row() || has_dense_field()) return success();

        std::vector<std::span<const std::uint64_t>> validities;
        for (std::size_t field = 0; field < scan_.fields.size(); ++field) {
            if (!source_.has_field(field)) continue;
            TIDEMARK_ASSIGN_OR_RETURN(const auto validity, source_.validity(field));
            validities.push_back(validity);
        }
        for (std::size_t row = begin_row_; row < end_row_; ++row) {
            const auto has_row = [row](const auto& validity) {
                return is_row_valid(validity, row);
            };
            if (std::ranges::any_of(validities, has_row)) selected_.push_back(row);
        }
        row_count_ = selected_.size();
        if (row_count_ == end_row_ - begin_row_) selected_.clear();
        return success();
    }

    Status add_leaf(std::size_t leaf) {
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_answered, answer_leaf_from_summary(leaf));
        if (is_answered) return success();
        const std::size_t field = *scan_.leaf_fields[leaf];
        TIDEMARK_ASSIGN_OR_RETURN(const auto validity, source_.validity(field));
        TIDEMARK_ASSIGN_OR_RETURN(const LeafMask* mask, source_.leaf_mask(leaf));
        if (!mask->was_encoded) parts_.deepen(PieceDepth::Decoded);
        TIDEMARK_ASSIGN_OR_RETURN(const bool may_have_gaps, has_gaps(field));
        TIDEMARK_ASSIGN_OR_RETURN(const auto hold_ends, source_.hold_ends(field));
        append_runs({times_, validity, mask->bits, hold_ends, begin_row_, end_row_, may_have_gaps},
                    scan_.request.hold_ns, parts_.runs(leaf));
        return success();
    }

    Result<bool> has_gaps(std::size_t field) {
        if (scan_.request.hold_ns == kHoldForever) return false;
        if (!source_.has_summaries()) return true;
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* summary, source_.summary(field));
        return summary->largest_gap_ns > scan_.request.hold_ns;
    }

    Status add_column(std::size_t column) {
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_answered, answer_column_from_summary(column));
        if (is_answered) return success();
        const auto field = scan_.column_fields[column];
        if (!field || !source_.has_field(*field)) {
            const FieldType type = scan_.column_types[column].value_or(FieldType::Float);
            parts_.set_null_values(column, type, row_count_);
            return success();
        }
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnValues* values, source_.values(*field));
        parts_.deepen(PieceDepth::Decoded);
        ColumnBuffer& buffer = parts_.buffer(column);
        if (selected_.empty()) {
            parts_.set_values(column, buffer.view_rows(*values, begin_row_, end_row_));
            return success();
        }
        for (const std::size_t row : selected_) buffer.append(*values, row);
        parts_.set_values(column, buffer.view(values->type));
        return success();
    }

    const CompiledScan& scan_;
    ScanSource& source_;
    std::size_t begin_row_;
    std::size_t end_row_;
    PieceParts& parts_;
    ScanStatistics& statistics_;
    // The rows that have something asked for.
    std::size_t row_count_ = 0;
    std::int64_t first_ns_ = 0;
    std::int64_t last_ns_ = 0;
    std::vector<std::size_t> selected_;  // Empty when it is all rows of the stretch.
    std::span<const std::int64_t> times_;
};

}  // namespace

Result<const ScanPiece*> make_stretch_piece(const CompiledScan& scan, ScanSource& source,
                                            std::size_t begin_row, std::size_t end_row,
                                            PieceParts& parts, ScanStatistics& statistics) {
    return StretchPiece(scan, source, begin_row, end_row, parts, statistics).make();
}

Result<const ScanPiece*> make_summary_piece(const CompiledScan& scan, ScanSource& source,
                                            PieceParts& parts, ScanStatistics& statistics) {
    return StretchPiece(scan, source, 0, source.row_count(), parts, statistics)
        .make_from_summaries();
}

}  // namespace tidemark::storage
