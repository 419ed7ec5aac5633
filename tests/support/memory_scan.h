#pragma once

#include <compare>
#include <memory>

#include <tidemark/scan.h>

#include "tests/support/memory_store.h"

namespace tidemark::tests {

/// Order of two values by their exact mathematical value (numbers of any type), by bytes (strings),
/// false before true (booleans); unordered when they cannot be compared.
std::partial_ordering compare_values(const Value& left, const Value& right);

/// The scan contract over `data`, by decoding everything.
Result<std::unique_ptr<Scan>> make_memory_scan(const ScanRequest& request,
                                               std::shared_ptr<const MemoryData> data,
                                               const MemoryStoreOptions& options);

}  // namespace tidemark::tests
