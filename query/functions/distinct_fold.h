#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/types.h>

#include "query/functions/function_table.h"
#include "query/functions/sample_fold.h"

namespace tidemark::query {

/// A value of a window, and when it was there.
struct DistinctValue {
    Cell value;
    std::uint64_t count = 0;
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
};

/// The different values of one window of one group. finish() gives for CountDistinct how many there
/// are; for Mode the most frequent one: of several the one that was there first, and when no number
/// or string occurs twice the least one, as InfluxDB answers. -0.0 and +0.0 are one value.
///
/// Memory grows with the number of different values. Not thread-safe.
class DistinctFold : public SampleFold {
public:
    /// Each value once, in no particular order.
    virtual std::vector<DistinctValue> distinct_values() const = 0;
    virtual std::size_t value_count() const = 0;
};

/// A fold for Mode, CountDistinct or Distinct.
std::unique_ptr<DistinctFold> make_distinct_fold(FunctionId function, FieldType type);

}  // namespace tidemark::query
