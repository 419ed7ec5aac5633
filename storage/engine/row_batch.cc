#include "storage/engine/row_batch.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "storage/base/bytes.h"

// FORMAT.md section 7. One byte kind, then rows until the end:
//
//   shape    varint  number of a shape defined before in this payload, from 1; 0: a new one follows
//            varint  (new shape) number of fields, then for each: field index << 3 | field type
//   series   zigzag  id minus the id of the row before (at first: 0)
//   time     zigzag  ns minus the time of the row before (at first: 0), modulo 2^64
//   values   for each field of the shape: float 8 bytes; integer zigzag; unsigned varint;
//            boolean 1 byte; string varint size and bytes

namespace tidemark::storage {
namespace {

constexpr std::byte kRowsKind{1};
constexpr unsigned kTypeBits = 3;

std::uint64_t packed(const HeadField& field) {
    return std::uint64_t{field.index} << kTypeBits | static_cast<std::uint64_t>(field.type);
}

// The difference modulo 2^64, as the signed number of the same bits.
std::int64_t wrapped_difference(std::int64_t left, std::int64_t right) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) -
                                     static_cast<std::uint64_t>(right));
}
std::int64_t wrapped_sum(std::int64_t left, std::int64_t right) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) +
                                     static_cast<std::uint64_t>(right));
}

Error corruption(const char* what) {
    return {ErrorCode::Corruption, std::string("rows of a write: ") + what};
}

}  // namespace

// ---- Writing ------------------------------------------------------------------------------

void RowBatchWriter::begin(std::vector<std::byte> buffer) {
    buffer_ = std::move(buffer);
    // Not all of its memory at once: most payloads are small, and what is used is set to zero
    // first.
    buffer_.resize(256);
    size_bytes_ = 0;
    shape_count_ = 0;
    last_shape_ = 0;
    last_id_ = 0;
    last_time_ns_ = 0;
    write_bytes(&kRowsKind, 1);
}

std::vector<std::byte> RowBatchWriter::take() {
    buffer_.resize(size_bytes_);
    return std::move(buffer_);
}

void RowBatchWriter::reserve(std::size_t more_bytes) {
    if (buffer_.size() - size_bytes_ >= more_bytes) return;
    buffer_.resize(std::max(buffer_.size() * 2, size_bytes_ + more_bytes));
}

void RowBatchWriter::write_varint(std::uint64_t value) {
    std::byte* out = buffer_.data() + size_bytes_;
    std::size_t size_bytes = 0;
    for (; value >= 0x80; value >>= 7) out[size_bytes++] = static_cast<std::byte>(value | 0x80);
    out[size_bytes++] = static_cast<std::byte>(value);
    size_bytes_ += size_bytes;
}

void RowBatchWriter::write_bytes(const void* bytes, std::size_t size_bytes) {
    if (size_bytes == 0) return;
    std::memcpy(buffer_.data() + size_bytes_, bytes, size_bytes);
    size_bytes_ += size_bytes;
}

void RowBatchWriter::add_row(SeriesId id, std::int64_t time_ns, std::span<const HeadField> fields) {
    std::size_t bound = (3 + 2 * fields.size() + 1) * kMaxVarintSizeBytes;
    for (const HeadField& field : fields) bound += field.text.size();
    reserve(bound);
    const std::size_t shapes_before = shape_count_;
    const std::size_t number = shape_number(fields);
    if (shape_count_ == shapes_before) {
        write_varint(number);
    } else {
        write_varint(0);
        write_varint(fields.size());
        for (const HeadField& field : fields) write_varint(packed(field));
    }
    write_varint(zigzag_encode(std::int64_t{id} - std::int64_t{last_id_}));
    write_varint(zigzag_encode(wrapped_difference(time_ns, last_time_ns_)));
    for (const HeadField& field : fields) write_value(field);
    last_id_ = id;
    last_time_ns_ = time_ns;
}

void RowBatchWriter::write_value(const HeadField& field) {
    switch (field.type) {
        case FieldType::Float:
            write_bytes(&field.bits, sizeof field.bits);
            break;
        case FieldType::Integer:
            write_varint(zigzag_encode(static_cast<std::int64_t>(field.bits)));
            break;
        case FieldType::Unsigned:
        case FieldType::Boolean:
            write_varint(field.bits);
            break;
        case FieldType::String:
            write_varint(field.text.size());
            write_bytes(field.text.data(), field.text.size());
            break;
    }
}

// The number, from 1, of the shape of `fields`; adds it when it is new.
std::size_t RowBatchWriter::shape_number(std::span<const HeadField> fields) {
    const auto is_shape = [fields](const Shape& shape) {
        return std::ranges::equal(shape, fields, {}, {}, packed);
    };
    if (last_shape_ > 0 && is_shape(shapes_[last_shape_ - 1])) return last_shape_;
    for (last_shape_ = 1; last_shape_ <= shape_count_; ++last_shape_) {
        if (is_shape(shapes_[last_shape_ - 1])) return last_shape_;
    }
    if (shapes_.size() == shape_count_) shapes_.emplace_back();
    Shape& shape = shapes_[shape_count_++];
    shape.clear();
    for (const HeadField& field : fields) shape.push_back(packed(field));
    return last_shape_;
}

// ---- Reading ------------------------------------------------------------------------------

Result<bool> RowBatchReader::next(BatchRow& row) {
    if (!is_started_) TIDEMARK_RETURN_IF_ERROR(read_kind());
    if (rest_.empty()) return false;
    TIDEMARK_ASSIGN_OR_RETURN(const Shape* shape, read_shape());
    std::uint64_t id_delta = 0;
    std::uint64_t time_delta = 0;
    if (!take_varint(id_delta) || !take_varint(time_delta)) return corruption("truncated");
    const std::int64_t id = wrapped_sum(last_id_, zigzag_decode(id_delta));
    if (id < 0 || id > std::numeric_limits<SeriesId>::max()) {
        return corruption("a series id is out of range");
    }
    last_id_ = static_cast<SeriesId>(id);
    last_time_ns_ = wrapped_sum(last_time_ns_, zigzag_decode(time_delta));
    fields_.resize(shape->size());
    for (std::size_t index = 0; index < fields_.size(); ++index) {
        fields_[index] = {(*shape)[index].index, (*shape)[index].type, 0, {}, {}};
        TIDEMARK_RETURN_IF_ERROR(read_value(fields_[index]));
    }
    row = {last_id_, last_time_ns_, fields_};
    return true;
}

Status RowBatchReader::read_kind() {
    if (rest_.empty() || rest_.front() != kRowsKind) return corruption("unknown kind");
    rest_ = rest_.subspan(1);
    is_started_ = true;
    return success();
}

Result<const RowBatchReader::Shape*> RowBatchReader::read_shape() {
    std::uint64_t number = 0;
    if (!take_varint(number)) return corruption("truncated");
    if (number > shapes_.size()) return corruption("a shape that was not defined");
    if (number > 0) return &shapes_[static_cast<std::size_t>(number) - 1];
    std::uint64_t field_count = 0;
    if (!take_varint(field_count) || field_count > rest_.size()) return corruption("truncated");
    if (field_count == 0) return corruption("a row without fields");
    Shape shape;
    for (std::uint64_t index = 0; index < field_count; ++index) {
        std::uint64_t field = 0;
        if (!take_varint(field)) return corruption("truncated");
        const std::uint64_t field_index = field >> kTypeBits;
        if (field_index > std::numeric_limits<FieldIndex>::max()) {
            return corruption("a field index is out of range");
        }
        TIDEMARK_ASSIGN_OR_RETURN(const FieldType type,
                                  field_type_from_number(field & ((1U << kTypeBits) - 1)));
        shape.push_back({static_cast<FieldIndex>(field_index), type});
    }
    if (names_a_field_twice(shape)) return corruption("a field is there twice");
    return &shapes_.emplace_back(std::move(shape));
}

bool RowBatchReader::names_a_field_twice(Shape shape) {
    std::ranges::sort(shape, {}, &ShapeField::index);
    return std::ranges::adjacent_find(shape, {}, &ShapeField::index) != shape.end();
}

Status RowBatchReader::read_value(HeadField& field) {
    std::span<const std::byte> bytes;
    bool is_there = false;
    switch (field.type) {
        case FieldType::Float:
            is_there = take_bytes(sizeof field.bits, bytes);
            if (is_there) std::memcpy(&field.bits, bytes.data(), sizeof field.bits);
            break;
        case FieldType::Integer:
            is_there = take_varint(field.bits);
            field.bits = static_cast<std::uint64_t>(zigzag_decode(field.bits));
            break;
        case FieldType::Unsigned:
            is_there = take_varint(field.bits);
            break;
        case FieldType::Boolean:
            is_there = take_varint(field.bits) && field.bits <= 1;
            break;
        case FieldType::String: {
            std::uint64_t size_bytes = 0;
            is_there = take_varint(size_bytes) && take_bytes(size_bytes, bytes);
            field.text = as_text(bytes);
            break;
        }
    }
    if (!is_there) return corruption("a value is truncated or impossible");
    return success();
}

bool RowBatchReader::take_varint(std::uint64_t& value) {
    std::uint64_t taken = 0;
    const std::size_t limit = std::min(rest_.size(), kMaxVarintSizeBytes);
    for (std::size_t index = 0; index < limit; ++index) {
        const auto byte = std::to_integer<std::uint64_t>(rest_[index]);
        if (index + 1 == kMaxVarintSizeBytes && byte > 1) return false;
        taken |= (byte & 0x7f) << (7 * index);
        if (byte < 0x80) {
            rest_ = rest_.subspan(index + 1);
            value = taken;
            return true;
        }
    }
    return false;
}

bool RowBatchReader::take_bytes(std::uint64_t size_bytes, std::span<const std::byte>& bytes) {
    if (size_bytes > rest_.size()) return false;
    bytes = rest_.first(static_cast<std::size_t>(size_bytes));
    rest_ = rest_.subspan(bytes.size());
    return true;
}

}  // namespace tidemark::storage
