#pragma once

#include <cstddef>
#include <string_view>

#include <tidemark/result.h>

#include "query/functions/decimal.h"
#include "query/functions/function_table.h"

namespace tidemark::query {

/// One percentile to compute: median (no fraction), percentile (per cent), percentile_disc and
/// percentile_cont (fraction of one), approx_percentile (per cent), time_percentile (per cent).
class PercentileRequest {
public:
    /// `text` is the literal as written, without sign; for median it is not looked at.
    /// InvalidArgument when it is no decimal or, for disc and cont, outside (0, 1].
    static Result<PercentileRequest> make(FunctionId function, std::string_view text);

    FunctionId function() const { return function_; }
    const Decimal& decimal() const { return decimal_; }

    /// Which values of a sorted window decide: x[low], or between x[low] and x[low + 1] at
    /// `fraction`. has_value is false when the percentile is out of range (null).
    struct Position {
        bool has_value = false;
        std::size_t low = 0;
        double fraction = 0;
        double fraction_error = 0;  ///< See Decimal::Parts.
    };
    Position position(std::size_t count) const;

private:
    PercentileRequest(FunctionId function, Decimal decimal)
        : function_(function), decimal_(decimal) {}

    FunctionId function_;
    Decimal decimal_;
};

}  // namespace tidemark::query
