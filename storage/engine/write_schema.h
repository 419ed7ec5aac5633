#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/write_batch.h>

#include "storage/base/hash_slots.h"
#include "storage/base/text_arena.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/head_rows.h"

namespace tidemark::storage {

/// A point that was judged good: its measurement and series, and its fields as the catalogue has
/// them.
struct ResolvedPoint {
    MeasurementId measurement;
    SeriesId series;
    /// Each field once. Names and texts point into the schema and into the batch; valid until the
    /// next resolve().
    std::span<const HeadField> fields;
};

/// What the write path remembers of one retention policy, so that points of known series and fields
/// need neither sorting of tags nor the catalogue. Adds new measurements, fields and series to the
/// catalogue.
///
/// Not thread-safe: lives under the lock that serialises writes.
class WriteSchema {
public:
    WriteSchema(Catalogue& catalogue, PolicyId policy);
    WriteSchema(const WriteSchema&) = delete;
    WriteSchema& operator=(const WriteSchema&) = delete;

    PolicyId policy() const { return policy_; }

    /// Whether the points that come next may have NaN.
    void set_accepts_nan(bool accepts_nan) { accepts_nan_ = accepts_nan; }

    /// Judges point `point_index` of `batch`. InvalidArgument, with the reason, when it must be
    /// refused; then nothing was added to the catalogue.
    Result<ResolvedPoint> resolve(const WriteBatch& batch, std::size_t point_index);

private:
    struct Field {
        std::string name;
        FieldType type;
        std::uint64_t last_point = 0;  // Number of the point that had it last: finds duplicates.
    };
    struct Measurement {
        MeasurementId id = 0;  // 0: not in the catalogue, no good point had it so far.
        std::string name;
        std::deque<Field> fields;
        std::unordered_map<std::string_view, FieldIndex> field_indexes;  // Views into fields.
        std::vector<HeadField> usual_fields;  // Those of the last good point, in its order.
    };
    struct Series {
        SeriesId id;
        Measurement* measurement;
        std::string_view raw_key;  // In raw_keys_.
        Series* follower;          // The series that had a point after its last one; null at first.
    };

    // Stands in HeadField::index until the catalogue gave one.
    static constexpr FieldIndex kNoIndex = ~FieldIndex{0};

    Series* find_series(std::string_view raw_key, std::uint64_t hash);
    static bool take_usual_fields(Measurement& measurement, const WriteBatch& batch,
                                  std::size_t point_index);
    Measurement& measurement_named(const std::string& name);
    static void add_field(Measurement& measurement, const FieldKey& key);
    static Result<std::uint64_t> bits_as(const WriteBatch::Field& field, FieldType type,
                                         const std::string& measurement);
    Result<ResolvedPoint> resolve_new_series(const WriteBatch& batch, std::size_t point_index,
                                             std::uint64_t hash);
    Status resolve_fields(Measurement& measurement, const WriteBatch& batch,
                          std::size_t point_index);
    std::optional<FieldIndex> find_field(const Measurement& measurement, std::string_view name,
                                         std::size_t position) const;
    Status add_known_field(Measurement& measurement, FieldIndex index,
                           const WriteBatch::Field& field);
    Status add_unknown_field(const Measurement& measurement, const WriteBatch::Field& field);
    void keep_unknown_fields(Measurement& measurement);

    Catalogue& catalogue_;
    const PolicyId policy_;
    bool accepts_nan_ = false;
    std::map<std::string, Measurement, std::less<>> measurements_;
    std::deque<Series> series_;  // Addresses stay.
    TextArena raw_keys_;
    HashSlots series_slots_;  // By raw key.
    Series* last_series_ = nullptr;
    std::vector<HeadField> fields_;            // Of the point being resolved.
    std::vector<std::size_t> unknown_fields_;  // Positions in fields_ that have no index yet.
    std::uint64_t point_number_ = 0;
};

}  // namespace tidemark::storage
