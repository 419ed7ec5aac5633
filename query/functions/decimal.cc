#include "query/functions/decimal.h"

#include <string>

#include "query/functions/double_double.h"

namespace tidemark::query {
namespace {

constexpr std::size_t kMaxDigits = 18;

__extension__ using Wide = unsigned __int128;

Error not_a_decimal(std::string_view text) {
    return Error(ErrorCode::InvalidArgument,
                 "expected a decimal number like 0.95, found '" + std::string(text) + "'");
}

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
    std::uint64_t digits = 0;
    std::uint64_t divisor = 1;
    std::size_t decimals = 0;
    std::size_t pending_zeros = 0;  // Zeros after the point count only when a digit follows.
    bool is_after_point = false;
    bool has_digit = false;
    for (const char c : text) {
        if (c == '.') {
            if (is_after_point) return not_a_decimal(text);
            is_after_point = true;
            continue;
        }
        if (c < '0' || c > '9') return not_a_decimal(text);
        has_digit = true;
        if (is_after_point && c == '0') {
            ++pending_zeros;
            continue;
        }
        const std::size_t shift = is_after_point ? pending_zeros + 1 : 1;
        pending_zeros = 0;
        if (is_after_point) decimals += shift;
        for (std::size_t i = 0; i < shift; ++i) {
            if (digits >= 100'000'000'000'000'000U || decimals > kMaxDigits) {
                return Error(ErrorCode::InvalidArgument,
                             "'" + std::string(text) + "' has more than 18 digits");
            }
            digits *= 10;
            if (is_after_point) divisor *= 10;
        }
        digits += static_cast<std::uint64_t>(c - '0');
    }
    if (!has_digit) return not_a_decimal(text);
    return Decimal(digits, divisor);
}

double Decimal::to_double() const {
    return exact_ratio(static_cast<WideInteger>(digits_), divisor_);
}

std::uint64_t Decimal::ceil_of(std::uint64_t count) const {
    const Wide product = static_cast<Wide>(digits_) * count;
    return static_cast<std::uint64_t>((product + divisor_ - 1) / divisor_);
}

Decimal::Parts Decimal::parts_of(std::uint64_t count) const {
    const Wide product = static_cast<Wide>(digits_) * count;
    const auto rest = static_cast<WideInteger>(product % divisor_);
    const double fraction = exact_ratio(rest, divisor_);
    const auto divisor = static_cast<WideInteger>(divisor_);
    const DoubleDouble exact = divide(to_double_double(rest), to_double_double(divisor));
    return {static_cast<std::uint64_t>(product / divisor_), fraction,
            add(exact, -fraction).rounded()};
}

}  // namespace tidemark::query
