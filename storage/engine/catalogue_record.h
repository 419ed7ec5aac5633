#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

namespace tidemark::storage {

/// Ids of the catalogue count from 1 and are never given out twice.
using DatabaseId = std::uint32_t;
using MeasurementId = std::uint32_t;
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
    DatabaseId database;
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

using CatalogueRecord =
    std::variant<DatabaseCreated, DatabaseDropped, MeasurementAdded, FieldAdded, SeriesAdded>;

std::vector<std::byte> encode_catalogue_record(const CatalogueRecord& record);

/// Corruption when `payload` is not exactly one record.
Result<CatalogueRecord> decode_catalogue_record(std::span<const std::byte> payload);

/// The number on disk as a type; Corruption when it is none.
Result<FieldType> field_type_from_number(std::uint64_t number);

}  // namespace tidemark::storage
