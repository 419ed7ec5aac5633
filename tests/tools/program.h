#pragma once

#include <memory>
#include <string>

#include "tools/demo/child_process.h"

// The program as scripts see it: arguments, standard output, standard error, exit codes.

namespace tidemark::tools {

/// What a shell makes of `arguments` behind the program's name, with standard error in the text.
/// `before` stands in front of the program's name.
Output shell(const std::string& arguments, const std::string& input = "",
             const std::string& before = "");

/// A server of the store in a directory, on free ports, ended by the destructor.
class Serving {
public:
    /// Its standard error goes to the file `log_path`, if there is one; `arguments` are the
    /// further options, `before` stands in front of the program's name.
    explicit Serving(const std::string& directory, const std::string& log_path = "",
                     const std::string& arguments = "--http 127.0.0.1:0",
                     const std::string& before = "");

    /// Asks it to end; its exit code.
    int stop() const;

    const std::string& line_endpoint() const { return line_endpoint_; }  ///< HOST:PORT
    const std::string& http_endpoint() const { return http_endpoint_; }
    std::string url() const { return "http://" + http_endpoint_; }

private:
    std::string announced(const std::string& words) const;

    std::unique_ptr<ChildProcess> process_;
    std::string line_endpoint_;
    std::string http_endpoint_;
};

}  // namespace tidemark::tools
