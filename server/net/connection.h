#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <set>
#include <thread>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace tidemark::server {

class Network;

enum class ConnectionKind : std::uint8_t { Line, Http };

/// A connection as its server sees it. Lives on the network thread, and as long as it waits for
/// something.
///
/// Memory may run out in any step of a connection. Then that connection ends, and nothing else: its
/// steps are run by guarded(), handler() and work_then(), which see to it.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Network& network, ConnectionKind kind) : network_(network), kind_(kind) {}
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    virtual void start() = 0;
    /// Comes to its end as soon as what was taken is taken care of.
    virtual void stop() = 0;
    /// Comes to its end now; the other side sees that it was cut off.
    virtual void abort() = 0;

    ConnectionKind kind() const { return kind_; }

    /// Runs `step`; when it throws, the connection is aborted.
    template <typename Step>
    void guarded(const Step& step) {
        try {
            step();
        } catch (const std::exception& exception) {
            tell_failure(exception.what());
            abort();
        }
    }

protected:
    /// The completion handler of a read or a write: keeps the connection alive and guards `step`,
    /// which gets the error and how many bytes were transferred.
    template <typename Step>
    auto handler(Step step) {
        return [self = shared_from_this(), step = std::move(step)](
                   const boost::system::error_code& error, std::size_t size_bytes) {
            self->guarded([&] { step(error, size_bytes); });
        };
    }

    /// Has one of `workers` do `work`, then goes on with `done` on the network thread; when `work`
    /// throws, the connection is aborted instead. `done` must be copied without an exception: it
    /// holds `this` and no more, and finds results in the connection.
    template <typename Work, typename Done>
    void work_then(boost::asio::thread_pool& workers, Work work, Done done);

    Network& network() { return network_; }

private:
    static void tell_failure(const char* what);

    Network& network_;
    const ConnectionKind kind_;
};

/// The network thread and the threads that do what blocks, and the connections that live on them.
/// All sockets are used on the one network thread, so none needs a lock; parsing, writing and
/// querying happen on the workers.
class Network {
public:
    Network() : writers_(kWriterThreads), readers_(kReaderThreads) {}

    boost::asio::io_context& io() { return io_; }
    /// For writes, which mostly wait for the disk; and for queries. Apart, so that long queries
    /// never keep points from being written.
    boost::asio::thread_pool& writers() { return writers_; }
    boost::asio::thread_pool& readers() { return readers_; }

    /// Has the network thread run `step`, which is copied without an exception. From any thread;
    /// where there is no memory even for that, waits until there is.
    template <typename Step>
    void resume(const Step& step) {
        for (;;) {
            try {
                boost::asio::post(io_, step);
                return;
            } catch (const std::bad_alloc&) {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
        }
    }

    // Network thread only.

    void add(const std::shared_ptr<Connection>& connection) {
        connections_.insert(connection);
        ++count_of(connection->kind());
        connection->guarded([&] { connection->start(); });
    }
    void remove(const std::shared_ptr<Connection>& connection) {
        if (connections_.erase(connection) == 1) --count_of(connection->kind());
        if (on_empty_ && connections_.empty()) std::exchange(on_empty_, nullptr)();
    }
    std::size_t connection_count(ConnectionKind kind) { return count_of(kind); }

    /// Stops all connections, then calls `on_empty` when the last one is gone.
    void stop_connections(std::function<void()> on_empty) {
        on_empty_ = std::move(on_empty);
        for_each([](const auto& connection) { connection->stop(); });
        if (on_empty_ && connections_.empty()) std::exchange(on_empty_, nullptr)();
    }

    void abort_connections() {
        for_each([](const auto& connection) { connection->abort(); });
    }

    /// Aborts the connections that wait for nothing any more: when an exception leaves Asio or
    /// Beast, the handler that was to go on with a connection is gone.
    void abort_abandoned() {
        for_each([](const std::shared_ptr<Connection>& connection) {
            if (connection.use_count() == kHeldHere) connection->abort();
        });
    }

private:
    static constexpr std::size_t kWriterThreads = 8;
    static constexpr std::size_t kReaderThreads = 4;
    static constexpr long kHeldHere = 2;  ///< By the set and by for_each().

    // `action` may remove the connection it is given.
    template <typename Action>
    void for_each(const Action& action) {
        for (auto next = connections_.begin(); next != connections_.end();) {
            const std::shared_ptr<Connection> connection = *next++;
            action(connection);
        }
    }
    std::size_t& count_of(ConnectionKind kind) { return counts_[static_cast<std::size_t>(kind)]; }

    boost::asio::io_context io_{1};
    boost::asio::thread_pool writers_;
    boost::asio::thread_pool readers_;
    std::set<std::shared_ptr<Connection>> connections_;
    std::array<std::size_t, 2> counts_{};
    std::function<void()> on_empty_;
};

template <typename Work, typename Done>
void Connection::work_then(boost::asio::thread_pool& workers, Work work, Done done) {
    boost::asio::post(workers,
                      [this, self = shared_from_this(), work = std::move(work), done]() mutable {
                          bool is_done = false;
                          // Nothing may leave a worker: Asio's threads end the process then.
                          try {
                              work();
                              is_done = true;
                          } catch (const std::exception& exception) {
                              tell_failure(exception.what());
                          } catch (...) {
                              tell_failure("unknown exception");
                          }
                          network_.resume([this, self, done, is_done] {
                              if (!is_done) return abort();
                              guarded(done);
                          });
                      });
}

}  // namespace tidemark::server
