#include "storage/engine/compaction_plan.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/flush.h"

namespace tidemark::tests {
namespace {

using storage::CompactionPlan;
using storage::CompactionRules;
using storage::partition_of;
using storage::plan_compaction;
using storage::PlannedSegment;

constexpr std::int64_t kWidthNs = 1000;
constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20;

/// Segments as flushes make them and plans merge them, with the number of times that what each
/// flush wrote was rewritten.
class Simulation {
public:
    void flush(std::int64_t partition, std::uint64_t size_bytes = kMegabyte) {
        ++sequence_;
        PlannedSegment segment;
        segment.segment_id = next_id_++;
        segment.policy = 1;
        segment.first_ns = partition * kWidthNs;
        segment.last_ns = partition * kWidthNs + kWidthNs - 1;
        segment.first_sequence = sequence_;
        segment.last_sequence = sequence_;
        segment.size_bytes = size_bytes;
        segment.row_count = 10;
        segment.row_group_count = 1;
        segment.window_ns = window_ns_;
        flushes_[segment.segment_id] = {sequence_};
        rewrites_[sequence_] = 0;
        segments_.push_back(segment);
    }

    /// Carries plans out until there is none.
    void compact(std::int64_t now_ns, bool is_idle) {
        const CompactionRules rules{kWidthNs, 1024, now_ns, is_idle};
        for (auto plan = plan_compaction(segments_, rules); plan;
             plan = plan_compaction(segments_, rules)) {
            REQUIRE(plan->segment_ids.size() >= 2);
            check_neighbours(*plan);
            carry_out(*plan);
        }
    }

    /// A policy that drops what is old: what ends in different windows stays apart.
    void set_window(std::int64_t window_ns) { window_ns_ = window_ns; }
    void flush_at(std::int64_t first_ns, std::int64_t last_ns) {
        flush(storage::partition_of(first_ns, kWidthNs));
        segments_.back().first_ns = first_ns;
        segments_.back().last_ns = last_ns;
    }

    std::size_t count() const { return segments_.size(); }
    std::vector<PlannedSegment>& segments() { return segments_; }
    int most_rewrites() const {
        int most = 0;
        for (const auto& [sequence, count] : rewrites_) most = std::max(most, count);
        return most;
    }

private:
    static std::int64_t partition(const PlannedSegment& segment) {
        return partition_of(segment.first_ns, kWidthNs);
    }

    const PlannedSegment& find(std::uint64_t id) const {
        return *std::ranges::find(segments_, id, &PlannedSegment::segment_id);
    }

    // Nothing outside of the plan lies between its segments in the order of arrival.
    void check_neighbours(const CompactionPlan& plan) const {
        const PlannedSegment& first = find(plan.segment_ids.front());
        const PlannedSegment& last = find(plan.segment_ids.back());
        std::size_t between = 0;
        for (const PlannedSegment& segment : segments_) {
            if (partition(segment) != partition(first)) continue;
            const bool is_between = segment.last_sequence >= first.first_sequence &&
                                    segment.first_sequence <= last.last_sequence;
            if (is_between) ++between;
        }
        CHECK(between == plan.segment_ids.size());
    }

    void carry_out(const CompactionPlan& plan) {
        PlannedSegment merged = find(plan.segment_ids.front());
        merged.segment_id = next_id_++;
        merged.size_bytes = 0;
        merged.rewrite_count = plan.rewrite_count;
        auto& flushes = flushes_[merged.segment_id];
        for (const std::uint64_t id : plan.segment_ids) {
            const PlannedSegment& source = find(id);
            CHECK(partition(source) == partition(merged));
            merged.size_bytes += source.size_bytes;
            merged.first_ns = std::min(merged.first_ns, source.first_ns);
            merged.last_ns = std::max(merged.last_ns, source.last_ns);
            merged.last_sequence = source.last_sequence;
            for (const Sequence sequence : flushes_[id]) {
                CHECK(++rewrites_[sequence] <= plan.rewrite_count);
                flushes.push_back(sequence);
            }
        }
        std::erase_if(segments_, [&plan](const PlannedSegment& segment) {
            return std::ranges::find(plan.segment_ids, segment.segment_id) !=
                   plan.segment_ids.end();
        });
        segments_.push_back(merged);
    }

    Sequence sequence_ = 0;
    std::uint64_t next_id_ = 1;
    std::int64_t window_ns_ = 0;
    std::vector<PlannedSegment> segments_;
    std::map<std::uint64_t, std::vector<Sequence>> flushes_;  // Inside of each segment.
    std::map<Sequence, int> rewrites_;                        // Of what each flush wrote.
};

}  // namespace

TEST_CASE("no sample is rewritten more than three times, whatever arrives when", "[compaction]") {
    for (int round = 0; round < 40; ++round) {
        const unsigned seed = std::random_device{}();
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const auto below = [&random](std::size_t limit) { return random() % limit; };
        const std::size_t idle_every = 1 + below(20);
        const std::size_t late_every = 2 + below(20);
        Simulation simulation;
        std::int64_t now_ns = 0;
        for (int step = 0; step < 600; ++step) {
            now_ns += static_cast<std::int64_t>(below(20));
            const std::int64_t current = partition_of(now_ns, kWidthNs);
            const auto back = static_cast<std::int64_t>(below(late_every) == 0 ? below(4) : 0);
            simulation.flush(current - back, kMegabyte << below(9));
            simulation.compact(now_ns, below(idle_every) == 0);
        }
        simulation.compact(now_ns, true);
        CHECK(simulation.most_rewrites() <= 3);
        // Six partitions and three late ones, all of them nearly at rest.
        CHECK(simulation.count() < 200);
    }
}

TEST_CASE("a store that flushes every minute for a week stays at few segments", "[compaction]") {
    const bool is_idle = GENERATE(true, false);
    Simulation simulation;
    std::size_t most = 0;
    for (int minute = 0; minute < 7 * 24 * 60; ++minute) {
        simulation.flush(0, 1000);
        simulation.compact(0, is_idle);
        most = std::max(most, simulation.count());
    }
    CHECK(most <= 50);
    CHECK(simulation.most_rewrites() == 3);
}

TEST_CASE("what a burst leaves behind becomes one segment when the store is idle", "[compaction]") {
    Simulation simulation;
    for (int flush = 0; flush < 12; ++flush) simulation.flush(0);
    simulation.compact(0, false);
    CHECK(simulation.count() == 12);
    simulation.compact(0, true);
    CHECK(simulation.count() == 1);
    CHECK(simulation.most_rewrites() == 1);
}

TEST_CASE("a partition that lies in the past becomes one segment", "[compaction]") {
    Simulation simulation;
    for (int flush = 0; flush < 20; ++flush) {
        simulation.flush(0);
        simulation.compact(0, false);
    }
    CHECK(simulation.count() == 5);
    simulation.compact(kWidthNs + kWidthNs / 8 - 1, false);
    CHECK(simulation.count() == 5);
    simulation.compact(kWidthNs + kWidthNs / 8, true);
    CHECK(simulation.count() == 1);
}

TEST_CASE("what expires at different times is merged into different segments", "[compaction]") {
    constexpr std::int64_t kWindowNs = kWidthNs / 10;
    Simulation simulation;
    simulation.set_window(kWindowNs);
    const bool is_idle = GENERATE(true, false);
    for (std::int64_t time_ns = 0; time_ns < kWidthNs; time_ns += 5) {
        simulation.flush_at(time_ns, time_ns + 4);
        simulation.compact(time_ns + 5, is_idle);
        // Up to seven stay in each window of a busy store.
        CHECK(simulation.count() <= 10 * 7 + 16);
    }
    simulation.compact(2 * kWidthNs, true);
    // What a store that is idle between flushes rewrote three times is merged no more.
    CHECK(simulation.count() <= (is_idle ? 60 : 10));
    CHECK(simulation.most_rewrites() <= 3);
    for (const PlannedSegment& segment : simulation.segments()) {
        CHECK(partition_of(segment.first_ns, kWindowNs) ==
              partition_of(segment.last_ns, kWindowNs));
    }
}

TEST_CASE("nothing is merged across a segment that must stay as it is", "[compaction]") {
    Simulation simulation;
    for (int flush = 0; flush < 7; ++flush) simulation.flush(0);
    simulation.segments()[3].is_pinned = true;
    SECTION("because it is damaged") {}
    SECTION("because it reaches into another partition") {
        simulation.segments()[3].is_pinned = false;
        simulation.segments()[3].first_ns = -1;
    }
    const auto plan = plan_compaction(simulation.segments(), {kWidthNs, 1024, 0, true});
    REQUIRE(plan);
    CHECK(plan->segment_ids.size() == 3);
    const auto& ids = plan->segment_ids;
    const bool is_before = ids == std::vector<std::uint64_t>{1, 2, 3};
    const bool is_behind = ids == std::vector<std::uint64_t>{5, 6, 7};
    CHECK((is_before || is_behind));
}

TEST_CASE("large segments with full vectors stay as they are", "[compaction]") {
    Simulation simulation;
    for (int flush = 0; flush < 20; ++flush) simulation.flush(0, 300 * kMegabyte);
    std::int64_t begin_ns = 0;
    for (PlannedSegment& segment : simulation.segments()) {
        segment.row_count = 1'000'000;
        segment.row_group_count = 1000;
    }
    CHECK(plan_compaction(simulation.segments(), {kWidthNs, 1024, 0, true}));  // They overlap.
    for (PlannedSegment& segment : simulation.segments()) {
        segment.first_ns = begin_ns;
        segment.last_ns = begin_ns + 49;
        begin_ns += 48;
    }
    CHECK_FALSE(plan_compaction(simulation.segments(), {kWidthNs, 1024, 0, true}));
    for (PlannedSegment& segment : simulation.segments()) segment.row_group_count = 100'000;
    const auto plan = plan_compaction(simulation.segments(), {kWidthNs, 1024, 0, true});
    REQUIRE(plan);
    // One gigabyte at a time.
    CHECK(plan->segment_ids == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("a segment with deleted rows is rewritten alone, whatever was done to it before",
          "[compaction]") {
    Simulation simulation;
    simulation.flush(0);
    PlannedSegment& segment = simulation.segments().front();
    segment.rewrite_count = 3;
    const CompactionRules rules{kWidthNs, 1024, 0, false};
    CHECK_FALSE(plan_compaction(simulation.segments(), rules));
    segment.has_deleted_rows = true;
    const auto plan = plan_compaction(simulation.segments(), rules);
    REQUIRE(plan);
    CHECK(plan->segment_ids == std::vector<std::uint64_t>{1});
    CHECK(plan->rewrite_count == 3);
}

}  // namespace tidemark::tests
