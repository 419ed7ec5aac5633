#include "query/session/bound_parameters.h"

#include <utility>

#include "query/syntax/duration.h"

namespace tidemark::query {
namespace {

Result<BoundValue> bound_value(const std::string& name, const QueryParameter& parameter) {
    using Bound = Result<BoundValue>;
    return std::visit(Match{
                          [&](const DurationParameter& value) -> Bound {
                              const auto duration = parse_duration(value.text);
                              if (duration) return BoundValue(*duration);
                              return Error(ErrorCode::InvalidArgument,
                                           "parameter $" + name + ": found \"" + value.text +
                                               "\", expected a duration such as "
                                               "1h30m");
                          },
                          [](const RegexParameter& value) -> Bound {
                              return BoundValue(RegexLiteral{value.pattern});
                          },
                          [](const NameParameter& value) -> Bound {
                              return BoundValue(BoundIdentifier{value.name});
                          },
                          [](const auto& value) -> Bound { return BoundValue(value); },
                      },
                      parameter);
}

}  // namespace

Result<BoundParameters> bound_parameters(
    const std::map<std::string, QueryParameter, std::less<>>& parameters) {
    BoundParameters bound;
    for (const auto& [name, parameter] : parameters) {
        TIDEMARK_ASSIGN_OR_RETURN(BoundValue value, bound_value(name, parameter));
        bound.emplace(name, std::move(value));
    }
    return bound;
}

}  // namespace tidemark::query
