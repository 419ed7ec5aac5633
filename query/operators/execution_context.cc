#include "query/operators/execution_context.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "query/operators/subquery_rows.h"
#include "query/operators/subquery_scan.h"
#include "query/plan/messages.h"

namespace tidemark::query {

ExecutionContext::ExecutionContext(const Store& store, const QueryOptions& options,
                                   const std::atomic<bool>* is_killed)
    : store_(store), options_(options), guard_(options, is_killed), snapshot_(store.snapshot()) {}

Result<const Scan*> ExecutionContext::scan(ScanRequest request) {
    request.path = options_.path;
    request.stop = &guard_;
    TIDEMARK_ASSIGN_OR_RETURN(auto scan, store_.scan(request, snapshot_));
    return keep(std::move(scan));
}

Result<const Scan*> ExecutionContext::scan_subquery(const SelectPlan& plan, ScanRequest request) {
    request.stop = &guard_;
    std::shared_ptr<const SubqueryRows> rows;
    {
        const std::lock_guard lock(mutex_);
        rows = subqueries_[&plan];
    }
    if (rows == nullptr) {
        TIDEMARK_ASSIGN_OR_RETURN(rows, compute_subquery(plan, *this));
        const std::lock_guard lock(mutex_);
        subqueries_[&plan] = rows;
    }
    TIDEMARK_ASSIGN_OR_RETURN(auto scan, make_subquery_scan(std::move(request), std::move(rows)));
    return keep(std::move(scan));
}

const Scan* ExecutionContext::keep(std::unique_ptr<Scan> scan) {
    const std::lock_guard lock(mutex_);
    scans_.push_back(std::move(scan));
    return scans_.back().get();
}

unsigned ExecutionContext::thread_count() const {
    if (options_.thread_limit > 0) return options_.thread_limit;
    return std::max(1U, std::thread::hardware_concurrency());
}

void ExecutionContext::warn(std::string text) {
    const std::lock_guard lock(mutex_);
    query::warn(messages_, std::move(text));
}

std::vector<ResultMessage> ExecutionContext::messages() const {
    const std::lock_guard lock(mutex_);
    std::vector<ResultMessage> all = messages_;
    for (const auto& scan : scans_) {
        for (std::string& text : scan->messages()) query::warn(all, std::move(text));
    }
    return all;
}

ScanTotals ExecutionContext::totals() const {
    const std::lock_guard lock(mutex_);
    ScanTotals totals;
    for (const auto& scan : scans_) {
        const ScanStatistics& statistics = scan->statistics();
        totals.rows_from_summaries += statistics.rows_from_summaries;
        totals.rows_from_encoded += statistics.rows_from_encoded;
        totals.rows_decoded += statistics.rows_decoded;
        totals.bytes_read += statistics.bytes_read;
        totals.series_scanned += statistics.series_scanned;
    }
    return totals;
}

Status for_each_parallel(std::size_t count, unsigned thread_count,
                         const std::function<Status(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> has_failed{false};
    std::mutex mutex;
    std::size_t failed_index = std::numeric_limits<std::size_t>::max();
    std::optional<Error> failure;
    const auto run = [&] {
        while (!has_failed) {
            const std::size_t index = next++;
            if (index >= count) return;
            std::optional<Error> error;
            try {
                Status status = work(index);
                if (!status) error = std::move(status).error();
            } catch (const std::bad_alloc&) {
                error = Error(ErrorCode::LimitExceeded, "out of memory while answering");
            }
            if (!error) continue;
            has_failed = true;
            const std::lock_guard lock(mutex);
            if (index < failed_index) {
                failed_index = index;
                failure = std::move(error);
            }
        }
    };
    std::vector<std::thread> threads;
    const std::size_t wanted_count = std::min<std::size_t>(count, thread_count);
    threads.reserve(wanted_count);
    try {
        while (threads.size() + 1 < wanted_count) threads.emplace_back(run);
    } catch (const std::exception&) {
        // The system has no further thread, or no memory for one: those there are do the work.
    }
    run();
    for (std::thread& thread : threads) thread.join();
    if (failure) return *std::move(failure);
    return success();
}

}  // namespace tidemark::query
