#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/store.h>
#include <tidemark/types.h>

#include "storage/base/bytes.h"
#include "storage/engine/series_key.h"

namespace tidemark::storage {

/// Ids of the catalogue count from 1 and are never given out twice.
using DatabaseId = std::uint32_t;
using MeasurementId = std::uint32_t;
/// Retention policies, which hold measurements, are counted together with databases: the first
/// policy of a database has the database's id.
using PolicyId = DatabaseId;
/// Position of a field among its measurement's fields, from 0.
using FieldIndex = std::uint32_t;

// The records of the catalogue's log. FORMAT.md section 6.

struct DatabaseCreated {
    DatabaseId id;
    std::string name;
    bool operator==(const DatabaseCreated&) const = default;
};
struct DatabaseDropped {
    DatabaseId id;
    bool operator==(const DatabaseDropped&) const = default;
};
struct MeasurementAdded {
    MeasurementId id;
    PolicyId policy;
    std::string name;
    bool operator==(const MeasurementAdded&) const = default;
};
struct FieldAdded {
    MeasurementId measurement;
    FieldIndex index;
    FieldType type;
    std::string name;
    bool operator==(const FieldAdded&) const = default;
};
struct SeriesAdded {
    SeriesId id;
    MeasurementId measurement;
    TagSet tags;
    bool operator==(const SeriesAdded&) const = default;
};

/// A policy was made, or its properties changed.
struct PolicySet {
    PolicyId id;
    DatabaseId database;
    RetentionPolicy properties;
    bool operator==(const PolicySet&) const = default;
};
struct PolicyDropped {
    PolicyId id;
    bool operator==(const PolicyDropped&) const = default;
};
struct StaleSet {
    DatabaseId database;
    std::string measurement;  ///< Empty: the database.
    std::int64_t hold_ns;
    bool operator==(const StaleSet&) const = default;
};

/// Whether NaN is taken.
struct NanSet {
    DatabaseId database;
    bool is_accepted;
    bool operator==(const NanSet&) const = default;
};

struct SeriesDropped {
    std::vector<SeriesId> ids;  ///< Ascending, each once.
    bool operator==(const SeriesDropped&) const = default;
};
struct MeasurementDropped {
    MeasurementId id;
    bool operator==(const MeasurementDropped&) const = default;
};

using CatalogueRecord =
    std::variant<DatabaseCreated, DatabaseDropped, MeasurementAdded, FieldAdded, SeriesAdded,
                 PolicySet, PolicyDropped, StaleSet, NanSet, SeriesDropped, MeasurementDropped>;

std::vector<std::byte> encode_catalogue_record(const CatalogueRecord& record);

/// Corruption when `payload` is not exactly one record.
Result<CatalogueRecord> decode_catalogue_record(std::span<const std::byte> payload);

/// SeriesAdded, of which there may be millions, without copies. Its tags are elsewhere.
struct SeriesAddedIds {
    SeriesId id = 0;
    MeasurementId measurement = 0;
};

/// Reads a SeriesAdded; its tags, views into `payload`, go behind those in `tags`. False, and
/// nothing is changed, for any other record and for one that decode_catalogue_record() refuses:
/// that tells which, and why.
bool take_series_added(std::span<const std::byte> payload, SeriesAddedIds& ids,
                       std::vector<TagView>& tags);

/// Ids that ascend, each once, as FORMAT.md section 6 says.
void encode_series_ids(ByteWriter& writer, std::span<const SeriesId> ids);
/// Corruption when they do not ascend.
Result<std::vector<SeriesId>> read_series_ids(ByteReader& reader);

/// The number on disk as a type; Corruption when it is none.
Result<FieldType> field_type_from_number(std::uint64_t number);

}  // namespace tidemark::storage
