#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/scan.h>

#include "query/functions/state_timeline.h"
#include "query/plan/row_expression.h"
#include "query/plan/schema.h"
#include "query/plan/where_clause.h"

namespace tidemark::query {

/// A predicate of a state function: leaves over fields, tests of tags (known constants in each
/// series) and constants, joined three-valued.
class BoundPredicate {
public:
    /// Its leaves; the scan evaluates them.
    const std::vector<PredicateLeaf>& leaves() const { return leaves_; }

    /// The postfix form for one series: tag tests have become constants. Leaf numbers are positions
    /// in leaves().
    std::vector<PredicateStep> steps_for(const TagSet& tags) const;

    /// True when it is one leaf and nothing else: then the runs a scan yields are the predicate's.
    bool is_single_leaf() const;

    /// The first field that is a number, for the peak and mean of an episode.
    const std::optional<std::string>& numeric_field() const { return numeric_field_; }

    const std::string& text() const { return text_; }

    /// True when it asks for something unknown to the schema.
    bool has_unknown_name() const;

    /// Unknown everywhere.
    static BoundPredicate unknown(std::string text);

private:
    friend class PredicateBinder;

    enum class StepKind : std::uint8_t { Leaf, TagTest, Constant, Not, And, Or };
    struct Step {
        StepKind kind;
        std::size_t index = 0;  ///< Of the leaf or tag test.
        Truth constant = Truth::Unknown;
    };

    std::vector<PredicateLeaf> leaves_;
    std::vector<RowExpression> tag_tests_;
    std::vector<InputColumn> tag_inputs_;  // The slots of tag_tests_.
    std::vector<Step> steps_;
    std::optional<std::string> numeric_field_;
    std::string text_;
};

/// Binds a predicate. InvalidArgument where a field meets a constant of another type, or where the
/// expression is no comparison of a field or tag with a constant. A name that is unknown makes its
/// comparison unknown, and a message.
Result<BoundPredicate> bind_predicate(const Expression& expression, const Schema& schema,
                                      std::vector<ResultMessage>& messages);

}  // namespace tidemark::query
