#include "server/net/http_connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "server/limits.h"
#include "server/net/gzip.h"

namespace tidemark::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

// How long a connection may be silent between requests, and how long one message may take.
constexpr std::chrono::minutes kIdleTime{5};
constexpr std::chrono::minutes kMessageTime{10};
// How long what is left of a refused request is read, so that the client gets to see the answer.
constexpr std::chrono::seconds kDrainTime{2};

// Statements come in the URL, so the first line may be long.
constexpr std::uint32_t kHeaderLimitBytes = std::uint32_t{1} << 20;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

bool is_for_write(const http::request<http::string_body>& message) {
    const std::string_view target = view(message.target());
    return target.substr(0, target.find('?')) == "/write";
}

HttpRequest to_request(http::request<http::string_body>&& message) {
    HttpRequest request;
    const std::string_view target = view(message.target());
    const std::size_t question_mark = target.find('?');
    request.method = view(message.method_string());
    request.path = target.substr(0, question_mark);
    if (question_mark != std::string_view::npos) {
        request.parameters = parse_form(target.substr(question_mark + 1));
    }
    request.host = view(message[http::field::host]);
    request.origin = view(message[http::field::origin]);
    request.accept = view(message[http::field::accept]);
    request.content_type = view(message[http::field::content_type]);
    request.body = std::move(message.body());
    return request;
}

}  // namespace

HttpConnection::HttpConnection(Network& network, asio::ip::tcp::socket socket, Store& store,
                               Counters& counters, RunningQueries& running, RefusalLog& refusals,
                               const HttpLimits& limits)
    : Connection(network, ConnectionKind::Http),
      stream_(std::move(socket)),
      store_(store),
      counters_(counters),
      running_(running),
      refusals_(refusals),
      limits_(limits) {}

void HttpConnection::start() {
    error_code ignored;
    stream_.socket().set_option(asio::socket_base::linger(false, 0), ignored);
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    read_header();
}

void HttpConnection::stop() {
    is_stopping_ = true;
    is_cancelled_ = true;
    if (!is_answering_) close();
}

void HttpConnection::read_header() {
    parser_.emplace();
    parser_->body_limit(std::max(limits_.body_size_bytes, limits_.query_size_bytes));
    parser_->header_limit(kHeaderLimitBytes);
    stream_.expires_after(kIdleTime);
    http::async_read_header(
        stream_, buffer_, *parser_,
        handler([this](const error_code& error, std::size_t) { on_header(error); }));
}

void HttpConnection::on_header(const error_code& error) {
    is_write_ = is_for_write(parser_->get());
    if (error) return refuse(error);
    if (parser_->content_length().value_or(0) > body_limit_bytes()) {
        return refuse(http::error::body_limit);
    }
    parser_->body_limit(body_limit_bytes());
    if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      handler([this](const error_code& write_error, std::size_t) {
                          if (write_error) return close();
                          read_body();
                      }));
}

void HttpConnection::read_body() {
    stream_.expires_after(kMessageTime);
    http::async_read(stream_, buffer_, *parser_,
                     handler([this](const error_code& error, std::size_t) { on_request(error); }));
}

void HttpConnection::on_request(const error_code& error) {
    if (error) return refuse(error);
    auto message = parser_->release();
    response_ = {};
    response_.version(message.version());
    response_.keep_alive(message.keep_alive());
    std::string content_encoding(view(message[http::field::content_encoding]));
    is_head_ = message.method() == http::verb::head;
    is_answering_ = true;
    HttpRequest request = to_request(std::move(message));
    if (!may_block(request)) {
        answer_ = handle_request(context(), request);
        return write();
    }
    stream_.expires_never();
    watch_for_leaving();
    work_then(
        is_write_ ? network().writers() : network().readers(),
        [this, content_encoding = std::move(content_encoding),
         request = std::move(request)]() mutable {
            answer_ = answer(content_encoding, std::move(request));
        },
        [this] { write(); });
}

std::size_t HttpConnection::body_limit_bytes() const {
    return is_write_ ? limits_.body_size_bytes : limits_.query_size_bytes;
}

HttpResponse HttpConnection::too_large(std::string_view what) const {
    const std::string advice =
        is_write_ ? std::string("send smaller batches, or serve with a larger ") + kBodyBytesOption
                  : std::string("ask for less, or serve with a larger ") + kQueryBytesOption;
    return error_response(413, std::string(what) + " more than " +
                                   std::to_string(body_limit_bytes()) + " bytes: " + advice);
}

HandlerContext HttpConnection::context() {
    return {.store = store_,
            .counters = counters_,
            .cancelled = is_cancelled_,
            .line_size_limit_bytes = limits_.line_size_bytes,
            .query_limits = limits_.query,
            .running = &running_,
            .refusals = &refusals_};
}

// A request that could not be read: either the client left, or it gets to know why.
void HttpConnection::refuse(const error_code& error) {
    if (is_closed_) return;
    if (error == http::error::body_limit) {
        answer_ = too_large("body of");
    } else if (error == http::error::header_limit) {
        answer_ = error_response(431, "header too large: send long statements with POST");
    } else if (error.category() == make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
        answer_ = error_response(400, "malformed request: " + error.message() +
                                          "; line protocol has a port of its own (\"listening "
                                          "line\", 9009 unless told otherwise), or POST /write");
    } else {
        return close();
    }
    response_ = {};
    response_.version(11);
    response_.keep_alive(false);
    is_head_ = false;
    is_answering_ = true;
    write();
}

// While a worker is at it nothing is read, so a socket that becomes readable and has nothing to
// read has been closed by its client.
void HttpConnection::watch_for_leaving() {
    const auto look = [this] {
        if (!is_answering_) return;
        char byte = 0;
        error_code peek_error;
        stream_.socket().non_blocking(true, peek_error);
        stream_.socket().receive(asio::buffer(&byte, 1), asio::socket_base::message_peek,
                                 peek_error);
        const bool has_left = peek_error && peek_error != asio::error::would_block;
        if (has_left) is_cancelled_ = true;
    };
    // Alone it does not keep the connection: it comes to nothing when the answer is written.
    stream_.socket().async_wait(asio::ip::tcp::socket::wait_read,
                                [weak = weak_from_this(), look](const error_code& error) {
                                    const auto connection = weak.lock();
                                    if (!error && connection) look();
                                });
}

// On a worker.
HttpResponse HttpConnection::answer(const std::string& content_encoding, HttpRequest request) {
    if (content_encoding == "gzip" || content_encoding == "x-gzip") {
        auto unpacked = gunzip(request.body, body_limit_bytes());
        if (!unpacked) {
            const ErrorCode code = unpacked.error().code();
            if (code == ErrorCode::LimitExceeded) return too_large("gzip body: unpacks to");
            return error_response(code == ErrorCode::Busy ? 503 : 400, unpacked.error().message());
        }
        request.body = std::move(unpacked).value();
    } else if (!content_encoding.empty() && content_encoding != "identity") {
        return error_response(
            415, "content encoding \"" + content_encoding + "\" is not known: use gzip or none");
    }
    return handle_request(context(), request);
}

void HttpConnection::write() {
    if (is_closed_) return;
    if (is_stopping_) response_.keep_alive(false);
    response_.result(answer_.status);
    const bool has_body = answer_.status != 204;
    if (has_body) response_.set(http::field::content_type, answer_.content_type);
    for (const auto& [name, value] : answer_.headers) response_.set(name, value);
    if (is_head_) answer_.body.clear();
    response_.body() = std::move(answer_.body);
    response_.prepare_payload();
    if (!has_body) response_.erase(http::field::content_length);  // RFC 9110, 8.6.
    stream_.expires_after(kMessageTime);
    http::async_write(stream_, response_,
                      handler([this](const error_code& error, std::size_t) { on_written(error); }));
}

void HttpConnection::on_written(const error_code& error) {
    is_answering_ = false;
    if (error) return close();
    if (!response_.keep_alive() || is_stopping_) return drain();
    read_header();
}

// Closing while the client still sends would reset the connection, and the answer would be lost.
void HttpConnection::drain() {
    error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    if (is_stopping_) return close();
    discarded_.resize(65536);
    stream_.expires_after(kDrainTime);
    discard();
}

void HttpConnection::discard() {
    stream_.async_read_some(asio::buffer(discarded_),
                            handler([this](const error_code& error, std::size_t) {
                                if (error) return close();
                                discard();
                            }));
}

void HttpConnection::close() {
    if (std::exchange(is_closed_, true)) return;
    stream_.close();
    network().remove(shared_from_this());
}

}  // namespace tidemark::server
