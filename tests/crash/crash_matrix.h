#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::tests {

struct CrashMatrixOptions {
    std::string workload;  ///< Its name; empty: all.
    /// Only every so many operations are hit, beginning with another one in each workload.
    std::uint64_t stride = 1;
    std::uint64_t seed = 1;  ///< Of the mixed images. Equal seeds give equal images.
    std::size_t thread_count = 1;
};

struct CrashMatrixReport {
    struct Row {
        std::string workload;
        std::uint64_t operation_count = 0;  ///< Of one run without faults.
        std::uint64_t state_count = 0;
    };
    std::vector<Row> rows;
    std::uint64_t state_count = 0;         ///< Disks that were recovered and compared.
    std::uint64_t acknowledged_count = 0;  ///< Ledger entries that those had to have.
    std::uint64_t complaint_count = 0;     ///< 0: all is well.
    std::vector<std::string> complaints;   ///< The first some, with what repeats them.
};

/// Runs each workload once for each of its file operations and each kind of fault there:
///
/// - the power is cut in front of the operation;
/// - the operation fails with EIO or ENOSPC, or it and all after it do; the power is cut at the end
///   of the workload;
/// - its bytes land in a wrong place, and nobody is told.
///
/// Of the disk that is left six images are made: what was not synced dropped, kept, and mixed four
/// times. Each is recovered and compared with the ledger; a second recovery must change nothing,
/// and what was recovered must be durable. After a power cut each recovery is cut in its turn in
/// front of each of its operations. Of a misdirected write only two images are made, and compared
/// as damaged ones.
CrashMatrixReport run_crash_matrix(const CrashMatrixOptions& options);

}  // namespace tidemark::tests
