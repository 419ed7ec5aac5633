#include "tools/session/cancellation.h"

#include <csignal>

namespace tidemark::tools {
namespace {

std::atomic<bool> interrupt_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // A signal handler may write it.

void on_interrupt(int signal) {
    interrupt_requested.store(true);
    std::signal(signal, SIG_DFL);
}

}  // namespace

CancelOnInterrupt::CancelOnInterrupt() {
    interrupt_requested.store(false);
    previous_ = std::signal(SIGINT, on_interrupt);
}

CancelOnInterrupt::~CancelOnInterrupt() { std::signal(SIGINT, previous_); }

const std::atomic<bool>& CancelOnInterrupt::requested() const { return interrupt_requested; }

}  // namespace tidemark::tools
