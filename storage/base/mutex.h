#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// Clang checks at compile time which lock guards what (-Wthread-safety); other compilers read
// these as nothing.
#if defined(__clang__)
#define TIDEMARK_THREAD_ATTRIBUTE(attribute) __attribute__((attribute))
#else
#define TIDEMARK_THREAD_ATTRIBUTE(attribute)
#endif

#define TIDEMARK_CAPABILITY(name) TIDEMARK_THREAD_ATTRIBUTE(capability(name))
#define TIDEMARK_SCOPED_CAPABILITY TIDEMARK_THREAD_ATTRIBUTE(scoped_lockable)
#define TIDEMARK_GUARDED_BY(mutex) TIDEMARK_THREAD_ATTRIBUTE(guarded_by(mutex))
#define TIDEMARK_PT_GUARDED_BY(mutex) TIDEMARK_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
#define TIDEMARK_REQUIRES(...) TIDEMARK_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define TIDEMARK_EXCLUDES(...) TIDEMARK_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define TIDEMARK_ACQUIRE(...) TIDEMARK_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TIDEMARK_RELEASE(...) TIDEMARK_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define TIDEMARK_NO_THREAD_SAFETY_ANALYSIS TIDEMARK_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace tidemark::storage {

/// std::mutex that Clang's analysis knows.
class TIDEMARK_CAPABILITY("mutex") Mutex {
public:
    void lock() TIDEMARK_ACQUIRE() { mutex_.lock(); }
    void unlock() TIDEMARK_RELEASE() { mutex_.unlock(); }

private:
    friend class CondVar;
    std::mutex mutex_;
};

/// Holds a mutex for a scope.
class TIDEMARK_SCOPED_CAPABILITY MutexLock {
public:
    explicit MutexLock(Mutex& mutex) TIDEMARK_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
    ~MutexLock() TIDEMARK_RELEASE() { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

/// Waits for a change of what a mutex guards. Wakes without cause at times, so waiting is a loop:
///
///     MutexLock lock(mutex_);
///     while (queue_.empty()) changed_.wait(mutex_);
class CondVar {
public:
    void wait(Mutex& mutex) TIDEMARK_REQUIRES(mutex) {
        std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
        condition_.wait(lock);
        lock.release();  // The caller's MutexLock unlocks.
    }

    /// False when `duration` passed without a notification.
    bool wait_for(Mutex& mutex, std::chrono::nanoseconds duration) TIDEMARK_REQUIRES(mutex) {
        return wait_until(mutex, std::chrono::steady_clock::now() + duration);
    }

    /// False when `deadline` passed without a notification.
    bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point deadline)
        TIDEMARK_REQUIRES(mutex) {
        std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
        const std::cv_status status = condition_.wait_until(lock, deadline);
        lock.release();
        return status == std::cv_status::no_timeout;
    }

    void notify_one() { condition_.notify_one(); }
    void notify_all() { condition_.notify_all(); }

private:
    std::condition_variable condition_;
};

}  // namespace tidemark::storage
