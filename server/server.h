#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <tidemark/result.h>
#include <tidemark/store.h>

#include "server/counters.h"
#include "server/limits.h"

namespace tidemark::server {

struct ServerOptions {
    /// Where to listen, as HOST:PORT. The host is a loopback address (127.0.0.1, [::1]) or
    /// localhost; port 0 takes a free one. Empty: not at all.
    std::string line_endpoint = "127.0.0.1:9009";
    std::string http_endpoint = "127.0.0.1:8086";
    /// The longest line, over TCP and HTTP.
    std::size_t line_size_limit_bytes = std::size_t{1} << 20;
    /// The largest body of /write, as sent and as unpacked.
    std::size_t body_size_limit_bytes = 25'000'000;
    /// The largest body of /query, and of whatever else HTTP clients ask.
    std::size_t query_size_limit_bytes = std::size_t{1} << 20;
    QueryLimits query_limits = {};
    /// Connections at a time, of each kind: idle ones on one port keep nobody off the other.
    /// Further ones are closed at once.
    std::size_t connection_limit = 1000;
};

/// Line protocol over TCP, and InfluxDB 1.x's HTTP interface, in front of a store.
///
/// TCP: lines go to the database "default", or to what an optional first line says:
/// `#tidemark db=NAME rp=NAME precision=ms`. Unknown databases are created. Nothing is answered;
/// when the client has closed its sending side, the server closes the connection in order (FIN)
/// once every line it took is durable, and resets it (RST) when that cannot be. Bad lines are
/// counted and logged, and never close a connection.
///
/// HTTP: /write, /query, /ping and /health.
///
/// Refused lines and trouble with connections are logged to standard error. Thread-safe.
class Server {
public:
    /// Starts listening; returns when both endpoints take connections. InvalidArgument for an
    /// endpoint that is none or is not loopback, IoError when it cannot be had. The store must
    /// outlive the server.
    static Result<std::unique_ptr<Server>> start(Store& store, const ServerOptions& options);

    /// Stops.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Takes no more connections, lets requests that are being answered finish (queries are
    /// cancelled), makes durable what was taken over TCP, then closes everything and returns. A TCP
    /// client that has not closed its sending side is reset: it cannot know what was taken. May be
    /// called more than once.
    void stop();

    /// What is listened on, with the real port: "127.0.0.1:9009". Empty when not at all.
    std::string line_address() const;
    std::string http_address() const;

    const Counters& counters() const;

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::server
