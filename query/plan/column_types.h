#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "query/plan/call_binder.h"
#include "query/plan/row_expression.h"
#include "query/plan/schema.h"
#include "query/plan/where_clause.h"

namespace tidemark::query {

/// The type of the cells an expression gives, when slot i holds cells of `slots[i]`. Instants count
/// as integers, in ns. Nothing when it gives null only.
std::optional<FieldType> column_type(const RowExpression& expression,
                                     std::span<const std::optional<FieldType>> slots);

/// The types of the first two operands in `expression` that no arithmetic takes, such as a float
/// and a string. Operands that give null only go with everything.
std::optional<std::pair<FieldType, FieldType>> incompatible_types(
    const RowExpression& expression, std::span<const std::optional<FieldType>> slots);

/// InvalidArgument, in InfluxDB's words, where a MathFunction gets something else than a number.
/// Arguments that give null only go with everything.
Status check_math_arguments(const RowExpression& expression,
                            std::span<const std::optional<FieldType>> slots);

/// The type of the cell of a call. Nothing when the call is over a field that does not exist.
std::optional<FieldType> column_type(const BoundCall& call);

using ColumnTypes = std::vector<std::optional<FieldType>>;

ColumnTypes input_types(const std::vector<InputColumn>& inputs, const Schema& schema);

/// Of the slots of a row that holds time and then these fields and tags.
ColumnTypes slot_types(const std::vector<InputColumn>& inputs, const Schema& schema);

/// Of the columns of an answer: time's, and those that are computed.
ColumnTypes column_types(const std::vector<RowExpression>& columns,
                         std::span<const std::optional<FieldType>> slots);

/// The same for a table: time, table_columns(), tags.
ColumnTypes table_column_types(const BoundCall& call, std::size_t tag_count);

}  // namespace tidemark::query
