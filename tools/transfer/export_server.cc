#include <algorithm>
#include <optional>
#include <utility>

#include "tools/render/time_parser.h"
#include "tools/transfer/csv_table.h"
#include "tools/transfer/export_source.h"
#include "tools/transfer/open_server.h"
#include "tools/transfer/quoted_name.h"

namespace tidemark::tools {
namespace {

// So many rows are asked for at a time, of one series.
constexpr std::size_t kRowsPerPage = 20'000;

template <typename T>
std::optional<T> number_of(const Cell& cell) {
    if (const auto* value = std::get_if<double>(&cell)) return static_cast<T>(*value);
    if (const auto* value = std::get_if<std::int64_t>(&cell)) return static_cast<T>(*value);
    if (const auto* value = std::get_if<std::uint64_t>(&cell)) return static_cast<T>(*value);
    return std::nullopt;
}

// JSON has one type of number, so the schema says which one a cell is of. False when the cell is of
// no such type.
bool add_value(const FieldKey& field, const Cell& cell, WriteBatch& batch) {
    switch (field.type) {
        case FieldType::Float: {
            const auto value = number_of<double>(cell);
            if (value) batch.add_float(field.name, *value);
            return value.has_value();
        }
        case FieldType::Integer: {
            const auto* const value = std::get_if<std::int64_t>(&cell);
            if (value != nullptr) batch.add_integer(field.name, *value);
            return value != nullptr;
        }
        case FieldType::Unsigned: {
            const bool is_integer = !std::holds_alternative<double>(cell);
            const auto value = is_integer ? number_of<std::uint64_t>(cell) : std::nullopt;
            if (value) batch.add_unsigned(field.name, *value);
            return value.has_value();
        }
        case FieldType::Boolean: {
            const auto* const value = std::get_if<bool>(&cell);
            if (value != nullptr) batch.add_boolean(field.name, *value);
            return value != nullptr;
        }
        case FieldType::String: {
            const auto* const value = std::get_if<std::string>(&cell);
            if (value != nullptr) batch.add_string(field.name, *value);
            return value != nullptr;
        }
    }
    return false;
}

// The texts in a column of a SHOW statement's rows.
std::vector<std::string> texts_of(const StatementResult& result, std::size_t column) {
    std::vector<std::string> texts;
    for (const ResultSeries& series : result.series) {
        for (const auto& row : series.rows) {
            const auto* const text =
                column < row.size() ? std::get_if<std::string>(&row[column]) : nullptr;
            texts.push_back(text == nullptr ? std::string() : *text);
        }
    }
    return texts;
}

using SeriesTagValues = std::vector<std::pair<std::string, std::string>>;

class ServerSource final : public ExportSource {
public:
    ServerSource(std::unique_ptr<StatementRunner> server, std::string database, std::string policy,
                 const std::atomic<bool>& cancelled)
        : server_(std::move(server)),
          database_(std::move(database)),
          policy_(std::move(policy)),
          cancelled_(cancelled) {}

    Result<std::vector<PolicyName>> policies() override {
        TIDEMARK_ASSIGN_OR_RETURN(const StatementResult result,
                                  ask("SHOW RETENTION POLICIES ON " + quoted_name(database_)));
        std::vector<PolicyName> policies;
        for (const ResultSeries& series : result.series) {
            for (const auto& row : series.rows) {
                const auto* const name =
                    row.empty() ? nullptr : std::get_if<std::string>(&row.front());
                const auto* const is_default =
                    row.empty() ? nullptr : std::get_if<bool>(&row.back());
                if (name == nullptr || is_default == nullptr) {
                    return not_understood("a retention policy");
                }
                policies.push_back({*name, *is_default});
            }
        }
        return policies;
    }

    Result<std::vector<std::string>> measurements() override {
        TIDEMARK_ASSIGN_OR_RETURN(const StatementResult result, ask("SHOW MEASUREMENTS"));
        return texts_of(result, 0);
    }

    Result<MeasurementSchema> schema(const std::string& measurement) override {
        MeasurementSchema schema{measurement, {}, {}};
        const std::string from = " FROM " + quoted_name(measurement);
        TIDEMARK_ASSIGN_OR_RETURN(const StatementResult tags, ask("SHOW TAG KEYS" + from));
        TIDEMARK_ASSIGN_OR_RETURN(const StatementResult fields, ask("SHOW FIELD KEYS" + from));
        schema.tag_keys = texts_of(tags, 0);
        const std::vector<std::string> names = texts_of(fields, 0);
        const std::vector<std::string> types = texts_of(fields, 1);
        for (std::size_t index = 0; index < names.size(); ++index) {
            const auto type = parse_field_type(types[index]);
            if (type) schema.fields.push_back({names[index], *type});
        }
        return schema;
    }

    Status read(const MeasurementSchema& schema, const TimeRange& range,
                const Take& take) override {
        std::string select = "SELECT ";
        for (const FieldKey& field : schema.fields) {
            select.append(&field == schema.fields.data() ? "" : ", ");
            select.append(quoted_name(field.name)).append("::field");
        }
        select += " FROM ";
        if (!policy_.empty()) select += quoted_name(policy_) + ".";
        select += quoted_name(schema.name);
        // One row of each series tells its tags.
        TIDEMARK_ASSIGN_OR_RETURN(const StatementResult first,
                                  ask(select + where({}, range) + " GROUP BY * LIMIT 1"));
        for (const ResultSeries& series : first.series) {
            TIDEMARK_RETURN_IF_ERROR(read_series(schema, series.tags, select, range, take));
        }
        return success();
    }

    std::vector<std::string> messages() const override { return messages_; }

private:
    Result<StatementResult> ask(const std::string& statement) {
        TIDEMARK_ASSIGN_OR_RETURN(QueryResult result,
                                  server_->run(statement, database_, cancelled_));
        if (result.syntax_error) {
            return Error(ErrorCode::InvalidArgument,
                         statement + ": " + result.syntax_error->message);
        }
        if (result.statements.size() != 1) {
            return Error(ErrorCode::Corruption, server_->place() + ": no answer to " + statement);
        }
        StatementResult& answer = result.statements.front();
        if (answer.error) return *std::move(answer.error);
        for (ResultMessage& message : answer.messages) {
            const bool is_known = std::ranges::find(messages_, message.text) != messages_.end();
            if (!is_known) messages_.push_back(std::move(message.text));
        }
        return std::move(answer);
    }

    Error not_understood(const std::string& what) const {
        return Error(ErrorCode::Corruption,
                     server_->place() + ": an answer is not understood: " + what);
    }

    static std::string where(const SeriesTagValues& tags, const TimeRange& range) {
        std::vector<std::string> conditions;
        conditions.reserve(tags.size() + 2);
        for (const auto& [key, value] : tags) {
            conditions.push_back(quoted_name(key) + "::tag = " + quoted_text(value));
        }
        const TimeRange all;
        if (range.begin_ns != all.begin_ns) {
            conditions.push_back("time >= " + std::to_string(range.begin_ns));
        }
        if (range.end_ns != all.end_ns) {
            conditions.push_back("time < " + std::to_string(range.end_ns));
        }
        std::string text;
        for (const std::string& condition : conditions) {
            text.append(text.empty() ? " WHERE " : " AND ").append(condition);
        }
        return text;
    }

    Status read_series(const MeasurementSchema& schema, const SeriesTagValues& tags,
                       const std::string& select, TimeRange range, const Take& take) {
        while (true) {
            TIDEMARK_ASSIGN_OR_RETURN(
                const StatementResult page,
                ask(select + where(tags, range) + " LIMIT " + std::to_string(kRowsPerPage)));
            WriteBatch batch;
            for (const ResultSeries& series : page.series) {
                for (const auto& row : series.rows) {
                    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t time_ns,
                                              add_row(schema, tags, row, batch));
                    range.begin_ns = time_ns + 1;
                }
            }
            if (!batch.is_empty()) TIDEMARK_RETURN_IF_ERROR(take(batch));
            if (batch.point_count() < kRowsPerPage) return success();
        }
    }

    Result<std::int64_t> add_row(const MeasurementSchema& schema, const SeriesTagValues& tags,
                                 ConstRow row, WriteBatch& batch) const {
        if (row.size() != schema.fields.size() + 1) return not_understood("too few columns");
        const auto* const time_text = std::get_if<std::string>(&row.front());
        const auto time = time_text == nullptr ? std::nullopt : parse_rfc3339(*time_text);
        if (!time) return not_understood("a time");
        batch.begin_point(schema.name);
        for (const auto& [key, value] : tags) {
            if (!value.empty()) batch.add_tag(key, value);
        }
        for (std::size_t column = 0; column < schema.fields.size(); ++column) {
            const Cell& cell = row[column + 1];
            if (std::holds_alternative<std::monostate>(cell)) continue;
            if (!add_value(schema.fields[column], cell, batch)) {
                return not_understood("field " + schema.fields[column].name);
            }
        }
        batch.end_point(time->ns);
        return time->ns;
    }

    std::unique_ptr<StatementRunner> server_;
    std::string database_;
    std::string policy_;
    const std::atomic<bool>& cancelled_;
    std::vector<std::string> messages_;
};

}  // namespace

Result<std::unique_ptr<ExportSource>> open_export_server(const std::string& url,
                                                         const std::string& database,
                                                         const std::string& policy,
                                                         const std::atomic<bool>& cancelled) {
    TIDEMARK_ASSIGN_OR_RETURN(auto server, open_server(url));
    return std::unique_ptr<ExportSource>(
        std::make_unique<ServerSource>(std::move(server), database, policy, cancelled));
}

}  // namespace tidemark::tools
