#pragma once

#include <string>
#include <string_view>

#include <tidemark/result.h>

namespace tidemark::tools {

/// Sends `text` over one TCP connection to HOST:PORT, half-closes and waits for the server's
/// orderly close, which means: every accepted line is durable. A reset is an IoError: they may not
/// be.
Status send_lines(const std::string& endpoint, std::string_view text);

}  // namespace tidemark::tools
