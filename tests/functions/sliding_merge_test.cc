#include "query/functions/sliding_merge.h"

#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::query {
namespace {

/// Texts are joined, so that a wrong order shows, and every merge is counted.
struct Join {
    std::size_t* count;
    void operator()(std::string& target, const std::string& source) const {
        ++*count;
        target += source;
    }
};

std::string joined(const std::vector<std::string>& parts, std::size_t begin, std::size_t end) {
    std::string text;
    for (std::size_t i = begin; i < end; ++i) text += parts[i];
    return text;
}

TEST_CASE("sliding merges equal merging every window, in order", "[functions][property]") {
    std::mt19937_64 random(3);
    for (int round = 0; round < 200; ++round) {
        INFO("round " << round);
        std::vector<std::string> parts;
        for (std::size_t i = 0; i < 40; ++i) parts.push_back(std::to_string(i) + ",");
        std::size_t count = 0;
        SlidingMerge sliding(std::span<const std::string>(parts), Join{&count});
        std::size_t begin = 0;
        std::size_t end = 0;
        while (end < parts.size()) {
            end = std::min(parts.size(), end + random() % 5);
            begin = std::min(end, begin + random() % 5);
            // A begin may go back, and now and then everything does.
            if (random() % 6 == 0) begin -= std::min<std::size_t>(begin, random() % 8);
            if (random() % 20 == 0) end = begin + (end - begin) / 2;
            CHECK(sliding.merged(begin, end) == joined(parts, begin, end));
        }
    }
}

TEST_CASE("a part is merged a few times, however many windows it lies in", "[functions]") {
    const std::size_t part_count = 4000;
    const std::size_t width = 1000;
    const std::vector<std::string> parts(part_count);
    std::size_t count = 0;
    SlidingMerge sliding(std::span<const std::string>(parts), Join{&count});
    for (std::size_t end = 1; end <= part_count; ++end) {
        (void)sliding.merged(end < width ? 0 : end - width, end);
    }
    CHECK(count < 6 * part_count);
}

}  // namespace
}  // namespace tidemark::query
