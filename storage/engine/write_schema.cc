#include "storage/engine/write_schema.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/base/utf8.h"
#include "storage/engine/series_key.h"

namespace tidemark::storage {
namespace {

/// Up to here every integer has a double of its own (IEEE 754: 53 bits of significand).
constexpr std::int64_t kExactIntegerLimit = std::int64_t{1} << 53;
constexpr std::size_t kMaxStringSizeBytes = std::size_t{1} << 20;

Error refusal(std::string reason) { return {ErrorCode::InvalidArgument, std::move(reason)}; }

std::string with_article(FieldType type) {
    const std::string name(field_type_name(type));
    return (name.front() == 'i' || name.front() == 'u' ? "an " : "a ") + name;
}

/// All NaNs are one.
std::uint64_t float_bits(double value) {
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
    return std::bit_cast<std::uint64_t>(value);
}

std::uint64_t bits_of(const WriteBatch::Field& field) {
    switch (field.type) {
        case FieldType::Float:
            return float_bits(field.float_value);
        case FieldType::Integer:
            return static_cast<std::uint64_t>(field.integer_value);
        case FieldType::Unsigned:
            return field.unsigned_value;
        case FieldType::Boolean:
            return field.boolean_value ? 1 : 0;
        case FieldType::String:
            break;
    }
    return 0;
}

Status check_value(const WriteBatch::Field& field, bool accepts_nan) {
    if (field.type == FieldType::Float && !std::isfinite(field.float_value)) {
        const bool is_nan = std::isnan(field.float_value);
        if (is_nan && accepts_nan) return success();
        return refusal("field " + std::string(field.name) +
                       (is_nan ? " is NaN (ALTER DATABASE .. SET NAN ACCEPT takes it)"
                               : " is not a finite number"));
    }
    if (field.type != FieldType::String) return success();
    if (field.text.size() > kMaxStringSizeBytes) {
        return refusal("the string of field " + std::string(field.name) + " is " +
                       std::to_string(field.text.size()) + " bytes, the limit is " +
                       std::to_string(kMaxStringSizeBytes));
    }
    if (!is_valid_utf8(field.text)) {
        return refusal("the string of field " + std::string(field.name) + " is not valid UTF-8");
    }
    return success();
}

}  // namespace

WriteSchema::WriteSchema(Catalogue& catalogue, PolicyId policy)
    : catalogue_(catalogue), policy_(policy) {}

Result<ResolvedPoint> WriteSchema::resolve(const WriteBatch& batch, std::size_t point_index) {
    const std::string_view raw_key = batch.point(point_index).raw_series_key;
    // Senders mostly repeat their series in one order.
    Series* series = last_series_ == nullptr ? nullptr : last_series_->follower;
    if (series == nullptr || series->raw_key != raw_key) {
        const std::uint64_t hash = xxh3_64(as_bytes(raw_key), 0);
        series = find_series(raw_key, hash);
        if (series == nullptr) return resolve_new_series(batch, point_index, hash);
        if (last_series_ != nullptr) last_series_->follower = series;
    }
    last_series_ = series;
    Measurement& measurement = *series->measurement;
    if (take_usual_fields(measurement, batch, point_index)) {
        return ResolvedPoint{measurement.id, series->id, measurement.usual_fields};
    }
    TIDEMARK_RETURN_IF_ERROR(resolve_fields(measurement, batch, point_index));
    keep_unknown_fields(measurement);
    return ResolvedPoint{measurement.id, series->id, fields_};
}

WriteSchema::Series* WriteSchema::find_series(std::string_view raw_key, std::uint64_t hash) {
    const auto number = series_slots_.find(
        hash, [&](std::uint32_t known) { return series_[known].raw_key == raw_key; });
    return number ? &series_[*number] : nullptr;
}

// Fills in the values when the point has just the fields of the measurement's last good point, all
// of their types.
bool WriteSchema::take_usual_fields(Measurement& measurement, const WriteBatch& batch,
                                    std::size_t point_index) {
    std::vector<HeadField>& fields = measurement.usual_fields;
    if (fields.empty() || batch.point(point_index).field_count != fields.size()) return false;
    for (std::size_t position = 0; position < fields.size(); ++position) {
        const WriteBatch::Field given = batch.field(point_index, position);
        HeadField& field = fields[position];
        if (given.type != field.type || given.name != field.name) return false;
        const bool is_any_good = given.type != FieldType::Float && given.type != FieldType::String;
        if (!is_any_good && !check_value(given, false)) return false;
        field.bits = bits_of(given);
        field.text = given.text;
    }
    return true;
}

// Everything is judged before anything is added: a refused point leaves no trace.
Result<ResolvedPoint> WriteSchema::resolve_new_series(const WriteBatch& batch,
                                                      std::size_t point_index, std::uint64_t hash) {
    const std::string_view raw_key = batch.point(point_index).raw_series_key;
    TIDEMARK_ASSIGN_OR_RETURN(const SeriesName name, make_series_name(series_key_parts(raw_key)));
    Measurement& measurement = measurement_named(name.measurement);
    TIDEMARK_RETURN_IF_ERROR(resolve_fields(measurement, batch, point_index));
    if (measurement.id == 0) {
        measurement.id = catalogue_.add_measurement(policy_, measurement.name);
    }
    keep_unknown_fields(measurement);
    const auto known = catalogue_.find_series(measurement.id, name.tags);
    const SeriesId id = known ? *known : catalogue_.add_series(measurement.id, name.tags);
    series_slots_.add(hash, static_cast<std::uint32_t>(series_.size()));
    Series& series =
        series_.emplace_back(Series{id, &measurement, raw_keys_.keep(raw_key), nullptr});
    if (last_series_ != nullptr) last_series_->follower = &series;
    last_series_ = &series;
    return ResolvedPoint{measurement.id, id, fields_};
}

WriteSchema::Measurement& WriteSchema::measurement_named(const std::string& name) {
    const auto [entry, is_new] = measurements_.try_emplace(name);
    Measurement& measurement = entry->second;
    if (!is_new) return measurement;
    measurement.name = name;
    if (const auto id = catalogue_.find_measurement(policy_, name)) {
        measurement.id = *id;
        for (const FieldKey& field : catalogue_.fields(*id)) add_field(measurement, field);
    }
    return measurement;
}

void WriteSchema::add_field(Measurement& measurement, const FieldKey& key) {
    const auto index = static_cast<FieldIndex>(measurement.fields.size());
    const Field& field = measurement.fields.emplace_back(Field{key.name, key.type});
    // A field whose name was lost keeps its place, but nobody can mean it.
    if (!field.name.empty()) measurement.field_indexes.emplace(field.name, index);
}

Status WriteSchema::resolve_fields(Measurement& measurement, const WriteBatch& batch,
                                   std::size_t point_index) {
    ++point_number_;
    fields_.clear();
    unknown_fields_.clear();
    const std::size_t field_count = batch.point(point_index).field_count;
    if (field_count == 0) return refusal("a point needs a field");
    for (std::size_t position = 0; position < field_count; ++position) {
        const WriteBatch::Field field = batch.field(point_index, position);
        TIDEMARK_RETURN_IF_ERROR(check_value(field, accepts_nan_));
        if (const auto index = find_field(measurement, field.name, position)) {
            TIDEMARK_RETURN_IF_ERROR(add_known_field(measurement, *index, field));
        } else {
            TIDEMARK_RETURN_IF_ERROR(add_unknown_field(measurement, field));
        }
    }
    return success();
}

// Points of a measurement mostly have the same fields in the same order, so the one that stood at
// this position last is tried first.
std::optional<FieldIndex> WriteSchema::find_field(const Measurement& measurement,
                                                  std::string_view name,
                                                  std::size_t position) const {
    if (position < measurement.usual_fields.size()) {
        const HeadField& usual = measurement.usual_fields[position];
        if (usual.name == name) return usual.index;
    }
    const auto found = measurement.field_indexes.find(name);
    if (found == measurement.field_indexes.end()) return std::nullopt;
    return found->second;
}

Status WriteSchema::add_known_field(Measurement& measurement, FieldIndex index,
                                    const WriteBatch::Field& field) {
    Field& known = measurement.fields[index];
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t bits,
                              bits_as(field, known.type, measurement.name));
    const HeadField resolved{index, known.type, bits, field.text, known.name};
    if (known.last_point != point_number_) {
        known.last_point = point_number_;
        fields_.push_back(resolved);
        return success();
    }
    // Given twice in one point: the later one counts, as between points.
    *std::ranges::find(fields_, index, &HeadField::index) = resolved;
    return success();
}

Status WriteSchema::add_unknown_field(const Measurement& measurement,
                                      const WriteBatch::Field& field) {
    for (const std::size_t position : unknown_fields_) {
        HeadField& earlier = fields_[position];
        if (earlier.name != field.name) continue;
        TIDEMARK_ASSIGN_OR_RETURN(earlier.bits, bits_as(field, earlier.type, measurement.name));
        earlier.text = field.text;
        return success();
    }
    if (auto defect = field_name_defect(field.name)) return refusal(*std::move(defect));
    const FieldType type =
        catalogue_.type_elsewhere(policy_, measurement.name, field.name).value_or(field.type);
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t bits, bits_as(field, type, measurement.name));
    unknown_fields_.push_back(fields_.size());
    fields_.push_back({kNoIndex, type, bits, field.text, field.name});
    return success();
}

Result<std::uint64_t> WriteSchema::bits_as(const WriteBatch::Field& field, FieldType type,
                                           const std::string& measurement) {
    if (field.type == type) return bits_of(field);
    if (field.type != FieldType::Integer || type != FieldType::Float) {
        return refusal("field " + std::string(field.name) + " of " + measurement + " is " +
                       with_article(type) + ", got " + with_article(field.type));
    }
    if (field.integer_value > kExactIntegerLimit || field.integer_value < -kExactIntegerLimit) {
        return refusal("field " + std::string(field.name) + " of " + measurement +
                       " is a float, which cannot hold the integer " +
                       std::to_string(field.integer_value) + " exactly (limit 2^53)");
    }
    return std::bit_cast<std::uint64_t>(static_cast<double>(field.integer_value));
}

void WriteSchema::keep_unknown_fields(Measurement& measurement) {
    for (const std::size_t position : unknown_fields_) {
        HeadField& field = fields_[position];
        field.index = catalogue_.add_field(measurement.id, field.name, field.type);
        add_field(measurement, {std::string(field.name), field.type});
        field.name = measurement.fields.back().name;
    }
    measurement.usual_fields = fields_;
}

}  // namespace tidemark::storage
