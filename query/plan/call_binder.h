#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/query.h>

#include "query/functions/function_table.h"
#include "query/functions/objective.h"
#include "query/functions/percentile_request.h"
#include "query/plan/predicate.h"
#include "query/plan/schema.h"
#include "query/syntax/ast.h"

namespace tidemark::query {

/// The field that a function works on.
struct FieldArgument {
    std::string name;
    /// Nothing when there is no such field: then the call never has a value.
    std::optional<FieldType> type;
};

/// A function call with its arguments understood.
struct BoundCall {
    FunctionId function = FunctionId::Count;
    std::string field;  ///< Of functions over a field.
    /// The field's type; nothing when there is no such field: then the call never has a value.
    std::optional<FieldType> field_type;
    std::string other_field;  ///< Of correlate: the second one, taken lag_ns earlier.
    std::int64_t lag_ns = 0;
    std::optional<PercentileRequest> percentile;
    std::optional<std::size_t> predicate;  ///< Position in CallList::predicates().
    std::optional<std::size_t> tolerated;  ///< The same, of apdex: f <= 4T.
    std::optional<Objective> objective;
    std::int64_t unit_ns = 1'000'000'000;
    std::int64_t for_ns = 0;
    std::int64_t keep_ns = 0;
    std::optional<std::size_t> clear;  ///< As predicate.
    std::string text;                  ///< As written, in one spelling.
    /// count(distinct(TAG)): 0 wherever `field` has samples, as in InfluxDB.
    bool counts_tag = false;

    const FunctionInfo& info() const { return function_info(function); }
    bool has_run_options() const { return for_ns > 0 || keep_ns > 0 || clear.has_value(); }
};

/// The calls of a statement, each different one once.
class CallList {
public:
    CallList(const Schema& schema, std::vector<ResultMessage>& messages)
        : schema_(schema), messages_(messages) {}

    /// Checks a call against the function table and returns its position. `unit_ns` overrides the
    /// unit it asks for. InvalidArgument in InfluxDB's words where it has any.
    Result<std::size_t> add(const Call& call, std::optional<std::int64_t> unit_ns = std::nullopt);

    const std::vector<BoundCall>& calls() const { return calls_; }
    const std::vector<BoundPredicate>& predicates() const { return predicates_; }

private:
    Status bind_argument(const ArgumentShape& shape, const Call& call, const Expression& argument,
                         BoundCall& bound);
    Status bind_field(const Call& call, const Expression& argument, BoundCall& bound);
    Status bind_other_field(const Call& call, const Expression& argument, BoundCall& bound);
    Status bind_lag(const Call& call, const Expression& argument, BoundCall& bound);
    Status bind_limit(const Call& call, const Expression& limit, BoundCall& bound);
    Status bind_target(const Call& call, const Expression& target, BoundCall& bound);
    /// The predicate f <= limit of a call whose first argument is f.
    Result<std::size_t> add_upper_limit(const Call& call, const Expression& limit,
                                        const BoundCall& bound);
    Status bind_objective(const Call& call, const Expression& argument, BoundCall& bound);
    Status bind_run_options(const Call& call, BoundCall& bound);
    /// The position of the call; the one that is there already where it is the same.
    std::size_t add_bound(BoundCall bound);
    Result<std::size_t> add_predicate(const Expression& expression);
    std::size_t keep_predicate(BoundPredicate bound);

    const Schema& schema_;
    std::vector<ResultMessage>& messages_;
    std::vector<BoundCall> calls_;
    std::vector<BoundPredicate> predicates_;
};

/// Checks the argument of `call` that has to be a field. InvalidArgument for anything but a name,
/// and for a field of a type that the function does not take; warns of names that are no field.
Result<FieldArgument> bind_field_argument(const Call& call, const FunctionInfo& info,
                                          const Expression& argument, const Schema& schema,
                                          std::vector<ResultMessage>& messages);

/// InvalidArgument, in InfluxDB's words, unless the call has as many arguments as the table says.
Status check_argument_count(const Call& call, const FunctionInfo& info);

/// InvalidArgument when FOR, KEEP or CLEAR stand in a call that does not take them.
Status refuse_run_options(const Call& call, const FunctionInfo& info);

/// The error for calling `name`: of InfluxQL but not supported, or unknown with a suggestion.
Error unsupported_function_error(std::string_view name);

}  // namespace tidemark::query
