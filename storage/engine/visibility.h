#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <set>

#include <tidemark/types.h>

#include "storage/base/mutex.h"

namespace tidemark::storage {

/// Up to which sequence rows are visible, and which older views are still being looked at.
/// Thread-safe. Shared, so that a view can say goodbye after the store is gone.
class Visibility : public std::enable_shared_from_this<Visibility> {
public:
    /// A view of everything up to a sequence, for as long as this lives.
    class View {
    public:
        ~View() { visibility_->release(sequence_); }
        View(const View&) = delete;
        View& operator=(const View&) = delete;

        Sequence sequence() const { return sequence_; }

    private:
        friend class Visibility;
        View(std::shared_ptr<Visibility> visibility, Sequence sequence)
            : visibility_(std::move(visibility)), sequence_(sequence) {}

        const std::shared_ptr<Visibility> visibility_;
        const Sequence sequence_;
    };

    Sequence sequence() const { return sequence_.load(std::memory_order_acquire); }

    /// Makes everything up to `sequence` visible to views taken from here on. Never goes back.
    void publish(Sequence sequence) { sequence_.store(sequence, std::memory_order_release); }

    std::unique_ptr<View> take_view() {
        MutexLock lock(mutex_);
        const Sequence sequence = this->sequence();
        held_.insert(sequence);
        return std::unique_ptr<View>(new View(shared_from_this(), sequence));
    }

    /// True when no view, living or taken later, can lie before `sequence`.
    bool has_passed(Sequence sequence) const {
        if (this->sequence() < sequence) return false;
        MutexLock lock(mutex_);
        return held_.empty() || *held_.begin() >= sequence;
    }

private:
    void release(Sequence sequence) {
        MutexLock lock(mutex_);
        held_.erase(held_.find(sequence));
    }

    std::atomic<Sequence> sequence_{0};
    mutable Mutex mutex_;
    std::multiset<Sequence> held_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::storage
