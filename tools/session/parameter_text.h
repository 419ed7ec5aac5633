#pragma once

#include <string>
#include <vector>

#include <tidemark/result.h>

namespace tidemark::tools {

/// The JSON object that /query takes in `params`, of assignments NAME=VALUE. A value that is JSON
/// stands for that, as 5, true, "5" and {"duration": "1h"} do; any other is a text. InvalidArgument
/// says what is wrong with an assignment. Empty when there are none.
Result<std::string> parameters_json(const std::vector<std::string>& assignments);

}  // namespace tidemark::tools
