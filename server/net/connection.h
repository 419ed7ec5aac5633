#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

namespace tidemark::server {

/// A connection as its server sees it. Lives on the network thread, and as long as it waits for
/// something.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    virtual ~Connection() = default;
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    virtual void start() = 0;
    /// Comes to its end as soon as what was taken is taken care of.
    virtual void stop() = 0;
    /// Comes to its end now; the other side sees that it was cut off.
    virtual void abort() = 0;
};

/// The network thread and the threads that do what blocks, and the connections that live on them.
/// All sockets are used on the one network thread, so none needs a lock; parsing, writing and
/// querying happen on the workers.
class Network {
public:
    Network() : writers_(kWriterThreads), readers_(kReaderThreads) {}

    boost::asio::io_context& io() { return io_; }
    /// For writes, which mostly wait for the disk; and for everything else. Apart, so that long
    /// queries never keep points from being written.
    boost::asio::thread_pool& writers() { return writers_; }
    boost::asio::thread_pool& readers() { return readers_; }

    // Network thread only.

    void add(std::shared_ptr<Connection> connection) {
        const auto& kept = *connections_.insert(std::move(connection)).first;
        kept->start();
    }
    void remove(const std::shared_ptr<Connection>& connection) {
        connections_.erase(connection);
        if (on_empty_ && connections_.empty()) std::exchange(on_empty_, nullptr)();
    }
    std::size_t connection_count() const { return connections_.size(); }

    /// Stops all connections, then calls `on_empty` when the last one is gone.
    void stop_connections(std::function<void()> on_empty) {
        on_empty_ = std::move(on_empty);
        const auto stopping = connections_;  // A copy: stopping removes.
        for (const auto& connection : stopping) connection->stop();
        if (on_empty_ && connections_.empty()) std::exchange(on_empty_, nullptr)();
    }

    void abort_connections() {
        const auto aborting = connections_;
        for (const auto& connection : aborting) connection->abort();
    }

private:
    static constexpr std::size_t kWriterThreads = 8;
    static constexpr std::size_t kReaderThreads = 4;

    boost::asio::io_context io_{1};
    boost::asio::thread_pool writers_;
    boost::asio::thread_pool readers_;
    std::set<std::shared_ptr<Connection>> connections_;
    std::function<void()> on_empty_;
};

}  // namespace tidemark::server
