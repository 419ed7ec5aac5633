#pragma once

#include <map>
#include <string>

#include <tidemark/query.h>
#include <tidemark/result.h>

#include "query/syntax/parser.h"

namespace tidemark::query {

/// The values as the parser takes them. InvalidArgument, with the name of the parameter, for a
/// duration that is none.
Result<BoundParameters> bound_parameters(
    const std::map<std::string, QueryParameter, std::less<>>& parameters);

}  // namespace tidemark::query
