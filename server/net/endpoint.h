#pragma once

#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include <tidemark/result.h>

namespace tidemark::server {

/// Reads HOST:PORT, where HOST is localhost, an address of 127.0.0.0/8, or [::1]. InvalidArgument
/// for anything else: until there are access tokens, only programs on this machine may connect.
Result<boost::asio::ip::tcp::endpoint> parse_loopback_endpoint(std::string_view text);

/// "127.0.0.1:8086", "[::1]:8086".
std::string endpoint_text(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace tidemark::server
