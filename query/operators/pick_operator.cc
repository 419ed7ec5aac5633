#include "query/operators/pick_operator.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "query/column/cell.h"
#include "query/functions/distinct_fold.h"
#include "query/functions/sample_picker.h"
#include "query/operators/guarded_sort.h"

namespace tidemark::query {

/// What has been picked of each bucket of one group.
class PickOperator::BucketPicks {
public:
    explicit BucketPicks(const PickSamples& plan) : plan_(plan) {}

    struct Bucket {
        std::optional<SamplePicker> picker;
        std::unique_ptr<DistinctFold> values;

        std::size_t size() const { return values ? values->value_count() : picker->size(); }
    };

    /// What has been picked takes about so much memory.
    std::size_t byte_count = 0;

    /// The bucket that holds `time_ns`; `type` is that of the value there.
    Result<Bucket*> bucket_at(std::int64_t time_ns, FieldType type) {
        if (current_ == nullptr || time_ns < range_.begin_ns || time_ns >= range_.end_ns) {
            TIDEMARK_RETURN_IF_ERROR(enter(time_ns, type));
        }
        if (current_->values && type != type_) {
            return Error(ErrorCode::InvalidArgument,
                         "field " + plan_.pick.field.name +
                             " has different types in the measurements of this query");
        }
        return current_;
    }

    Status append_rows(RowTable& rows, const QueryGuard& guard) {
        for (auto& [begin_ns, bucket] : buckets_) {
            if (bucket.values) {
                TIDEMARK_RETURN_IF_ERROR(append_distinct(begin_ns, *bucket.values, rows, guard));
                continue;
            }
            for (PickedSample& sample : bucket.picker->finish()) {
                const Row row = rows.append(2 + sample.beside.size());
                row.front() = TimeCell{sample.time_ns};
                std::ranges::move(sample.beside, row.begin() + 1);
                row.back() = std::move(sample.value);
            }
        }
        return success();
    }

private:
    Status enter(std::int64_t time_ns, FieldType type) {
        const TimeFrame& frame = plan_.frame;
        if (frame.buckets.step) {
            TIDEMARK_ASSIGN_OR_RETURN(range_, query::bucket_at(frame.buckets, time_ns));
        } else {
            range_ = {frame.has_lower ? frame.range.begin_ns : 0,
                      std::numeric_limits<std::int64_t>::max()};
        }
        Bucket& bucket = buckets_[range_.begin_ns];
        if (!frame.buckets.step) range_.begin_ns = std::numeric_limits<std::int64_t>::min();
        if (plan_.pick.request.function != FunctionId::Distinct) {
            if (!bucket.picker) bucket.picker.emplace(plan_.pick.request);
        } else if (!bucket.values) {
            bucket.values = make_distinct_fold(FunctionId::Distinct, type);
            type_ = type;
        }
        current_ = &bucket;
        return success();
    }

    Status append_distinct(std::int64_t begin_ns, const DistinctFold& fold, RowTable& rows,
                           const QueryGuard& guard) const {
        std::vector<DistinctValue> values = fold.distinct_values();
        const auto time_of = [this](const DistinctValue& value) {
            return plan_.descending ? value.last_ns : value.first_ns;
        };
        const auto is_before = [&](const DistinctValue& left, const DistinctValue& right) {
            if (time_of(left) != time_of(right)) return time_of(left) < time_of(right);
            const auto order = compare_cells(left.value, right.value);
            return order && *order < 0;
        };
        TIDEMARK_RETURN_IF_ERROR(sort_guarded(values, is_before, guard));
        rows.reserve(values.size(), 2);
        for (DistinctValue& value : values) {
            const Row row = rows.append(2);
            row.front() = TimeCell{begin_ns};
            row.back() = std::move(value.value);
        }
        return success();
    }

    const PickSamples& plan_;
    std::map<std::int64_t, Bucket> buckets_;  // By begin.
    Bucket* current_ = nullptr;
    TimeRange range_{0, 0};
    FieldType type_ = FieldType::Float;
};

Result<RowBatch*> PickOperator::next() {
    if (!has_read_) TIDEMARK_RETURN_IF_ERROR(read_all());
    has_read_ = true;
    while (next_batch_ < batches_.size()) {
        RowBatch& batch = batches_[next_batch_++];
        if (!batch.rows.empty()) return &batch;
    }
    return nullptr;
}

Status PickOperator::read_all() {
    if (plan_.frame.range.is_empty()) return success();
    request_.range = plan_.frame.range;
    value_column_ = column_of(request_.columns, plan_.pick.field.name, Need::Values);
    beside_.emplace(plan_.beside, request_.columns);
    add_condition_columns(plan_.series.where, request_.columns);
    TIDEMARK_ASSIGN_OR_RETURN(scans_, SourceScans::open(plan_.series, request_, context_));
    const std::vector<SeriesGroup> groups = group_series(plan_.series, *scans_);
    batches_.resize(groups.size());
    holds_.reserve(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) holds_.emplace_back(context_.guard());
    return for_each_parallel(groups.size(), context_.thread_count(), [&](std::size_t index) {
        return read_group(groups[index], holds_[index], batches_[index]);
    });
}

Status PickOperator::read_group(const SeriesGroup& group, MemoryHold& hold, RowBatch& batch) {
    BucketPicks picks(plan_);
    for (std::size_t rank = 0; rank < group.members.size(); ++rank) {
        TIDEMARK_RETURN_IF_ERROR(read_member(group.members[rank], rank, hold, picks));
    }
    batch.measurement = group.measurement;
    batch.tag_values = group.tag_values;
    return picks.append_rows(batch.rows, context_.guard());
}

Status PickOperator::read_member(const GroupMember& member, std::size_t rank, MemoryHold& hold,
                                 BucketPicks& picks) {
    if (!scans_->scans()[member.source_index]->column_types()[value_column_]) return success();
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    RowFilter filter(plan_.series.where, request_.columns, *member.tags);
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) return success();
        const ColumnValues& values = piece->columns[value_column_].values;
        for (std::size_t row = 0; row < piece->row_count; ++row) {
            if (!values.is_valid(row) || !filter.passes(*piece, row)) continue;
            TIDEMARK_RETURN_IF_ERROR(add_row(*piece, row, member, rank, picks));
        }
        TIDEMARK_RETURN_IF_ERROR(hold.hold(picks.byte_count));
        if (row_count_ > context_.row_limit()) {
            return Error(ErrorCode::LimitExceeded,
                         "the answer has more than " + std::to_string(context_.row_limit()) +
                             " rows: narrow the time range or pick fewer");
        }
    }
}

Status PickOperator::add_row(const ScanPiece& piece, std::size_t row, const GroupMember& member,
                             std::size_t rank, BucketPicks& picks) {
    const ColumnValues& values = piece.columns[value_column_].values;
    const std::int64_t time_ns = piece.times[row];
    TIDEMARK_ASSIGN_OR_RETURN(BucketPicks::Bucket * bucket, picks.bucket_at(time_ns, values.type));
    const std::size_t size_before = bucket->size();
    if (bucket->values) {
        const std::size_t bytes_before = bucket->values->memory_size_bytes();
        bucket->values->add_values(piece.times, values, row, row + 1);
        picks.byte_count += bucket->values->memory_size_bytes() - bytes_before;
    } else {
        SamplePicker& picker = *bucket->picker;
        Cell value = cell_at(values, row);
        std::size_t picked_bytes = 0;
        const auto picked = [&] {
            std::vector<Cell> beside = beside_->read(piece, row, *member.tags);
            picked_bytes = sizeof(PickedSample) + memory_size_bytes(beside);
            return PickedSample{std::move(value), time_ns, rank, std::move(beside)};
        };
        if (!plan_.pick.by_tags) {
            if (picker.wants(value, time_ns, rank)) picker.add(picked());
        } else {
            std::vector<std::string> tag_values;
            tag_values.reserve(plan_.pick.tags.size());
            for (const std::string& tag : plan_.pick.tags) {
                tag_values.emplace_back(tag_value(*member.tags, tag));
            }
            if (picker.wants(tag_values, value, time_ns, rank)) picker.add(tag_values, picked());
        }
        if (picker.size() > size_before) picks.byte_count += picked_bytes;
    }
    row_count_ += bucket->size() - size_before;
    return success();
}

}  // namespace tidemark::query
