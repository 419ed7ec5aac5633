#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <tidemark/query.h>

#include "query/syntax/box.h"
#include "query/syntax/duration.h"

// The tree of a statement as it was written: nothing is looked up, nothing is folded except the
// sign of a literal and bind parameters, which the parser replaces by their values. parser.h makes
// these trees, printer.h prints them back.

namespace tidemark::query {

/// Where something stood in the text. Never makes two trees different.
struct Location : SourceLocation {
    Location() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): is a place, with another equality.
    Location(SourceLocation place) : SourceLocation(place) {}
    bool operator==(const Location&) const { return true; }
};

struct Expression;
struct NamedArgument;
struct SelectStatement;

// ---- literals

struct IntegerLiteral {
    std::int64_t value = 0;
    bool operator==(const IntegerLiteral&) const = default;
};

/// An integer beyond int64.
struct UnsignedLiteral {
    std::uint64_t value = 0;
    bool operator==(const UnsignedLiteral&) const = default;
};

struct NumberLiteral {
    std::string text;  ///< The decimal as written, with its sign: p and q of percentiles need it.
    double value = 0;  ///< The double nearest to it.
    bool operator==(const NumberLiteral& other) const { return text == other.text; }
};

/// `99.9%` as the last token of an argument; elsewhere % is the remainder.
struct PercentLiteral {
    std::string text;  ///< Without the sign %.
    double value = 0;  ///< 99.9
    bool operator==(const PercentLiteral& other) const { return text == other.text; }
};

/// Also times: whether '2026-10-01' is one depends on what it is compared with.
struct StringLiteral {
    std::string value;
    bool operator==(const StringLiteral&) const = default;
};

struct DurationLiteral {
    Duration value;
    bool operator==(const DurationLiteral&) const = default;
};

struct BooleanLiteral {
    bool value = false;
    bool operator==(const BooleanLiteral&) const = default;
};

struct RegexLiteral {
    std::string pattern;  ///< Between the slashes, `\/` read as `/`. Compiled by whoever uses it.
    bool operator==(const RegexLiteral&) const = default;
};

// ---- references

/// `x::type`. Field and Tag say where to look, the others what to convert to.
enum class CastType : std::uint8_t { Field, Tag, Float, Integer, Unsigned, String, Boolean };

/// A field, a tag or `time`. Dotted names (`a.b`) are one name with dots.
struct VariableReference {
    std::string name;
    std::optional<CastType> cast;
    bool operator==(const VariableReference&) const = default;
};

enum class WildcardKind : std::uint8_t { All, Fields, Tags };

/// `*`, `*::field`, `*::tag`
struct Wildcard {
    WildcardKind kind = WildcardKind::All;
    bool operator==(const Wildcard&) const = default;
};

// ---- composed expressions

/// A function call. `DISTINCT x` is the call distinct(x). Arguments may be predicates and regexes.
struct Call {
    std::string name;  ///< Lower case.
    std::vector<Expression> arguments;
    std::vector<NamedArgument> named_arguments;  ///< Each name at most once, in order as written.
    bool operator==(const Call&) const = default;
};

struct Negation {  ///< -x where x is not a literal.
    Box<Expression> operand;
    bool operator==(const Negation&) const = default;
};

enum class BinaryOperator : std::uint8_t {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,       ///< =~
    DoesNotMatch,  ///< !~
    And,
    Or,
};

struct BinaryExpression {
    BinaryOperator op;
    Box<Expression> left;
    Box<Expression> right;
    bool operator==(const BinaryExpression&) const = default;
};

struct LogicalNot {
    Box<Expression> operand;
    bool operator==(const LogicalNot&) const = default;
};

/// `x IN (1, 2)`, `x NOT IN ('a', 'b')`
struct InList {
    Box<Expression> operand;
    std::vector<Expression> values;  ///< Not empty.
    bool negated = false;
    bool operator==(const InList&) const = default;
};

/// `x BETWEEN 1 AND 2`: both ends included.
struct Between {
    Box<Expression> operand;
    Box<Expression> low;
    Box<Expression> high;
    bool negated = false;
    bool operator==(const Between&) const = default;
};

/// `(x)`. Kept because the names of unnamed columns depend on it.
struct Parenthesized {
    Box<Expression> operand;
    bool operator==(const Parenthesized&) const = default;
};

/// At most kMaxExpressionDepth (parser.h) levels deep, so recursion over it is safe.
struct Expression {
    Location location;  ///< Of its first token; of binary expressions: of the operator.
    std::variant<IntegerLiteral, UnsignedLiteral, NumberLiteral, PercentLiteral, StringLiteral,
                 DurationLiteral, BooleanLiteral, RegexLiteral, VariableReference, Wildcard, Call,
                 Negation, BinaryExpression, LogicalNot, InList, Between, Parenthesized>
        node;
    bool operator==(const Expression&) const = default;
};

/// The arguments of state functions that are told by a word: FOR 5m, KEEP 2m, CLEAR usage < 75.
enum class ArgumentName : std::uint8_t { For, Keep, Clear };

struct NamedArgument {
    Location location;
    ArgumentName name;
    Expression value;  ///< A DurationLiteral for For and Keep.
    bool operator==(const NamedArgument&) const = default;
};

/// The expression inside any number of parentheses.
const Expression& without_parentheses(const Expression& expression);

/// Calls visit(operand) for the expressions that stand directly in this one, from left to right.
/// The arguments of a call are none of them.
template <typename Visit>
void for_each_operand(const Expression& expression, const Visit& visit) {
    std::visit(
        [&](const auto& node) {
            using Node = std::decay_t<decltype(node)>;
            if constexpr (std::is_same_v<Node, BinaryExpression>) {
                visit(*node.left);
                visit(*node.right);
            } else if constexpr (std::is_same_v<Node, InList>) {
                visit(*node.operand);
                for (const Expression& value : node.values) visit(value);
            } else if constexpr (std::is_same_v<Node, Between>) {
                visit(*node.operand);
                visit(*node.low);
                visit(*node.high);
            } else if constexpr (std::is_same_v<Node, Parenthesized> ||
                                 std::is_same_v<Node, Negation> ||
                                 std::is_same_v<Node, LogicalNot>) {
                visit(*node.operand);
            }
        },
        expression.node);
}

// ---- SELECT

struct SelectItem {
    Expression expression;
    std::optional<std::string> alias;
    bool operator==(const SelectItem&) const = default;
};

/// `database.policy.measurement`. An empty database or policy is the session's.
struct MeasurementSource {
    Location location;
    std::string database;
    std::string policy;
    std::variant<std::string, RegexLiteral> measurement;
    bool operator==(const MeasurementSource&) const = default;
};

struct SubquerySource {
    Location location;
    Box<SelectStatement> select;
    bool operator==(const SubquerySource&) const = default;
};

using Source = std::variant<MeasurementSource, SubquerySource>;

/// INTO. Without a measurement (`:MEASUREMENT`) each row goes to its source's name.
struct IntoTarget {
    Location location;
    std::string database;
    std::string policy;
    std::optional<std::string> measurement;
    bool operator==(const IntoTarget&) const = default;
};

/// GROUP BY time(width [, offset]). The offset is a duration (may be negative), a time or now().
struct TimeDimension {
    Location location;
    Duration width;  ///< Above zero.
    std::optional<Expression> offset;
    bool operator==(const TimeDimension&) const = default;
};

struct TagDimension {
    Location location;
    std::string name;
    bool operator==(const TagDimension&) const = default;
};

struct WildcardDimension {
    Location location;
    bool operator==(const WildcardDimension&) const = default;
};

struct RegexDimension {
    Location location;
    RegexLiteral regex;
    bool operator==(const RegexDimension&) const = default;
};

using Dimension = std::variant<TimeDimension, TagDimension, WildcardDimension, RegexDimension>;

/// STALE 45s, STALE NONE
struct StaleClause {
    Location location;
    std::optional<Duration> hold;  ///< Nothing: NONE, a value holds for ever.
    bool operator==(const StaleClause&) const = default;
};

enum class UnknownAs : std::uint8_t { Bad, Good };

/// DURING a, b
struct DuringClause {
    Location location;
    std::vector<std::string> calendars;  ///< Not empty.
    bool operator==(const DuringClause&) const = default;
};

/// EXCEPT MAINTENANCE, a, b
struct ExceptClause {
    Location location;
    bool maintenance = false;
    std::vector<std::string> calendars;
    bool operator==(const ExceptClause&) const = default;
};

struct WindowClause {
    Location location;
    Duration width;  ///< Above zero.
    bool operator==(const WindowClause&) const = default;
};

enum class FillKind : std::uint8_t { Null, None, Previous, Linear, Number };

struct FillClause {
    Location location;
    FillKind kind = FillKind::Null;
    std::optional<Expression> number;  ///< With Number: an integer, unsigned or number literal.
    std::optional<Duration> longest;   ///< fill(previous, 1h): how old a value may be carried.
    bool operator==(const FillClause&) const = default;
};

struct SortKey {
    Location location;
    std::string column;  ///< "time" when only a direction was written.
    bool descending = false;
    bool operator==(const SortKey&) const = default;
};

/// LIMIT, OFFSET (rows of a series) and SLIMIT, SOFFSET (series). LIMIT 0 is no limit, as in
/// InfluxQL.
struct Limits {
    std::optional<std::uint64_t> limit;
    std::optional<std::uint64_t> offset;
    std::optional<std::uint64_t> series_limit;
    std::optional<std::uint64_t> series_offset;
    bool operator==(const Limits&) const = default;
};

struct TimeZoneClause {
    Location location;
    std::string name;
    bool operator==(const TimeZoneClause&) const = default;
};

struct SelectStatement {
    Location location;
    std::vector<SelectItem> items;  ///< Not empty.
    std::optional<IntoTarget> into;
    std::vector<Source> sources;  ///< Not empty.
    std::optional<Expression> where;
    std::optional<DuringClause> during;
    std::optional<ExceptClause> except;
    std::optional<StaleClause> stale;
    std::optional<UnknownAs> unknown_as;
    std::vector<Dimension> group_by;
    std::optional<WindowClause> window;
    std::optional<Expression> having;
    std::optional<FillClause> fill;
    std::vector<SortKey> order_by;
    Limits limits;
    std::optional<TimeZoneClause> time_zone;
    bool operator==(const SelectStatement&) const = default;
};

struct ExplainStatement {
    bool analyze = false;
    bool verbose = false;
    SelectStatement select;
    bool operator==(const ExplainStatement&) const = default;
};

// ---- SHOW

struct ShowDatabases {
    bool operator==(const ShowDatabases&) const = default;
};

struct ShowRetentionPolicies {
    std::string database;  ///< Empty: the session's.
    bool operator==(const ShowRetentionPolicies&) const = default;
};

/// What a key or a measurement must be: `= x`, `!= x`, `=~ /x/`, `!~ /x/`, `IN (x, y)`.
struct NameMatch {
    Location location;
    BinaryOperator op = BinaryOperator::Equal;  ///< Equal, NotEqual, Matches or DoesNotMatch.
    std::vector<std::string> names;             ///< With Equal: any of them. NotEqual: one.
    std::optional<RegexLiteral> regex;          ///< With Matches and DoesNotMatch.
    bool operator==(const NameMatch&) const = default;
};

/// The clauses that the schema statements share; which of them a statement takes is the parser's.
struct SchemaClauses {
    std::string database;        ///< ON; empty: the session's.
    std::string policy;          ///< ON db.policy, of SHOW MEASUREMENTS.
    bool all_databases = false;  ///< ON *
    bool all_policies = false;   ///< ON db.* or ON *.*
    std::vector<MeasurementSource> sources;
    std::optional<Expression> where;
    std::vector<Dimension> group_by;  ///< Of CARDINALITY statements.
    std::vector<SortKey> order_by;
    Limits limits;
    bool operator==(const SchemaClauses&) const = default;
};

struct ShowMeasurements {
    std::optional<NameMatch> with_measurement;
    SchemaClauses clauses;
    bool operator==(const ShowMeasurements&) const = default;
};

struct ShowSeries {
    SchemaClauses clauses;
    bool operator==(const ShowSeries&) const = default;
};

struct ShowTagKeys {
    std::optional<NameMatch> with_key;
    SchemaClauses clauses;
    bool operator==(const ShowTagKeys&) const = default;
};

struct ShowTagValues {
    NameMatch with_key;
    SchemaClauses clauses;
    bool operator==(const ShowTagValues&) const = default;
};

struct ShowFieldKeys {
    SchemaClauses clauses;
    bool operator==(const ShowFieldKeys&) const = default;
};

enum class CardinalityOf : std::uint8_t { Measurements, Series, TagKeys, TagValues, FieldKeys };

/// SHOW SERIES [EXACT] CARDINALITY and its like.
struct ShowCardinality {
    CardinalityOf what = CardinalityOf::Series;
    bool exact = false;
    std::optional<NameMatch> with_key;  ///< Always there for TagValues, never else.
    SchemaClauses clauses;
    bool operator==(const ShowCardinality&) const = default;
};

struct ShowQueries {
    bool operator==(const ShowQueries&) const = default;
};

/// SHOW STATS [FOR 'module'], SHOW DIAGNOSTICS [FOR 'module']
struct ShowStats {
    bool diagnostics = false;
    std::optional<std::string> module;
    bool operator==(const ShowStats&) const = default;
};

// ---- statements that change something

/// The properties of a retention policy; what was not written is nothing.
struct PolicyOptions {
    std::optional<Duration> duration;  ///< 0 is INF: for ever.
    std::optional<std::uint64_t> replication;
    std::optional<Duration> shard_duration;
    std::optional<Duration> future_limit;  ///< 0 is the store's own limit.
    bool has_no_future_limit = false;      ///< FUTURE LIMIT INF; future_limit is 0 then.
    std::optional<Duration> past_limit;    ///< 0 is INF.
    std::optional<std::string> name;       ///< Only in CREATE DATABASE.
    bool is_default = false;               ///< Not in CREATE DATABASE.
    bool operator==(const PolicyOptions&) const = default;
};

struct CreateDatabase {
    Location location;
    std::string name;
    std::optional<PolicyOptions> policy;  ///< WITH ...
    bool operator==(const CreateDatabase&) const = default;
};

struct DropDatabase {
    Location location;
    std::string name;
    bool operator==(const DropDatabase&) const = default;
};

struct CreateRetentionPolicy {
    Location location;
    std::string name;
    std::string database;
    PolicyOptions options;  ///< duration and replication are always there.
    bool operator==(const CreateRetentionPolicy&) const = default;
};

struct AlterRetentionPolicy {
    Location location;
    std::string name;
    std::string database;
    PolicyOptions options;  ///< At least one.
    bool operator==(const AlterRetentionPolicy&) const = default;
};

struct DropRetentionPolicy {
    Location location;
    std::string name;
    std::string database;
    bool operator==(const DropRetentionPolicy&) const = default;
};

/// ALTER DATABASE x SET STALE 5m, ALTER MEASUREMENT m ON x SET STALE NONE
struct SetStale {
    Location location;
    std::string database;
    std::optional<std::string> measurement;  ///< Nothing: the whole database.
    StaleClause stale;
    bool operator==(const SetStale&) const = default;
};

/// ALTER DATABASE x SET NAN ACCEPT, or REFUSE
struct SetNan {
    Location location;
    std::string database;
    bool is_accepted = false;
    bool operator==(const SetNan&) const = default;
};

/// CREATE [OR REPLACE] CALENDAR name [ON database] TZ 'zone' HOURS 'Mon-Fri 09:00-18:00'
/// [EXCEPT DATES '2026-12-25', ..] [REASON '..']. What the strings mean is for whoever uses them.
struct CreateCalendar {
    Location location;
    bool may_replace = false;
    std::string name;
    std::string database;  ///< ON; empty: the session's.
    std::string zone;
    std::string hours;
    std::vector<std::string> except_dates;
    std::string reason;
    bool operator==(const CreateCalendar&) const = default;
};

struct DropCalendar {
    Location location;
    std::string name;
    std::string database;  ///< As CreateCalendar's.
    bool operator==(const DropCalendar&) const = default;
};

struct ShowCalendars {
    std::string database;  ///< As CreateCalendar's.
    bool operator==(const ShowCalendars&) const = default;
};

/// CREATE MAINTENANCE [ON database] ON tag = 'value' [AND ..] | ON * FROM time TO time
/// [TZ 'zone'] REASON '..'
struct CreateMaintenance {
    Location location;
    std::string database;   ///< As CreateCalendar's.
    std::vector<Tag> tags;  ///< In order as written, each key once. Empty: ON *, every series.
    Expression begin;
    Expression end;
    std::string zone;  ///< Of times without an offset; empty: UTC.
    std::string reason;
    bool operator==(const CreateMaintenance&) const = default;
};

struct DropMaintenance {
    Location location;
    std::string id;
    std::string database;  ///< As CreateCalendar's.
    bool operator==(const DropMaintenance&) const = default;
};

struct ShowMaintenance {
    std::string database;  ///< As CreateCalendar's.
    bool operator==(const ShowMaintenance&) const = default;
};

struct DropMeasurement {
    Location location;
    std::string name;
    bool operator==(const DropMeasurement&) const = default;
};

/// DROP SERIES [FROM ..] [WHERE ..], at least one of both; sources name no database or policy.
struct DropSeries {
    Location location;
    std::vector<MeasurementSource> sources;
    std::optional<Expression> where;
    bool operator==(const DropSeries&) const = default;
};

/// DELETE [FROM ..] [WHERE ..], at least one of both; sources name no database.
struct DeleteStatement {
    Location location;
    std::vector<MeasurementSource> sources;
    std::optional<Expression> where;
    bool operator==(const DeleteStatement&) const = default;
};

/// BACKUP TO 'directory', one of the machine that has the store.
struct Backup {
    Location location;
    std::string directory;
    bool operator==(const Backup&) const = default;
};

struct KillQuery {
    Location location;
    std::uint64_t id = 0;
    std::string host;  ///< ON; empty: none.
    bool operator==(const KillQuery&) const = default;
};

/// Parts of InfluxQL that Tidemark understands only to say what to do instead, or that there are
/// none (UserList).
enum class ForeignTopic : std::uint8_t {
    Users,
    UserList,
    Grants,
    ContinuousQueries,
    Subscriptions,
    Shards,
};

struct ForeignStatement {
    Location location;
    ForeignTopic topic = ForeignTopic::Users;
    /// The statement with its tokens spelled canonically; passwords are in it, so it is not for
    /// messages or logs.
    std::string text;
    bool operator==(const ForeignStatement&) const = default;
};

struct Statement {
    Location location;
    std::variant<SelectStatement, ExplainStatement, ShowDatabases, ShowRetentionPolicies,
                 ShowMeasurements, ShowSeries, ShowTagKeys, ShowTagValues, ShowFieldKeys,
                 ShowCardinality, ShowQueries, ShowStats, CreateDatabase, DropDatabase,
                 CreateRetentionPolicy, AlterRetentionPolicy, DropRetentionPolicy, SetStale, SetNan,
                 DropMeasurement, DropSeries, DeleteStatement, Backup, CreateCalendar, DropCalendar,
                 ShowCalendars, CreateMaintenance, DropMaintenance, ShowMaintenance, KillQuery,
                 ForeignStatement>
        node;
    bool operator==(const Statement&) const = default;
};

}  // namespace tidemark::query
