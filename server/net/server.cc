#include "server/server.h"

#include <chrono>
#include <exception>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "server/limits.h"
#include "server/log.h"
#include "server/net/connection.h"
#include "server/net/http_connection.h"
#include "server/net/line_connection.h"
#include "server/net/listener.h"

namespace tidemark::server {

namespace asio = boost::asio;

namespace {

// How long connections may take to come to an end by themselves when the server stops.
constexpr std::chrono::seconds kStopTime{10};

// Runs the network thread. A handler that runs out of memory loses its connection, not the server.
void run(Network& network) {
    for (;;) {
        try {
            network.io().run();
            return;
        } catch (const std::exception& exception) {
            log().error("network thread: {}", exception.what());
            network.abort_abandoned();
        }
    }
}

// What the log calls a connection, and who listens for it.
std::string_view name_of(ConnectionKind kind) {
    return kind == ConnectionKind::Line ? "line" : "HTTP";
}

}  // namespace

class Server::Impl {
public:
    Impl(Store& store, const ServerOptions& options)
        : store_(store),
          options_(options),
          refusals_([](const std::string& message) { log().warn(message); }),
          troubles_([](const std::string& message) { log().error(message); }) {}

    Status start() {
        log();  // Made here: where there is no memory left it could not be made.
        TIDEMARK_RETURN_IF_ERROR(
            open(options_.line_endpoint, line_listener_, ConnectionKind::Line));
        TIDEMARK_RETURN_IF_ERROR(
            open(options_.http_endpoint, http_listener_, ConnectionKind::Http));
        for (const auto& listener : {line_listener_, http_listener_}) {
            if (listener) listener->start();
        }
        thread_ = std::thread([this] { run(network_); });
        return success();
    }

    void stop() {
        std::call_once(stopped_, [this] {
            if (!thread_.joinable()) return;
            std::promise<void> empty;
            asio::post(network_.io(), [&] {
                for (const auto& listener : {line_listener_, http_listener_}) {
                    if (listener) listener->stop();
                }
                network_.stop_connections([&] { empty.set_value(); });
            });
            const auto is_empty = empty.get_future();
            if (is_empty.wait_for(kStopTime) == std::future_status::timeout) {
                log().warn("cutting off connections that did not come to an end");
                asio::post(network_.io(), [&] { network_.abort_connections(); });
                is_empty.wait();
            }
            network_.writers().join();
            network_.readers().join();
            work_.reset();
            thread_.join();
        });
    }

    std::string line_address() const { return line_listener_ ? line_listener_->address() : ""; }
    std::string http_address() const { return http_listener_ ? http_listener_->address() : ""; }
    const Counters& counters() const { return counters_; }

private:
    Status open(const std::string& endpoint, std::shared_ptr<Listener>& listener,
                ConnectionKind kind) {
        if (endpoint.empty()) return success();
        TIDEMARK_ASSIGN_OR_RETURN(
            listener,
            Listener::open(network_, endpoint, [this, kind](asio::ip::tcp::socket socket) {
                counters_.connections_accepted.fetch_add(1, std::memory_order_relaxed);
                if (network_.connection_count(kind) >= options_.connection_limit) {
                    return refuse(kind);
                }
                kind == ConnectionKind::Line ? add_line(std::move(socket))
                                             : add_http(std::move(socket));
            }));
        return success();
    }

    void refuse(ConnectionKind kind) {
        refusals_.add("refused a connection: there are " +
                          std::to_string(options_.connection_limit) + " " +
                          std::string(name_of(kind)) + " connections already (serve " +
                          kConnectionsOption + " sets the limit)",
                      steady_now_ns());
    }

    void add_line(asio::ip::tcp::socket socket) {
        const LineContext context{.store = store_,
                                  .counters = counters_,
                                  .refusals = refusals_,
                                  .troubles = troubles_,
                                  .line_size_limit_bytes = options_.line_size_limit_bytes};
        network_.add(std::make_shared<LineConnection>(network_, std::move(socket), context));
    }

    void add_http(asio::ip::tcp::socket socket) {
        const HttpLimits limits{.body_size_bytes = options_.body_size_limit_bytes,
                                .query_size_bytes = options_.query_size_limit_bytes,
                                .line_size_bytes = options_.line_size_limit_bytes,
                                .query = options_.query_limits};
        network_.add(std::make_shared<HttpConnection>(network_, std::move(socket), store_,
                                                      counters_, running_, refusals_, limits));
    }

    Store& store_;
    const ServerOptions options_;
    Counters counters_;
    RunningQueries running_;
    RefusalLog refusals_;  ///< Of what clients did.
    RefusalLog troubles_;  ///< Of lines that are lost. Apart, so that the others do not hide it.
    Network network_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{network_.io().get_executor()};
    std::shared_ptr<Listener> line_listener_;
    std::shared_ptr<Listener> http_listener_;
    std::thread thread_;
    std::once_flag stopped_;
};

Result<std::unique_ptr<Server>> Server::start(Store& store, const ServerOptions& options) {
    try {
        auto impl = std::make_unique<Impl>(store, options);
        TIDEMARK_RETURN_IF_ERROR(impl->start());
        return std::unique_ptr<Server>(new Server(std::move(impl)));
    } catch (const std::exception& exception) {  // No threads or descriptors are left.
        return Error(ErrorCode::IoError, std::string("start the server: ") + exception.what());
    }
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }
void Server::stop() { impl_->stop(); }
std::string Server::line_address() const { return impl_->line_address(); }
std::string Server::http_address() const { return impl_->http_address(); }
const Counters& Server::counters() const { return impl_->counters(); }

}  // namespace tidemark::server
