#include "tools/transfer/csv_table.h"

#include <algorithm>
#include <utility>

#include "tools/render/cell_text.h"
#include "tools/transfer/csv_values.h"

namespace tidemark::tools {
namespace {

constexpr std::string_view kGuessed = "guessed from the first rows";
constexpr std::string_view kKnown = "as in the database";

Error unusable(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

std::string column_names(const std::vector<CsvColumn>& columns) {
    std::string names;
    for (const CsvColumn& column : columns) {
        names.append(names.empty() ? "" : ", ").append(printable(column.name));
    }
    return names;
}

// What to do about a header without the time, by what it looks like.
std::string missing_time(const std::vector<CsvColumn>& columns) {
    const std::string names = column_names(columns);
    const auto is_value = [](const CsvColumn& column) {
        return parse_number<double>(column.name) ||
               (!column.name.empty() && TimeFormat::guess(std::span(&column.name, 1)));
    };
    if (std::ranges::any_of(columns, is_value)) {
        return "found values (" + names +
               "), expected the names of the columns: put a line like time,host,usage in front";
    }
    std::string message = "no column looks like the time; say --time COLUMN, one of " + names;
    const bool has_equals = names.find('=') != std::string::npos;
    if (has_equals) return message + "; or --format line if it is line protocol";
    if (columns.size() == 1) message += "; or --separator, if there are more columns";
    return message;
}

CsvColumn* find_column(std::vector<CsvColumn>& columns, std::string_view name) {
    const auto found = std::ranges::find(columns, name, &CsvColumn::name);
    return found == columns.end() ? nullptr : &*found;
}

// Fills a table from options, header and samples.
class Planner {
public:
    Planner(const CsvOptions& options, const CsvRecord& header,
            std::span<const std::vector<std::string>> samples)
        : options_(options), samples_(samples) {
        table_.columns.reserve(header.cells.size());
        for (const CsvCell& cell : header.cells) {
            table_.columns.push_back(
                {std::string(trimmed(cell.text)), CsvRole::Ignored, {}, {}, {}});
        }
        table_.measurement = options.measurement;
    }

    Result<CsvTable> run(const FieldTypeLookup& known_types) {
        TIDEMARK_RETURN_IF_ERROR(plan_time());
        if (!options_.measurement_column.empty()) {
            TIDEMARK_RETURN_IF_ERROR(
                take("--measurement-column", options_.measurement_column, CsvRole::Measurement));
            table_.measurement.clear();
        }
        for (const std::string& tag : options_.tags) {
            TIDEMARK_RETURN_IF_ERROR(take("--tag", tag, CsvRole::Tag));
        }
        TIDEMARK_RETURN_IF_ERROR(plan_fields());
        TIDEMARK_RETURN_IF_ERROR(plan_types(known_types));
        return std::move(table_);
    }

private:
    Status take(std::string_view option, const std::string& name, CsvRole role) {
        CsvColumn* const column = find_column(table_.columns, name);
        if (column == nullptr) {
            return unusable("found " + std::string(option) + " " + name + ", expected one of " +
                            column_names(table_.columns));
        }
        if (column->role != CsvRole::Ignored && column->role != role) {
            return unusable("column " + name + " is wanted twice: " + std::string(option) +
                            " and as something else");
        }
        column->role = role;
        return success();
    }

    Status plan_time() {
        std::string name = options_.time_column;
        if (name.empty()) {
            const CsvColumn* const column = usual_time_column();
            if (column == nullptr) {
                return unusable(missing_time(table_.columns));
            }
            name = column->name;
        }
        TIDEMARK_RETURN_IF_ERROR(take("--time", name, CsvRole::Time));
        if (!options_.time_format.empty()) {
            TIDEMARK_ASSIGN_OR_RETURN(table_.time_format, TimeFormat::parse(options_.time_format));
            return success();
        }
        const auto index =
            static_cast<std::size_t>(find_column(table_.columns, name) - table_.columns.data());
        const std::vector<std::string> samples = samples_of(index);
        if (samples.empty()) return success();
        const auto guessed = TimeFormat::guess(samples);
        if (!guessed) {
            return unusable("column " + name + ": " + samples.front() +
                            " can be read in more than one way or none; say --time-format: " +
                            std::string(kTimeFormatNames));
        }
        table_.time_format = *guessed;
        return success();
    }

    const CsvColumn* usual_time_column() const {
        constexpr std::string_view kNames[] = {"time", "timestamp", "_time",    "ts",
                                               "date", "datetime",  "date_time"};
        for (const std::string_view name : kNames) {
            for (const CsvColumn& column : table_.columns) {
                if (equals_ignoring_case(column.name, name)) return &column;
            }
        }
        return nullptr;
    }

    // The values of a column in the samples, those that are there.
    std::vector<std::string> samples_of(std::size_t column_index) const {
        std::vector<std::string> texts;
        texts.reserve(samples_.size());
        for (const auto& row : samples_) {
            if (column_index < row.size() && !row[column_index].empty()) {
                texts.push_back(row[column_index]);
            }
        }
        return texts;
    }

    Status plan_fields() {
        for (const std::string& field : options_.fields) {
            TIDEMARK_RETURN_IF_ERROR(take("--field", split_type(field).first, CsvRole::Field));
        }
        for (CsvColumn& column : table_.columns) {
            const bool is_free = column.role == CsvRole::Ignored && options_.fields.empty();
            if (is_free && !column.name.empty()) column.role = CsvRole::Field;
        }
        const bool has_field = std::ranges::find(table_.columns, CsvRole::Field,
                                                 &CsvColumn::role) != table_.columns.end();
        if (!has_field) return unusable("no column is left for a field");
        return check_names();
    }

    // Of two columns with one name only one would be kept.
    Status check_names() const {
        for (const CsvColumn& column : table_.columns) {
            const auto is_same = [&](const CsvColumn& other) {
                return other.name == column.name && other.role != CsvRole::Ignored;
            };
            const bool is_used = column.role != CsvRole::Ignored;
            if (!is_used || std::ranges::count_if(table_.columns, is_same) == 1) continue;
            return unusable("two columns are named " + printable(column.name) +
                            ": rename one, or say with --field which columns are wanted");
        }
        return success();
    }

    std::optional<FieldType> guess_type(std::size_t column_index, std::string_view& remark) const {
        const std::vector<std::string> samples = samples_of(column_index);
        std::vector<std::string> exchanged;
        exchanged.reserve(samples.size());
        for (const std::string& text : samples) {
            exchanged.push_back(with_points_and_commas_exchanged(text));
        }
        if (options_.has_decimal_commas) return guess_field_type(exchanged);
        const auto type = guess_field_type(samples);
        if (type == FieldType::String && guess_field_type(exchanged) != FieldType::String) {
            remark = "--decimal-comma would make it a number";
        }
        return type;
    }

    // "usage:float" as its two parts; a name with a colon in it has no type.
    static std::pair<std::string, std::optional<FieldType>> split_type(const std::string& text) {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string::npos) return {text, std::nullopt};
        const auto type = parse_field_type(std::string_view(text).substr(colon + 1));
        if (!type) return {text, std::nullopt};
        return {text.substr(0, colon), type};
    }

    Status plan_types(const FieldTypeLookup& known_types) {
        std::map<std::string, FieldType> known;
        if (!table_.measurement.empty()) {
            TIDEMARK_ASSIGN_OR_RETURN(known, known_types(table_.measurement));
        }
        for (std::size_t index = 0; index < table_.columns.size(); ++index) {
            CsvColumn& column = table_.columns[index];
            if (column.role != CsvRole::Field) continue;
            const auto there = known.find(column.name);
            column.type = there == known.end() ? guess_type(index, column.remark)
                                               : std::optional(there->second);
            column.origin = there == known.end() ? kGuessed : kKnown;
        }
        for (const auto* list : {&options_.fields, &options_.types}) {
            for (const std::string& text : *list) {
                TIDEMARK_RETURN_IF_ERROR(give_type(text, list == &options_.types));
            }
        }
        return success();
    }

    Status give_type(const std::string& text, bool is_type_needed) {
        const auto [name, type] = split_type(text);
        CsvColumn* const column = find_column(table_.columns, name);
        const bool is_usable = column != nullptr && (type || !is_type_needed);
        if (!is_usable) {
            return unusable("found --type " + text + ", expected COLUMN:TYPE with a column of " +
                            column_names(table_.columns) +
                            " and a type of float, integer, unsigned, boolean, string");
        }
        if (!type) return success();
        column->type = type;
        column->origin = "as told";
        return success();
    }

    const CsvOptions& options_;
    std::span<const std::vector<std::string>> samples_;
    CsvTable table_;
};

struct Annotation {
    CsvRole role = CsvRole::Ignored;
    std::optional<FieldType> type;
    std::string time_format;
};

Result<Annotation> parse_annotation(std::string_view datatype) {
    if (datatype == "measurement") return Annotation{CsvRole::Measurement, {}, {}};
    if (datatype == "tag") return Annotation{CsvRole::Tag, {}, {}};
    if (datatype == "field") return Annotation{CsvRole::Field, {}, {}};
    if (datatype == "ignored" || datatype.empty()) return Annotation{};
    if (datatype == "time" || datatype == "dateTime" || datatype.starts_with("dateTime:")) {
        const bool is_number = datatype == "dateTime:number";
        return Annotation{CsvRole::Time, {}, is_number ? "ns" : "rfc3339"};
    }
    if (const auto type = parse_field_type(datatype)) return Annotation{CsvRole::Field, type, {}};
    return unusable("found #datatype " + std::string(datatype) +
                    ", expected measurement, tag, field, ignored, dateTime:RFC3339, "
                    "dateTime:number, double, long, unsignedLong, boolean or string");
}

}  // namespace

Result<CsvTable> plan_csv_table(const CsvOptions& options, const CsvRecord& header,
                                std::span<const std::vector<std::string>> samples,
                                const FieldTypeLookup& known_types) {
    return Planner(options, header, samples).run(known_types);
}

Result<CsvTable> read_csv_annotation(const std::vector<std::string>& datatypes,
                                     const CsvRecord& header) {
    if (datatypes.size() != header.cells.size()) {
        return unusable("#datatype speaks of " + std::to_string(datatypes.size()) +
                        " columns, the header has " + std::to_string(header.cells.size()));
    }
    CsvTable table;
    std::size_t time_count = 0;
    std::size_t measurement_count = 0;
    table.columns.reserve(datatypes.size());
    for (std::size_t index = 0; index < datatypes.size(); ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const Annotation annotation, parse_annotation(datatypes[index]));
        if (annotation.role == CsvRole::Time) {
            TIDEMARK_ASSIGN_OR_RETURN(table.time_format, TimeFormat::parse(annotation.time_format));
            ++time_count;
        }
        if (annotation.role == CsvRole::Measurement) ++measurement_count;
        table.columns.push_back({std::string(header.cells[index].text),
                                 annotation.role,
                                 annotation.type,
                                 "by #datatype",
                                 {}});
    }
    if (time_count != 1 || measurement_count != 1) {
        return unusable("#datatype: expected one measurement and one dateTime column");
    }
    return table;
}

std::string CsvTable::description() const {
    std::string text = "time from ";
    std::string tags;
    std::string fields;
    std::string measured = "measurement " + measurement;
    for (const CsvColumn& column : columns) {
        if (column.role == CsvRole::Time) text += column.name + " (" + time_format.name() + ")";
        if (column.role == CsvRole::Measurement) measured = "measurement from " + column.name;
        if (column.role == CsvRole::Tag) tags.append(tags.empty() ? "" : ", ").append(column.name);
        if (column.role != CsvRole::Field) continue;
        fields.append(fields.empty() ? "" : ", ").append(column.name).append(" (");
        fields += column.type ? field_type_name(*column.type) : "no value yet";
        if (column.origin == kKnown) fields.append(", ").append(kKnown);
        const bool may_be_tag = column.type == FieldType::String && column.origin == kGuessed;
        if (!column.remark.empty()) {
            fields.append("; ").append(column.remark);
        } else if (may_be_tag) {
            fields += "; --tag " + column.name + " would make it a tag";
        }
        fields += ")";
    }
    text += "; " + measured + "; tags " + (tags.empty() ? "none" : tags);
    text += "; fields " + fields;
    const bool has_nameless = std::ranges::find(columns, "", &CsvColumn::name) != columns.end();
    return text + (has_nameless ? "; columns without a name are left out" : "");
}

}  // namespace tidemark::tools
