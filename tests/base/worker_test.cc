#include "storage/base/worker.h"

#include <atomic>
#include <memory>

#include <catch2/catch.hpp>

using namespace tidemark::storage;

namespace {

// Counts runs, and lets a test wait for them.
class RunCounter {
public:
    void add() {
        MutexLock lock(mutex_);
        ++run_count_;
        changed_.notify_all();
    }

    void wait_for_count(int run_count) {
        MutexLock lock(mutex_);
        while (run_count_ < run_count) changed_.wait(mutex_);
    }

    int run_count() {
        MutexLock lock(mutex_);
        return run_count_;
    }

private:
    Mutex mutex_;
    CondVar changed_;
    int run_count_ TIDEMARK_GUARDED_BY(mutex_) = 0;
};

}  // namespace

TEST_CASE("a worker runs when notified, and not after stop", "[worker][concurrency]") {
    RunCounter counter;
    Worker worker("counter", Worker::kNoPeriod, [&] { counter.add(); });
    worker.notify();
    counter.wait_for_count(1);
    worker.notify();
    counter.wait_for_count(2);
    worker.stop();
    const int run_count = counter.run_count();
    worker.notify();
    worker.stop();
    CHECK(counter.run_count() == run_count);
}

TEST_CASE("a worker with a period runs by itself", "[worker][concurrency]") {
    RunCounter counter;
    Worker worker("periodic", std::chrono::milliseconds(1), [&] { counter.add(); });
    counter.wait_for_count(3);
    worker.stop();
    CHECK(counter.run_count() >= 3);
}

TEST_CASE("destroying a worker waits for the run in progress", "[worker][concurrency]") {
    RunCounter counter;
    std::atomic<bool> is_running = false;
    auto worker = std::make_unique<Worker>("slow", Worker::kNoPeriod, [&] {
        is_running = true;
        counter.add();
        for (int turn = 0; turn < 1000; ++turn) std::this_thread::yield();
        is_running = false;
    });
    worker->notify();
    counter.wait_for_count(1);
    worker.reset();
    CHECK_FALSE(is_running);
}
