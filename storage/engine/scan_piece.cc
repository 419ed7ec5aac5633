#include "storage/engine/scan_piece.h"

#include <algorithm>

#include "storage/segment/validity.h"

namespace tidemark::storage {

void ColumnBuffer::clear() {
    row_count_ = 0;
    null_count_ = 0;
    floats_.clear();
    integers_.clear();
    unsigneds_.clear();
    booleans_.clear();
    strings_.clear();
    validity_.clear();
    hold_ends_.clear();
}

void ColumnBuffer::append_validity(bool is_valid) {
    if (row_count_ % 64 == 0) validity_.push_back(0);
    if (is_valid) {
        validity_.back() |= std::uint64_t{1} << (row_count_ % 64);
    } else {
        ++null_count_;
    }
    ++row_count_;
}

void ColumnBuffer::append(const ColumnValues& source, std::size_t row) {
    if (source.ends_hold(row)) return append_hold_end(source.type);
    if (!source.is_valid(row)) return append_null(source.type);
    append_validity(true);
    switch (source.type) {
        case FieldType::Float:
            floats_.push_back(source.floats[row]);
            break;
        case FieldType::Integer:
            integers_.push_back(source.integers[row]);
            break;
        case FieldType::Unsigned:
            unsigneds_.push_back(source.unsigneds[row]);
            break;
        case FieldType::Boolean:
            booleans_.push_back(source.booleans[row]);
            break;
        case FieldType::String:
            strings_.push_back(source.strings[row]);
            break;
    }
}

void ColumnBuffer::append_null(FieldType type) {
    append_validity(false);
    switch (type) {
        case FieldType::Float:
            floats_.push_back(0);
            break;
        case FieldType::Integer:
            integers_.push_back(0);
            break;
        case FieldType::Unsigned:
            unsigneds_.push_back(0);
            break;
        case FieldType::Boolean:
            booleans_.push_back(0);
            break;
        case FieldType::String:
            strings_.emplace_back();
            break;
    }
}

void ColumnBuffer::append_hold_end(FieldType type) {
    const std::size_t row = row_count_;
    append_null(type);
    hold_ends_.resize(validity_.size());
    hold_ends_[row / 64] |= std::uint64_t{1} << (row % 64);
}

ColumnValues ColumnBuffer::view_rows(const ColumnValues& source, std::size_t begin_row,
                                     std::size_t end_row) {
    const std::size_t count = end_row - begin_row;
    ColumnValues part;
    part.type = source.type;
    if (!source.floats.empty()) part.floats = source.floats.subspan(begin_row, count);
    if (!source.integers.empty()) part.integers = source.integers.subspan(begin_row, count);
    if (!source.unsigneds.empty()) part.unsigneds = source.unsigneds.subspan(begin_row, count);
    if (!source.booleans.empty()) part.booleans = source.booleans.subspan(begin_row, count);
    if (!source.strings.empty()) part.strings = source.strings.subspan(begin_row, count);
    validity_ = slice_validity(source.validity, begin_row, count);
    part.validity = validity_;
    if (!source.hold_ends.empty()) {
        hold_ends_ = slice_bits(source.hold_ends, begin_row, count);
        part.hold_ends = hold_ends_;
    }
    return part;
}

ColumnValues ColumnBuffer::view(FieldType type) const {
    ColumnValues values;
    values.type = type;
    values.floats = floats_;
    values.integers = integers_;
    values.unsigneds = unsigneds_;
    values.booleans = booleans_;
    values.strings = strings_;
    if (null_count_ > 0) values.validity = validity_;
    values.hold_ends = hold_ends_;
    return values;
}

PieceParts::PieceParts(const CompiledScan& scan)
    : scan_(scan),
      columns_(scan.column_fields.size()),
      buffers_(scan.column_fields.size()),
      summaries_(scan.column_fields.size()),
      runs_(scan.leaf_fields.size()),
      leaves_(scan.leaf_fields.size()) {}

void PieceParts::clear() {
    depth_ = PieceDepth::Summary;
    has_values_ = false;
    times_.clear();
    for (ColumnPiece& column : columns_) column = {};
    for (ColumnBuffer& buffer : buffers_) buffer.clear();
    for (std::vector<LeafRun>& runs : runs_) runs.clear();
}

void PieceParts::deepen(PieceDepth depth) { depth_ = std::max(depth_, depth); }

void PieceParts::set_summary(std::size_t column, const ColumnSummary& summary,
                             std::uint64_t row_count) {
    summaries_[column] = summary;
    summaries_[column].row_count = row_count;
    columns_[column].summary = &summaries_[column];
}

void PieceParts::set_values(std::size_t column, const ColumnValues& values) {
    columns_[column].values = values;
    has_values_ = true;
}

void PieceParts::set_null_values(std::size_t column, FieldType type, std::size_t row_count) {
    for (std::size_t row = 0; row < row_count; ++row) buffers_[column].append_null(type);
    set_values(column, buffers_[column].view(type));
}

const ScanPiece* PieceParts::finish(std::int64_t first_ns, std::int64_t last_ns,
                                    std::size_t row_count, std::span<const std::int64_t> times,
                                    ScanStatistics& statistics) {
    for (std::size_t leaf = 0; leaf < runs_.size(); ++leaf) leaves_[leaf] = runs_[leaf];
    const bool wants_times = has_values_ || scan_.wants_every_row();
    piece_.first_ns = first_ns;
    piece_.last_ns = last_ns;
    piece_.row_count = row_count;
    piece_.times = wants_times ? times : std::span<const std::int64_t>();
    piece_.columns = columns_;
    piece_.leaves = leaves_;
    auto& counter = depth_ == PieceDepth::Summary   ? statistics.rows_from_summaries
                    : depth_ == PieceDepth::Encoded ? statistics.rows_from_encoded
                                                    : statistics.rows_decoded;
    counter.fetch_add(row_count, std::memory_order_relaxed);
    return &piece_;
}

}  // namespace tidemark::storage
