#include "tools/remote_session.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "tools/session/answer_parser.h"

namespace tidemark::tools {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr auto kConnectTimeout = std::chrono::seconds(5);
constexpr auto kCancelCheckInterval = std::chrono::milliseconds(100);
constexpr std::uint64_t kAnswerLimitBytes = std::uint64_t{4} << 30;

// One request and its answer. Each step is asynchronous only so that it can time out and be
// cancelled.
class HttpExchange {
public:
    HttpExchange(const std::string& url, const std::atomic<bool>& cancelled)
        : url_(url), cancelled_(cancelled) {}

    // `timeout`: of each step after connecting; nothing: as long as it takes.
    Result<Response> send(const ServerAddress& address, const Request& request,
                          std::optional<std::chrono::milliseconds> timeout) {
        TIDEMARK_RETURN_IF_ERROR(connect(address));
        set_timeout(timeout);
        TIDEMARK_RETURN_IF_ERROR(finish("send", [&](auto done) {
            http::async_write(stream_, request,
                              [done](beast::error_code code, std::size_t) { done(code); });
        }));
        set_timeout(timeout);
        http::response_parser<http::string_body> parser;
        parser.body_limit(kAnswerLimitBytes);
        TIDEMARK_RETURN_IF_ERROR(finish("read", [&](auto done) {
            http::async_read(stream_, buffer_, parser,
                             [done](beast::error_code code, std::size_t) { done(code); });
        }));
        return parser.release();
    }

private:
    Status connect(const ServerAddress& address) {
        asio::ip::tcp::resolver resolver(io_);
        beast::error_code failure;
        const auto endpoints = resolver.resolve(address.host, address.port, failure);
        if (failure) return failed("find", failure);
        stream_.expires_after(kConnectTimeout);
        return finish("connect", [&](auto done) {
            stream_.async_connect(endpoints,
                                  [done](beast::error_code code, const auto&) { done(code); });
        });
    }

    void set_timeout(std::optional<std::chrono::milliseconds> timeout) {
        timeout ? stream_.expires_after(*timeout) : stream_.expires_never();
    }

    // Runs the operation that `start` starts to its end.
    template <typename Start>
    Status finish(std::string_view step, Start start) {
        std::optional<beast::error_code> outcome;
        start([&outcome](beast::error_code code) { outcome = code; });
        io_.restart();
        while (!outcome) {
            io_.run_for(kCancelCheckInterval);
            if (!outcome && cancelled_.load()) stream_.cancel();
        }
        if (cancelled_.load()) return Error(ErrorCode::Cancelled, "cancelled");
        if (*outcome) return failed(step, *outcome);
        return success();
    }

    Error failed(std::string_view step, beast::error_code code) const {
        std::string message = url_ + ": cannot " + std::string(step) + ": " + code.message();
        if (code == asio::error::connection_refused) {
            message += "; is `tidemark serve` running there?";
        } else if (step != "connect" && step != "find") {
            message +=
                "; is this its HTTP address (port 8086 unless told otherwise)? The "
                "line-protocol port answers nothing";
        }
        return Error(ErrorCode::IoError, std::move(message));
    }

    const std::string& url_;
    const std::atomic<bool>& cancelled_;
    asio::io_context io_;
    beast::tcp_stream stream_{io_};
    beast::flat_buffer buffer_;
};

Request make_request(http::verb method, std::string_view target, const ServerAddress& address) {
    Request request(method, target, 11);
    const bool is_v6 = address.host.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + address.host + "]" : address.host;
    request.set(http::field::host, host + ":" + address.port);
    request.set(http::field::user_agent, "tidemark");
    request.set(http::field::connection, "close");
    return request;
}

// Something else than a server's HTTP port answers, and may say what it is.
Error refused_ping(const std::string& url, const Response& response) {
    std::string message = url + ": status " + std::to_string(response.result_int());
    const Result<QueryResult> answer = parse_answer(response.body());
    if (answer && !answer.value().statements.empty() && answer.value().statements[0].error) {
        message += ": " + answer.value().statements[0].error->message();
    }
    return Error(ErrorCode::IoError, std::move(message));
}

// As application/x-www-form-urlencoded.
std::string form_encoded(std::string_view text) {
    constexpr std::string_view kHexDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_plain) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += kHexDigits[byte >> 4];
            encoded += kHexDigits[byte & 0xf];
        }
    }
    return encoded;
}

}  // namespace

Result<ServerAddress> parse_url(std::string_view url) {
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = url.starts_with(kScheme) ? url.substr(kScheme.size()) : "";
    if (rest.ends_with('/')) rest.remove_suffix(1);
    // The port stands behind the last colon, unless that is inside of an IPv6 address.
    const std::size_t colon = rest.rfind(':');
    const bool has_port = colon != std::string_view::npos && rest.find(']', colon) == rest.npos;
    std::string_view host = rest.substr(0, has_port ? colon : rest.size());
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const std::string_view port = has_port ? rest.substr(colon + 1) : "8086";
    const bool is_number =
        !port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos;
    if (host.empty() || host.find_first_of("/?#@ ") != std::string_view::npos || !is_number) {
        return Error(ErrorCode::InvalidArgument,
                     "expected a URL such as http://127.0.0.1:8086, "
                     "found " +
                         std::string(url));
    }
    return ServerAddress{std::string(host), std::string(port)};
}

Result<std::unique_ptr<StatementRunner>> RemoteSession::open(const std::string& url,
                                                             std::chrono::milliseconds timeout) {
    TIDEMARK_ASSIGN_OR_RETURN(ServerAddress address, parse_url(url));
    const std::atomic<bool> cancelled{false};
    HttpExchange exchange(url, cancelled);
    const Request ping = make_request(http::verb::get, "/ping", address);
    TIDEMARK_ASSIGN_OR_RETURN(const Response pong, exchange.send(address, ping, timeout));
    if (pong.result_int() / 100 != 2) return refused_ping(url, pong);
    return std::unique_ptr<StatementRunner>(
        std::make_unique<RemoteSession>(url, std::move(address)));
}

Result<QueryResult> RemoteSession::run(std::string_view text, const std::string& database,
                                       const std::atomic<bool>& cancelled) {
    Request request = make_request(http::verb::post, "/query", address_);
    request.set(http::field::content_type, "application/x-www-form-urlencoded");
    request.body() = "db=" + form_encoded(database) + "&q=" + form_encoded(text);
    if (!parameters_json().empty()) {
        request.body() += "&params=" + form_encoded(parameters_json());
    }
    request.prepare_payload();
    HttpExchange exchange(url_, cancelled);
    TIDEMARK_ASSIGN_OR_RETURN(const Response response,
                              exchange.send(address_, request, std::nullopt));
    Result<QueryResult> answer = parse_answer(response.body());
    if (!answer) {
        return std::move(answer).error().within(url_ + ": status " +
                                                std::to_string(response.result_int()));
    }
    return answer;
}

Result<WriteReport> RemoteSession::write(const std::string& lines, const std::string& database,
                                         const std::string& policy,
                                         const std::atomic<bool>& cancelled) {
    std::string target = "/write?db=" + form_encoded(database);
    if (!policy.empty()) target += "&rp=" + form_encoded(policy);
    Request request = make_request(http::verb::post, target, address_);
    request.body() = lines;
    request.prepare_payload();
    HttpExchange exchange(url_, cancelled);
    TIDEMARK_ASSIGN_OR_RETURN(const Response response,
                              exchange.send(address_, request, std::nullopt));
    return read_write_answer(response.result_int(), response.body());
}

}  // namespace tidemark::tools
