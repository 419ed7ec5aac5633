#include "query/column/cell.h"

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

namespace tidemark::query {
namespace {

template <typename T>
constexpr bool kIsInteger = std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t>;

template <typename T>
constexpr bool kIsNumber = kIsInteger<T> || std::is_same_v<T, double>;

/// A double against an integer, without rounding the integer.
template <typename Integer>
std::partial_ordering compare_exactly(double left, Integer right) {
    // Every double in [lowest, 2^digits) truncates to an Integer; the others are beyond all of
    // them.
    const double above = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;
    const double lowest = std::is_signed_v<Integer> ? -0x1p63 : 0.0;
    if (left >= above) return std::partial_ordering::greater;
    if (left < lowest) return std::partial_ordering::less;
    const auto whole = static_cast<Integer>(left);
    if (whole != right) return whole <=> right;
    return left - std::trunc(left) <=> 0.0;
}

Cell finite(double number) { return std::isfinite(number) ? Cell(number) : Cell(); }

Cell calculate_floats(ArithmeticOperator op, double left, double right) {
    switch (op) {
        case ArithmeticOperator::Add:
            return finite(left + right);
        case ArithmeticOperator::Subtract:
            return finite(left - right);
        case ArithmeticOperator::Multiply:
            return finite(left * right);
        case ArithmeticOperator::Divide:
        case ArithmeticOperator::Quotient:
            return right == 0 ? Cell(0.0) : finite(left / right);
        case ArithmeticOperator::Remainder:
            return right == 0 ? Cell(0.0) : finite(std::fmod(left, right));
        case ArithmeticOperator::BitwiseAnd:
        case ArithmeticOperator::BitwiseOr:
        case ArithmeticOperator::BitwiseXor:
            break;
    }
    return {};
}

/// Computed in unsigned arithmetic, which wraps around; the result is read as an Integer again.
template <typename Integer>
Cell calculate_integers(ArithmeticOperator op, Integer left, Integer right) {
    const auto a = static_cast<std::uint64_t>(left);
    const auto b = static_cast<std::uint64_t>(right);
    switch (op) {
        case ArithmeticOperator::Add:
            return static_cast<Integer>(a + b);
        case ArithmeticOperator::Subtract:
            return static_cast<Integer>(a - b);
        case ArithmeticOperator::Multiply:
            return static_cast<Integer>(a * b);
        case ArithmeticOperator::Divide:
            return right == 0 ? 0.0 : static_cast<double>(left) / static_cast<double>(right);
        case ArithmeticOperator::Quotient:
            if (right == 0) return Integer{0};
            // The lowest integer / -1 would overflow; it wraps around.
            if (std::is_signed_v<Integer> && b == ~std::uint64_t{0}) {
                return static_cast<Integer>(0 - a);
            }
            return static_cast<Integer>(left / right);
        case ArithmeticOperator::Remainder:
            if (right == 0) return Integer{0};
            // The lowest integer % -1 would overflow; any % -1 is 0.
            if (std::is_signed_v<Integer> && b == ~std::uint64_t{0}) return Integer{0};
            return static_cast<Integer>(left % right);
        case ArithmeticOperator::BitwiseAnd:
            return static_cast<Integer>(a & b);
        case ArithmeticOperator::BitwiseOr:
            return static_cast<Integer>(a | b);
        case ArithmeticOperator::BitwiseXor:
            return static_cast<Integer>(a ^ b);
    }
    return {};
}

Cell calculate_mixed_integers(ArithmeticOperator op, std::int64_t signed_operand,
                              std::uint64_t unsigned_operand, bool signed_is_left) {
    const auto as_unsigned = static_cast<std::uint64_t>(signed_operand);
    if (signed_operand < 0) {
        const auto as_float = static_cast<double>(signed_operand);
        const auto other = static_cast<double>(unsigned_operand);
        return signed_is_left ? calculate_floats(op, as_float, other)
                              : calculate_floats(op, other, as_float);
    }
    return signed_is_left ? calculate_integers<std::uint64_t>(op, as_unsigned, unsigned_operand)
                          : calculate_integers<std::uint64_t>(op, unsigned_operand, as_unsigned);
}

Cell calculate_booleans(ArithmeticOperator op, bool left, bool right) {
    switch (op) {
        case ArithmeticOperator::BitwiseAnd:
            return left && right;
        case ArithmeticOperator::BitwiseOr:
            return left || right;
        case ArithmeticOperator::BitwiseXor:
            return left != right;
        default:
            return {};
    }
}

}  // namespace

std::size_t memory_size_bytes(std::span<const Cell> cells) {
    constexpr std::size_t kAllocationBytes = 16;
    std::size_t byte_count = cells.size_bytes();
    for (const Cell& cell : cells) {
        const auto* text = std::get_if<std::string>(&cell);
        // Short texts stand in the cell.
        if (text != nullptr && text->capacity() > std::string().capacity()) {
            byte_count += text->capacity() + kAllocationBytes;
        }
    }
    return byte_count;
}

Cell to_cell(Value value) {
    return std::visit([](auto& typed) { return Cell(std::move(typed)); }, value);
}

bool set_cell(const ColumnValues& values, std::size_t row, Cell& cell) {
    if (!values.is_valid(row)) {
        cell.emplace<std::monostate>();
        return false;
    }
    switch (values.type) {
        case FieldType::Float:
            cell.emplace<double>(values.floats[row]);
            break;
        case FieldType::Integer:
            cell.emplace<std::int64_t>(values.integers[row]);
            break;
        case FieldType::Unsigned:
            cell.emplace<std::uint64_t>(values.unsigneds[row]);
            break;
        case FieldType::Boolean:
            cell.emplace<bool>(values.booleans[row] != 0);
            break;
        case FieldType::String:
            cell.emplace<std::string>(values.strings[row]);
            break;
    }
    return true;
}

Cell cell_at(const ColumnValues& values, std::size_t row) {
    Cell cell;
    set_cell(values, row, cell);
    return cell;
}

std::optional<std::partial_ordering> compare_cells(const Cell& left, const Cell& right) {
    return std::visit(
        [](const auto& a, const auto& b) -> std::optional<std::partial_ordering> {
            using A = std::decay_t<decltype(a)>;
            using B = std::decay_t<decltype(b)>;
            // Branches that look alike differ in what the types allow.
            // NOLINTNEXTLINE(bugprone-branch-clone)
            if constexpr (std::is_same_v<A, std::monostate> || std::is_same_v<B, std::monostate>) {
                return std::nullopt;
            } else if constexpr (std::is_same_v<A, TimeCell> && std::is_same_v<B, TimeCell>) {
                return a.ns <=> b.ns;
            } else if constexpr (std::is_same_v<A, B>) {
                return a <=> b;
            } else if constexpr (!kIsNumber<A> || !kIsNumber<B>) {
                return std::nullopt;
            } else if constexpr (std::is_same_v<A, double>) {
                return compare_exactly(a, b);
            } else if constexpr (std::is_same_v<B, double>) {
                return 0 <=> compare_exactly(b, a);
            } else {
                if (std::cmp_less(a, b)) return std::partial_ordering::less;
                if (std::cmp_less(b, a)) return std::partial_ordering::greater;
                return std::partial_ordering::equivalent;
            }
        },
        left, right);
}

Cell calculate(ArithmeticOperator op, const Cell& left, const Cell& right) {
    return std::visit(
        [op](const auto& a, const auto& b) -> Cell {
            using A = std::decay_t<decltype(a)>;
            using B = std::decay_t<decltype(b)>;
            if constexpr (std::is_same_v<A, bool> && std::is_same_v<B, bool>) {
                return calculate_booleans(op, a, b);
            } else if constexpr (std::is_same_v<A, std::string> && std::is_same_v<B, std::string>) {
                return op == ArithmeticOperator::Add ? Cell(a + b) : Cell();
            } else if constexpr (!kIsNumber<A> || !kIsNumber<B>) {
                return {};
            } else if constexpr (std::is_same_v<A, double> || std::is_same_v<B, double>) {
                return calculate_floats(op, static_cast<double>(a), static_cast<double>(b));
            } else if constexpr (std::is_same_v<A, B>) {
                return calculate_integers<A>(op, a, b);
            } else if constexpr (std::is_same_v<A, std::int64_t>) {
                return calculate_mixed_integers(op, a, b, true);
            } else {
                return calculate_mixed_integers(op, b, a, false);
            }
        },
        left, right);
}

}  // namespace tidemark::query
