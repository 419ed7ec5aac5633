#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "storage/engine/series_key.h"

namespace tidemark::storage {

/// Which series of one measurement have which tags: for each tag key and value the series, as a
/// bitmap where there are several. Not thread-safe.
class TagIndex {
public:
    TagIndex();
    ~TagIndex();
    TagIndex(TagIndex&&) noexcept;
    TagIndex& operator=(TagIndex&&) noexcept;

    void add(SeriesId id, std::span<const TagView> tags);
    struct Addition;
    /// The same for many, of any indexes, in this order; faster than one by one.
    static void add_all(std::span<const Addition> additions);
    /// Also those that are not here.
    void remove(const std::vector<SeriesId>& ids);

    /// The series for which all matchers hold, ascending. A series that lacks a tag has the empty
    /// string. A matcher's `matches` is called once for each value of its tag.
    std::vector<SeriesId> select(const std::vector<TagMatcher>& matchers) const;

    std::vector<std::string> keys() const;                        ///< Sorted.
    std::vector<std::string> values(std::string_view key) const;  ///< Sorted.

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A series that is to be added, and where.
struct TagIndex::Addition {
    TagIndex* index;
    SeriesId id;
    std::span<const TagView> tags;
};

/// Whether `matcher` holds for a tag of this value.
bool holds_for(const TagMatcher& matcher, std::string_view value);

}  // namespace tidemark::storage
