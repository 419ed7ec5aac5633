#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <tidemark/result.h>

#include "server/net/connection.h"

namespace tidemark::server {

/// Accepts connections on one endpoint. Network thread only, but for open() and address().
///
/// The sockets it hands on reset their connection when they are closed (they linger for no time),
/// until told otherwise. It is so from the beginning because an orderly close tells a line client
/// that all is durable: neither a lack of memory nor the kernel, which closes the sockets of a
/// process that is killed, may say so.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    using OnSocket = std::function<void(boost::asio::ip::tcp::socket)>;

    /// Begins to listen; clients that connect wait until start(). IoError when the endpoint cannot
    /// be had, with the reason.
    static Result<std::shared_ptr<Listener>> open(Network& network, std::string_view endpoint,
                                                  OnSocket on_socket);

    /// Use open().
    Listener(Network& network, boost::asio::ip::tcp::acceptor acceptor, OnSocket on_socket);

    void start() { accept(); }
    void stop();

    /// What is listened on, with the real port.
    const std::string& address() const { return address_; }

private:
    void accept();
    void hand_on(boost::asio::ip::tcp::socket socket);

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    OnSocket on_socket_;
    std::string address_;
};

}  // namespace tidemark::server
