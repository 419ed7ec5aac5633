#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <tidemark/store.h>
#include <tidemark/types.h>

#include "storage/base/mutex.h"
#include "storage/base/worker.h"

namespace tidemark::storage {

/// Tells subscribers of a store how far it is durable, on a thread of its own, so that a slow one
/// delays no write: what is committed during a call is told by one more call.
///
/// Thread-safe.
class CommitSubscriptions {
public:
    /// `durable_sequence` may be called from any thread as long as this lives.
    explicit CommitSubscriptions(std::function<Sequence()> durable_sequence);
    ~CommitSubscriptions() { stop(); }
    CommitSubscriptions(const CommitSubscriptions&) = delete;
    CommitSubscriptions& operator=(const CommitSubscriptions&) = delete;

    /// `on_commit` hears of what becomes durable from here on. See Store::subscribe().
    std::unique_ptr<CommitSubscription> add(std::function<void(Sequence)> on_commit)
        TIDEMARK_EXCLUDES(mutex_);

    /// Something became durable. Never blocks for long; does nothing without subscribers.
    void notify() TIDEMARK_EXCLUDES(mutex_);

    /// Tells everyone of the last commit; nobody is called afterwards.
    void stop() TIDEMARK_EXCLUDES(mutex_);

private:
    class Subscriber;
    class Subscription;

    void tell_all() TIDEMARK_EXCLUDES(mutex_);

    const std::function<Sequence()> durable_sequence_;
    Mutex mutex_;
    std::vector<std::weak_ptr<Subscriber>> subscribers_ TIDEMARK_GUARDED_BY(mutex_);
    bool is_stopped_ TIDEMARK_GUARDED_BY(mutex_) = false;
    std::unique_ptr<Worker> worker_ TIDEMARK_GUARDED_BY(mutex_);  // Null without subscribers.
};

}  // namespace tidemark::storage
