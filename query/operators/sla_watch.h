#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "query/functions/objective.h"
#include "query/operators/execution_context.h"

namespace tidemark::query {

/// Verdicts that stay UNDETERMINED: the answer says how much unknown time decides them.
///
/// Thread-safe.
class SlaWatch {
public:
    /// One window of the call that is written `call`.
    void add(const std::string& call, const ObjectiveBudget& budget);

    /// Warns for each call that has such verdicts.
    void report(ExecutionContext& context) const;

private:
    struct Verdicts {
        std::size_t count = 0;
        std::size_t undetermined_count = 0;
        WideNs least_unknown_ns = 0;
        WideNs most_unknown_ns = 0;
    };

    mutable std::mutex mutex_;
    std::map<std::string, Verdicts> calls_;
};

}  // namespace tidemark::query
