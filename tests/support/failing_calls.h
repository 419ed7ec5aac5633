#pragma once

#include <atomic>
#include <cstdint>

namespace tidemark::tests {

/// What the operating system's file calls do to this process, or to another one that has the
/// library failing_calls preloaded: see failing_calls.cc. Lies in memory that both may share, so
/// all bytes zero means that nothing fails.
struct CallFaults {
    /// Every call is interrupted (EINTR) once, then works.
    std::atomic<std::uint32_t> is_interrupting;
    /// Reads and writes move at most so many bytes at a time; 0: all.
    std::atomic<std::uint32_t> transfer_limit_bytes;
    /// Writes fail with ENOSPC, large ones after a part of their bytes.
    std::atomic<std::uint32_t> is_full;
    /// So many of the next fdatasync() and fsync() of files fail with EIO.
    std::atomic<std::uint32_t> failing_sync_count;
    /// How often a fault was given.
    std::atomic<std::uint32_t> fault_count;
};

/// Those of this process: the file that the environment variable TIDEMARK_CALL_FAULTS names,
/// mapped, or else memory of its own.
CallFaults& call_faults();

/// Maps the faults of another process from such a file, which is made; kept mapped for good.
CallFaults& shared_call_faults(const char* path);

}  // namespace tidemark::tests
