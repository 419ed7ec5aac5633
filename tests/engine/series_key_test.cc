#include "storage/engine/series_key.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <tidemark/write_batch.h>

#include "storage/base/utf8.h"

namespace tidemark::tests {
namespace {

using storage::make_series_key;
using storage::make_series_name;
using storage::tags_of_series_key;

SeriesKeyParts parts(std::string_view measurement,
                     std::vector<std::pair<std::string_view, std::string_view>> tags) {
    return {measurement, std::move(tags)};
}

std::string refusal_of(const SeriesKeyParts& key) {
    const auto name = make_series_name(key);
    return name ? "taken" : name.error().message();
}

}  // namespace

TEST_CASE("tags are sorted, and empty ones dropped", "[engine]") {
    const auto name = make_series_name(parts("cpu", {{"region", "eu"}, {"x", ""}, {"host", "a"}}));
    REQUIRE(name);
    CHECK(name.value().tags == TagSet{{"host", "a"}, {"region", "eu"}});
    CHECK(make_series_key("cpu", name.value().tags) == "cpu,host=a,region=eu");
}

TEST_CASE("a series that cannot be named is refused with the reason", "[engine]") {
    CHECK(refusal_of(parts("", {})) == "the measurement's name is empty");
    CHECK(refusal_of(parts("cpu", {{"", "a"}})) == "a tag key is empty");
    CHECK(refusal_of(parts("cpu", {{"time", "a"}})) == "'time' cannot be a tag key");
    CHECK(refusal_of(parts("cpu", {{"a", "1"}, {"a", "2"}})) == "tag a is given twice");
    CHECK(refusal_of(parts("cpu", {{"a", ""}, {"a", "2"}})) == "tag a is given twice");
    CHECK(refusal_of(parts("c\xff", {})) == "the measurement's name is not valid UTF-8");
    CHECK(refusal_of(parts("cpu", {{"a\xff", "1"}})) == "a tag key is not valid UTF-8");
    CHECK(refusal_of(parts("cpu", {{"a", "\xc0\x80"}})) == "the value of tag a is not valid UTF-8");
    const std::string long_value(70'000, 'x');
    CHECK(refusal_of(parts("cpu", {{"a", long_value}})) ==
          "measurement and tags are 70004 bytes, the limit is 65535");
}

TEST_CASE("series keys tell all tag sets apart and give them back", "[engine]") {
    const std::vector<TagSet> tag_sets = {
        {},
        {{"a", "b"}},
        {{"a", "b"}, {"c", "d"}},
        {{"a", "b,c=d"}},            // Would be two tags without escapes.
        {{"a", "b\\"}, {"c", "d"}},  // A backslash in front of the comma.
        {{"a=b", "c"}},
        {{"a", "=c"}},
        {{" ", " \\ "}},
        {{"gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac"}},
    };
    for (std::size_t left = 0; left < tag_sets.size(); ++left) {
        const std::string key = make_series_key("m,1 =\\", tag_sets[left]);
        INFO(key);
        CHECK(tags_of_series_key(key) == tag_sets[left]);
        for (std::size_t right = 0; right < left; ++right) {
            CHECK(key != make_series_key("m,1 =\\", tag_sets[right]));
        }
    }
}

TEST_CASE("UTF-8 is told from bytes that are not", "[engine]") {
    for (const std::string_view good :
         {"", "plain", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "eight by\xc3\xbc",
          "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
        INFO(good);
        CHECK(storage::is_valid_utf8(good));
    }
    for (const std::string_view bad :
         {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff",
          "eight by\xc3", "\xe2\x82", "\xf0\x9f\x98", "a\xe2\x28\xa1"}) {
        CHECK_FALSE(storage::is_valid_utf8(bad));
    }
}

TEST_CASE("names of fields and databases are judged", "[engine]") {
    CHECK_FALSE(storage::field_name_defect("usage"));
    CHECK(storage::field_name_defect("") == "a field's name is empty");
    CHECK(storage::field_name_defect("time") == "'time' cannot be a field's name");
    CHECK(storage::field_name_defect("\xff") == "a field's name is not valid UTF-8");
    CHECK_FALSE(storage::database_name_defect("ops"));
    CHECK(storage::database_name_defect("") == "a database's name is empty");
    CHECK(storage::database_name_defect("a/b").has_value());
    CHECK(storage::database_name_defect("a\nb").has_value());
}

}  // namespace tidemark::tests
