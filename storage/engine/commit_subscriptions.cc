#include "storage/engine/commit_subscriptions.h"

#include <utility>

namespace tidemark::storage {

/// One callback and what it was told last.
class CommitSubscriptions::Subscriber {
public:
    Subscriber(std::function<void(Sequence)> on_commit, Sequence told)
        : on_commit_(std::move(on_commit)), told_(told) {}

    void tell(Sequence durable) TIDEMARK_EXCLUDES(mutex_) {
        MutexLock lock(mutex_);
        if (has_ended_ || durable <= told_) return;
        told_ = durable;
        on_commit_(durable);
    }

    /// Waits for a call in progress.
    void end() TIDEMARK_EXCLUDES(mutex_) {
        MutexLock lock(mutex_);
        has_ended_ = true;
    }

private:
    Mutex mutex_;
    const std::function<void(Sequence)> on_commit_;
    Sequence told_ TIDEMARK_GUARDED_BY(mutex_);
    bool has_ended_ TIDEMARK_GUARDED_BY(mutex_) = false;
};

class CommitSubscriptions::Subscription : public CommitSubscription {
public:
    explicit Subscription(std::shared_ptr<Subscriber> subscriber)
        : subscriber_(std::move(subscriber)) {}
    ~Subscription() override { subscriber_->end(); }

private:
    const std::shared_ptr<Subscriber> subscriber_;
};

CommitSubscriptions::CommitSubscriptions(std::function<Sequence()> durable_sequence)
    : durable_sequence_(std::move(durable_sequence)) {}

std::unique_ptr<CommitSubscription> CommitSubscriptions::add(
    std::function<void(Sequence)> on_commit) {
    auto subscriber = std::make_shared<Subscriber>(std::move(on_commit), durable_sequence_());
    MutexLock lock(mutex_);
    std::erase_if(subscribers_, [](const auto& other) { return other.expired(); });
    subscribers_.push_back(subscriber);
    if (worker_ == nullptr && !is_stopped_) {
        worker_ =
            std::make_unique<Worker>("commit-told", Worker::kNoPeriod, [this] { tell_all(); });
    }
    return std::make_unique<Subscription>(std::move(subscriber));
}

void CommitSubscriptions::notify() {
    MutexLock lock(mutex_);
    if (worker_ != nullptr) worker_->notify();
}

void CommitSubscriptions::stop() {
    std::unique_ptr<Worker> worker;
    {
        MutexLock lock(mutex_);
        is_stopped_ = true;
        worker = std::move(worker_);
    }
    if (worker == nullptr) return;
    worker->stop();
    tell_all();
}

void CommitSubscriptions::tell_all() {
    std::vector<std::weak_ptr<Subscriber>> subscribers;
    {
        MutexLock lock(mutex_);
        subscribers = subscribers_;
    }
    const Sequence durable = durable_sequence_();
    for (const auto& weak : subscribers) {
        if (const auto subscriber = weak.lock()) subscriber->tell(durable);
    }
}

}  // namespace tidemark::storage
