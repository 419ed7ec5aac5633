#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "server/handlers/line_session.h"
#include "server/net/connection.h"

namespace tidemark::server {

/// One TCP client of line protocol. Reads, has a worker parse and write what was read, and reads
/// again only then: a client that is faster than the store is held back by TCP.
///
/// The connection is closed in order only when the client has closed its side and every line that
/// was taken is durable; in every other case it is reset.
class LineConnection final : public Connection {
public:
    LineConnection(Network& network, boost::asio::ip::tcp::socket socket,
                   const LineContext& context);

    void start() override;
    void stop() override;
    void abort() override { reset(); }

private:
    void read();
    void read_what_is_there();
    void on_read(const boost::system::error_code& error, std::size_t size_bytes);
    void process();
    void answer_http();
    void on_processed();
    void finish();
    void on_finished();
    void close();
    void reset();
    void leave();

    boost::asio::ip::tcp::socket socket_;
    const std::string peer_;
    RefusalLog& refusals_;
    RefusalLog& troubles_;
    LineSession session_;  ///< Used by one worker at a time, never while a read is pending.
    Result<std::size_t> consumed_{0};  ///< What feed() answered.
    Status durable_ = success();       ///< What make_durable() answered.
    const std::size_t buffer_size_bytes_;
    const std::unique_ptr<char[]> buffer_;
    std::size_t pending_size_bytes_ = 0;  ///< At the beginning of buffer_: read, not consumed.
    std::size_t read_after_stop_bytes_ = 0;
    bool has_answered_http_ = false;
    std::string http_answer_;
    bool is_at_end_ = false;  ///< The client has closed its side.
    bool is_stopping_ = false;
    bool is_closed_ = false;
};

}  // namespace tidemark::server
