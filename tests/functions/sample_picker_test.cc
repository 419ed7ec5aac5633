#include "query/functions/sample_picker.h"

#include <algorithm>
#include <random>
#include <set>

#include <catch2/catch.hpp>

namespace tidemark::query {
namespace {

using Picks = std::vector<std::pair<std::int64_t, Cell>>;

struct Offer {
    std::int64_t time_ns;
    double value;
    std::size_t series_rank = 0;
};

SamplePicker picker_of(FunctionId function, std::uint64_t rows, std::uint64_t seed = 0) {
    return SamplePicker({function, rows, seed});
}

Picks picked(SamplePicker picker, const std::vector<Offer>& offers) {
    for (const Offer& offer : offers) {
        if (!picker.wants(Cell(offer.value), offer.time_ns, offer.series_rank)) continue;
        picker.add({Cell(offer.value), offer.time_ns, offer.series_rank, {}});
    }
    Picks picks;
    for (const PickedSample& sample : picker.finish()) {
        picks.emplace_back(sample.time_ns, sample.value);
    }
    return picks;
}

TEST_CASE("top and bottom pick the outermost values and order them by time", "[functions]") {
    const std::vector<Offer> offers = {{1, 4.0}, {2, 9.0}, {3, 1.0}, {4, 9.0}, {5, 4.0}};
    CHECK(picked(picker_of(FunctionId::Top, 3), offers) == Picks{{1, 4.0}, {2, 9.0}, {4, 9.0}});
    CHECK(picked(picker_of(FunctionId::Bottom, 2), offers) == Picks{{1, 4.0}, {3, 1.0}});
    CHECK(picked(picker_of(FunctionId::Bottom, 99), offers).size() == 5);
}

TEST_CASE("at one time the better sample comes first", "[functions]") {
    const std::vector<Offer> offers = {{1, 4.0, 0}, {1, 9.0, 1}, {1, 6.0, 2}};
    CHECK(picked(picker_of(FunctionId::Top, 3), offers) == Picks{{1, 9.0}, {1, 6.0}, {1, 4.0}});
    CHECK(picked(picker_of(FunctionId::Bottom, 2), offers) == Picks{{1, 4.0}, {1, 6.0}});
}

TEST_CASE("what is picked does not depend on the order of the samples", "[functions]") {
    std::vector<Offer> offers;
    for (std::int64_t i = 0; i < 200; ++i) {
        offers.push_back({i / 2, static_cast<double>(i * 7 % 10), static_cast<std::size_t>(i % 2)});
    }
    const std::uint32_t seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (const FunctionId function : {FunctionId::Top, FunctionId::Bottom, FunctionId::Sample}) {
        const Picks expected = picked(picker_of(function, 17, 5), offers);
        CHECK(expected.size() == 17);
        std::vector<Offer> shuffled = offers;
        std::ranges::shuffle(shuffled, random);
        CHECK(picked(picker_of(function, 17, 5), shuffled) == expected);
    }
}

TEST_CASE("another seed takes other samples, each about equally often", "[functions]") {
    std::vector<Offer> offers;
    for (std::int64_t i = 0; i < 50; ++i) offers.push_back({i, static_cast<double>(i)});
    std::vector<int> counts(50);
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        for (const auto& [time_ns, value] :
             picked(picker_of(FunctionId::Sample, 5, seed), offers)) {
            ++counts[static_cast<std::size_t>(time_ns)];
        }
    }
    // 100 each, with a standard deviation of 9.5; the seeds are fixed, so this never flickers.
    CHECK(*std::ranges::min_element(counts) > 60);
    CHECK(*std::ranges::max_element(counts) < 140);
}

TEST_CASE("with tags one sample at most stands for each set of their values", "[functions]") {
    SamplePicker picker = picker_of(FunctionId::Top, 2);
    const auto offer = [&](const std::string& host, std::int64_t time_ns, double value) {
        if (picker.wants({host}, Cell(value), time_ns, 0)) {
            picker.add({host}, {Cell(value), time_ns, 0, {Cell(host)}});
        }
    };
    offer("a", 1, 5);
    offer("a", 2, 8);
    offer("b", 3, 7);
    offer("a", 4, 8);
    offer("c", 5, 6);
    CHECK(picker.size() == 3);
    const std::vector<PickedSample> picks = picker.finish();
    REQUIRE(picks.size() == 2);
    CHECK(picks[0].time_ns == 2);
    CHECK(picks[1].beside == std::vector<Cell>{std::string("b")});
}

}  // namespace
}  // namespace tidemark::query
