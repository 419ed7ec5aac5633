#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/scan.h>
#include <tidemark/store.h>

#include "query/operators/query_guard.h"

namespace tidemark::query {

struct SelectPlan;
struct SubqueryRows;

/// Rows answered by each kind of piece, of all scans of a statement together.
struct ScanTotals {
    std::uint64_t rows_from_summaries = 0;
    std::uint64_t rows_from_encoded = 0;
    std::uint64_t rows_decoded = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t series_scanned = 0;
};

/// What all operators of one statement share: the store as it was when the statement began, limits,
/// and what is to be told at the end. Thread-safe.
class ExecutionContext {
public:
    /// `is_killed` is set by KILL QUERY; may be null.
    ExecutionContext(const Store& store, const QueryOptions& options,
                     const std::atomic<bool>* is_killed);

    /// Prepares a scan of the statement's snapshot; path and stop signal are filled in. The scan
    /// lives as long as the context.
    Result<const Scan*> scan(ScanRequest request);

    /// The same over the rows of a subquery, which is run when its first scan is asked for; the
    /// request's measurement says which of its series. `plan` must outlive the context.
    Result<const Scan*> scan_subquery(const SelectPlan& plan, ScanRequest request);

    std::size_t row_limit() const { return options_.row_limit; }
    /// How many rows may be held where fill(none), HAVING or LIMIT take some away again.
    std::size_t held_row_limit() const {
        constexpr std::size_t kRowsPerAnswerRow = 4;
        constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max() / kRowsPerAnswerRow;
        return kRowsPerAnswerRow * std::min(options_.row_limit, kMost);
    }
    unsigned thread_count() const;
    QueryGuard& guard() { return guard_; }

    void warn(std::string text);

    /// Messages of operators and scans. Call when the statement has run.
    std::vector<ResultMessage> messages() const;
    ScanTotals totals() const;

private:
    const Scan* keep(std::unique_ptr<Scan> scan);

    const Store& store_;
    const QueryOptions& options_;
    QueryGuard guard_;
    const std::shared_ptr<const Snapshot> snapshot_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Scan>> scans_;  // Guarded by mutex_.
    std::vector<ResultMessage> messages_;       // Guarded by mutex_.
    std::map<const SelectPlan*, std::shared_ptr<const SubqueryRows>> subqueries_;  // Same.
};

/// Calls work(0) .. work(count - 1) on up to `thread_count` threads, each number once. Returns the
/// error of the lowest number that failed; after an error no further work is begun.
Status for_each_parallel(std::size_t count, unsigned thread_count,
                         const std::function<Status(std::size_t)>& work);

}  // namespace tidemark::query
