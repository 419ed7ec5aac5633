#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/engine/row_batch_reader.h"
#include "storage/engine/row_batch_writer.h"

// Any bytes are the rows of a write or Corruption; rows that were read can be written and read
// again.

using namespace tidemark;
using namespace tidemark::storage;

namespace {

// A body of a few bytes that LZ4 makes long only takes time.
constexpr std::size_t kRowLimit = 20'000;

struct KeptRow {
    SeriesId id;
    std::int64_t time_ns;
    std::vector<HeadField> fields;  // Texts point into the payload.
};

void require(bool condition) {
    if (!condition) __builtin_trap();
}

bool is_same(const HeadField& left, const HeadField& right) {
    return left.index == right.index && left.type == right.type && left.text == right.text &&
           (left.type == FieldType::String || left.bits == right.bits);
}

/// The rows in front of what is not valid.
std::vector<KeptRow> read_rows(RowBatchReader& reader) {
    std::vector<KeptRow> rows;
    BatchRow row;
    while (rows.size() < kRowLimit) {
        const auto is_row = reader.next(row);
        if (!is_row) require(is_row.error().code() == ErrorCode::Corruption);
        if (!is_row || !is_row.value()) break;
        require(!row.fields.empty());
        rows.push_back({row.id, row.time_ns, {row.fields.begin(), row.fields.end()}});
    }
    return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    RowBatchReader reader(std::as_bytes(std::span(data, size_bytes)));
    const std::vector<KeptRow> rows = read_rows(reader);
    if (rows.empty()) return 0;

    RowBatchWriter writer;
    for (const KeptRow& row : rows) writer.add_row(1, row.id, row.time_ns, row.fields);
    const std::vector<std::byte> payload = writer.take();
    RowBatchReader again(payload);
    const std::vector<KeptRow> same = read_rows(again);
    require(same.size() == rows.size());
    for (std::size_t index = 0; index < rows.size(); ++index) {
        require(same[index].id == rows[index].id && same[index].time_ns == rows[index].time_ns);
        require(std::ranges::equal(same[index].fields, rows[index].fields, is_same));
    }
    return 0;
}
