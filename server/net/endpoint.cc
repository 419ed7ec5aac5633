#include "server/net/endpoint.h"

#include <charconv>
#include <cstdint>

namespace tidemark::server {
namespace {

Error malformed(std::string_view text) {
    return Error(ErrorCode::InvalidArgument,
                 "expected HOST:PORT such as 127.0.0.1:8086, found \"" + std::string(text) + "\"");
}

}  // namespace

Result<boost::asio::ip::tcp::endpoint> parse_loopback_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return malformed(text);
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
        return malformed(text);
    }
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);

    boost::system::error_code failure;
    const auto address = boost::asio::ip::make_address(std::string(host), failure);
    if (failure) return malformed(text);
    if (!address.is_loopback()) {
        return Error(ErrorCode::InvalidArgument,
                     "refused to listen on " + std::string(text) +
                         ": only loopback addresses (127.0.0.1, [::1], localhost) are allowed, "
                         "because whoever can connect may read and write everything");
    }
    return boost::asio::ip::tcp::endpoint(address, port);
}

std::string endpoint_text(const boost::asio::ip::tcp::endpoint& endpoint) {
    const std::string host = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
           std::to_string(endpoint.port());
}

}  // namespace tidemark::server
