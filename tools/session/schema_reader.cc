#include "tools/session/schema_reader.h"

#include <algorithm>
#include <set>

namespace tidemark::tools {
namespace {

constexpr std::size_t kMostValues = 300;

// " ON db FROM a, b"
std::string place(const std::string& database, const std::vector<std::string>& measurements) {
    std::string text = " ON " + identifier_text(database);
    std::string_view separator = " FROM ";
    for (const std::string& measurement : measurements) {
        text.append(separator).append(identifier_text(measurement));
        separator = ", ";
    }
    return text;
}

// A regex for texts that begin with `prefix`; what could have a meaning in it is escaped.
std::string prefix_regex(std::string_view prefix) {
    std::string text = "/^";
    for (const char c : prefix) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == ' ' ||
                              static_cast<unsigned char>(c) >= 0x80;
        if (!is_plain) text += '\\';
        text += c;
    }
    return text + "/";
}

}  // namespace

std::vector<std::string> SchemaReader::texts(const std::string& statement,
                                             const std::string& database, std::string_view column) {
    std::set<std::string> found;
    const Result<QueryResult> result = runner_.run(statement, database, cancelled_);
    if (!result) return {};
    for (const StatementResult& answer : result.value().statements) {
        for (const ResultSeries& series : answer.series) {
            const auto header = std::ranges::find(series.columns, column);
            if (header == series.columns.end()) continue;
            const auto index = static_cast<std::size_t>(header - series.columns.begin());
            for (const ConstRow row : series.rows) {
                if (const auto* text = std::get_if<std::string>(&row[index])) found.insert(*text);
            }
        }
    }
    return {found.begin(), found.end()};
}

std::vector<std::string> SchemaReader::names(SchemaName kind, const std::string& database,
                                             const std::vector<std::string>& measurements) {
    switch (kind) {
        case SchemaName::Database:
            return texts("SHOW DATABASES", database, "name");
        case SchemaName::RetentionPolicy:
            return texts("SHOW RETENTION POLICIES" + place(database, {}), database, "name");
        case SchemaName::Measurement:
            return texts("SHOW MEASUREMENTS" + place(database, {}), database, "name");
        case SchemaName::Tag:
            return texts("SHOW TAG KEYS" + place(database, measurements), database, "tagKey");
        case SchemaName::Field:
            return texts("SHOW FIELD KEYS" + place(database, measurements), database, "fieldKey");
    }
    return {};
}

std::vector<std::string> SchemaReader::values(const std::string& column, std::string_view prefix,
                                              const std::string& database,
                                              const std::vector<std::string>& measurements) {
    const std::string tag = identifier_text(column);
    std::vector<std::string> values =
        texts("SHOW TAG VALUES" + place(database, measurements) + " WITH KEY = " + tag + " WHERE " +
                  tag + " =~ " + prefix_regex(prefix) + " LIMIT " + std::to_string(kMostValues),
              database, "value");
    for (std::string& value : values) value = string_text(value);
    if (values.empty() && is_boolean(column, database, measurements)) return {"false", "true"};
    return values;
}

bool SchemaReader::is_boolean(const std::string& field, const std::string& database,
                              const std::vector<std::string>& measurements) {
    const Result<QueryResult> result =
        runner_.run("SHOW FIELD KEYS" + place(database, measurements), database, cancelled_);
    if (!result) return false;
    for (const StatementResult& answer : result.value().statements) {
        for (const ResultSeries& series : answer.series) {
            for (const ConstRow row : series.rows) {
                const bool is_it = row.size() == 2 && row[0] == Cell(field);
                if (is_it && row[1] == Cell(std::string("boolean"))) return true;
            }
        }
    }
    return false;
}

}  // namespace tidemark::tools
