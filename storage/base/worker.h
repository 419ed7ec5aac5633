#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "storage/base/mutex.h"

namespace tidemark::storage {

/// A thread that runs `work` whenever it was notified, and at the latest one period after the last
/// run ended. Notifications during a run lead to one more run.
///
/// Thread-safe, except that stop() and the destructor may not be called from `work`.
class Worker {
public:
    /// For waiting until notified.
    static constexpr std::chrono::nanoseconds kNoPeriod = std::chrono::nanoseconds::max();

    /// `name` is what debuggers show; the operating system keeps 15 bytes of it. What `work` uses
    /// must outlive this object, or at least its stop().
    Worker(const std::string& name, std::chrono::nanoseconds period, std::function<void()> work);
    ~Worker() { stop(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void notify();

    /// Waits for a run in progress; no run begins afterwards, notified or not.
    void stop();

private:
    void run();
    bool wait_for_turn();

    const std::chrono::nanoseconds period_;
    const std::function<void()> work_;

    Mutex mutex_;
    CondVar changed_;
    bool is_notified_ TIDEMARK_GUARDED_BY(mutex_) = false;
    bool is_stopping_ TIDEMARK_GUARDED_BY(mutex_) = false;

    Mutex join_mutex_;
    std::thread thread_ TIDEMARK_GUARDED_BY(join_mutex_);  // Last: uses all of the above.
};

}  // namespace tidemark::storage
