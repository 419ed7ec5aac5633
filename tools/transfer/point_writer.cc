#include "tools/transfer/point_writer.h"

#include <charconv>
#include <cmath>

#include "server/format/time_text.h"
#include "storage/line_protocol/float_text.h"
#include "storage/line_protocol/line_writer.h"
#include "tools/transfer/csv_parser.h"
#include "tools/transfer/csv_table.h"

namespace tidemark::tools {
namespace {

class LineWriter final : public PointWriter {
public:
    void begin(const MeasurementSchema&, std::string&) override {}

    Status append(const WriteBatch& batch, std::size_t index, std::string& out) override {
        return storage::append_line(batch, index, storage::TimePrecision::Nanoseconds, out);
    }
};

template <typename Integer>
void append_integer(Integer value, std::string& out) {
    char buffer[24];
    const auto [end, failure] = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.append(buffer, end);
}

void append_value(const WriteBatch::Field& field, std::string& out) {
    switch (field.type) {
        case FieldType::Float:
            if (std::isnan(field.float_value)) return void(out.append("nan"));
            return storage::append_float(field.float_value, storage::FloatStyle::Shortest, out);
        case FieldType::Integer:
            return append_integer(field.integer_value, out);
        case FieldType::Unsigned:
            return append_integer(field.unsigned_value, out);
        case FieldType::Boolean:
            out.append(field.boolean_value ? "true" : "false");
            return;
        case FieldType::String:
            // An empty text is told from no value by its quotes.
            field.text.empty() ? void(out.append("\"\"")) : append_csv_cell(field.text, out);
            return;
    }
}

class CsvWriter final : public PointWriter {
public:
    void begin(const MeasurementSchema& schema, std::string& out) override {
        schema_ = &schema;
        out.append("#datatype measurement,dateTime:RFC3339");
        for (std::size_t i = 0; i < schema.tag_keys.size(); ++i) out.append(",tag");
        for (const FieldKey& field : schema.fields)
            out.append(",").append(datatype_name(field.type));
        out.append("\nmeasurement,time");
        for (const std::string& key : schema.tag_keys) {
            out.push_back(',');
            append_csv_cell(key, out);
        }
        for (const FieldKey& field : schema.fields) {
            out.push_back(',');
            append_csv_cell(field.name, out);
        }
        out.push_back('\n');
        measurement_.clear();
        append_csv_cell(schema.name, measurement_);
    }

    Status append(const WriteBatch& batch, std::size_t index, std::string& out) override {
        const WriteBatch::Point point = batch.point(index);
        out.append(measurement_).push_back(',');
        server::append_rfc3339(point.time_ns.value_or(0), out);
        append_tags(point, out);
        std::size_t next = 0;
        for (const FieldKey& column : schema_->fields) {
            out.push_back(',');
            if (next == point.field_count) continue;
            const WriteBatch::Field field = batch.field(index, next);
            if (field.name != column.name) continue;
            append_value(field, out);
            ++next;
        }
        out.push_back('\n');
        return success();
    }

private:
    void append_tags(const WriteBatch::Point& point, std::string& out) const {
        const SeriesKeyParts series = series_key_parts(point.raw_series_key);
        auto next = series.tags.begin();
        for (const std::string& key : schema_->tag_keys) {
            out.push_back(',');
            if (next == series.tags.end() || next->first != key) continue;
            append_csv_cell(next->second, out);
            ++next;
        }
    }

    const MeasurementSchema* schema_ = nullptr;
    std::string measurement_;  // As a cell.
};

}  // namespace

std::unique_ptr<PointWriter> make_line_writer() { return std::make_unique<LineWriter>(); }

std::unique_ptr<PointWriter> make_csv_writer() { return std::make_unique<CsvWriter>(); }

}  // namespace tidemark::tools
