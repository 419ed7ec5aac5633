#include "query/operators/subquery_scan.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "query/column/cell.h"
#include "query/operators/leaf_truth.h"
#include "query/plan/time_expression.h"

namespace tidemark::query {
namespace {

// As many as a vector of a segment holds.
constexpr std::size_t kRowsPerPiece = 1024;

bool matches_all(const TagSet& tags, const std::vector<TagMatcher>& matchers) {
    return std::all_of(matchers.begin(), matchers.end(), [&](const TagMatcher& matcher) {
        const std::string_view value = tag_value(tags, matcher.key);
        if (matcher.op == CompareOp::Matches) return matcher.matches(value);
        return (value == matcher.value) == (matcher.op == CompareOp::Equal);
    });
}

/// The values of a column over some rows, one after the other.
class GatheredColumn {
public:
    /// `column` is null for a field that the subquery does not have.
    explicit GatheredColumn(const SubqueryColumn* column) : column_(column) {}

    bool has_value(std::size_t row) const { return column_ != nullptr && column_->is_valid(row); }

    void clear() {
        row_count_ = 0;
        validity_.clear();
        floats_.clear();
        integers_.clear();
        unsigneds_.clear();
        booleans_.clear();
        strings_.clear();
    }

    void append(std::size_t row) {
        const std::size_t bit = row_count_++ % 64;
        if (bit == 0) validity_.push_back(0);
        if (column_ == nullptr) {
            floats_.push_back(0);
            return;
        }
        if (column_->is_valid(row)) validity_.back() |= std::uint64_t{1} << bit;
        switch (column_->type()) {
            case FieldType::Float:
                floats_.push_back(column_->float_at(row));
                break;
            case FieldType::Integer:
                integers_.push_back(column_->integer_at(row));
                break;
            case FieldType::Unsigned:
                unsigneds_.push_back(column_->unsigned_at(row));
                break;
            case FieldType::Boolean:
                booleans_.push_back(column_->boolean_at(row));
                break;
            case FieldType::String:
                strings_.push_back(column_->string_at(row));
                break;
        }
    }

    ColumnValues values() const {
        ColumnValues values;
        values.type = column_ == nullptr ? FieldType::Float : column_->type();
        values.floats = floats_;
        values.integers = integers_;
        values.unsigneds = unsigneds_;
        values.booleans = booleans_;
        values.strings = strings_;
        values.validity = validity_;
        return values;
    }

private:
    const SubqueryColumn* column_;
    std::size_t row_count_ = 0;
    std::vector<std::uint64_t> validity_;
    std::vector<double> floats_;
    std::vector<std::int64_t> integers_;
    std::vector<std::uint64_t> unsigneds_;
    std::vector<std::uint8_t> booleans_;
    std::vector<std::string_view> strings_;
};

/// The runs of a leaf over gathered rows.
void append_runs(const PredicateLeaf& leaf, const ColumnValues& values,
                 std::span<const std::int64_t> times_ns, std::int64_t hold_ns,
                 std::vector<LeafRun>& runs) {
    for (std::size_t row = 0; row < times_ns.size(); ++row) {
        const Truth truth = leaf_truth(leaf, values, row);
        if (truth == Truth::Unknown) continue;
        const bool is_true = truth == Truth::True;
        const bool goes_on = !runs.empty() && runs.back().is_true == is_true &&
                             saturating_add(runs.back().last_ns, hold_ns) >= times_ns[row];
        if (goes_on) {
            runs.back().last_ns = times_ns[row];
            ++runs.back().sample_count;
        } else {
            runs.push_back({times_ns[row], times_ns[row], 1, is_true});
        }
    }
}

struct SharedScan {
    ScanRequest request;
    std::shared_ptr<const SubqueryRows> rows;
    std::vector<ScanSeries> series;
    std::vector<const SubquerySeries*> stored;
    // Positions among the columns of the rows; nothing for a field that is not there.
    std::vector<std::optional<std::size_t>> columns;
    std::vector<std::optional<std::size_t>> leaf_columns;
    std::vector<std::optional<FieldType>> column_types;
    std::vector<std::optional<FieldType>> leaf_types;
    ScanStatistics statistics;
};

class SubqueryCursor final : public SeriesCursor {
public:
    SubqueryCursor(const SharedScan& scan, const SubquerySeries& series)
        : request_(scan.request), times_ns_(series.times_ns) {
        const auto add = [&](const std::optional<std::size_t>& position,
                             std::vector<GatheredColumn>& columns) {
            columns.emplace_back(position ? &series.columns[*position] : nullptr);
        };
        columns_.reserve(scan.columns.size());
        leaf_columns_.reserve(scan.leaf_columns.size());
        for (const auto& position : scan.columns) add(position, columns_);
        for (const auto& position : scan.leaf_columns) add(position, leaf_columns_);
        const auto row_of = [&](std::int64_t time_ns) {
            const auto row = std::lower_bound(times_ns_.begin(), times_ns_.end(), time_ns);
            return static_cast<std::size_t>(row - times_ns_.begin());
        };
        next_row_ = row_of(request_.range.begin_ns);
        end_row_ = std::max(next_row_, row_of(request_.range.end_ns));
        look_back();
    }

    const CarriedValues& carried() const override { return carried_; }

    Result<const ScanPiece*> next() override {
        if (request_.stop != nullptr) TIDEMARK_RETURN_IF_ERROR(request_.stop->check());
        gather();
        if (piece_times_ns_.empty()) return nullptr;
        pieces_.clear();
        pieces_.reserve(columns_.size());
        for (const GatheredColumn& column : columns_) pieces_.push_back({nullptr, column.values()});
        runs_.assign(request_.leaves.size(), {});
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            append_runs(request_.leaves[i], leaf_columns_[i].values(), piece_times_ns_,
                        request_.hold_ns, runs_[i]);
        }
        leaf_runs_.assign(runs_.begin(), runs_.end());
        piece_ = {piece_times_ns_.front(),
                  piece_times_ns_.back(),
                  piece_times_ns_.size(),
                  piece_times_ns_,
                  pieces_,
                  leaf_runs_};
        return &piece_;
    }

private:
    bool is_wanted(std::size_t row) const {
        const auto has_value = [row](const GatheredColumn& column) {
            return column.has_value(row);
        };
        return std::any_of(columns_.begin(), columns_.end(), has_value) ||
               std::any_of(leaf_columns_.begin(), leaf_columns_.end(), has_value);
    }

    void clear() {
        piece_times_ns_.clear();
        for (GatheredColumn& column : columns_) column.clear();
        for (GatheredColumn& column : leaf_columns_) column.clear();
    }

    void append(std::size_t row) {
        piece_times_ns_.push_back(times_ns_[row]);
        for (GatheredColumn& column : columns_) column.append(row);
        for (GatheredColumn& column : leaf_columns_) column.append(row);
    }

    /// The next rows that lie between the same two cuts.
    void gather() {
        clear();
        auto cut = request_.cuts.end();
        for (; next_row_ < end_row_ && piece_times_ns_.size() < kRowsPerPiece; ++next_row_) {
            if (!is_wanted(next_row_)) continue;
            const std::int64_t time_ns = times_ns_[next_row_];
            if (piece_times_ns_.empty()) {
                cut = std::upper_bound(request_.cuts.begin(), request_.cuts.end(), time_ns);
            }
            if (cut != request_.cuts.end() && time_ns >= *cut) break;
            append(next_row_);
        }
    }

    void look_back() {
        carried_.columns.resize(columns_.size());
        carried_.leaves.resize(leaf_columns_.size());
        if (request_.carry_in == CarryIn::None) return;
        for (std::size_t i = 0; i < columns_.size(); ++i) carry_column(i);
        for (std::size_t i = 0; i < leaf_columns_.size(); ++i) carry_leaf(i);
    }

    /// The last row before the range that has a value of the column.
    std::optional<std::size_t> last_row_before(const GatheredColumn& column) const {
        for (std::size_t row = next_row_; row > 0; --row) {
            if (column.has_value(row - 1)) return row - 1;
        }
        return std::nullopt;
    }

    std::int64_t holds_until_ns(std::size_t row) const {
        return saturating_add(times_ns_[row], request_.hold_ns);
    }

    void carry_column(std::size_t index) {
        GatheredColumn& column = columns_[index];
        const auto row = last_row_before(column);
        if (!row) return;
        const bool is_in_force = request_.carry_in == CarryIn::LastValue ||
                                 holds_until_ns(*row) > request_.range.begin_ns;
        if (!is_in_force) return;
        column.append(*row);
        carried_.columns[index] = CarriedValue{times_ns_[*row], column.values().value_at(0)};
        column.clear();
    }

    void carry_leaf(std::size_t index) {
        GatheredColumn& column = leaf_columns_[index];
        const auto last = last_row_before(column);
        if (!last) return;
        const bool counts = request_.carry_in == CarryIn::LastValue ||
                            holds_until_ns(*last) >= request_.range.begin_ns;
        if (!counts) return;
        const bool goes_back = request_.carry_in == CarryIn::RunStart;
        std::vector<LeafRun> runs;
        for (std::size_t begin = goes_back ? 0 : *last; begin <= *last; begin += kRowsPerPiece) {
            const std::size_t end = std::min(*last + 1, begin + kRowsPerPiece);
            column.clear();
            for (std::size_t row = begin; row < end; ++row) column.append(row);
            append_runs(request_.leaves[index], column.values(),
                        std::span(times_ns_).subspan(begin, end - begin), request_.hold_ns, runs);
        }
        column.clear();
        if (!runs.empty()) carried_.leaves[index] = runs.back();
    }

    const ScanRequest& request_;
    const std::vector<std::int64_t>& times_ns_;
    std::vector<GatheredColumn> columns_;
    std::vector<GatheredColumn> leaf_columns_;
    std::size_t next_row_ = 0;
    std::size_t end_row_ = 0;
    CarriedValues carried_;
    std::vector<std::int64_t> piece_times_ns_;
    std::vector<ColumnPiece> pieces_;
    std::vector<std::vector<LeafRun>> runs_;
    std::vector<std::span<const LeafRun>> leaf_runs_;
    ScanPiece piece_;
};

Status check_distinct_times(const SubquerySeries& series, const TimeRange& range) {
    const auto end = std::lower_bound(series.times_ns.begin(), series.times_ns.end(), range.end_ns);
    const auto twice = std::adjacent_find(series.times_ns.begin(), end);
    if (twice == end) return success();
    std::string name = series.measurement;
    for (const Tag& tag : series.tags) name += "," + tag.key + "=" + tag.value;
    return Error(ErrorCode::InvalidArgument,
                 "the subquery has several rows of " + name + " at one time (" +
                     std::to_string(*twice) +
                     " ns), so its state is not known: GROUP BY the tags that tell them apart, "
                     "or GROUP BY time(..)");
}

class SubqueryScan final : public Scan {
public:
    explicit SubqueryScan(std::unique_ptr<SharedScan> shared) : shared_(std::move(shared)) {}

    std::span<const ScanSeries> series() const override { return shared_->series; }
    std::span<const std::optional<FieldType>> column_types() const override {
        return shared_->column_types;
    }
    std::span<const std::optional<FieldType>> leaf_types() const override {
        return shared_->leaf_types;
    }
    Result<std::unique_ptr<SeriesCursor>> open(std::size_t series_index) const override {
        const SubquerySeries& series = *shared_->stored[series_index];
        if (shared_->request.carry_in != CarryIn::None) {
            TIDEMARK_RETURN_IF_ERROR(check_distinct_times(series, shared_->request.range));
        }
        return std::unique_ptr<SeriesCursor>(std::make_unique<SubqueryCursor>(*shared_, series));
    }
    /// The scans of the subquery itself count what was read.
    const ScanStatistics& statistics() const override { return shared_->statistics; }
    std::vector<std::string> messages() const override { return {}; }

private:
    std::unique_ptr<SharedScan> shared_;
};

}  // namespace

Result<std::unique_ptr<Scan>> make_subquery_scan(ScanRequest request,
                                                 std::shared_ptr<const SubqueryRows> rows) {
    auto shared = std::make_unique<SharedScan>();
    const auto position_of = [&](const std::string& field) -> std::optional<std::size_t> {
        const auto found = std::find(rows->column_names.begin(), rows->column_names.end(), field);
        if (found == rows->column_names.end()) return std::nullopt;
        return static_cast<std::size_t>(found - rows->column_names.begin());
    };
    const auto type_of = [&](const std::optional<std::size_t>& position) {
        return position ? std::optional(rows->column_types[*position]) : std::nullopt;
    };
    shared->columns.reserve(request.columns.size());
    shared->column_types.reserve(request.columns.size());
    for (const ColumnRequest& column : request.columns) {
        shared->columns.push_back(position_of(column.field));
        shared->column_types.push_back(type_of(shared->columns.back()));
    }
    shared->leaf_columns.reserve(request.leaves.size());
    shared->leaf_types.reserve(request.leaves.size());
    for (const PredicateLeaf& leaf : request.leaves) {
        shared->leaf_columns.push_back(position_of(leaf.field));
        shared->leaf_types.push_back(type_of(shared->leaf_columns.back()));
    }
    for (const SubquerySeries& series : rows->series) {
        if (series.measurement != request.measurement) continue;
        if (!matches_all(series.tags, request.tags)) continue;
        if (request.series_filter && !request.series_filter(series.tags)) continue;
        const auto id = static_cast<SeriesId>(shared->series.size());
        shared->series.push_back({id, series.tags});
        shared->stored.push_back(&series);
    }
    shared->request = std::move(request);
    shared->rows = std::move(rows);
    return std::unique_ptr<Scan>(std::make_unique<SubqueryScan>(std::move(shared)));
}

}  // namespace tidemark::query
