#include "storage/engine/series_key.h"

#include <algorithm>
#include <array>
#include <utility>

#include "storage/base/utf8.h"

namespace tidemark::storage {
namespace {

constexpr std::string_view kTimeKey = "time";

Error refusal(std::string reason) { return {ErrorCode::InvalidArgument, std::move(reason)}; }

/// By byte.
constexpr auto kIsEscaped = [] {
    std::array<bool, 256> is_escaped{};
    for (const char character : {',', '=', ' ', '\\'}) {
        is_escaped[static_cast<unsigned char>(character)] = true;
    }
    return is_escaped;
}();

bool is_escaped(char character) { return kIsEscaped[static_cast<unsigned char>(character)]; }

void append_escaped(std::string& out, std::string_view text) {
    while (true) {
        const auto end = std::ranges::find_if(text, is_escaped);
        const auto plain_size_bytes = static_cast<std::size_t>(end - text.begin());
        out.append(text.substr(0, plain_size_bytes));
        if (end == text.end()) return;
        out.push_back('\\');
        out.push_back(*end);
        text.remove_prefix(plain_size_bytes + 1);
    }
}

// Takes the text up to the next unescaped `stop` (which is taken too) or the end.
std::string take_unescaped(std::string_view& rest, char stop) {
    std::string text;
    std::size_t offset = 0;
    while (offset < rest.size() && rest[offset] != stop) {
        if (rest[offset] == '\\' && offset + 1 < rest.size()) ++offset;
        text.push_back(rest[offset++]);
    }
    rest.remove_prefix(std::min(offset + 1, rest.size()));
    return text;
}

Status check_tag(std::string_view key, std::string_view value) {
    if (key.empty()) return refusal("a tag key is empty");
    if (key == kTimeKey) return refusal("'time' cannot be a tag key");
    if (!is_valid_utf8(key)) return refusal("a tag key is not valid UTF-8");
    if (!is_valid_utf8(value)) {
        return refusal("the value of tag " + std::string(key) + " is not valid UTF-8");
    }
    return success();
}

}  // namespace

Result<SeriesName> make_series_name(const SeriesKeyParts& parts) {
    if (parts.measurement.empty()) return refusal("the measurement's name is empty");
    if (!is_valid_utf8(parts.measurement)) {
        return refusal("the measurement's name is not valid UTF-8");
    }
    std::size_t size_bytes = parts.measurement.size();
    auto tags = parts.tags;
    std::ranges::sort(tags, {}, [](const auto& tag) { return tag.first; });
    SeriesName name{std::string(parts.measurement), {}};
    for (std::size_t index = 0; index < tags.size(); ++index) {
        const auto& [key, value] = tags[index];
        TIDEMARK_RETURN_IF_ERROR(check_tag(key, value));
        if (index > 0 && tags[index - 1].first == key) {
            return refusal("tag " + std::string(key) + " is given twice");
        }
        size_bytes += key.size() + value.size();
        if (!value.empty()) name.tags.push_back({std::string(key), std::string(value)});
    }
    if (size_bytes > kMaxSeriesKeySizeBytes) {
        return refusal("measurement and tags are " + std::to_string(size_bytes) +
                       " bytes, the limit is " + std::to_string(kMaxSeriesKeySizeBytes));
    }
    return name;
}

std::vector<TagView> views_of(const TagSet& tags) {
    std::vector<TagView> views;
    views.reserve(tags.size());
    for (const Tag& tag : tags) views.push_back({tag.key, tag.value});
    return views;
}

void append_series_key(std::string_view measurement, std::span<const TagView> tags,
                       std::string& out) {
    append_escaped(out, measurement);
    for (const TagView& tag : tags) {
        out.push_back(',');
        append_escaped(out, tag.key);
        out.push_back('=');
        append_escaped(out, tag.value);
    }
}

std::string make_series_key(std::string_view measurement, const TagSet& tags) {
    std::string key;
    append_series_key(measurement, views_of(tags), key);
    return key;
}

TagSet tags_of_series_key(std::string_view series_key) {
    take_unescaped(series_key, ',');
    TagSet tags;
    while (!series_key.empty()) {
        std::string key = take_unescaped(series_key, '=');
        tags.push_back({std::move(key), take_unescaped(series_key, ',')});
    }
    return tags;
}

std::optional<std::string> field_name_defect(std::string_view name) {
    if (name.empty()) return "a field's name is empty";
    if (name == kTimeKey) return "'time' cannot be a field's name";
    if (name.size() > kMaxFieldNameSizeBytes) return "a field's name is too long";
    if (!is_valid_utf8(name)) return "a field's name is not valid UTF-8";
    return std::nullopt;
}

std::optional<std::string> database_name_defect(std::string_view name) {
    if (name.empty()) return "a database's name is empty";
    if (!is_valid_utf8(name)) return "a database's name is not valid UTF-8";
    const auto is_forbidden = [](char character) {
        return character == '/' || static_cast<unsigned char>(character) < 0x20 ||
               character == 0x7f;
    };
    if (std::ranges::any_of(name, is_forbidden)) {
        return "a database's name holds '/' or a control character";
    }
    return std::nullopt;
}

}  // namespace tidemark::storage
