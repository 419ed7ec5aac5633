#include "storage/engine/scan_source.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "storage/codec/column_codec.h"
#include "storage/engine/scan_leaf.h"
#include "storage/segment/validity.h"

namespace tidemark::storage {
namespace {

/// Fills `values`, one per row, from the encoded dense ones.
template <typename T, typename Decode>
Status decode_rows(const EncodedColumn& encoded, std::span<const std::uint64_t> validity,
                   std::size_t non_null_count, std::size_t row_count, std::vector<T>& values,
                   Decode&& decode) {
    values.resize(row_count);
    TIDEMARK_RETURN_IF_ERROR(decode(encoded.values, std::span<T>(values).first(non_null_count)));
    spread_values(validity, non_null_count, std::span<T>(values));
    return success();
}

/// Moves bit i of the `count` bits in `dense` to the row of the i-th value.
std::vector<std::uint64_t> spread_bits(std::span<const std::uint64_t> dense,
                                       std::span<const std::uint64_t> validity,
                                       std::size_t row_count) {
    std::vector<std::uint64_t> rows(mask_word_count(row_count));
    std::size_t next = 0;
    for (std::size_t row = 0; row < row_count; ++row) {
        if (!is_row_valid(validity, row)) continue;
        const std::uint64_t bit = (dense[next / 64] >> (next % 64)) & 1U;
        rows[row / 64] |= bit << (row % 64);
        ++next;
    }
    return rows;
}

}  // namespace

ScanSource::ScanSource(const CompiledScan& scan, std::shared_ptr<const RowGroup> group,
                       std::size_t list_index, ScanStatistics& statistics)
    : scan_(scan),
      group_(std::move(group)),
      rank_{info().last_sequence, info().first_sequence, list_index},
      statistics_(statistics),
      fields_(scan.fields.size()),
      masks_(scan.leaf_fields.size()) {}

Result<std::unique_ptr<ScanSource>> ScanSource::make(const CompiledScan& scan,
                                                     std::shared_ptr<const RowGroup> group,
                                                     std::size_t list_index,
                                                     ScanStatistics& statistics) {
    std::unique_ptr<ScanSource> source(
        new ScanSource(scan, std::move(group), list_index, statistics));
    TIDEMARK_RETURN_IF_ERROR(source->find_fields());
    return source;
}

Result<std::span<const std::unique_ptr<ScanSource>>> ScanSource::members() {
    if (members_.empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(auto groups, group_->members());
        members_.reserve(groups.size());
        for (auto& group : groups) {
            // Members do not overlap: among themselves it does not matter who arrived later.
            TIDEMARK_ASSIGN_OR_RETURN(auto member,
                                      make(scan_, std::move(group), rank_.list_index, statistics_));
            if (member->is_asked_for()) members_.push_back(std::move(member));
        }
    }
    return std::span<const std::unique_ptr<ScanSource>>(members_);
}

Result<std::vector<std::unique_ptr<ScanSource>>> ScanSource::take_members() {
    TIDEMARK_RETURN_IF_ERROR(members());
    return std::exchange(members_, {});
}

Status ScanSource::find_fields() {
    for (std::size_t index = 0; index < fields_.size(); ++index) {
        const auto column = group_->find_column(scan_.fields[index].name);
        if (!column) continue;
        const RowGroupColumn& stored = group_->columns()[*column];
        if (stored.type != scan_.fields[index].type) {
            return Error(ErrorCode::Corruption,
                         "field " + scan_.fields[index].name + " is stored as " +
                             std::string(field_type_name(stored.type)) + ", the catalogue says " +
                             std::string(field_type_name(scan_.fields[index].type)));
        }
        fields_[index].column = column;
        fields_[index].non_null_count = stored.non_null_count;
        ++field_count_;
    }
    return success();
}

bool ScanSource::has_summaries() const {
    return scan_.request.path == ScanPath::Cheapest && group_->decoded_rows() == nullptr;
}

Result<const ColumnSummary*> ScanSource::summary(std::size_t field) {
    Field& state = fields_[field];
    if (!state.summary) {
        TIDEMARK_ASSIGN_OR_RETURN(ColumnSummary read, group_->summary(*state.column));
        state.summary = std::make_unique<ColumnSummary>(std::move(read));
    }
    return state.summary.get();
}

void ScanSource::count_bytes(std::size_t size_bytes) {
    statistics_.bytes_read.fetch_add(size_bytes, std::memory_order_relaxed);
}

Error ScanSource::damaged(std::size_t field_index, const Error& error) const {
    return Error(error.code(), error.message())
        .within("field " + scan_.fields[field_index].name + " from " +
                std::to_string(info().first_ns) + " to " + std::to_string(info().last_ns));
}

Result<std::span<const std::int64_t>> ScanSource::times() {
    if (!times_.empty()) return times_;
    if (const DecodedRows* rows = group_->decoded_rows()) {
        times_ = rows->times;
        return times_;
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto encoded, group_->encoded_times());
    count_bytes(encoded.size());
    std::vector<std::int64_t> decoded(row_count());
    TIDEMARK_RETURN_IF_ERROR(decode_times(encoded, decoded));
    if (decoded.front() != info().first_ns || decoded.back() != info().last_ns) {
        return Error(ErrorCode::Corruption, "times of a row group are not those of its directory");
    }
    decoded_times_ = std::move(decoded);
    times_ = decoded_times_;
    return times_;
}

Result<EncodedColumn> ScanSource::encoded(Field& field) {
    if (!field.encoded) {
        TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn opened,
                                  group_->encoded_column(*field.column));
        field.encoded = opened;
        count_bytes(opened.validity.size() + opened.values.size());
    }
    return *field.encoded;
}

Result<std::span<const std::uint64_t>> ScanSource::validity(std::size_t field_index) {
    Field& field = fields_[field_index];
    if (field.has_validity || is_dense(field_index)) return field.validity;
    if (const DecodedRows* rows = group_->decoded_rows()) {
        field.validity = rows->columns[*field.column].validity;
    } else {
        TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn column, encoded(field));
        auto words = read_validity(column.validity, row_count(), field.non_null_count);
        if (!words) return damaged(field_index, words.error());
        field.validity_words = std::move(words).value();
        field.validity = field.validity_words;
    }
    field.has_validity = true;
    return field.validity;
}

Result<const ColumnValues*> ScanSource::values(std::size_t field_index) {
    Field& field = fields_[field_index];
    if (!field.rows) {
        TIDEMARK_RETURN_IF_ERROR(validity(field_index));
        auto rows = std::make_unique<FieldRows>();
        if (group_->decoded_rows() != nullptr) {
            view_field(field_index, *rows);
        } else if (Status status = decode_field(field_index, *rows); !status) {
            return damaged(field_index, status.error());
        }
        rows->values.type = scan_.fields[field_index].type;
        rows->values.validity = field.validity;
        set_nan_apart(row_count(), *rows);
        field.rows = std::move(rows);
    }
    return &field.rows->values;
}

/// NaN is no value, but ends a hold (R10).
void ScanSource::set_nan_apart(std::size_t row_count, FieldRows& rows) {
    ColumnValues& values = rows.values;
    const auto is_nan = [](double value) { return std::isnan(value); };
    // Counted to the end, which takes half as long as stopping at the first: it is done in lanes.
    if (std::ranges::count_if(values.floats, is_nan) == 0) return;
    rows.validity.assign(values.validity.begin(), values.validity.end());
    if (rows.validity.empty()) rows.validity = all_rows_valid(row_count);
    rows.hold_ends.resize(rows.validity.size());
    for (std::size_t row = 0; row < row_count; ++row) {
        const std::uint64_t bit = std::uint64_t{1} << (row % 64);
        // What stands where a row is null may be a NaN just as well.
        if (!std::isnan(values.floats[row]) || (rows.validity[row / 64] & bit) == 0) continue;
        rows.validity[row / 64] &= ~bit;
        rows.hold_ends[row / 64] |= bit;
    }
    values.validity = rows.validity;
    values.hold_ends = rows.hold_ends;
}

Result<std::span<const std::uint64_t>> ScanSource::hold_ends(std::size_t field_index) {
    if (scan_.fields[field_index].type != FieldType::Float) {
        return std::span<const std::uint64_t>();
    }
    if (is_encoded() && scan_.request.path != ScanPath::Decoded) {
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* known, summary(field_index));
        // The summary of numbers lacks its values only where one is a NaN.
        if (known->has_values) return std::span<const std::uint64_t>();
    }
    TIDEMARK_ASSIGN_OR_RETURN(const ColumnValues* rows, values(field_index));
    return rows->hold_ends;
}

void ScanSource::view_field(std::size_t field_index, FieldRows& rows) const {
    const DecodedColumn& column = group_->decoded_rows()->columns[*fields_[field_index].column];
    rows.strings.assign(column.strings.begin(), column.strings.end());
    rows.values.floats = column.floats;
    rows.values.integers = column.integers;
    rows.values.unsigneds = column.unsigneds;
    rows.values.booleans = column.booleans;
    rows.values.strings = rows.strings;
}

Status ScanSource::decode_field(std::size_t field_index, FieldRows& rows) {
    Field& field = fields_[field_index];
    TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn column, encoded(field));
    const auto decode = [&](auto& values, auto decode_values) {
        return decode_rows(column, field.validity, field.non_null_count, row_count(), values,
                           decode_values);
    };
    const auto decode_into_arena = [&rows](std::span<const std::byte> bytes,
                                           std::span<std::string_view> values) {
        return decode_strings(bytes, values, rows.arena);
    };
    Status status = success();
    switch (scan_.fields[field_index].type) {
        case FieldType::Float:
            status = decode(rows.floats, decode_floats);
            break;
        case FieldType::Integer:
            status = decode(rows.integers, decode_integers);
            break;
        case FieldType::Unsigned:
            status = decode(rows.unsigneds, decode_unsigneds);
            break;
        case FieldType::Boolean:
            status = decode(rows.booleans, decode_booleans);
            break;
        case FieldType::String:
            status = decode(rows.strings, decode_into_arena);
            break;
    }
    rows.values.floats = rows.floats;
    rows.values.integers = rows.integers;
    rows.values.unsigneds = rows.unsigneds;
    rows.values.booleans = rows.booleans;
    rows.values.strings = rows.strings;
    return status;
}

Result<std::optional<bool>> ScanSource::decided_truth(std::size_t leaf) {
    if (!has_summaries()) return std::optional<bool>{};
    TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary* known, summary(*scan_.leaf_fields[leaf]));
    return truth_of_all(*scan_.leaf_tests[leaf], scan_.request.leaves[leaf], *known);
}

Result<const LeafMask*> ScanSource::leaf_mask(std::size_t leaf) {
    if (!masks_[leaf]) {
        auto mask = std::make_unique<LeafMask>();
        TIDEMARK_RETURN_IF_ERROR(fill_mask(leaf, *mask));
        masks_[leaf] = std::move(mask);
    }
    return masks_[leaf].get();
}

Status ScanSource::fill_mask(std::size_t leaf, LeafMask& mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::optional<bool> decided, decided_truth(leaf));
    if (decided) {
        mask.bits.assign(mask_word_count(row_count()), *decided ? ~std::uint64_t{0} : 0);
        mask.was_encoded = true;
        return success();
    }
    const bool is_decoded =
        scan_.request.path == ScanPath::Decoded || group_->decoded_rows() != nullptr;
    if (is_decoded) return match_rows(leaf, mask);

    const std::size_t field_index = *scan_.leaf_fields[leaf];
    Field& field = fields_[field_index];
    TIDEMARK_ASSIGN_OR_RETURN(const auto valid, validity(field_index));
    TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn column, encoded(field));
    std::vector<std::uint64_t> dense(mask_word_count(field.non_null_count));
    auto outcome =
        match_column(column.values, field.non_null_count, *scan_.leaf_tests[leaf], dense);
    if (!outcome) return damaged(field_index, outcome.error());
    mask.was_encoded = outcome.value().was_encoded;
    mask.bits = valid.empty() ? std::move(dense) : spread_bits(dense, valid, row_count());
    return success();
}

/// Matches decoded rows; null ones too, where the answer means nothing.
Status ScanSource::match_rows(std::size_t leaf, LeafMask& mask) {
    const LeafTest& test = *scan_.leaf_tests[leaf];
    TIDEMARK_ASSIGN_OR_RETURN(const ColumnValues* rows, values(*scan_.leaf_fields[leaf]));
    mask.bits.resize(mask_word_count(row_count()));
    switch (test.type()) {
        case FieldType::Float:
            match_values(test, rows->floats, mask.bits);
            break;
        case FieldType::Integer:
            match_values(test, rows->integers, mask.bits);
            break;
        case FieldType::Unsigned:
            match_values(test, rows->unsigneds, mask.bits);
            break;
        case FieldType::Boolean:
            match_values(test, rows->booleans, mask.bits);
            break;
        case FieldType::String:
            match_values(test, rows->strings, mask.bits);
            break;
    }
    return success();
}

}  // namespace tidemark::storage
