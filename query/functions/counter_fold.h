#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <tidemark/query.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "query/functions/double_double.h"

namespace tidemark::query {

/// What the samples of a stretch of time add to a counter (R13). A monoid: stretches and series
/// merge.
struct CounterPart {
    /// Exact: integers of integer and unsigned columns, a double-double of float columns.
    struct Amount {
        WideInteger integer = 0;
        DoubleDouble number;

        void add(const Amount& other);
    };

    std::uint64_t sample_count = 0;
    std::uint64_t reset_count = 0;
    Amount increase;  ///< Of every sample over the one before it, a drop counted as the value.
    Amount near;      ///< The same, of samples before as_of and at most H after the one before.

    void merge(const CounterPart& other);
};

/// increase() of a stretch: of the field's own type. Null without a sample; InvalidArgument when
/// the sum does not fit the type.
Result<Cell> increase_cell(const CounterPart& part, FieldType type);

/// rate() of a stretch: per second of the time that is known. Null when none is.
Cell rate_cell(const CounterPart& part, FieldType type, WideUnsigned known_ns);

/// Follows one series of a numeric field from sample to sample.
///
/// Not thread-safe.
class CounterFold {
public:
    CounterFold(FieldType type, std::int64_t hold_ns, std::int64_t as_of_ns)
        : type_(type), hold_ns_(hold_ns), as_of_ns_(as_of_ns) {}

    /// `carried` is the last sample before the range, however old; nothing: the first sample to
    /// come is the series' first ever and adds 0.
    void begin_series(const std::optional<CarriedValue>& carried);

    /// True when a summary tells all that increase and resets (and rate, where `needs_near`) need
    /// of its rows: the counter never drops in them.
    bool can_use(const ColumnSummary& summary, bool needs_near) const;

    /// can_use(summary) must hold, and as_of lie not inside it.
    void add_summary(const ColumnSummary& summary, CounterPart& part);

    void add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                    std::size_t begin, std::size_t end, CounterPart& part);

private:
    /// A value of any of the numeric types.
    struct Number {
        WideInteger integer = 0;
        double number = 0;
    };

    static Number number_of(const Value& value);
    bool is_below(const Number& left, const Number& right) const;
    CounterPart::Amount difference(const Number& later, const Number& earlier) const;
    void add_sample(std::int64_t time_ns, const Number& value, CounterPart& part);

    FieldType type_;
    std::int64_t hold_ns_;
    std::int64_t as_of_ns_;
    bool has_sample_ = false;
    bool is_holding_ = false;  // Nothing ended the hold of the last sample.
    std::int64_t sample_ns_ = 0;
    Number sample_;
};

}  // namespace tidemark::query
