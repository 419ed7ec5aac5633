#include "tools/demo/line_sender.h"

#include <array>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace tidemark::tools {

Status send_lines(const std::string& endpoint, std::string_view text) {
    const std::size_t colon = endpoint.rfind(':');
    const std::string host = endpoint.substr(0, colon);
    const std::string port = endpoint.substr(colon + 1);

    asio::io_context context;
    tcp::socket socket(context);
    boost::system::error_code error;
    const auto addresses = tcp::resolver(context).resolve(host, port, error);
    if (!error) asio::connect(socket, addresses, error);
    if (error) return Error(ErrorCode::IoError, "connect " + endpoint + ": " + error.message());

    asio::write(socket, asio::buffer(text), error);
    if (!error) socket.shutdown(tcp::socket::shutdown_send, error);
    std::array<char, 256> ignored{};
    while (!error) socket.read_some(asio::buffer(ignored), error);
    if (error == asio::error::eof) return success();
    return Error(ErrorCode::IoError, "send to " + endpoint + ": " + error.message());
}

}  // namespace tidemark::tools
