#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/result.h>

#include "query/functions/sample_picker.h"
#include "query/functions/transformation.h"
#include "query/plan/call_binder.h"
#include "query/plan/schema.h"
#include "query/syntax/ast.h"

// Calls that do not give one row per bucket: distinct, top, bottom and sample pick several samples
// of each, transformations work on successive rows.

namespace tidemark::query {

/// top, bottom, sample or distinct.
struct BoundPick {
    PickRequest request;  ///< Of distinct only the function counts.
    FieldArgument field;
    std::vector<std::string>
        tags;              ///< top(f, tag, .., n): one sample for each set of their values.
    bool by_tags = false;  ///< There is at least one name between the field and n.

    const FunctionInfo& info() const { return function_info(request.function); }
};

/// One such call. It works on what `pick` or `aggregate` yields, or else on the samples of `field`.
struct RowCall {
    std::string text;
    std::optional<BoundPick> pick;
    const Call* aggregate = nullptr;  ///< Of the statement.
    FieldArgument field;
    std::vector<TransformationStep> steps;  ///< Innermost first; none for a mere pick.

    /// One of the steps compares a row with the one before it.
    bool looks_back() const;
};

/// True for calls of class RowPicker and Transformation.
bool is_row_call(const Call& call);

/// What the binding of a row call needs to know of its statement.
struct RowCallScope {
    const Schema& schema;
    const BucketSpec& buckets;
    std::uint64_t seed = 0;              ///< Of sample(): the same for the same statement.
    std::optional<std::uint64_t> limit;  ///< LIMIT, which top(f, n) must not exceed.
    std::vector<ResultMessage>& messages;
};

/// Checks the arguments. InvalidArgument in InfluxDB's words where it has any.
Result<RowCall> bind_row_call(const Call& call, const RowCallScope& scope);

/// What may stand together in one SELECT, in InfluxDB's words. `has_names`: fields or tags stand
/// beside the calls.
Status check_row_calls(const std::vector<RowCall>& row_calls, const std::vector<BoundCall>& calls,
                       bool has_names);

/// `time_ns` moved back by the length of a bucket; where buckets differ in length, to the start of
/// the bucket before its own.
Result<std::int64_t> bucket_earlier(const BucketSpec& buckets, std::int64_t time_ns);

/// The same forwards: where buckets differ in length, to the end of its own bucket's successor.
Result<std::int64_t> bucket_later(const BucketSpec& buckets, std::int64_t time_ns);

}  // namespace tidemark::query
