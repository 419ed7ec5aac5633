#include <bit>
#include <cstring>

#include <tidemark/write_batch.h>

namespace tidemark {
namespace {

std::uint32_t size32(std::size_t size_bytes) { return static_cast<std::uint32_t>(size_bytes); }

void append_sized_to(std::string& out, std::string_view bytes) {
    const std::uint32_t size_bytes = size32(bytes.size());
    char prefix[sizeof size_bytes];
    std::memcpy(prefix, &size_bytes, sizeof size_bytes);
    out.append(prefix, sizeof prefix).append(bytes);
}

}  // namespace

Value WriteBatch::Field::value() const {
    switch (type) {
        case FieldType::Float:
            return float_value;
        case FieldType::Integer:
            return integer_value;
        case FieldType::Unsigned:
            return unsigned_value;
        case FieldType::Boolean:
            return boolean_value;
        case FieldType::String:
            break;
    }
    return std::string(text);
}

WriteBatch::Kept WriteBatch::keep(std::string_view bytes) {
    Kept kept;
    kept.offset_ = size32(bytes_.size());
    kept.size_bytes_ = size32(bytes.size());
    bytes_.append(bytes);
    return kept;
}

WriteBatch::Kept WriteBatch::keep_name(std::string_view name) { return keep(name); }

WriteBatch::Kept WriteBatch::keep_series_key(std::string_view raw_series_key) {
    return keep(raw_series_key);
}

void WriteBatch::begin_point(std::string_view measurement) {
    abandon_point();
    append_sized_to(open_key_, measurement);
}

void WriteBatch::begin_point(Kept series_key) {
    abandon_point();
    open_.key_offset = series_key.offset_;
    open_.key_size_bytes = series_key.size_bytes_;
}

void WriteBatch::add_tag(std::string_view key, std::string_view value) {
    append_sized_to(open_key_, key);
    append_sized_to(open_key_, value);
}

WriteBatch::StoredField& WriteBatch::add_field(Kept name, FieldType type, std::uint64_t bits) {
    ++open_.field_count;
    return fields_.emplace_back(StoredField{name.offset_, name.size_bytes_, 0, 0, bits, type});
}

void WriteBatch::add_float(Kept name, double value) {
    add_field(name, FieldType::Float, std::bit_cast<std::uint64_t>(value));
}

void WriteBatch::add_integer(Kept name, std::int64_t value) {
    add_field(name, FieldType::Integer, static_cast<std::uint64_t>(value));
}

void WriteBatch::add_unsigned(Kept name, std::uint64_t value) {
    add_field(name, FieldType::Unsigned, value);
}

void WriteBatch::add_boolean(Kept name, bool value) {
    add_field(name, FieldType::Boolean, value ? 1 : 0);
}

void WriteBatch::add_string(Kept name, std::string_view value) {
    const Kept text = keep(value);
    StoredField& field = add_field(name, FieldType::String, 0);
    field.text_offset = text.offset_;
    field.text_size_bytes = text.size_bytes_;
}

void WriteBatch::add_float(std::string_view name, double value) { add_float(keep(name), value); }

void WriteBatch::add_integer(std::string_view name, std::int64_t value) {
    add_integer(keep(name), value);
}

void WriteBatch::add_unsigned(std::string_view name, std::uint64_t value) {
    add_unsigned(keep(name), value);
}

void WriteBatch::add_boolean(std::string_view name, bool value) { add_boolean(keep(name), value); }

void WriteBatch::add_string(std::string_view name, std::string_view value) {
    add_string(keep(name), value);
}

void WriteBatch::add_value(std::string_view name, const Value& value) {
    const auto add = [&](const auto& typed) {
        using T = std::decay_t<decltype(typed)>;
        if constexpr (std::is_same_v<T, double>) add_float(name, typed);
        if constexpr (std::is_same_v<T, std::int64_t>) add_integer(name, typed);
        if constexpr (std::is_same_v<T, std::uint64_t>) add_unsigned(name, typed);
        if constexpr (std::is_same_v<T, bool>) add_boolean(name, typed);
        if constexpr (std::is_same_v<T, std::string>) add_string(name, typed);
    };
    std::visit(add, value);
}

void WriteBatch::end_point(std::optional<std::int64_t> time_ns) {
    // Nothing to append for a key that the batch holds already.
    if (!open_key_.empty()) {
        open_.key_offset = size32(bytes_.size());
        open_.key_size_bytes = size32(open_key_.size());
        bytes_.append(open_key_);
    }
    open_.time_ns = time_ns;
    points_.push_back(open_);
    open_ = {};
    open_.first_field = size32(fields_.size());
    open_key_.clear();
}

void WriteBatch::abandon_point() {
    const std::size_t kept =
        points_.empty() ? 0 : points_.back().first_field + points_.back().field_count;
    fields_.resize(kept);
    open_ = {};
    open_.first_field = size32(kept);
    open_key_.clear();
}

void WriteBatch::clear() {
    bytes_.clear();
    fields_.clear();
    points_.clear();
    open_ = {};
    open_key_.clear();
}

SeriesKeyParts series_key_parts(std::string_view raw_series_key) {
    const auto take = [&raw_series_key] {
        std::uint32_t size_bytes = 0;
        std::memcpy(&size_bytes, raw_series_key.data(), sizeof size_bytes);
        const std::string_view part = raw_series_key.substr(sizeof size_bytes, size_bytes);
        raw_series_key.remove_prefix(sizeof size_bytes + size_bytes);
        return part;
    };
    SeriesKeyParts parts;
    parts.measurement = take();
    while (!raw_series_key.empty()) {
        const std::string_view key = take();
        parts.tags.emplace_back(key, take());
    }
    return parts;
}

}  // namespace tidemark
