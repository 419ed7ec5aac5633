#include "query/functions/percentile_request.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace tidemark::query {

Result<PercentileRequest> PercentileRequest::make(FunctionId function, std::string_view text) {
    if (function == FunctionId::Median) text = "50";
    TIDEMARK_ASSIGN_OR_RETURN(const Decimal decimal, Decimal::parse(text));
    const bool is_fraction =
        function == FunctionId::PercentileDisc || function == FunctionId::PercentileCont;
    if (is_fraction && (decimal.is_zero() || decimal.is_above_one())) {
        return Error(ErrorCode::InvalidArgument,
                     std::string(function_info(function).name) +
                         "() expects a fraction above 0 and at most 1, like 0.99; found " +
                         std::string(text));
    }
    const bool is_above_hundred =
        decimal.digits() / 100 > decimal.divisor() ||
        (decimal.digits() / 100 == decimal.divisor() && decimal.digits() % 100 > 0);
    if (function == FunctionId::TimePercentile && is_above_hundred) {
        return Error(ErrorCode::InvalidArgument,
                     "time_percentile() expects a number from 0 to 100, like 95; found " +
                         std::string(text));
    }
    return PercentileRequest(function, decimal);
}

PercentileRequest::Position PercentileRequest::position(std::size_t count) const {
    if (count == 0) return {};
    switch (function_) {
        case FunctionId::Median:
            if (count % 2 == 1) return {true, count / 2, 0, 0};
            return {true, count / 2 - 1, 0.5, 0};
        case FunctionId::PercentileDisc: {
            const std::size_t rank = std::max<std::size_t>(1, decimal_.ceil_of(count));
            return {true, rank - 1, 0, 0};
        }
        case FunctionId::PercentileCont: {
            const Decimal::Parts parts = decimal_.parts_of(count - 1);
            return {true, parts.whole, parts.fraction, parts.fraction_error};
        }
        default:
            break;
    }
    // percentile: InfluxDB's arithmetic, in doubles, so that its rows come out.
    const double index =
        std::floor(static_cast<double>(count) * decimal_.to_double() / 100.0 + 0.5) - 1;
    if (index < 0 || index >= static_cast<double>(count)) return {};
    return {true, static_cast<std::size_t>(index), 0, 0};
}

}  // namespace tidemark::query
