#pragma once

#include <functional>
#include <span>

#include <tidemark/store.h>

#include "tests/support/crashing_file_system.h"
#include "tests/support/ledger.h"

namespace tidemark::tests {

/// What a workload runs on: a disk that may fail at any operation, and the book.
struct CrashRun {
    CrashingFileSystem& files;
    Ledger& ledger;
    bool was_warned = false;  ///< By the recovery of one of the opens.

    /// Opens the store and hands it on; does nothing when the disk does not let it be opened.
    void with_store(const std::function<void(Store&)>& work);
};

/// A script of what users do with a store, with its answers entered in the ledger. It is run many
/// times, each time with a fault at another operation, so it goes on whatever fails, and is as
/// short as what it is about allows.
struct CrashWorkload {
    const char* name;
    void (*run)(CrashRun& run);
};

/// All of them. A row here is all that another one needs.
std::span<const CrashWorkload> crash_workloads();

}  // namespace tidemark::tests
