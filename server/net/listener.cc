#include "server/net/listener.h"

#include <chrono>
#include <exception>
#include <utility>

#include <sys/socket.h>

#include "server/log.h"
#include "server/net/endpoint.h"

namespace tidemark::server {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// Makes close() send RST: RFC 1122, 4.2.2.13; socket(7). Not through Asio, whose destructors take
// back an option of theirs and close in order.
bool reset_on_close(asio::ip::tcp::socket& socket) {
    const linger no_time{.l_onoff = 1, .l_linger = 0};
    return ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_LINGER, &no_time, sizeof no_time) ==
           0;
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::open(Network& network, std::string_view endpoint_name,
                                                 OnSocket on_socket) {
    TIDEMARK_ASSIGN_OR_RETURN(const asio::ip::tcp::endpoint endpoint,
                              parse_loopback_endpoint(endpoint_name));
    asio::ip::tcp::acceptor acceptor(network.io());
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        std::string message = "listen on " + endpoint_text(endpoint) + ": " + error.message();
        if (error == asio::error::address_in_use) {
            message += " (another server has this port; choose another, or 0 for any free one)";
        }
        return Error(ErrorCode::IoError, std::move(message));
    }
    return std::make_shared<Listener>(network, std::move(acceptor), std::move(on_socket));
}

Listener::Listener(Network& network, asio::ip::tcp::acceptor acceptor, OnSocket on_socket)
    : acceptor_(std::move(acceptor)),
      pause_(network.io()),
      on_socket_(std::move(on_socket)),
      address_(endpoint_text(acceptor_.local_endpoint())) {}

void Listener::stop() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
}

void Listener::accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const error_code& error, asio::ip::tcp::socket socket) {
            if (!self->acceptor_.is_open()) return;
            if (!error) {
                self->hand_on(std::move(socket));
                return self->accept();
            }
            // Most likely no descriptor is left: trying again at once would spin.
            log().error("cannot accept on {}: {}", self->address_, error.message());
            self->pause_.expires_after(std::chrono::milliseconds(100));
            self->pause_.async_wait([self](const error_code& wait_error) {
                if (!wait_error) self->accept();
            });
        });
}

// A connection that there is no memory for is reset; the next one may find some.
void Listener::hand_on(asio::ip::tcp::socket socket) {
    try {
        if (reset_on_close(socket)) on_socket_(std::move(socket));
    } catch (const std::exception& exception) {
        log().error("cannot take a connection on {}: {}", address_, exception.what());
    }
}

}  // namespace tidemark::server
