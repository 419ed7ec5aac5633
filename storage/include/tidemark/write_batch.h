#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/types.h>

namespace tidemark {

/// Points on their way into a store: the only form in which Store::write() takes data. The
/// line-protocol parser fills one, and so does an embedding program:
///
///     WriteBatch batch;
///     batch.begin_point("cpu");
///     batch.add_tag("host", "a");
///     batch.add_float("usage", 70.5);
///     batch.end_point(1'700'000'000'000'000'000);  // Nanoseconds since 1970.
///
/// All bytes are copied into the batch, so the arguments may die at once. clear() keeps the
/// memory, so one batch per connection allocates only while it grows.
///
/// The batch does not judge: empty names, duplicate tag keys, infinity and the like are refused
/// point by point by Store::write(), with the reason.
///
/// Not thread-safe.
class WriteBatch {
public:
    /// One field of a point. `text` holds a string field; it points into the batch and is valid
    /// until the batch changes.
    struct Field {
        std::string_view name;
        FieldType type;
        union {
            double float_value;
            std::int64_t integer_value;
            std::uint64_t unsigned_value;
            bool boolean_value;
        };
        std::string_view text;

        Value value() const;  ///< A copy of its own.
    };

    /// One point. Everything it refers to is valid until the batch changes.
    struct Point {
        /// The measurement and the tags in the order given, see series_key_parts(). Equal bytes
        /// name the same series; the same series may be named by different bytes (tag order).
        std::string_view raw_series_key;
        std::optional<std::int64_t> time_ns;  ///< Nothing: the store's clock at the write.
        std::size_t field_count;
    };

    /// Stands for a series key or for the name of a field that the batch holds already, so that
    /// points that come often need not bring it again. Valid until clear().
    class Kept {
        friend class WriteBatch;
        std::uint32_t offset_ = 0;
        std::uint32_t size_bytes_ = 0;
    };

    /// A field's name, for the fields of any number of points.
    Kept keep_name(std::string_view name);
    /// A series key as point() gives it, for any number of points.
    Kept keep_series_key(std::string_view raw_series_key);

    /// Starts a point. A point begun before and not ended is forgotten.
    void begin_point(std::string_view measurement);
    /// The same for a point of a known series; no tag may be added.
    void begin_point(Kept series_key);
    void add_tag(std::string_view key, std::string_view value);
    void add_float(std::string_view name, double value);
    void add_integer(std::string_view name, std::int64_t value);
    void add_unsigned(std::string_view name, std::uint64_t value);
    void add_boolean(std::string_view name, bool value);
    void add_string(std::string_view name, std::string_view value);
    // The same for a name that the batch holds.
    void add_float(Kept name, double value);
    void add_integer(Kept name, std::int64_t value);
    void add_unsigned(Kept name, std::uint64_t value);
    void add_boolean(Kept name, bool value);
    void add_string(Kept name, std::string_view value);
    /// A field of the type that `value` has.
    void add_value(std::string_view name, const Value& value);
    /// Ends the point and makes it part of the batch.
    void end_point(std::optional<std::int64_t> time_ns);
    /// Forgets the point begun last and not ended.
    void abandon_point();

    std::size_t point_count() const { return points_.size(); }
    bool is_empty() const { return points_.empty(); }
    /// Bytes held by the points, for limits on a batch.
    std::size_t size_bytes() const { return bytes_.size() + fields_.size() * sizeof(StoredField); }
    void clear();

    Point point(std::size_t index) const {
        const StoredPoint& stored = points_[index];
        return {view(stored.key_offset, stored.key_size_bytes), stored.time_ns, stored.field_count};
    }
    /// Field `field_index` of point `index`, in the order added.
    Field field(std::size_t index, std::size_t field_index) const {
        const StoredField& stored = fields_[points_[index].first_field + field_index];
        Field field{};
        field.name = view(stored.name_offset, stored.name_size_bytes);
        field.type = stored.type;
        field.text = view(stored.text_offset, stored.text_size_bytes);
        // The bits of any of its types: those of a boolean are in the first byte.
        std::memcpy(&field.unsigned_value, &stored.bits, sizeof stored.bits);
        return field;
    }

private:
    struct StoredField {
        std::uint32_t name_offset;
        std::uint32_t name_size_bytes;
        std::uint32_t text_offset;
        std::uint32_t text_size_bytes;
        std::uint64_t bits;
        FieldType type;
    };
    struct StoredPoint {
        std::uint32_t key_offset;
        std::uint32_t key_size_bytes;
        std::uint32_t first_field;
        std::uint32_t field_count;
        std::optional<std::int64_t> time_ns;
    };

    std::string_view view(std::uint32_t offset, std::uint32_t size_bytes) const {
        return {bytes_.data() + offset, size_bytes};
    }
    StoredField& add_field(Kept name, FieldType type, std::uint64_t bits);
    Kept keep(std::string_view bytes);

    std::string bytes_;
    std::vector<StoredField> fields_;
    std::vector<StoredPoint> points_;
    StoredPoint open_{};  // The point between begin_point() and end_point().
    std::string open_key_;
};

/// What a raw series key says: the measurement, then keys and values of the tags as given. Views
/// into `raw_series_key`. The key's bytes are: for each of measurement, key, value, key, value, ..
/// a 4-byte little-endian size and that many bytes.
struct SeriesKeyParts {
    std::string_view measurement;
    std::vector<std::pair<std::string_view, std::string_view>> tags;
};
SeriesKeyParts series_key_parts(std::string_view raw_series_key);

}  // namespace tidemark
