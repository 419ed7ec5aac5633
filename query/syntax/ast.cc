#include "query/syntax/ast.h"

namespace tidemark::query {

const Expression& without_parentheses(const Expression& expression) {
    const Expression* inner = &expression;
    while (const auto* parenthesized = std::get_if<Parenthesized>(&inner->node)) {
        inner = &*parenthesized->operand;
    }
    return *inner;
}

}  // namespace tidemark::query
