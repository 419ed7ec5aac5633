#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/result.h>
#include <tidemark/types.h>

#include "query/operators/execution_context.h"
#include "query/plan/logical_plan.h"

// What a subquery gave, kept as series of columns: the query around it reads them through a scan
// (subquery_scan.h) as it reads stored series, so every function works on them.

namespace tidemark::query {

/// The values of one column of one series. `values` holds one kind of them.
class SubqueryColumn {
public:
    explicit SubqueryColumn(FieldType type) : type_(type) {}

    FieldType type() const { return type_; }
    bool is_valid(std::size_t row) const { return is_valid_[row] != 0; }
    double float_at(std::size_t row) const { return floats_[row]; }
    std::int64_t integer_at(std::size_t row) const { return integers_[row]; }
    std::uint64_t unsigned_at(std::size_t row) const { return unsigneds_[row]; }
    std::uint8_t boolean_at(std::size_t row) const { return booleans_[row]; }
    std::string_view string_at(std::size_t row) const { return strings_[row]; }

    std::size_t memory_size_bytes() const;

    /// Adds a cell of the column's type; numbers are converted, instants become ns, and what does
    /// not fit becomes null.
    void append(Cell cell);

private:
    FieldType type_;
    std::vector<std::uint8_t> is_valid_;
    // The vector of the type has one entry per row, the others are empty.
    std::vector<double> floats_;
    std::vector<std::int64_t> integers_;
    std::vector<std::uint64_t> unsigneds_;
    std::vector<std::uint8_t> booleans_;
    std::vector<std::string> strings_;
};

struct SubquerySeries {
    std::string measurement;
    TagSet tags;
    std::vector<std::int64_t> times_ns;  ///< Ascending; a time may occur several times.
    std::vector<SubqueryColumn> columns;
};

struct SubqueryRows {
    explicit SubqueryRows(QueryGuard& guard) : hold(guard) {}

    std::vector<std::string> column_names;
    std::vector<FieldType> column_types;
    std::vector<SubquerySeries> series;  ///< In order of measurement and tags.
    MemoryHold hold;
};

/// Runs the plan of a subquery. LimitExceeded when it has more rows than are held in memory.
Result<std::shared_ptr<const SubqueryRows>> compute_subquery(const SelectPlan& plan,
                                                             ExecutionContext& context);

}  // namespace tidemark::query
