#include "query/operators/leaf_truth.h"

#include "query/column/cell.h"

namespace tidemark::query {

Truth leaf_truth(const PredicateLeaf& leaf, const ColumnValues& values, std::size_t row) {
    const Cell cell = cell_at(values, row);
    if (is_null(cell)) return Truth::Unknown;
    const auto truth = [](bool holds) { return holds ? Truth::True : Truth::False; };
    if (leaf.op == CompareOp::Matches) {
        const auto* text = std::get_if<std::string>(&cell);
        return text == nullptr ? Truth::Unknown : truth(leaf.matches(*text));
    }
    const auto order = compare_cells(cell, to_cell(leaf.constant));
    if (!order) return Truth::Unknown;
    switch (leaf.op) {
        case CompareOp::Equal:
            return truth(*order == 0);
        case CompareOp::NotEqual:
            return truth(*order != 0);
        case CompareOp::Less:
            return truth(*order < 0);
        case CompareOp::LessEqual:
            return truth(*order <= 0);
        case CompareOp::Greater:
            return truth(*order > 0);
        case CompareOp::GreaterEqual:
            return truth(*order >= 0);
        case CompareOp::Matches:
            break;
    }
    return Truth::Unknown;
}

}  // namespace tidemark::query
