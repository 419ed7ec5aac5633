#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "server/handlers/http_handler.h"
#include "server/limits.h"
#include "server/net/connection.h"

namespace tidemark::server {

struct HttpLimits {
    std::size_t body_size_bytes = 25'000'000;             ///< Of /write, as sent and unpacked.
    std::size_t query_size_bytes = std::size_t{1} << 20;  ///< Of everything else.
    std::size_t line_size_bytes = std::size_t{1} << 20;
    QueryLimits query = {};
};

/// One HTTP client: requests are read one after the other, answered by a worker, and the connection
/// is kept alive where the client wants that. A query whose client leaves is cancelled.
class HttpConnection final : public Connection {
public:
    HttpConnection(Network& network, boost::asio::ip::tcp::socket socket, Store& store,
                   Counters& counters, RunningQueries& running, RefusalLog& refusals,
                   const HttpLimits& limits);

    void start() override;
    void stop() override;
    void abort() override { close(); }

private:
    std::size_t body_limit_bytes() const;
    HandlerContext context();
    HttpResponse too_large(std::string_view what) const;
    void read_header();
    void on_header(const boost::system::error_code& error);
    void read_body();
    void on_request(const boost::system::error_code& error);
    void refuse(const boost::system::error_code& error);
    void watch_for_leaving();
    HttpResponse answer(const std::string& content_encoding, HttpRequest request);
    void write();
    void on_written(const boost::system::error_code& error);
    void drain();
    void discard();
    void close();

    boost::beast::tcp_stream stream_;
    Store& store_;
    Counters& counters_;
    RunningQueries& running_;
    RefusalLog& refusals_;
    const HttpLimits limits_;
    boost::beast::flat_buffer buffer_;
    /// One per message: Beast's parsers are not reused.
    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    boost::beast::http::response<boost::beast::http::string_body> response_;
    HttpResponse answer_;  ///< What response_ is made of; a worker's while one is at it.
    bool is_write_ = false;
    bool is_head_ = false;
    std::string discarded_;
    std::atomic<bool> is_cancelled_{false};  ///< Read by the worker.
    bool is_answering_ = false;
    bool is_stopping_ = false;
    bool is_closed_ = false;
};

}  // namespace tidemark::server
