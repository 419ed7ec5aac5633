#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>
#include <tidemark/write_batch.h>

namespace tidemark::storage {

/// What names a series, checked: tags sorted by key, none empty, no key twice.
struct SeriesName {
    std::string measurement;
    TagSet tags;
};

/// A tag whose texts live elsewhere.
struct TagView {
    std::string_view key;
    std::string_view value;
};

/// Valid as long as `tags`.
std::vector<TagView> views_of(const TagSet& tags);

/// Sorts the tags and drops those with an empty value (to have an empty tag and not to have it is
/// the same). InvalidArgument with the reason when the name cannot name a series: empty names,
/// `time` as tag key, a key given twice, bytes that are not UTF-8, a key that is too long.
Result<SeriesName> make_series_name(const SeriesKeyParts& parts);

/// The canonical key: "measurement,key=value,key=value" as line protocol spells it, with a
/// backslash before each comma, equals sign, space and backslash. Different series have different
/// keys, and the order of series is the order of these bytes.
std::string make_series_key(std::string_view measurement, const TagSet& tags);
/// The same behind what is in `out`.
void append_series_key(std::string_view measurement, std::span<const TagView> tags,
                       std::string& out);

/// The tags of a canonical key.
TagSet tags_of_series_key(std::string_view series_key);

/// Why `name` cannot be a field's name, or nothing.
std::optional<std::string> field_name_defect(std::string_view name);

/// Why `name` cannot be a database's name, or nothing.
std::optional<std::string> database_name_defect(std::string_view name);

/// Measurement, tag keys and values together, as WriteBatch::Point::raw_series_key counts them.
inline constexpr std::size_t kMaxSeriesKeySizeBytes = 65'535;
inline constexpr std::size_t kMaxFieldNameSizeBytes = 65'535;

}  // namespace tidemark::storage
