#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "tools/transfer/csv_parser.h"
#include "tools/transfer/time_text.h"

// What the columns of a CSV file mean. Either its options say so, and where they do not, the header
// and the first rows are looked at; or the file says it itself, in a line above its header, as
// InfluxDB's extended annotated CSV does and `tidemark export` writes it:
//
//     #datatype measurement,dateTime:RFC3339,tag,double
//     measurement,time,host,usage
//     cpu,2023-11-14T22:13:20Z,a,81.5

namespace tidemark::tools {

/// What the user says of a CSV file. Columns are named by its header.
struct CsvOptions {
    std::optional<char> separator;   ///< Nothing: the commonest of , ; and tab in the first line.
    std::string time_column;         ///< Empty: one called time, timestamp, _time, ts, date, ..
    std::string time_format;         ///< As in TimeFormat::parse(); empty: guessed.
    std::string measurement;         ///< Of all rows.
    std::string measurement_column;  ///< Or this column tells it.
    std::vector<std::string> tags;
    std::vector<std::string> fields;  ///< NAME or NAME:TYPE; empty: all columns that are left.
    std::vector<std::string> types;   ///< NAME:TYPE
    bool has_decimal_commas = false;  ///< 12,5 is a number; a point is a part of none.
};

enum class CsvRole : std::uint8_t { Ignored, Time, Measurement, Tag, Field };

struct CsvColumn {
    std::string name;
    CsvRole role = CsvRole::Ignored;
    std::optional<FieldType> type;  ///< Of a field; nothing: its first value decides.
    std::string_view origin;        ///< Why it has this type: "guessed", for messages.
    std::string_view remark = {};   ///< What would make it another thing, for messages.
};

/// The types that fields of a measurement have already.
using FieldTypeLookup =
    std::function<Result<std::map<std::string, FieldType>>(const std::string& measurement)>;

struct CsvTable {
    std::vector<CsvColumn> columns;
    std::string measurement;  ///< When no column has it.
    TimeFormat time_format;

    /// One line for people: what was understood.
    std::string description() const;
};

/// The table of a file that does not describe itself. `samples` are its first rows. InvalidArgument
/// when options and header do not go together, or what is not said cannot be guessed; the message
/// tells which option to give.
Result<CsvTable> plan_csv_table(const CsvOptions& options, const CsvRecord& header,
                                std::span<const std::vector<std::string>> samples,
                                const FieldTypeLookup& known_types);

/// The table of a file that describes itself. `datatypes` is the record that begins with
/// "#datatype", copied: the record of the header came after it.
Result<CsvTable> read_csv_annotation(const std::vector<std::string>& datatypes,
                                     const CsvRecord& header);

/// The type that a field of such values should have, by the safest guess: Boolean for true and
/// false, Float for numbers (Integer or Unsigned where a double would lose digits), else String.
/// Nothing when no sample has a value.
std::optional<FieldType> guess_field_type(std::span<const std::string> samples);

/// "", "null", "NaN", "NA", .. in whatever case: no value, in columns of numbers and booleans.
bool is_csv_null(std::string_view text);

/// "float", "double", "integer", "long", ..
std::optional<FieldType> parse_field_type(std::string_view name);
/// The name in "#datatype" lines.
std::string_view datatype_name(FieldType type);

/// The text without spaces around it.
std::string_view trimmed(std::string_view text);

}  // namespace tidemark::tools
