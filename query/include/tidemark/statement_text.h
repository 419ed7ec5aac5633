#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What the text of a statement tells without being executed, for tools that help people to type
// and to read: editors, consoles, charts.
//
//     const std::string_view text = "SELECT mean(usage) FROM ";
//     const ExpectedInput next = expected_input(text, text.size());
//     // next.names is {SchemaName::Measurement}: the store knows which there are.

namespace tidemark {

/// A kind of names that a store knows and the grammar does not.
enum class SchemaName : std::uint8_t { Database, RetentionPolicy, Measurement, Tag, Field };

/// What may stand at a place of a text, as far as its grammar tells. Names are for the caller to
/// look up: SHOW MEASUREMENTS, SHOW TAG KEYS, ...
struct ExpectedInput {
    /// Where the word, quoted name or string begins that is being typed, its quote included; the
    /// place itself when none is.
    std::size_t begin = 0;
    std::vector<std::string> words;      ///< In the grammar's order; also "time(", "now()".
    std::vector<std::string> functions;  ///< Their names, without "(".
    std::vector<SchemaName> names;
    std::string value_of;  ///< Not empty: a value of this tag or field.

    // What the names belong to, as far as the statement says it, in front of the place or behind.
    std::string database;                   ///< Empty: the session's.
    std::vector<std::string> measurements;  ///< Empty: any.

    bool is_empty() const {
        return words.empty() && functions.empty() && names.empty() && value_of.empty();
    }
};

/// What may stand at `place` (an offset in bytes) of `text`, which may be unfinished. Nothing where
/// the text in front of `place` cannot be understood, and behind a finished number, string or name.
/// Never fails, executes nothing. Thread-safe.
ExpectedInput expected_input(std::string_view text, std::size_t place);

/// A name as a statement writes it: in double quotes where it must stand in them.
std::string identifier_text(std::string_view name);

/// A string as a statement writes it, in single quotes.
std::string string_text(std::string_view value);

/// What the numbers of a column are.
enum class ColumnMeaning : std::uint8_t {
    Plain,     ///< On the scale of a field, or anything else.
    Share,     ///< 0 to 1: uptime, coverage, share, ...
    Duration,  ///< Multiples of ColumnTraits::unit_ns.
};

/// A limit that a statement compares a column with: `usage > 80` is one of usage, and of
/// mean(usage) beside it.
struct Threshold {
    std::string comparison;  ///< ">", ">=", "<", "<=", "=", "!="
    double value = 0;        ///< In the column's unit.
    bool operator==(const Threshold&) const = default;
};

/// What a statement tells of one column of its answer.
struct ColumnTraits {
    std::string column;  ///< As in ResultSeries::columns.
    std::string field;   ///< On whose scale its values are; empty: on none.
    ColumnMeaning meaning = ColumnMeaning::Plain;
    std::int64_t unit_ns = 0;         ///< Of durations.
    bool has_given_unit = false;      ///< The statement asked for that unit, it is no default.
    bool is_state_of_bucket = false;  ///< How much of each bucket a predicate was true.
    std::vector<Threshold> thresholds;
};

/// One entry per statement of `text`, with the columns its text tells something of; all empty
/// unless the whole text is understood. Columns that `*` stands for are not among them. Never
/// fails, executes nothing. Thread-safe.
std::vector<std::vector<ColumnTraits>> column_traits(std::string_view text);

}  // namespace tidemark
