#include "tools/transfer/csv_point_reader.h"

#include <algorithm>
#include <utility>

#include "tools/transfer/csv_values.h"

namespace tidemark::tools {
namespace {

constexpr std::size_t kSampleRowCount = 1000;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kDatatype = "#datatype";

// The separator that stands most often in the first line; a comma when none does.
char likely_separator(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    char best = ',';
    for (const char candidate : {',', ';', '\t'}) {
        if (std::ranges::count(line, candidate) > std::ranges::count(line, best)) best = candidate;
    }
    return best;
}

// A record that is a note to the reader: "# ..", or an annotation that says nothing we need.
bool is_comment(const CsvRecord& record) {
    const CsvCell& first = record.cells.front();
    if (first.is_quoted || !first.text.starts_with('#')) return false;
    const std::string_view word = first.text.substr(0, first.text.find(' '));
    return word == "#" || word == "#group" || word == "#default";
}

std::string found(const CsvColumn& column, std::string_view expected, std::string_view text) {
    constexpr std::size_t kShownBytes = 60;
    std::string shown(text.substr(0, kShownBytes));
    if (shown.size() < text.size()) shown += "..";
    return "column " + column.name + ": expected " + std::string(expected) + ", found \"" + shown +
           "\"";
}

std::string expected_type(const CsvColumn& column) {
    const FieldType type = *column.type;
    std::string expected(type == FieldType::Integer || type == FieldType::Unsigned ? "an " : "a ");
    expected.append(field_type_name(type));
    if (!column.origin.empty()) expected.append(" (").append(column.origin).append(")");
    return expected;
}

// Adds a value that is there; false when the text is none of the type.
bool add_value(const std::string& name, FieldType type, std::string_view text, WriteBatch& batch) {
    switch (type) {
        case FieldType::Float: {
            const auto value = parse_number<double>(text);
            if (value) batch.add_float(name, *value);
            return value.has_value();
        }
        case FieldType::Integer: {
            const auto value = parse_number<std::int64_t>(text);
            if (value) batch.add_integer(name, *value);
            return value.has_value();
        }
        case FieldType::Unsigned: {
            const auto value = parse_number<std::uint64_t>(text);
            if (value) batch.add_unsigned(name, *value);
            return value.has_value();
        }
        case FieldType::Boolean: {
            const auto value = parse_csv_boolean(text);
            if (value) batch.add_boolean(name, *value);
            return value.has_value();
        }
        case FieldType::String:
            break;
    }
    batch.add_string(name, text);
    return true;
}

}  // namespace

CsvPointReader::CsvPointReader(std::unique_ptr<ByteSource> source, CsvOptions options,
                               FieldTypeLookup known_types)
    : source_(std::move(source)),
      options_(std::move(options)),
      known_types_(std::move(known_types)),
      parser_(options_.separator.value_or(',')) {}

Result<bool> CsvPointReader::read(PointPiece& piece) {
    piece.clear();
    point_texts_.clear();
    while (piece.batch.is_empty() && piece.refused.empty()) {
        if (is_at_end_) return false;
        TIDEMARK_RETURN_IF_ERROR(read_more());
        const auto end = is_at_end_ ? storage::TextEnd::Complete : storage::TextEnd::MayContinue;
        CsvRecord record;
        while (parser_.next(rest_, end, record)) {
            TIDEMARK_RETURN_IF_ERROR(take_record(record, piece));
        }
    }
    return true;
}

Status CsvPointReader::read_more() {
    text_.erase(0, text_.size() - rest_.size());
    TIDEMARK_ASSIGN_OR_RETURN(const std::size_t taken, source_->read(kPieceSizeBytes, text_));
    is_at_end_ = taken == 0;
    rest_ = text_;
    if (!std::exchange(is_started_, true)) {
        if (is_at_end_) remarks_.emplace_back("is empty, there is nothing to import");
        if (rest_.starts_with("\xff\xfe") || rest_.starts_with("\xfe\xff")) {
            return Error(ErrorCode::InvalidArgument,
                         "found UTF-16, expected UTF-8: iconv -f UTF-16 -t UTF-8 converts it");
        }
        if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
        if (!options_.separator) parser_.set_separator(likely_separator(rest_));
    }
    return success();
}

Status CsvPointReader::take_record(const CsvRecord& record, PointPiece& piece) {
    std::optional<std::string> defect;
    if (!record.defect.empty()) {
        defect = record.defect;
    } else if (is_comment(record) || take_separator(record) || take_annotation(record)) {
        return success();
    } else if (!table_) {
        return begin_table(record);
    } else {
        defect = add_point(record, piece.batch);
    }
    if (defect) {
        piece.refused.push_back({record.line_number, *std::move(defect), std::string(record.text)});
        return success();
    }
    piece.line_numbers.push_back(record.line_number);
    point_texts_.push_back(record.text);
    return success();
}

// "sep=;", as Excel writes it in front of the header.
bool CsvPointReader::take_separator(const CsvRecord& record) {
    constexpr std::string_view kSeparator = "sep=";
    const bool is_it = !table_ && record.text.size() == kSeparator.size() + 1 &&
                       record.text.starts_with(kSeparator);
    if (is_it && !options_.separator) parser_.set_separator(record.text.back());
    return is_it;
}

bool CsvPointReader::take_annotation(const CsvRecord& record) {
    const CsvCell& first = record.cells.front();
    if (first.is_quoted || !first.text.starts_with(kDatatype)) return false;
    table_.reset();
    datatypes_.clear();
    datatypes_.reserve(record.cells.size());
    for (const CsvCell& cell : record.cells) datatypes_.emplace_back(trimmed(cell.text));
    datatypes_.front() = trimmed(first.text.substr(kDatatype.size()));
    annotation_text_ = std::string(record.text) + '\n';
    return true;
}

Status CsvPointReader::begin_table(const CsvRecord& header) {
    const bool is_annotated = !datatypes_.empty();
    auto table = is_annotated ? read_csv_annotation(datatypes_, header)
                              : plan_csv_table(options_, header, sample_rows(), known_types_);
    if (!table) {
        return std::move(table).error().within("line " + std::to_string(header.line_number));
    }
    table_ = std::move(table).value();
    datatypes_.clear();
    heading_ = std::exchange(annotation_text_, {}) + std::string(header.text) + '\n';
    if (!is_annotated) remarks_.push_back(table_->description());
    return success();
}

// The rows behind the header, as far as they have been read.
std::vector<std::vector<std::string>> CsvPointReader::sample_rows() const {
    std::vector<std::vector<std::string>> rows;
    CsvParser probe = parser_;
    std::string_view rest = rest_;
    CsvRecord record;
    const auto end = is_at_end_ ? storage::TextEnd::Complete : storage::TextEnd::MayContinue;
    while (rows.size() < kSampleRowCount && probe.next(rest, end, record)) {
        if (!record.defect.empty() || is_comment(record)) continue;
        std::vector<std::string>& row = rows.emplace_back();
        row.reserve(record.cells.size());
        for (const CsvCell& cell : record.cells) row.emplace_back(cell.text);
    }
    return rows;
}

// ---- Points -------------------------------------------------------------------------------

std::optional<std::string> CsvPointReader::add_point(const CsvRecord& record, WriteBatch& batch) {
    if (record.cells.size() != table_->columns.size()) {
        return "expected " + std::to_string(table_->columns.size()) + " cells, found " +
               std::to_string(record.cells.size());
    }
    std::optional<std::int64_t> time_ns;
    std::string_view measurement = table_->measurement;
    for (std::size_t index = 0; index < record.cells.size(); ++index) {
        const CsvColumn& column = table_->columns[index];
        const std::string_view text = record.cells[index].text;
        if (column.role == CsvRole::Measurement) measurement = text;
        if (column.role != CsvRole::Time) continue;
        time_ns = table_->time_format.read(trimmed(text));
        if (!time_ns) return found(column, "a time as " + table_->time_format.name(), text);
    }
    batch.begin_point(measurement);
    add_tags(record, batch);
    if (auto defect = add_fields(record, batch)) {
        batch.abandon_point();
        return defect;
    }
    batch.end_point(time_ns);
    return std::nullopt;
}

void CsvPointReader::add_tags(const CsvRecord& record, WriteBatch& batch) const {
    for (std::size_t index = 0; index < record.cells.size(); ++index) {
        const CsvColumn& column = table_->columns[index];
        const std::string_view text = record.cells[index].text;
        if (column.role == CsvRole::Tag && !text.empty()) batch.add_tag(column.name, text);
    }
}

std::optional<std::string> CsvPointReader::add_fields(const CsvRecord& record, WriteBatch& batch) {
    bool has_value = false;
    for (std::size_t index = 0; index < record.cells.size(); ++index) {
        CsvColumn& column = table_->columns[index];
        const CsvCell& cell = record.cells[index];
        if (column.role != CsvRole::Field) continue;
        // In quotes, an empty text is a value.
        const bool is_null = column.type == FieldType::String ? cell.text.empty() && !cell.is_quoted
                                                              : is_csv_null(cell.text);
        if (is_null) continue;
        if (auto defect = add_field(column, cell, batch)) return defect;
        has_value = true;
    }
    if (!has_value) return "no field has a value";
    return std::nullopt;
}

std::optional<std::string> CsvPointReader::add_field(CsvColumn& column, const CsvCell& cell,
                                                     WriteBatch& batch) const {
    if (!column.type) {
        const std::string first = options_.has_decimal_commas
                                      ? with_points_and_commas_exchanged(cell.text)
                                      : std::string(cell.text);
        column.type = guess_field_type(std::span(&first, 1));
        column.origin = "guessed from its first value";
    }
    const bool is_text = column.type == FieldType::String;
    std::string_view text = is_text ? cell.text : trimmed(cell.text);
    std::string exchanged;
    if (options_.has_decimal_commas && !is_text) {
        exchanged = with_points_and_commas_exchanged(text);
        text = exchanged;
    }
    if (add_value(column.name, *column.type, text, batch)) return std::nullopt;
    const bool is_guess = column.origin.starts_with("guessed");
    return found(column, expected_type(column), cell.text) +
           (is_guess ? "; --type " + column.name + ":string takes any text" : "");
}

std::string CsvPointReader::line_of(const PointPiece&, std::size_t index) const {
    return std::string(point_texts_[index]);
}

std::vector<std::string> CsvPointReader::take_remarks() { return std::exchange(remarks_, {}); }

}  // namespace tidemark::tools
