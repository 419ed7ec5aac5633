#pragma once

#include <vector>

#include <tidemark/result.h>

#include "query/syntax/ast.h"
#include "query/syntax/token_stream.h"

namespace tidemark::query {

/// Parses a SELECT statement; the current token is SELECT.
Result<SelectStatement> parse_select(TokenStream& tokens);

// Parts that other statements share. Each parses what follows its keyword.

/// `[[database.]policy.]name | /regex/`, also `database..name`.
Result<MeasurementSource> parse_measurement(TokenStream& tokens);

/// Measurements separated by commas.
Result<std::vector<MeasurementSource>> parse_measurements(TokenStream& tokens);

/// Behind STALE, which stands at `location`.
Result<StaleClause> parse_stale(TokenStream& tokens, Location location);

/// Behind GROUP BY.
Result<std::vector<Dimension>> parse_dimensions(TokenStream& tokens);

/// Behind ORDER BY.
Result<std::vector<SortKey>> parse_sort_keys(TokenStream& tokens);

/// LIMIT, OFFSET, SLIMIT and SOFFSET, as many as there are.
Result<Limits> parse_limits(TokenStream& tokens);

}  // namespace tidemark::query
