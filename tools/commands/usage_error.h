#pragma once

#include <string>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace tidemark::tools {

/// What is wrong with a command line that could not be parsed, what was expected instead, and whose
/// --help tells more; lines for standard error.
std::string describe_usage_error(const CLI::App* app, const CLI::Error& error);

}  // namespace tidemark::tools
