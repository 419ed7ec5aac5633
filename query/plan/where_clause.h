#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "query/plan/row_expression.h"
#include "query/plan/schema.h"
#include "query/plan/time_expression.h"

namespace tidemark::query {

/// A field or a tag as a slot of a row.
struct InputColumn {
    std::string name;
    bool is_tag = false;
    bool operator==(const InputColumn&) const = default;
};

/// The position of `column` in `columns`, where it is put when it is not there yet.
std::size_t slot_of(std::vector<InputColumn>& columns, const InputColumn& column);

/// [A, B) after `>` and `<=` are normalised; a bound that was not written is at the end of int64.
struct TimeBounds {
    TimeRange range;
    bool has_lower = false;
    bool has_upper = false;
};

/// WHERE, taken apart.
struct WhereClause {
    TimeBounds time;
    std::vector<TagMatcher> tag_matchers;    ///< Comparisons of tags that all must hold.
    std::vector<std::string> matcher_texts;  ///< The same, for EXPLAIN.
    std::optional<RowExpression> condition;  ///< Everything else; must be true.
    std::vector<InputColumn> inputs;         ///< The slots of `condition`.

    bool has_field_condition() const;
};

/// The time bounds of WHERE alone: all that can be known of it before the schema is. Errors as
/// bind_where().
Result<TimeBounds> bind_time_bounds(const Expression& where, const TimeContext& context);

/// InvalidArgument when time stands where it cannot bound the range (under OR or NOT, with !=).
/// What runs but surely is not meant is put into `messages`.
Result<WhereClause> bind_where(const Expression& where, const Schema& schema,
                               const TimeContext& context, std::vector<ResultMessage>& messages);

/// Whether a series with these tags can have rows that satisfy the condition: false when it is
/// false or unknown whatever the fields hold.
bool may_hold(const WhereClause& where, const TagSet& tags);

/// The value of a tag, empty when the series does not have it.
std::string_view tag_value(const TagSet& tags, std::string_view key);

/// The comparison that means the same with its sides swapped: < for >.
BinaryOperator mirrored(BinaryOperator op);

}  // namespace tidemark::query
