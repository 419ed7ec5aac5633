#include "storage/engine/catalogue_record.h"

#include <limits>
#include <utility>

namespace tidemark::storage {
namespace {

// The alternatives' numbers on disk: position in CatalogueRecord plus one.
enum class RecordKind : std::uint8_t {
    DatabaseCreated = 1,
    DatabaseDropped = 2,
    MeasurementAdded = 3,
    FieldAdded = 4,
    SeriesAdded = 5,
    PolicySet = 6,
    PolicyDropped = 7,
    StaleSet = 8,
    NanSet = 9,
    SeriesDropped = 10,
    MeasurementDropped = 11,
};

void encode(ByteWriter& writer, const DatabaseCreated& record) {
    writer.write_varint(record.id);
    writer.write_sized_string(record.name);
}

void encode(ByteWriter& writer, const DatabaseDropped& record) { writer.write_varint(record.id); }

void encode(ByteWriter& writer, const MeasurementAdded& record) {
    writer.write_varint(record.id);
    writer.write_varint(record.policy);
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

void encode(ByteWriter& writer, const PolicySet& record) {
    const RetentionPolicy& policy = record.properties;
    writer.write_varint(record.id);
    writer.write_varint(record.database);
    writer.write_sized_string(policy.name);
    for (const std::int64_t duration_ns : {policy.duration_ns, policy.shard_duration_ns,
                                           policy.future_limit_ns, policy.past_limit_ns}) {
        writer.write_varint(static_cast<std::uint64_t>(duration_ns));
    }
    writer.write_varint(policy.replication);
    writer.write_u8(policy.is_default ? 1 : 0);
}

void encode(ByteWriter& writer, const PolicyDropped& record) { writer.write_varint(record.id); }

void encode(ByteWriter& writer, const StaleSet& record) {
    writer.write_varint(record.database);
    writer.write_sized_string(record.measurement);
    writer.write_varint(static_cast<std::uint64_t>(record.hold_ns));
}

void encode(ByteWriter& writer, const NanSet& record) {
    writer.write_varint(record.database);
    writer.write_u8(record.is_accepted ? 1 : 0);
}

void encode(ByteWriter& writer, const SeriesDropped& record) {
    encode_series_ids(writer, record.ids);
}

void encode(ByteWriter& writer, const MeasurementDropped& record) {
    writer.write_varint(record.id);
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
    TIDEMARK_ASSIGN_OR_RETURN(const PolicyId policy, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(std::string name, read_name(reader));
    return CatalogueRecord(MeasurementAdded{id, policy, std::move(name)});
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

Result<std::int64_t> read_duration(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t duration_ns, reader.read_varint());
    if (duration_ns > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return Error(ErrorCode::Corruption,
                     "duration " + std::to_string(duration_ns) + " exceeds 63 bits");
    }
    return static_cast<std::int64_t>(duration_ns);
}

Result<bool> read_truth(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t truth, reader.read_u8());
    if (truth > 1) return Error(ErrorCode::Corruption, "a truth of " + std::to_string(truth));
    return truth == 1;
}

Result<CatalogueRecord> decode_policy_set(ByteReader& reader) {
    PolicySet record{};
    RetentionPolicy& policy = record.properties;
    TIDEMARK_ASSIGN_OR_RETURN(record.id, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(record.database, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(policy.name, read_name(reader));
    TIDEMARK_ASSIGN_OR_RETURN(policy.duration_ns, read_duration(reader));
    TIDEMARK_ASSIGN_OR_RETURN(policy.shard_duration_ns, read_duration(reader));
    TIDEMARK_ASSIGN_OR_RETURN(policy.future_limit_ns, read_duration(reader));
    TIDEMARK_ASSIGN_OR_RETURN(policy.past_limit_ns, read_duration(reader));
    TIDEMARK_ASSIGN_OR_RETURN(policy.replication, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(policy.is_default, read_truth(reader));
    return CatalogueRecord(std::move(record));
}

Result<CatalogueRecord> decode_policy_dropped(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const PolicyId id, read_id(reader));
    return CatalogueRecord(PolicyDropped{id});
}

Result<CatalogueRecord> decode_stale_set(ByteReader& reader) {
    StaleSet record{};
    TIDEMARK_ASSIGN_OR_RETURN(record.database, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(record.measurement, read_name(reader));
    TIDEMARK_ASSIGN_OR_RETURN(record.hold_ns, read_duration(reader));
    return CatalogueRecord(std::move(record));
}

Result<CatalogueRecord> decode_nan_set(ByteReader& reader) {
    NanSet record{};
    TIDEMARK_ASSIGN_OR_RETURN(record.database, read_id(reader));
    TIDEMARK_ASSIGN_OR_RETURN(record.is_accepted, read_truth(reader));
    return CatalogueRecord(record);
}

Result<CatalogueRecord> decode_series_dropped(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(std::vector<SeriesId> ids, read_series_ids(reader));
    return CatalogueRecord(SeriesDropped{std::move(ids)});
}

Result<CatalogueRecord> decode_measurement_dropped(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const MeasurementId id, read_id(reader));
    return CatalogueRecord(MeasurementDropped{id});
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
        case RecordKind::PolicySet:
            return decode_policy_set(reader);
        case RecordKind::PolicyDropped:
            return decode_policy_dropped(reader);
        case RecordKind::StaleSet:
            return decode_stale_set(reader);
        case RecordKind::NanSet:
            return decode_nan_set(reader);
        case RecordKind::SeriesDropped:
            return decode_series_dropped(reader);
        case RecordKind::MeasurementDropped:
            return decode_measurement_dropped(reader);
    }
    return Error(ErrorCode::Corruption, "unknown kind of record " + std::to_string(kind));
}

bool take_id(ByteReader& reader, std::uint32_t& id) {
    std::uint64_t value = 0;
    if (!reader.take_varint(value)) return false;
    id = static_cast<std::uint32_t>(value);
    return value <= std::numeric_limits<std::uint32_t>::max();
}

Status expect_end(const ByteReader& reader) {
    if (reader.is_at_end()) return success();
    return Error(ErrorCode::Corruption,
                 std::to_string(reader.remaining_size_bytes()) + " bytes behind the record");
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
    TIDEMARK_RETURN_IF_ERROR(expect_end(reader));
    return record;
}

bool take_series_added(std::span<const std::byte> payload, SeriesAddedIds& ids,
                       std::vector<TagView>& tags) {
    constexpr auto kKind = std::byte{static_cast<std::uint8_t>(RecordKind::SeriesAdded)};
    if (payload.empty() || payload.front() != kKind) return false;
    ByteReader reader(payload.subspan(1));
    SeriesAddedIds taken;
    std::uint64_t tag_count = 0;
    if (!take_id(reader, taken.id) || !take_id(reader, taken.measurement) ||
        !reader.take_varint(tag_count)) {
        return false;
    }
    const std::size_t tags_before = tags.size();
    bool is_sound = true;
    for (std::uint64_t index = 0; index < tag_count && is_sound; ++index) {
        TagView& tag = tags.emplace_back();
        is_sound = reader.take_sized_string(tag.key) && reader.take_sized_string(tag.value);
    }
    if (!is_sound || !reader.is_at_end()) {
        tags.resize(tags_before);
        return false;
    }
    ids = taken;
    return true;
}

void encode_series_ids(ByteWriter& writer, std::span<const SeriesId> ids) {
    writer.write_varint(ids.size());
    SeriesId before = 0;
    for (const SeriesId id : ids) writer.write_varint(id - std::exchange(before, id));
}

Result<std::vector<SeriesId>> read_series_ids(ByteReader& reader) {
    std::vector<SeriesId> ids;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t count, reader.read_varint());
    SeriesId id = 0;
    for (std::uint64_t index = 0; index < count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t step, reader.read_varint());
        const bool is_next = step > 0 && step <= std::numeric_limits<SeriesId>::max() - id;
        if (!is_next) return Error(ErrorCode::Corruption, "series ids that do not ascend");
        id += static_cast<SeriesId>(step);
        ids.push_back(id);
    }
    return ids;
}

Result<FieldType> field_type_from_number(std::uint64_t number) {
    if (number < 1 || number > 5) {
        return Error(ErrorCode::Corruption, "unknown field type " + std::to_string(number));
    }
    return static_cast<FieldType>(number);
}

}  // namespace tidemark::storage
