#include "storage/engine/tag_index.h"

#include <map>

#include <roaring/roaring.hh>

namespace tidemark::storage {
namespace {

using ValueBitmaps = std::map<std::string, Roaring, std::less<>>;

}  // namespace

struct TagIndex::State {
    Roaring all;
    std::map<std::string, ValueBitmaps, std::less<>> by_key;

    Roaring matching(const TagMatcher& matcher) const {
        Roaring matching_series;
        const auto key = by_key.find(matcher.key);
        const bool takes_empty = holds_for(matcher, {});
        if (key == by_key.end()) return takes_empty ? all : matching_series;
        if (matcher.op == CompareOp::Equal && !takes_empty) {
            const auto value = key->second.find(matcher.value);
            return value == key->second.end() ? matching_series : value->second;
        }
        Roaring with_key;
        for (const auto& [value, series] : key->second) {
            with_key |= series;
            if (holds_for(matcher, value)) matching_series |= series;
        }
        if (takes_empty) matching_series |= all - with_key;
        return matching_series;
    }
};

TagIndex::TagIndex() : state_(std::make_unique<State>()) {}
TagIndex::~TagIndex() = default;
TagIndex::TagIndex(TagIndex&&) noexcept = default;
TagIndex& TagIndex::operator=(TagIndex&&) noexcept = default;

void TagIndex::add(SeriesId id, const TagSet& tags) {
    state_->all.add(id);
    for (const Tag& tag : tags) state_->by_key[tag.key][tag.value].add(id);
}

void TagIndex::remove(const std::vector<SeriesId>& ids) {
    const Roaring removed(ids.size(), ids.data());
    state_->all -= removed;
    for (auto& [key, values] : state_->by_key) {
        for (auto& [value, series] : values) series -= removed;
        std::erase_if(values, [](const auto& entry) { return entry.second.isEmpty(); });
    }
    std::erase_if(state_->by_key, [](const auto& entry) { return entry.second.empty(); });
}

std::vector<SeriesId> TagIndex::select(const std::vector<TagMatcher>& matchers) const {
    Roaring selected = state_->all;
    for (const TagMatcher& matcher : matchers) {
        if (selected.isEmpty()) break;
        selected &= state_->matching(matcher);
    }
    std::vector<SeriesId> ids(selected.cardinality());
    if (!ids.empty()) selected.toUint32Array(ids.data());
    return ids;
}

std::vector<std::string> TagIndex::keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, values] : state_->by_key) keys.push_back(key);
    return keys;
}

std::vector<std::string> TagIndex::values(std::string_view key) const {
    std::vector<std::string> values;
    const auto found = state_->by_key.find(key);
    if (found == state_->by_key.end()) return values;
    for (const auto& [value, series] : found->second) values.push_back(value);
    return values;
}

bool holds_for(const TagMatcher& matcher, std::string_view value) {
    switch (matcher.op) {
        case CompareOp::Equal:
            return value == matcher.value;
        case CompareOp::NotEqual:
            return value != matcher.value;
        case CompareOp::Matches:
            return matcher.matches && matcher.matches(value);
        case CompareOp::Less:
        case CompareOp::LessEqual:
        case CompareOp::Greater:
        case CompareOp::GreaterEqual:
            return false;
    }
    return false;
}

}  // namespace tidemark::storage
