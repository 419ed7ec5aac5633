#pragma once

#include <memory>
#include <string>

#include "tools/session/statement_runner.h"

namespace tidemark::tools {

/// The server at an http:// URL; InvalidArgument for anything else after --at.
Result<std::unique_ptr<StatementRunner>> open_server(const std::string& url);

}  // namespace tidemark::tools
