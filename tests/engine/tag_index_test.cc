#include "storage/engine/tag_index.h"

#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

using storage::TagIndex;
using storage::views_of;

TagMatcher equal(const std::string& key, const std::string& value) {
    return {key, CompareOp::Equal, value, {}};
}
TagMatcher not_equal(const std::string& key, const std::string& value) {
    return {key, CompareOp::NotEqual, value, {}};
}
TagMatcher longer_than(const std::string& key, std::size_t size_bytes) {
    return {key, CompareOp::Matches, "",
            [size_bytes](std::string_view value) { return value.size() > size_bytes; }};
}

std::string_view tag_value(const TagSet& tags, const std::string& key) {
    for (const Tag& tag : tags) {
        if (tag.key == key) return tag.value;
    }
    return {};
}

}  // namespace

TEST_CASE("series are selected by their tags, a missing tag being empty", "[engine]") {
    TagIndex index;
    index.add(1, views_of({{"host", "a"}, {"region", "eu"}}));
    index.add(2, views_of({{"host", "b"}}));
    index.add(3, {});

    CHECK(index.select({}) == std::vector<SeriesId>{1, 2, 3});
    CHECK(index.select({equal("host", "a")}) == std::vector<SeriesId>{1});
    CHECK(index.select({equal("host", "c")}).empty());
    CHECK(index.select({equal("region", "")}) == std::vector<SeriesId>{2, 3});
    CHECK(index.select({not_equal("region", "")}) == std::vector<SeriesId>{1});
    CHECK(index.select({not_equal("host", "a")}) == std::vector<SeriesId>{2, 3});
    CHECK(index.select({equal("unknown", "")}) == std::vector<SeriesId>{1, 2, 3});
    CHECK(index.select({not_equal("unknown", "x")}) == std::vector<SeriesId>{1, 2, 3});
    CHECK(index.select({equal("unknown", "x")}).empty());
    CHECK(index.select({not_equal("host", ""), not_equal("host", "b")}) ==
          std::vector<SeriesId>{1});
    CHECK(index.keys() == std::vector<std::string>{"host", "region"});
    CHECK(index.values("host") == std::vector<std::string>{"a", "b"});
    CHECK(index.values("unknown").empty());
}

TEST_CASE("the tag index agrees with looking at every series", "[engine]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::vector<std::string> keys = {"a", "b", "c"};
    const std::vector<std::string> values = {"", "1", "22", "333"};
    const auto pick = [&random](const std::vector<std::string>& from) {
        return from[random() % from.size()];
    };
    TagIndex index;
    std::vector<TagSet> tags_of;
    for (SeriesId id = 0; id < 200; ++id) {
        TagSet tags;
        for (const std::string& key : keys) {
            const std::string value = pick(values);
            if (!value.empty()) tags.push_back({key, value});
        }
        index.add(id, views_of(tags));
        tags_of.push_back(tags);
    }
    for (int round = 0; round < 200; ++round) {
        std::vector<TagMatcher> matchers;
        for (std::size_t count = random() % 3; count > 0; --count) {
            switch (random() % 3) {
                case 0:
                    matchers.push_back(equal(pick(keys), pick(values)));
                    break;
                case 1:
                    matchers.push_back(not_equal(pick(keys), pick(values)));
                    break;
                default:
                    matchers.push_back(longer_than(pick(keys), random() % 3));
                    break;
            }
        }
        std::vector<SeriesId> expected;
        for (SeriesId id = 0; id < tags_of.size(); ++id) {
            bool is_selected = true;
            for (const TagMatcher& matcher : matchers) {
                const auto value = tag_value(tags_of[id], matcher.key);
                is_selected = is_selected && storage::holds_for(matcher, value);
            }
            if (is_selected) expected.push_back(id);
        }
        CHECK(index.select(matchers) == expected);
    }
}

}  // namespace tidemark::tests
