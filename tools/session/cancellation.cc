#include "tools/session/cancellation.h"

#include <cerrno>
#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "storage/base/assert.h"

namespace tidemark::tools {
namespace {

constexpr int kMostIgnored = 2;

// What the signal handler writes: all of it is lock-free or a plain system call.
std::atomic<bool> interrupt_requested{false};
std::atomic<int> interrupt_count{0};
std::atomic<int> wake_descriptor{-1};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_interrupt(int signal) {
    const int saved_error = errno;
    interrupt_requested.store(true);
    if (interrupt_count.fetch_add(1) + 1 >= kMostIgnored) std::signal(signal, SIG_DFL);
    // Wakes whoever polls; the thread that took the signal may be another one.
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_descriptor.load(), &one, sizeof one);
    errno = saved_error;
}

enum class PollOutcome : std::uint8_t { Woken, Readable, TimedOut };

// Waits at most `timeout_ms` (-1: for ever); a `descriptor` below zero is not looked at.
PollOutcome poll_with_wake(int descriptor, int timeout_ms) {
    pollfd watched[] = {{wake_descriptor.load(), POLLIN, 0}, {descriptor, POLLIN, 0}};
    const nfds_t count = descriptor < 0 ? 1U : 2U;
    int ready = ::poll(watched, count, timeout_ms);
    // A signal that is ours has woken the descriptor, too; any other starts the wait again.
    while (ready < 0 && errno == EINTR) ready = ::poll(watched, count, timeout_ms);
    if (ready <= 0) return PollOutcome::TimedOut;
    return (watched[0].revents & POLLIN) != 0 ? PollOutcome::Woken : PollOutcome::Readable;
}

}  // namespace

CancelOnInterrupt::CancelOnInterrupt() {
    wake_descriptor.store(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    TIDEMARK_ASSERT(wake_descriptor.load() >= 0, "eventfd for Ctrl-C");
    interrupt_requested.store(false);
    interrupt_count.store(0);
    previous_ = std::signal(SIGINT, on_interrupt);
}

CancelOnInterrupt::~CancelOnInterrupt() {
    std::signal(SIGINT, previous_);
    ::close(wake_descriptor.exchange(-1));
}

const std::atomic<bool>& CancelOnInterrupt::requested() const { return interrupt_requested; }

void CancelOnInterrupt::clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(wake_descriptor.load(), &count, sizeof count);
    interrupt_requested.store(false);
    interrupt_count.store(0);
    std::signal(SIGINT, on_interrupt);
}

bool CancelOnInterrupt::wait_for(std::chrono::milliseconds duration) const {
    return poll_with_wake(-1, static_cast<int>(duration.count())) == PollOutcome::Woken;
}

bool CancelOnInterrupt::wait_readable(int descriptor) const {
    return poll_with_wake(descriptor, -1) != PollOutcome::Woken;
}

}  // namespace tidemark::tools
