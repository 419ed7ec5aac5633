#include "tests/support/memory_scan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace tidemark::tests {
namespace {

std::partial_ordering compare_with_double(double left, std::int64_t right) {
    // Every double in [-2^63, 2^63) truncates to an int64; what lies outside is beyond any of them.
    if (left >= 0x1p63) return std::partial_ordering::greater;
    if (left < -0x1p63) return std::partial_ordering::less;
    const auto whole = static_cast<std::int64_t>(left);
    if (whole != right) return whole <=> right;
    return left - std::trunc(left) <=> 0.0;
}

std::partial_ordering compare_with_double(double left, std::uint64_t right) {
    if (left >= 0x1p64) return std::partial_ordering::greater;
    if (left < 0) return std::partial_ordering::less;
    const auto whole = static_cast<std::uint64_t>(left);
    if (whole != right) return whole <=> right;
    return left - std::trunc(left) <=> 0.0;
}

std::partial_ordering reversed(std::partial_ordering order) { return 0 <=> order; }

/// Saturating a + b, for b >= 0.
std::int64_t later(std::int64_t time_ns, std::int64_t duration_ns) {
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    return time_ns > 0 && duration_ns > most - time_ns ? most : time_ns + duration_ns;
}

bool is_gap_longer(std::int64_t begin_ns, std::int64_t end_ns, std::int64_t hold_ns) {
    return hold_ns != kHoldForever && end_ns > later(begin_ns, hold_ns);
}

bool holds_at(std::int64_t sample_ns, std::int64_t time_ns, std::int64_t hold_ns) {
    return hold_ns == kHoldForever || later(sample_ns, hold_ns) > time_ns;
}

bool is_true(const PredicateLeaf& leaf, const Value& value) {
    if (leaf.op == CompareOp::Matches) return leaf.matches(std::get<std::string>(value));
    const std::partial_ordering order = compare_values(value, leaf.constant);
    switch (leaf.op) {
        case CompareOp::Equal:
            return order == 0;
        case CompareOp::NotEqual:
            return order != 0;
        case CompareOp::Less:
            return order < 0;
        case CompareOp::LessEqual:
            return order <= 0;
        case CompareOp::Greater:
            return order > 0;
        case CompareOp::GreaterEqual:
            return order >= 0;
        case CompareOp::Matches:
            break;
    }
    return false;
}

Status check_leaf(const PredicateLeaf& leaf, FieldType type) {
    const bool is_numeric_column = type != FieldType::Boolean && type != FieldType::String;
    const FieldType constant_type = value_type(leaf.constant);
    const bool is_numeric_constant =
        constant_type != FieldType::Boolean && constant_type != FieldType::String;
    bool is_good = false;
    if (type == FieldType::String) {
        is_good = leaf.op == CompareOp::Matches || constant_type == FieldType::String;
    } else if (type == FieldType::Boolean) {
        is_good = constant_type == FieldType::Boolean &&
                  (leaf.op == CompareOp::Equal || leaf.op == CompareOp::NotEqual);
    } else {
        is_good = is_numeric_column && is_numeric_constant && leaf.op != CompareOp::Matches;
    }
    if (is_good) return success();
    return Error(ErrorCode::InvalidArgument, "field " + leaf.field + " is a " +
                                                 std::string(field_type_name(type)) +
                                                 " and cannot be compared like this");
}

bool is_nan(const Value& value) {
    const double* number = std::get_if<double>(&value);
    return number != nullptr && std::isnan(*number);
}

void add(DoubleDouble& sum, double value) {
    const double high = sum.high + value;
    const double part = high - sum.high;
    const double error = (sum.high - (high - part)) + (value - part);
    sum.high = high;
    sum.low += error;
}

void add_product(DoubleDouble& sum, double left, double right) {
    const double product = left * right;
    add(sum, product);
    add(sum, std::fma(left, right, -product));
}

bool is_less(const Value& left, const Value& right) {
    const std::partial_ordering order = compare_values(left, right);
    const double* left_number = std::get_if<double>(&left);
    if (order == 0 && left_number != nullptr) {
        return std::signbit(*left_number) && !std::signbit(std::get<double>(right));
    }
    return order < 0;
}

struct Sample {
    std::int64_t time_ns;
    const Value* value;
};

ColumnSummary summarized(const std::vector<Sample>& samples, std::size_t row_count,
                         FieldType type) {
    ColumnSummary summary;
    summary.type = type;
    summary.row_count = row_count;
    summary.non_null_count = samples.size();
    if (samples.empty()) return summary;
    summary.first_ns = samples.front().time_ns;
    summary.last_ns = samples.back().time_ns;
    summary.first = summary.min = summary.max = *samples.front().value;
    summary.last = *samples.back().value;
    summary.is_non_decreasing = true;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Value& value = *samples[i].value;
        if (is_less(value, summary.min)) summary.min = value;
        if (is_less(summary.max, value)) summary.max = value;
        if (type == FieldType::Float) add(summary.sum, std::get<double>(value));
        if (type == FieldType::Integer) summary.integer_sum += std::get<std::int64_t>(value);
        if (type == FieldType::Unsigned) summary.integer_sum += std::get<std::uint64_t>(value);
        if (i + 1 == samples.size()) break;
        const Value& next = *samples[i + 1].value;
        const std::int64_t gap_ns = samples[i + 1].time_ns - samples[i].time_ns;
        summary.largest_gap_ns = std::max(summary.largest_gap_ns, gap_ns);
        if (compare_values(next, value) < 0) summary.is_non_decreasing = false;
        const auto gap = static_cast<double>(gap_ns);
        if (type == FieldType::Float) add_product(summary.integral, std::get<double>(value), gap);
        if (type == FieldType::Integer) {
            const std::int64_t integer = std::get<std::int64_t>(value);
            const auto upper = static_cast<double>(integer >> 32);
            add_product(summary.integral, upper * 0x1p32, gap);
            add_product(summary.integral, static_cast<double>(integer & 0xffff'ffff), gap);
        }
        if (type == FieldType::Boolean) {
            if (std::get<bool>(value)) summary.true_ns += gap_ns;
            if (next != value) ++summary.transition_count;
        }
    }
    return summary;
}

using RowIterator = std::map<std::int64_t, MemoryData::Row>::const_iterator;

std::vector<Sample> samples_of(RowIterator begin, RowIterator end, const std::string& field) {
    std::vector<Sample> samples;
    for (RowIterator row = begin; row != end; ++row) {
        const auto value = row->second.find(field);
        if (value != row->second.end()) samples.push_back({row->first, &value->second});
    }
    return samples;
}

std::vector<LeafRun> runs_of(const std::vector<Sample>& samples, const PredicateLeaf& leaf,
                             std::int64_t hold_ns) {
    std::vector<LeafRun> runs;
    for (const Sample& sample : samples) {
        if (is_nan(*sample.value)) {
            runs.push_back({sample.time_ns, sample.time_ns, 0, false});
            continue;
        }
        const bool truth = is_true(leaf, *sample.value);
        if (!runs.empty() && runs.back().sample_count > 0 && runs.back().is_true == truth &&
            !is_gap_longer(runs.back().last_ns, sample.time_ns, hold_ns)) {
            runs.back().last_ns = sample.time_ns;
            ++runs.back().sample_count;
        } else {
            runs.push_back({sample.time_ns, sample.time_ns, 1, truth});
        }
    }
    return runs;
}

/// The decoded values of one column, and what its ColumnPiece points to.
struct OwnedColumn {
    std::optional<ColumnSummary> summary;
    std::vector<double> floats;
    std::vector<std::int64_t> integers;
    std::vector<std::uint64_t> unsigneds;
    std::vector<std::uint8_t> booleans;
    std::vector<std::string_view> strings;
    std::vector<std::uint64_t> validity;
    std::vector<std::uint64_t> hold_ends;
    FieldType type = FieldType::Float;

    void append(const Value* value) {
        const bool ends_hold = value != nullptr && is_nan(*value);
        if (ends_hold) value = nullptr;
        const std::size_t row = std::max(
            {floats.size(), integers.size(), unsigneds.size(), booleans.size(), strings.size()});
        if (row % 64 == 0) {
            validity.push_back(0);
            hold_ends.push_back(0);
        }
        if (ends_hold) hold_ends.back() |= std::uint64_t{1} << (row % 64);
        if (value != nullptr) validity.back() |= std::uint64_t{1} << (row % 64);
        switch (type) {
            case FieldType::Float:
                floats.push_back(value != nullptr ? std::get<double>(*value) : 0);
                break;
            case FieldType::Integer:
                integers.push_back(value != nullptr ? std::get<std::int64_t>(*value) : 0);
                break;
            case FieldType::Unsigned:
                unsigneds.push_back(value != nullptr ? std::get<std::uint64_t>(*value) : 0);
                break;
            case FieldType::Boolean:
                booleans.push_back(value != nullptr && std::get<bool>(*value) ? 1 : 0);
                break;
            case FieldType::String:
                strings.push_back(value != nullptr ? std::string_view(std::get<std::string>(*value))
                                                   : std::string_view());
                break;
        }
    }

    ColumnPiece piece() const {
        ColumnPiece piece;
        piece.values.type = type;
        if (summary) {
            piece.summary = &*summary;
            return piece;
        }
        piece.values.floats = floats;
        piece.values.integers = integers;
        piece.values.unsigneds = unsigneds;
        piece.values.booleans = booleans;
        piece.values.strings = strings;
        piece.values.validity = validity;
        piece.values.hold_ends = hold_ends;
        return piece;
    }
};

struct Shared {
    ScanRequest request;
    std::shared_ptr<const MemoryData> data;
    MemoryStoreOptions options;
    std::vector<std::optional<FieldType>> column_types;
    std::vector<std::optional<FieldType>> leaf_types;
    std::vector<ScanSeries> series;
    std::vector<const MemoryData::Series*> stored;
    mutable ScanStatistics statistics;
};

class MemoryCursor final : public SeriesCursor {
public:
    MemoryCursor(const Shared& shared, const MemoryData::Series& series)
        : shared_(shared), request_(shared.request) {
        for (auto row = series.rows.lower_bound(request_.range.begin_ns);
             row != series.rows.end() && row->first < request_.range.end_ns; ++row) {
            if (is_wanted(row->second)) rows_.emplace(row->first, row->second);
        }
        next_row_ = rows_.begin();
        look_back(series);
    }

    const CarriedValues& carried() const override { return carried_; }

    Result<const ScanPiece*> next() override {
        if (request_.stop != nullptr) TIDEMARK_RETURN_IF_ERROR(request_.stop->check());
        if (next_row_ == rows_.end()) return nullptr;
        const RowIterator begin = next_row_;
        RowIterator end = begin;
        std::size_t row_count = 0;
        const auto cut = std::upper_bound(request_.cuts.begin(), request_.cuts.end(), begin->first);
        while (end != rows_.end() && row_count < shared_.options.rows_per_piece &&
               (cut == request_.cuts.end() || end->first < *cut)) {
            ++end;
            ++row_count;
        }
        next_row_ = end;
        fill(begin, end, row_count);
        return &piece_;
    }

private:
    bool is_wanted(const MemoryData::Row& row) const {
        const auto has = [&](const auto& item) { return row.contains(item.field); };
        return std::any_of(request_.columns.begin(), request_.columns.end(), has) ||
               std::any_of(request_.leaves.begin(), request_.leaves.end(), has);
    }

    void look_back(const MemoryData::Series& series) {
        carried_.columns.resize(request_.columns.size());
        carried_.leaves.resize(request_.leaves.size());
        if (request_.carry_in == CarryIn::None) return;
        const RowIterator end = series.rows.lower_bound(request_.range.begin_ns);
        for (std::size_t i = 0; i < request_.columns.size(); ++i) {
            auto samples = samples_of(series.rows.begin(), end, request_.columns[i].field);
            const bool is_ended = !samples.empty() && is_nan(*samples.back().value);
            while (!samples.empty() && is_nan(*samples.back().value)) samples.pop_back();
            if (samples.empty()) continue;
            const Sample& last = samples.back();
            const bool is_in_force =
                !is_ended && holds_at(last.time_ns, request_.range.begin_ns, request_.hold_ns);
            if (!is_in_force && request_.carry_in != CarryIn::LastValue) continue;
            carried_.columns[i] = CarriedValue{last.time_ns, *last.value, is_ended};
        }
        for (std::size_t i = 0; i < request_.leaves.size(); ++i) {
            const PredicateLeaf& leaf = request_.leaves[i];
            const auto samples = samples_of(series.rows.begin(), end, leaf.field);
            // A run whose value ends at the very start goes on if a sample stands there.
            if (samples.empty() || (request_.carry_in != CarryIn::LastValue &&
                                    is_gap_longer(samples.back().time_ns, request_.range.begin_ns,
                                                  request_.hold_ns))) {
                continue;
            }
            LeafRun run = runs_of(samples, leaf, request_.hold_ns).back();
            if (run.sample_count == 0) continue;
            if (request_.carry_in != CarryIn::RunStart) {
                run = {run.last_ns, run.last_ns, 1, run.is_true};
            }
            carried_.leaves[i] = run;
        }
    }

    void fill(RowIterator begin, RowIterator end, std::size_t row_count) {
        times_.clear();
        columns_.assign(request_.columns.size(), {});
        runs_.assign(request_.leaves.size(), {});
        bool has_values = false;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            columns_[i].type = shared_.column_types[i].value_or(FieldType::Float);
            fill_column(columns_[i], request_.columns[i], begin, end, row_count);
            has_values = has_values || !columns_[i].summary;
        }
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            const PredicateLeaf& leaf = request_.leaves[i];
            runs_[i] = runs_of(samples_of(begin, end, leaf.field), leaf, request_.hold_ns);
        }
        if (has_values) {
            for (RowIterator row = begin; row != end; ++row) times_.push_back(row->first);
        }
        auto& counter = has_values || columns_.empty() ? shared_.statistics.rows_decoded
                                                       : shared_.statistics.rows_from_summaries;
        counter += row_count;
        column_pieces_.clear();
        for (const OwnedColumn& column : columns_) column_pieces_.push_back(column.piece());
        leaf_pieces_.assign(runs_.begin(), runs_.end());
        piece_ = {begin->first, std::prev(end)->first, row_count,
                  times_,       column_pieces_,        leaf_pieces_};
    }

    void fill_column(OwnedColumn& column, const ColumnRequest& request, RowIterator begin,
                     RowIterator end, std::size_t row_count) {
        if (shared_.options.gives_summaries && request_.path == ScanPath::Cheapest &&
            request.need == Need::Summary) {
            const auto samples = samples_of(begin, end, request.field);
            column.summary = summarized(samples, row_count, column.type);
            const bool has_nan =
                std::any_of(samples.begin(), samples.end(),
                            [](const Sample& sample) { return is_nan(*sample.value); });
            const bool is_accepted = !request.accepts || request.accepts(*column.summary);
            if (!has_nan && is_accepted && column.summary->largest_gap_ns <= request_.hold_ns) {
                return;
            }
            column.summary.reset();
        }
        for (RowIterator row = begin; row != end; ++row) {
            const auto value = row->second.find(request.field);
            column.append(value == row->second.end() ? nullptr : &value->second);
        }
    }

    const Shared& shared_;
    const ScanRequest& request_;
    std::map<std::int64_t, MemoryData::Row> rows_;
    RowIterator next_row_;
    CarriedValues carried_;
    ScanPiece piece_;
    std::vector<std::int64_t> times_;
    std::vector<OwnedColumn> columns_;
    std::vector<std::vector<LeafRun>> runs_;
    std::vector<ColumnPiece> column_pieces_;
    std::vector<std::span<const LeafRun>> leaf_pieces_;
};

class MemoryScan final : public Scan {
public:
    explicit MemoryScan(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}

    std::span<const ScanSeries> series() const override { return shared_->series; }
    std::span<const std::optional<FieldType>> column_types() const override {
        return shared_->column_types;
    }
    std::span<const std::optional<FieldType>> leaf_types() const override {
        return shared_->leaf_types;
    }
    Result<std::unique_ptr<SeriesCursor>> open(std::size_t series_index) const override {
        ++shared_->statistics.series_scanned;
        return std::unique_ptr<SeriesCursor>(
            std::make_unique<MemoryCursor>(*shared_, *shared_->stored[series_index]));
    }
    const ScanStatistics& statistics() const override { return shared_->statistics; }
    std::vector<std::string> messages() const override { return {}; }

private:
    std::unique_ptr<Shared> shared_;
};

}  // namespace

std::partial_ordering compare_values(const Value& left, const Value& right) {
    return std::visit(
        [](const auto& a, const auto& b) -> std::partial_ordering {
            using A = std::decay_t<decltype(a)>;
            using B = std::decay_t<decltype(b)>;
            constexpr bool kNumbers = std::is_arithmetic_v<A> && !std::is_same_v<A, bool> &&
                                      std::is_arithmetic_v<B> && !std::is_same_v<B, bool>;
            if constexpr (std::is_same_v<A, B>) {
                return a <=> b;
            } else if constexpr (!kNumbers) {
                return std::partial_ordering::unordered;
            } else if constexpr (std::is_same_v<A, double>) {
                return compare_with_double(a, b);
            } else if constexpr (std::is_same_v<B, double>) {
                return reversed(compare_with_double(b, a));
            } else {
                if (std::cmp_less(a, b)) return std::partial_ordering::less;
                if (std::cmp_less(b, a)) return std::partial_ordering::greater;
                return std::partial_ordering::equivalent;
            }
        },
        left, right);
}

Result<std::unique_ptr<Scan>> make_memory_scan(const ScanRequest& request,
                                               std::shared_ptr<const MemoryData> data,
                                               const MemoryStoreOptions& options) {
    const auto database = data->databases.find(request.database);
    if (database == data->databases.end()) {
        return Error(ErrorCode::NotFound, "database not found: " + request.database);
    }
    const auto policy = database->second.policies.find(request.retention_policy);
    if (policy == database->second.policies.end()) {
        return Error(ErrorCode::NotFound,
                     "retention policy not found: " + request.retention_policy);
    }
    auto shared = std::make_unique<Shared>();
    shared->request = request;
    shared->options = options;
    const auto type_of = [&](const std::string& field) -> std::optional<FieldType> {
        const auto fields = database->second.fields.find(request.measurement);
        if (fields == database->second.fields.end()) return std::nullopt;
        const auto found = fields->second.find(field);
        if (found == fields->second.end()) return std::nullopt;
        return found->second;
    };
    for (const auto& column : request.columns)
        shared->column_types.push_back(type_of(column.field));
    for (const auto& leaf : request.leaves) {
        const std::optional<FieldType> type = type_of(leaf.field);
        if (type) TIDEMARK_RETURN_IF_ERROR(check_leaf(leaf, *type));
        shared->leaf_types.push_back(type);
    }
    const auto measurement = policy->second.find(request.measurement);
    if (measurement != policy->second.end()) {
        for (const auto& [key, series] : measurement->second) {
            if (!matches_all(series.tags, request.tags)) continue;
            if (request.series_filter && !request.series_filter(series.tags)) continue;
            shared->series.push_back({series.id, series.tags});
            shared->stored.push_back(&series);
        }
    }
    shared->data = std::move(data);
    return std::unique_ptr<Scan>(std::make_unique<MemoryScan>(std::move(shared)));
}

}  // namespace tidemark::tests
