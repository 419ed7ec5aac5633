#include "storage/base/worker.h"

#include <utility>

#include <pthread.h>

namespace tidemark::storage {

Worker::Worker(const std::string& name, std::chrono::nanoseconds period, std::function<void()> work)
    : period_(period), work_(std::move(work)), thread_([this] { run(); }) {
    constexpr std::size_t kNameLimitBytes = 15;
    pthread_setname_np(thread_.native_handle(), name.substr(0, kNameLimitBytes).c_str());
}

void Worker::notify() {
    MutexLock lock(mutex_);
    is_notified_ = true;
    changed_.notify_one();
}

void Worker::stop() {
    {
        MutexLock lock(mutex_);
        is_stopping_ = true;
        changed_.notify_one();
    }
    MutexLock lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
}

void Worker::run() {
    while (wait_for_turn()) work_();
}

bool Worker::wait_for_turn() {
    MutexLock lock(mutex_);
    // kNoPeriod added to a time would overflow.
    const auto begin = std::chrono::steady_clock::now();
    const auto deadline = period_ == kNoPeriod ? begin : begin + period_;
    while (!is_notified_ && !is_stopping_) {
        if (period_ == kNoPeriod) {
            changed_.wait(mutex_);
        } else if (!changed_.wait_until(mutex_, deadline)) {
            break;
        }
    }
    is_notified_ = false;
    return !is_stopping_;
}

}  // namespace tidemark::storage
