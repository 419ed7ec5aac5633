#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

// The scan contract: how anybody - the query engine first, an embedding service just as well -
// reads data out of a store. A request says what is needed of each column, not how to get it; the
// answer comes as pieces, each of the cheapest kind that is exact:
//
// - a summary: a whole range of rows, from a few to a file's, answered by what was computed when it
//   was written;
// - runs: for each predicate leaf the runs of samples on which it is true or false, found on the
//   encoded values where their codec allows it;
// - values: decoded columns.
//
// NaN, "measured, nothing there" (semantics, R10), is no value in any of them; only that it ends
// the hold of the value before it is told.
//
// Late data, duplicates and overlapping files are merged below this interface: a reader never sees
// a sample twice, and always the one that arrived last (semantics, R9).
//
// The greatest value of a field, mostly without decoding anything:
//
//     ScanRequest request;
//     request.database = "ops";
//     request.measurement = "cpu";
//     request.columns = {{"usage", Need::Summary}};
//     request.range = {1'700'000'000'000'000'000, 1'700'086'400'000'000'000};
//     TIDEMARK_ASSIGN_OR_RETURN(const auto scan, store.scan(request, nullptr));
//     std::optional<double> greatest;
//     for (std::size_t series = 0; series < scan->series().size(); ++series) {
//         TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scan->open(series));
//         while (true) {
//             TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
//             if (piece == nullptr) break;
//             const ColumnPiece& usage = piece->columns[0];
//             if (usage.summary != nullptr) {
//                 if (usage.summary->non_null_count == 0) continue;
//                 const double here = std::get<double>(usage.summary->max);
//                 greatest = std::max(greatest.value_or(here), here);
//                 continue;
//             }
//             for (std::size_t row = 0; row < piece->row_count; ++row) {
//                 if (!usage.values.is_valid(row)) continue;
//                 const double here = usage.values.floats[row];
//                 greatest = std::max(greatest.value_or(here), here);
//             }
//         }
//     }

namespace tidemark {

/// A sum carried as the unevaluated sum of two doubles (two-sum; Dekker 1971, Knuth TAOCP 4.2.2),
/// so that it does not depend on how the input was split beyond R17's bound. Round once:
/// high + low.
struct DoubleDouble {
    double high = 0;
    double low = 0;

    double rounded() const { return high + low; }
};

/// What is known of a run of rows of one column without reading them. A monoid: see
/// storage/summary/merge for how two neighbours become one.
///
/// It speaks for [first_ns, last_ns) of the non-null rows; what happens after the last one depends
/// on the hold limit and on the next sample, and is added by whoever folds pieces.
struct ColumnSummary {
    FieldType type = FieldType::Float;
    std::uint64_t row_count = 0;
    std::uint64_t non_null_count = 0;
    std::int64_t first_ns = 0;  ///< Time of the first non-null row; meaningless when there is none.
    std::int64_t last_ns = 0;   ///< Time of the last non-null row.
    /// Longest time between two neighbouring non-null rows inside; 0 with fewer than two.
    std::int64_t largest_gap_ns = 0;
    /// Whether min, max, first and last hold values of the column's type. Always so when there are
    /// non-null rows, but for string columns with long values and for float columns with a NaN:
    /// there a reader must decode. With a NaN the sums and the integral are not there either, and
    /// NaNs are among what is counted; scans give no such summary.
    bool has_values = false;
    /// Of -0.0 and +0.0, -0.0 is the smaller.
    Value min{}, max{}, first{}, last{};
    DoubleDouble sum;                        ///< Float columns: sum of the values.
    __extension__ __int128 integer_sum = 0;  ///< Integer and unsigned columns, exact.
    /// Float and integer columns: integral of the held value over [first_ns, last_ns), value times
    /// nanoseconds, without regard to a hold limit (so only valid where largest_gap_ns <= H).
    DoubleDouble integral;
    bool is_non_decreasing = false;  ///< No value is below the one before it.
    /// Boolean columns: nanoseconds true in [first_ns, last_ns), held without limit, and the number
    /// of changes between neighbouring non-null rows.
    std::int64_t true_ns = 0;
    std::uint64_t transition_count = 0;
};

enum class CompareOp : std::uint8_t {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Matches
};

/// One comparison of one field with a constant: the unit of push-down. The query combines leaves
/// three-valued. Integer, unsigned and float constants compare with any numeric column by their
/// exact mathematical value (no rounding to double); -0.0 equals +0.0. A Boolean column takes
/// Equal and NotEqual with a bool; a string column takes all comparisons, by bytes, and Matches.
/// Anything else is refused by Scan with InvalidArgument.
struct PredicateLeaf {
    std::string field;
    CompareOp op = CompareOp::Equal;
    Value constant{};
    /// For Matches only: the truth of a string. Must be pure and thread-safe; called once per
    /// distinct string where the codec allows it.
    std::function<bool(std::string_view)> matches;
};

/// What a reader needs of a column. Summary: it can use summaries, and gets values only where none
/// is exact. Values: every row decoded.
enum class Need : std::uint8_t { Summary, Values };

struct ColumnRequest {
    std::string field;
    Need need = Need::Values;
    /// With Need::Summary: whether a summary will do. In the place of one that does not come
    /// smaller ones that do, or values. Pure and thread-safe; without it any will do.
    std::function<bool(const ColumnSummary&)> accepts = nullptr;
};

/// A condition on one tag. A series that lacks the tag has the empty string (as in InfluxQL).
struct TagMatcher {
    std::string key;
    CompareOp op = CompareOp::Equal;  ///< Equal, NotEqual or Matches.
    std::string value;
    std::function<bool(std::string_view)> matches;  ///< For Matches; pure and thread-safe.
};

/// What is looked up in front of the range, so that the value in force at its start counts.
enum class CarryIn : std::uint8_t {
    None,
    WithinHold,  ///< The last sample before range.begin_ns, if it still holds there.
    LastValue,   ///< The last sample before range.begin_ns, however old, even if it is over.
    RunStart,    ///< As WithinHold; and a leaf's run comes with its true start, however old.
};

/// Which kinds of pieces may be used. Cheapest is for everyone; the others force a path, so that
/// tests can prove that all paths agree.
enum class ScanPath : std::uint8_t {
    Cheapest,
    NoSummaries,  ///< Leaves are evaluated on encoded values; columns are decoded.
    Decoded,      ///< Everything is decoded first.
};

/// Rows answered by each kind of piece; for EXPLAIN ANALYZE. Thread-safe, shared by the cursors of
/// one scan.
struct ScanStatistics {
    std::atomic<std::uint64_t> rows_from_summaries{0};
    std::atomic<std::uint64_t> rows_from_encoded{0};
    std::atomic<std::uint64_t> rows_decoded{0};
    std::atomic<std::uint64_t> bytes_read{0};  ///< Encoded bytes of vectors that were opened.
    std::atomic<std::uint64_t> series_scanned{0};
};

/// Consecutive samples of a leaf's field with the same truth, no two further apart than the hold
/// limit. So the leaf's truth is known on all of [first_ns, last_ns], and after it until
/// min(next run, last_ns + H). Neighbouring runs of equal truth may come unjoined.
///
/// A run of no samples stands for a NaN: from its first_ns on the truth is not known.
struct LeafRun {
    std::int64_t first_ns;
    std::int64_t last_ns;
    std::uint32_t sample_count;
    bool is_true;
    bool operator==(const LeafRun&) const = default;
};

/// The decoded values of one column over the rows of a piece. `values` has one entry per row;
/// where a row is null its entry is unspecified. Spans are valid until the cursor moves.
struct ColumnValues {
    FieldType type = FieldType::Float;
    std::span<const double> floats;
    std::span<const std::int64_t> integers;
    std::span<const std::uint64_t> unsigneds;
    std::span<const std::uint8_t> booleans;
    std::span<const std::string_view> strings;
    /// Bit i of word i / 64 is set when row i has a value; empty when all rows have one.
    std::span<const std::uint64_t> validity;
    /// Bit i of word i / 64 is set when row i is null, but ends the hold of the value before it
    /// (NaN). Words that are not there have no bit set.
    std::span<const std::uint64_t> hold_ends;

    bool is_valid(std::size_t row) const {
        return validity.empty() || ((validity[row / 64] >> (row % 64)) & 1U) != 0;
    }
    bool ends_hold(std::size_t row) const {
        return row / 64 < hold_ends.size() && ((hold_ends[row / 64] >> (row % 64)) & 1U) != 0;
    }
    /// A copy of the value of a row that has one.
    Value value_at(std::size_t row) const;
};

struct ColumnPiece {
    /// Stands for all rows of the piece; null when the column comes as values. Only for columns
    /// requested with Need::Summary.
    const ColumnSummary* summary = nullptr;
    ColumnValues values;
};

/// An uninterrupted stretch of one series' rows: no cut and no other piece lies inside it.
/// Everything it points to is valid until the cursor moves.
struct ScanPiece {
    std::int64_t first_ns = 0;  ///< Time of the first row.
    std::int64_t last_ns = 0;   ///< Time of the last row.
    std::size_t row_count = 0;
    /// The times of the rows; empty when no requested column came as values.
    std::span<const std::int64_t> times;
    std::span<const ColumnPiece> columns;              ///< As in ScanRequest::columns.
    std::span<const std::span<const LeafRun>> leaves;  ///< As in ScanRequest::leaves.
};

struct CarriedValue {
    std::int64_t time_ns;
    Value value;
    /// A NaN came after it, so that it is not in force any more, however young. Only with
    /// CarryIn::LastValue.
    bool is_ended = false;
};

struct CarriedValues {
    std::vector<std::optional<CarriedValue>> columns;  ///< As in ScanRequest::columns.
    /// As in ScanRequest::leaves: the run that holds the last sample before the range. Its
    /// first_ns is the run's true start with CarryIn::RunStart, else the time of that sample. A
    /// sample whose hold ends exactly at the range's begin counts here, though not among the
    /// columns: the run goes on if the next sample stands there.
    std::vector<std::optional<LeafRun>> leaves;
};

/// Whether what runs should end early: a user who cancelled, a client that left, a time limit.
/// Thread-safe; cheap, since it is asked again and again.
class StopSignal {
public:
    virtual ~StopSignal() = default;

    /// Success: go on. Cancelled or LimitExceeded, with the reason: end with that error.
    virtual Status check() const = 0;
};

/// Stops with Cancelled once `flag`, which must outlive it, is true.
class CancelSignal final : public StopSignal {
public:
    explicit CancelSignal(const std::atomic<bool>& flag) : flag_(flag) {}

    Status check() const override {
        if (!flag_.load(std::memory_order_relaxed)) return success();
        return Error(ErrorCode::Cancelled, "cancelled");
    }

private:
    const std::atomic<bool>& flag_;
};

struct ScanRequest {
    std::string database;
    std::string retention_policy;  ///< Empty: the database's default one.
    std::string measurement;
    std::vector<TagMatcher> tags;                      ///< All must hold.
    std::function<bool(const TagSet&)> series_filter;  ///< And this, when given.
    /// A series comes with its row times even when it has none of these fields; rows in which all
    /// requested fields and leaves are null are left out.
    std::vector<ColumnRequest> columns;
    std::vector<PredicateLeaf> leaves;
    TimeRange range;
    /// Ascending times that no piece crosses (bucket edges). A piece's rows lie in one [c_i,
    /// c_i+1). Ask for none where the fold can do without: a vector across a cut must be opened.
    std::vector<std::int64_t> cuts;
    CarryIn carry_in = CarryIn::None;
    /// H: where LeafRuns break, and how far carry_in looks. A summary with a larger gap inside is
    /// not given: its rows come as values.
    std::int64_t hold_ns = kHoldForever;
    ScanPath path = ScanPath::Cheapest;
    /// When set, cursors ask it before each piece, and end with its error. Must outlive the scan.
    const StopSignal* stop = nullptr;
};

struct ScanSeries {
    SeriesId id = 0;
    TagSet tags;
};

/// The pieces of one series in time order. Not thread-safe; cursors of one scan are independent,
/// and may outlive it.
class SeriesCursor {
public:
    virtual ~SeriesCursor() = default;

    /// What was in force before the range, as the request's carry_in asks.
    virtual const CarriedValues& carried() const = 0;

    /// The next piece, or null at the end. Owned by the cursor, valid until the next call.
    virtual Result<const ScanPiece*> next() = 0;
};

/// A request bound to a snapshot: nothing written later changes what it yields. Thread-safe: many
/// cursors can be opened and driven from many threads. Keeps its snapshot's files alive.
class Scan {
public:
    virtual ~Scan() = default;

    /// The series selected, in order of series key (tags as written in canonical form, bytes).
    /// A series is here when its tags match, even if it has no rows in the range.
    virtual std::span<const ScanSeries> series() const = 0;

    /// The type of each requested column; nothing when the measurement has no such field.
    virtual std::span<const std::optional<FieldType>> column_types() const = 0;
    virtual std::span<const std::optional<FieldType>> leaf_types() const = 0;

    /// Corruption when the series' data cannot be read; the other series are not affected.
    virtual Result<std::unique_ptr<SeriesCursor>> open(std::size_t series_index) const = 0;

    virtual const ScanStatistics& statistics() const = 0;

    /// What was in the way of a complete answer, for example a damaged segment; each names the
    /// file and the time range. Empty in a sound store.
    virtual std::vector<std::string> messages() const = 0;
};

}  // namespace tidemark
