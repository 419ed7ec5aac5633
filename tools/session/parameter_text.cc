#include "tools/session/parameter_text.h"

#include <utility>

#include <boost/json.hpp>

#include "server/handlers/query_parameters.h"

namespace tidemark::tools {

namespace json = boost::json;

Result<std::string> parameters_json(const std::vector<std::string>& assignments) {
    if (assignments.empty()) return std::string();
    json::object parameters;
    for (const std::string& assignment : assignments) {
        const std::size_t equals = assignment.find('=');
        if (equals == std::string::npos || equals == 0) {
            return Error(ErrorCode::InvalidArgument,
                         "found --param " + assignment + ", expected NAME=VALUE, such as host=a");
        }
        std::string name = assignment.substr(0, equals);
        if (name.starts_with('$')) name.erase(0, 1);
        if (parameters.contains(name)) {
            return Error(ErrorCode::InvalidArgument, "--param " + name + " is given twice");
        }
        const std::string text = assignment.substr(equals + 1);
        boost::system::error_code failure;
        json::value value = json::parse(text, failure);
        parameters[name] = failure ? json::value(text) : std::move(value);
    }
    std::string document = json::serialize(parameters);
    const auto checked = server::parse_query_parameters(document);
    if (!checked) return checked.error();
    return document;
}

}  // namespace tidemark::tools
