#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/syntax/ast.h"

namespace tidemark::query {

/// Collects the spelling of a tree. Clauses begin with their own blank, so they can be put one
/// behind the other.
class TextWriter {
public:
    std::string take() { return std::move(text_); }

    TextWriter& write(std::string_view text);
    TextWriter& write_name(std::string_view name);
    TextWriter& write_duration(const Duration& duration);
    TextWriter& write_number(std::uint64_t number);

    /// `items` separated by ", ", each written by `write_item(item)`.
    template <typename Items, typename WriteItem>
    TextWriter& write_list(const Items& items, WriteItem write_item) {
        std::string_view separator;
        for (const auto& item : items) {
            write(std::exchange(separator, ", "));
            write_item(item);
        }
        return *this;
    }

    TextWriter& write_expression(const Expression& expression);
    TextWriter& write_regex(const RegexLiteral& regex);
    TextWriter& write_select(const SelectStatement& select);

    // Each with its keyword; nothing when there is nothing to write.
    TextWriter& write_measurements(const std::vector<MeasurementSource>& sources);
    TextWriter& write_where(const std::optional<Expression>& where);
    TextWriter& write_group_by(const std::vector<Dimension>& dimensions);
    TextWriter& write_order_by(const std::vector<SortKey>& keys);
    TextWriter& write_limits(const Limits& limits);

private:
    void write_operand(const Expression& expression, int precedence_min);
    void write_node(const Call& call);
    void write_node(const BinaryExpression& binary);
    void write_node(const InList& list);
    void write_node(const Between& between);
    void write_measurement(const MeasurementSource& source);
    void write_into(const IntoTarget& target);
    void write_place(std::string_view database, std::string_view policy);
    void write_item(const SelectItem& item);
    void write_source(const Source& source);
    void write_dimension(const Dimension& dimension);
    void write_state_clauses(const SelectStatement& select);
    void write_fill(const FillClause& fill);

    std::string text_;
};

}  // namespace tidemark::query
