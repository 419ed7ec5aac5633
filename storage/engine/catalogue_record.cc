#include "storage/engine/catalogue_record.h"

#include <limits>

#include "storage/base/bytes.h"

namespace tidemark::storage {
namespace {

// The alternatives' numbers on disk: position in CatalogueRecord plus one.
enum class RecordKind : std::uint8_t {
    DatabaseCreated = 1,
    DatabaseDropped = 2,
    MeasurementAdded = 3,
    FieldAdded = 4,
    SeriesAdded = 5,
};

void encode(ByteWriter& writer, const DatabaseCreated& record) {
    writer.write_varint(record.id);
    writer.write_sized_string(record.name);
}

void encode(ByteWriter& writer, const DatabaseDropped& record) { writer.write_varint(record.id); }

void encode(ByteWriter& writer, const MeasurementAdded& record) {
    writer.write_varint(record.id);
    writer.write_varint(record.database);
    writer.write_sized_string(record.name);
}

void encode(ByteWriter& writer, const FieldAdded& record) {
    writer.write_varint(record.measurement);
    writer.write_varint(record.index);
    writer.write_u8(static_cast<std::uint8_t>(record.type));
    writer.write_sized_string(record.name);
}

void encode(ByteWriter& writer, const SeriesAdded& record) {
    writer.write_varint(record.id);
    writer.write_varint(record.measurement);
    writer.write_varint(record.tags.size());
    for (const Tag& tag : record.tags) {
        writer.write_sized_string(tag.key);
        writer.write_sized_string(tag.value);
    }
}

Result<std::uint32_t> read_id(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t id, reader.read_varint());
    if (id > std::numeric_limits<std::uint32_t>::max()) {
        return Error(ErrorCode::Corruption, "id " + std::to_string(id) + " exceeds 32 bits");
    }
    return static_cast<std::uint32_t>(id);
}

Result<std::string> read_name(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::string_view name, reader.read_sized_string());
    return std::string(name);
}

Result<CatalogueRecord> decode_database_created(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const DatabaseId id, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(std::string name, read_name(reader));
    return CatalogueRecord(DatabaseCreated{id, std::move(name)});
}

Result<CatalogueRecord> decode_database_dropped(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const DatabaseId id, read_id(reader));
    return CatalogueRecord(DatabaseDropped{id});
}

Result<CatalogueRecord> decode_measurement_added(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const MeasurementId id, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(const DatabaseId database, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(std::string name, read_name(reader));
    return CatalogueRecord(MeasurementAdded{id, database, std::move(name)});
}

Result<CatalogueRecord> decode_field_added(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const MeasurementId measurement, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(const FieldIndex index, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t type_number, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(const FieldType type, field_type_from_number(type_number));
    TIDEMARK_ASSIGN_OR_RETURN(std::string name, read_name(reader));
    return CatalogueRecord(FieldAdded{measurement, index, type, std::move(name)});
}

Result<CatalogueRecord> decode_series_added(ByteReader& reader) {
    SeriesAdded record{};
    TIDEMARK_ASSIGN_OR_RETURN(record.id, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(record.measurement, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t tag_count, reader.read_varint());
    for (std::uint64_t index = 0; index < tag_count; ++index) {
        Tag tag;
        TIDEMARK_ASSIGN_OR_RETURN(tag.key, read_name(reader));
        TIDEMARK_ASSIGN_OR_RETURN(tag.value, read_name(reader));
        record.tags.push_back(std::move(tag));
    }
    return CatalogueRecord(std::move(record));
}

Result<CatalogueRecord> decode(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t kind, reader.read_u8());
    switch (static_cast<RecordKind>(kind)) {
        case RecordKind::DatabaseCreated:
            return decode_database_created(reader);
        case RecordKind::DatabaseDropped:
            return decode_database_dropped(reader);
        case RecordKind::MeasurementAdded:
            return decode_measurement_added(reader);
        case RecordKind::FieldAdded:
            return decode_field_added(reader);
        case RecordKind::SeriesAdded:
            return decode_series_added(reader);
    }
    return Error(ErrorCode::Corruption, "unknown kind of record " + std::to_string(kind));
}

}  // namespace

std::vector<std::byte> encode_catalogue_record(const CatalogueRecord& record) {
    std::vector<std::byte> payload;
    ByteWriter writer(payload);
    writer.write_u8(static_cast<std::uint8_t>(record.index() + 1));
    std::visit([&writer](const auto& alternative) { encode(writer, alternative); }, record);
    return payload;
}

Result<CatalogueRecord> decode_catalogue_record(std::span<const std::byte> payload) {
    ByteReader reader(payload);
    TIDEMARK_ASSIGN_OR_RETURN(CatalogueRecord record, decode(reader));
    if (!reader.is_at_end()) {
        return Error(ErrorCode::Corruption,
                     std::to_string(reader.remaining_size_bytes()) + " bytes behind the record");
    }
    return record;
}

Result<FieldType> field_type_from_number(std::uint64_t number) {
    if (number < 1 || number > 5) {
        return Error(ErrorCode::Corruption, "unknown field type " + std::to_string(number));
    }
    return static_cast<FieldType>(number);
}

}  // namespace tidemark::storage
