#include "server/net/line_connection.h"

#include <cstring>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

#include "server/handlers/http_message.h"
#include "server/net/endpoint.h"

namespace tidemark::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// What one read may bring; large, so that a busy sender's lines are written in large batches.
constexpr std::size_t kReadBytes = std::size_t{1} << 18;

// What is still taken from a client when the server stops: enough for all that sockets hold back.
constexpr std::size_t kReadAfterStopBytes = std::size_t{64} << 20;

std::string peer_of(const asio::ip::tcp::socket& socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    return error ? "a client that left" : endpoint_text(endpoint);
}

std::string wrong_port_answer() {
    const HttpResponse response =
        error_response(400,
                       "this port takes line protocol; HTTP has a port of its own: `tidemark "
                       "serve` prints it as \"listening http\", 8086 unless told otherwise");
    return "HTTP/1.1 400 Bad Request\r\nContent-Type: " + response.content_type +
           "\r\nContent-Length: " + std::to_string(response.body.size()) +
           "\r\nConnection: close\r\n\r\n" + response.body;
}

}  // namespace

LineConnection::LineConnection(Network& network, asio::ip::tcp::socket socket,
                               const LineContext& context)
    : Connection(network, ConnectionKind::Line),
      socket_(std::move(socket)),
      peer_(peer_of(socket_)),
      refusals_(context.refusals),
      troubles_(context.troubles),
      session_(context, peer_),
      buffer_size_bytes_(context.line_size_limit_bytes + kReadBytes),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_size_bytes_)) {}

void LineConnection::start() { read(); }

void LineConnection::stop() {
    is_stopping_ = true;
    error_code ignored;
    socket_.cancel(ignored);  // A pending read ends; a worker is waited for.
}

void LineConnection::read() {
    if (is_stopping_) return read_what_is_there();
    socket_.async_read_some(
        asio::buffer(buffer_.get() + pending_size_bytes_, buffer_size_bytes_ - pending_size_bytes_),
        handler([this](const error_code& error, std::size_t size_bytes) {
            on_read(error, size_bytes);
        }));
}

// When the server stops: a client that has sent everything and closed its side shall hear that all
// is durable, so what has already arrived is read.
void LineConnection::read_what_is_there() {
    if (read_after_stop_bytes_ > kReadAfterStopBytes) return finish();
    error_code error;
    socket_.non_blocking(true, error);
    const std::size_t size_bytes =
        error ? 0
              : socket_.read_some(asio::buffer(buffer_.get() + pending_size_bytes_,
                                               buffer_size_bytes_ - pending_size_bytes_),
                                  error);
    if (error == asio::error::would_block) return finish();
    read_after_stop_bytes_ += size_bytes;
    on_read(error, size_bytes);
}

void LineConnection::on_read(const error_code& error, std::size_t size_bytes) {
    if (is_closed_) return;
    pending_size_bytes_ += size_bytes;
    if (error == asio::error::operation_aborted && is_stopping_) return read_what_is_there();
    if (error && error != asio::error::eof) {
        refusals_.add("connection from " + peer_ + " broke: " + error.message(), steady_now_ns());
        return reset();
    }
    is_at_end_ = error == asio::error::eof;
    process();
}

void LineConnection::process() {
    const auto feed = [this] {
        const std::string_view text(buffer_.get(), pending_size_bytes_);
        const auto end = is_at_end_ ? storage::TextEnd::Complete : storage::TextEnd::MayContinue;
        consumed_ = session_.feed(text, end);
    };
    work_then(network().writers(), feed, [this] { on_processed(); });
}

void LineConnection::on_processed() {
    if (is_closed_) return;
    if (!consumed_) {
        troubles_.add("cannot write lines from " + peer_ + ": " + consumed_.error().message(),
                      steady_now_ns());
        return reset();
    }
    const std::size_t size_bytes = consumed_.value();
    pending_size_bytes_ -= size_bytes;
    std::memmove(buffer_.get(), buffer_.get() + size_bytes, pending_size_bytes_);
    if (session_.speaks_http() && !std::exchange(has_answered_http_, true)) return answer_http();
    if (is_at_end_) return finish();
    read();
}

// A client that came to the wrong port would wait for an answer. Reading goes on, so that closing
// does not reset the connection before the client has seen it.
void LineConnection::answer_http() {
    http_answer_ = wrong_port_answer();
    asio::async_write(socket_, asio::buffer(http_answer_),
                      handler([this](const error_code& error, std::size_t) {
                          if (is_closed_) return;
                          if (error) return reset();
                          error_code ignored;
                          socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
                          if (is_at_end_) return finish();
                          read();
                      }));
}

void LineConnection::finish() {
    work_then(
        network().writers(), [this] { durable_ = session_.make_durable(); },
        [this] { on_finished(); });
}

void LineConnection::on_finished() {
    if (is_closed_) return;
    if (!durable_) {
        troubles_.add("lines from " + peer_ + " are not durable: " + durable_.error().message(),
                      steady_now_ns());
        return reset();
    }
    if (is_at_end_) return close();
    reset();
}

void LineConnection::close() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(false, 0), ignored);
    socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    leave();
}

// A socket that is not told otherwise resets when it is closed: see Listener.
void LineConnection::reset() { leave(); }

void LineConnection::leave() {
    if (std::exchange(is_closed_, true)) return;
    error_code ignored;
    socket_.close(ignored);
    network().remove(shared_from_this());
}

}  // namespace tidemark::server
