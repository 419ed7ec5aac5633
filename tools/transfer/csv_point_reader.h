#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/transfer/byte_source.h"
#include "tools/transfer/csv_table.h"
#include "tools/transfer/point_reader.h"

namespace tidemark::tools {

/// Points of a CSV file; csv_table.h says what its columns are.
class CsvPointReader final : public PointReader {
public:
    CsvPointReader(std::unique_ptr<ByteSource> source, CsvOptions options,
                   FieldTypeLookup known_types);

    Result<bool> read(PointPiece& piece) override;
    std::string line_of(const PointPiece& piece, std::size_t index) const override;
    std::string heading() const override { return heading_; }
    std::uint64_t line_count() const override { return parser_.line_count(); }
    std::vector<std::string> take_remarks() override;

private:
    Status read_more();
    Status take_record(const CsvRecord& record, PointPiece& piece);
    Status begin_table(const CsvRecord& header);
    std::vector<std::vector<std::string>> sample_rows() const;
    bool take_separator(const CsvRecord& record);
    bool take_annotation(const CsvRecord& record);
    std::optional<std::string> add_point(const CsvRecord& record, WriteBatch& batch);
    void add_tags(const CsvRecord& record, WriteBatch& batch) const;
    std::optional<std::string> add_fields(const CsvRecord& record, WriteBatch& batch);
    std::optional<std::string> add_field(CsvColumn& column, const CsvCell& cell,
                                         WriteBatch& batch) const;

    std::unique_ptr<ByteSource> source_;
    const CsvOptions options_;
    const FieldTypeLookup known_types_;
    CsvParser parser_;
    std::string text_;  // What was read and not let go of; rest_ is its end.
    std::string_view rest_;
    bool is_started_ = false;
    bool is_at_end_ = false;
    std::optional<CsvTable> table_;
    std::vector<std::string> datatypes_;  // Of the annotation whose header has yet to come.
    std::string heading_;
    std::string annotation_text_;
    std::vector<std::string_view> point_texts_;  // Of the piece's points, in text_.
    std::vector<std::string> remarks_;
};

}  // namespace tidemark::tools
