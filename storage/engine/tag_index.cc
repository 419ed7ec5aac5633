#include "storage/engine/tag_index.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include <roaring/roaring.hh>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/base/hash_slots.h"
#include "storage/base/text_arena.h"

namespace tidemark::storage {
namespace {

/// The series of a tag value, of which there is one at least. There are tags that have another
/// value for each series, so one takes no more than its number.
class Postings {
public:
    explicit Postings(SeriesId id) : first_(id) {}

    void add(SeriesId id) {
        if (several_ == nullptr) several_ = std::make_unique<Roaring>(Roaring::bitmapOf(1, first_));
        several_->add(id);
    }

    /// False when none is left.
    bool remove(const Roaring& series) {
        if (several_ == nullptr) return !series.contains(first_);
        *several_ -= series;
        return !several_->isEmpty();
    }

    void add_to(Roaring& series) const {
        if (several_ != nullptr) {
            series |= *several_;
        } else {
            series.add(first_);
        }
    }

private:
    SeriesId first_;
    std::unique_ptr<Roaring> several_;  // With the first.
};

/// The values of one tag.
class TagValues {
public:
    struct Value {
        std::string_view text;
        Postings series;
    };

    void add(std::string_view text, SeriesId id) { add(text, hash_of(text), id); }

    void add(std::string_view text, std::uint64_t hash, SeriesId id) {
        if (const auto known = number_of(text, hash)) return values_[*known].series.add(id);
        append(text, hash, Postings(id));
    }

    /// For an add() of this text that is to come soon. Its hash.
    std::uint64_t prefetch(std::string_view text) const {
        const std::uint64_t hash = hash_of(text);
        slots_.prefetch(hash);
        return hash;
    }

    void remove(const Roaring& series) {
        TagValues kept;
        for (Value& value : values_) {
            if (!value.series.remove(series)) continue;
            kept.append(value.text, hash_of(value.text), std::move(value.series));
        }
        *this = std::move(kept);
    }

    /// Null when no series has it.
    const Value* find(std::string_view text) const {
        const auto known = number_of(text, hash_of(text));
        return known ? &values_[*known] : nullptr;
    }

    const std::deque<Value>& all() const { return values_; }

private:
    static std::uint64_t hash_of(std::string_view text) { return xxh3_64(as_bytes(text), 0); }

    void append(std::string_view text, std::uint64_t hash, Postings series) {
        slots_.add(hash, static_cast<std::uint32_t>(values_.size()));
        values_.push_back({texts_.keep(text), std::move(series)});
    }

    std::optional<std::uint32_t> number_of(std::string_view text, std::uint64_t hash) const {
        return slots_.find(hash,
                           [&](std::uint32_t number) { return values_[number].text == text; });
    }

    TextArena texts_;
    std::deque<Value> values_;
    HashSlots slots_;
};

}  // namespace

struct TagIndex::State {
    Roaring all;
    std::map<std::string, TagValues, std::less<>> by_key;

    Roaring matching(const TagMatcher& matcher) const {
        Roaring matching_series;
        const auto key = by_key.find(matcher.key);
        const bool takes_empty = holds_for(matcher, {});
        if (key == by_key.end()) return takes_empty ? all : matching_series;
        if (matcher.op == CompareOp::Equal && !takes_empty) {
            const TagValues::Value* value = key->second.find(matcher.value);
            if (value != nullptr) value->series.add_to(matching_series);
            return matching_series;
        }
        Roaring with_key;
        for (const TagValues::Value& value : key->second.all()) {
            if (takes_empty) value.series.add_to(with_key);
            if (holds_for(matcher, value.text)) value.series.add_to(matching_series);
        }
        if (takes_empty) matching_series |= all - with_key;
        return matching_series;
    }

    TagValues& values_of(std::string_view key) {
        const auto known = by_key.find(key);
        return known != by_key.end() ? known->second : by_key[std::string(key)];
    }
};

TagIndex::TagIndex() : state_(std::make_unique<State>()) {}
TagIndex::~TagIndex() = default;
TagIndex::TagIndex(TagIndex&&) noexcept = default;
TagIndex& TagIndex::operator=(TagIndex&&) noexcept = default;

void TagIndex::add(SeriesId id, std::span<const TagView> tags) {
    state_->all.add(id);
    for (const TagView& tag : tags) state_->values_of(tag.key).add(tag.value, id);
}

// With millions of values each lookup waits for memory. So the places of the next few are fetched
// before the first of them is looked at.
void TagIndex::add_all(std::span<const Addition> additions) {
    constexpr std::size_t kAheadCount = 32;
    struct Lookup {
        TagValues* values;
        std::string_view text;
        std::uint64_t hash;
        SeriesId id;
    };
    std::vector<Lookup> lookups;
    lookups.reserve(kAheadCount);
    while (!additions.empty()) {
        const auto next = additions.first(std::min(kAheadCount, additions.size()));
        additions = additions.subspan(next.size());
        lookups.clear();
        for (const Addition& addition : next) {
            State& state = *addition.index->state_;
            state.all.add(addition.id);
            for (const TagView& tag : addition.tags) {
                TagValues& values = state.values_of(tag.key);
                lookups.push_back({&values, tag.value, values.prefetch(tag.value), addition.id});
            }
        }
        for (const Lookup& lookup : lookups) {
            lookup.values->add(lookup.text, lookup.hash, lookup.id);
        }
    }
}

void TagIndex::remove(const std::vector<SeriesId>& ids) {
    const Roaring removed(ids.size(), ids.data());
    state_->all -= removed;
    for (auto& [key, values] : state_->by_key) values.remove(removed);
    std::erase_if(state_->by_key, [](const auto& entry) { return entry.second.all().empty(); });
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
    for (const TagValues::Value& value : found->second.all()) values.emplace_back(value.text);
    std::ranges::sort(values);
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
