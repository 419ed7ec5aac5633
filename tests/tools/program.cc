#include "tests/tools/program.h"

#include <catch2/catch.hpp>

namespace tidemark::tools {

Output shell(const std::string& arguments, const std::string& input, const std::string& before) {
    const std::string command = (input.empty() ? "" : "printf '%s' \"" + input + "\" | ") + before +
                                " " + TIDEMARK_BINARY + " " + arguments + " 2>&1";
    Result<Output> output = run_program({"/bin/sh", "-c", command});
    REQUIRE(output.has_value());
    return std::move(output).value();
}

Serving::Serving(const std::string& directory, const std::string& log_path,
                 const std::string& arguments, const std::string& before) {
    const std::string command = "exec " + before + ' ' + TIDEMARK_BINARY + " serve --data " +
                                directory + " --line 127.0.0.1:0 " + arguments +
                                (log_path.empty() ? "" : " 2>" + log_path);
    auto started = ChildProcess::start({"/bin/sh", "-c", command});
    REQUIRE(started.has_value());
    process_ = std::move(started).value();
    line_endpoint_ = announced("listening line ");
    http_endpoint_ = announced("listening http ");
}

std::string Serving::announced(const std::string& words) const {
    const std::optional<std::string> line = process_->read_line();
    REQUIRE(line.has_value());
    REQUIRE(line->starts_with(words));
    return line->substr(words.size());
}

int Serving::stop() const {
    process_->terminate();
    return process_->wait();
}

}  // namespace tidemark::tools
