#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/store_impl.h"
#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;
constexpr std::int64_t kNowNs = 1'000'000 * kHourNs;

RetentionPolicy policy_named(const std::string& name, std::int64_t duration_ns = 0) {
    RetentionPolicy policy;
    policy.name = name;
    policy.duration_ns = duration_ns;
    return policy;
}

/// A clock that is put forward by hand.
class HandClock final : public Clock {
public:
    std::int64_t now_ns() const override { return now_ns_; }
    void set(std::int64_t now_ns) { now_ns_ = now_ns; }

private:
    std::int64_t now_ns_ = kNowNs;
};

StoreOptions options_with(const Clock& clock) {
    StoreOptions options = small_options();
    options.clock = &clock;
    options.future_limit_ns = 600'000'000'000;
    return options;
}

/// cpu,host=a usage=VALUE at each of `times`; why each point was refused.
std::vector<std::string> write_times(Store& store, const std::string& policy,
                                     const std::vector<std::int64_t>& times, double value = 1) {
    std::vector<PlainPoint> points;
    for (const std::int64_t time_ns : times) {
        points.push_back({"cpu", {{"host", "a"}}, time_ns, {{"usage", value}}});
    }
    const auto written = store.write("ops", policy, batch_of(points));
    REQUIRE(written);
    REQUIRE(store.wait_durable(written.value().sequence));
    std::vector<std::string> reasons;
    for (const RejectedPoint& rejected : written.value().rejected) {
        reasons.push_back(rejected.reason);
    }
    return reasons;
}

struct Seen {
    std::vector<std::int64_t> times;
    std::optional<CarriedValue> carried;
};

/// cpu's usage in a policy from `begin_ns` to `end_ns`, and what is carried in there.
Seen seen_in(const Store& store, const std::string& policy, std::int64_t begin_ns = 0,
             std::int64_t end_ns = kHoldForever) {
    ScanRequest request;
    request.database = "ops";
    request.retention_policy = policy;
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Values}};
    request.range = {begin_ns, end_ns};
    request.carry_in = CarryIn::LastValue;
    const auto scan = store.scan(request, nullptr);
    REQUIRE(scan);
    Seen seen;
    for (std::size_t i = 0; i < scan.value()->series().size(); ++i) {
        const auto cursor = scan.value()->open(i);
        REQUIRE(cursor);
        seen.carried = cursor.value()->carried().columns[0];
        while (true) {
            const auto piece = cursor.value()->next();
            REQUIRE(piece);
            if (piece.value() == nullptr) break;
            const auto times = piece.value()->times;
            seen.times.insert(seen.times.end(), times.begin(), times.end());
        }
    }
    return seen;
}

using Times = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("retention policies hold points of their own, before and after flush and restart",
          "[engine]") {
    CrashingFileSystem files;
    const HandClock clock;
    {
        const auto store = open_small(files, options_with(clock));
        REQUIRE(store->create_database("ops"));
        REQUIRE(store->create_retention_policy("ops", policy_named("raw")));
        CHECK(write_times(*store, "", {1, 2}).empty());
        CHECK(write_times(*store, "raw", {2, 3}).empty());
        CHECK(seen_in(*store, "").times == Times{1, 2});
        CHECK(seen_in(*store, "autogen").times == Times{1, 2});
        CHECK(seen_in(*store, "raw").times == Times{2, 3});
        CHECK(store->series("ops", "cpu", {}).size() == 1);
        CHECK(store->measurements("ops") == std::vector<std::string>{"cpu"});
        REQUIRE(store->flush());
        CHECK(seen_in(*store, "raw").times == Times{2, 3});
        CHECK(write_times(*store, "raw", {4}).empty());
    }
    const auto store = open_small(files, options_with(clock));
    CHECK(store->recovery_messages().empty());
    CHECK(seen_in(*store, "").times == Times{1, 2});
    CHECK(seen_in(*store, "raw").times == Times{2, 3, 4});
}

TEST_CASE("a dropped policy takes its points along, and one made again is empty", "[engine]") {
    CrashingFileSystem files;
    const HandClock clock;
    {
        const auto store = open_small(files, options_with(clock));
        REQUIRE(store->create_database("ops"));
        REQUIRE(store->create_retention_policy("ops", policy_named("raw")));
        write_times(*store, "", {1});
        write_times(*store, "raw", {2});
        REQUIRE(store->flush());
        write_times(*store, "raw", {3});
        REQUIRE(store->drop_retention_policy("ops", "raw"));
        REQUIRE(store->drop_retention_policy("ops", "raw"));
        REQUIRE(store->drop_retention_policy("nowhere", "raw"));
        CHECK_FALSE(store->has_retention_policy("ops", "raw"));
        CHECK_FALSE(store->write("ops", "raw", WriteBatch()));
        CHECK(store->statistics().segment_count == 1);
        REQUIRE(store->create_retention_policy("ops", policy_named("raw")));
        CHECK(seen_in(*store, "raw").times.empty());
    }
    const auto store = open_small(files, options_with(clock));
    CHECK(store->recovery_messages().empty());
    CHECK(seen_in(*store, "raw").times.empty());
    CHECK(seen_in(*store, "").times == Times{1});
}

TEST_CASE("the properties of policies, STALE and NAN are durable", "[engine]") {
    CrashingFileSystem files;
    const HandClock clock;
    RetentionPolicy raw = policy_named("raw", 48 * kHourNs);
    raw.is_default = true;
    raw.past_limit_ns = kHourNs;
    {
        const auto store = open_small(files, options_with(clock));
        REQUIRE(store->create_database("ops"));
        REQUIRE(store->create_retention_policy("ops", raw));
        RetentionPolicyChange change;
        change.future_limit_ns = kHoldForever;
        change.replication = 3;
        REQUIRE(store->alter_retention_policy("ops", "raw", change));
        REQUIRE(store->set_stale("ops", "", 60));
        REQUIRE(store->set_stale("ops", "probe", kHoldForever));
        CHECK_FALSE(store->accepts_nan("ops"));
        REQUIRE(store->set_nan_accepted("ops", true));
        REQUIRE(store->create_database("off"));
        REQUIRE(store->set_nan_accepted("off", true));
        REQUIRE(store->set_nan_accepted("off", false));
        REQUIRE(store->drop_retention_policy("ops", "autogen"));
    }
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    const auto store = open_small(*disk, options_with(clock));
    raw.shard_duration_ns = 24 * kHourNs;  // What InfluxDB chooses for two days.
    raw.future_limit_ns = kHoldForever;
    raw.replication = 3;
    CHECK(store->retention_policies("ops") == std::vector<RetentionPolicy>{raw});
    CHECK(store->stale_ns("ops", "cpu") == 60);
    CHECK(store->stale_ns("ops", "probe") == kHoldForever);
    CHECK_FALSE(store->stale_ns("nowhere", "probe"));
    CHECK(store->accepts_nan("ops"));
    CHECK_FALSE(store->accepts_nan("off"));
    CHECK_FALSE(store->accepts_nan("nowhere"));
    CHECK(store->set_nan_accepted("nowhere", true).error().code() == ErrorCode::NotFound);
    CHECK(store->set_stale("nowhere", "", 60).error().code() == ErrorCode::NotFound);
    CHECK(store->set_stale("ops", "", 0).error().code() == ErrorCode::InvalidArgument);
}

TEST_CASE("without its default policy a database is written to by name", "[engine]") {
    CrashingFileSystem files;
    const HandClock clock;
    const auto store = open_small(files, options_with(clock));
    REQUIRE(store->create_database("ops"));
    REQUIRE(store->create_retention_policy("ops", policy_named("raw")));
    REQUIRE(store->drop_retention_policy("ops", "autogen"));
    const auto refused = store->write("ops", "", WriteBatch());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message() == "default retention policy not set for: ops");
    CHECK(write_times(*store, "raw", {1}).empty());
    RetentionPolicyChange change;
    change.makes_default = true;
    REQUIRE(store->alter_retention_policy("ops", "raw", change));
    CHECK(seen_in(*store, "").times == Times{1});
}

TEST_CASE("points older than their policy keeps are neither taken nor seen", "[engine]") {
    CrashingFileSystem files;
    HandClock clock;
    const auto store = open_small(files, options_with(clock));
    REQUIRE(store->create_database("ops"));
    REQUIRE(store->create_retention_policy("ops", policy_named("hour", kHourNs)));
    const auto reasons =
        write_times(*store, "hour", {kNowNs - kHourNs - 1, kNowNs - kHourNs, kNowNs});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].find("retention policy hour keeps 60 min") != std::string::npos);
    for (int round = 0; round < 2; ++round) {
        clock.set(kNowNs);
        CHECK(seen_in(*store, "hour").times == Times{kNowNs - kHourNs, kNowNs});
        clock.set(kNowNs + 1);
        const Seen clipped = seen_in(*store, "hour");
        CHECK(clipped.times == Times{kNowNs});
        // What was in force at the edge is known, wherever in front of it the range begins.
        REQUIRE(clipped.carried);
        CHECK(clipped.carried->time_ns == kNowNs - kHourNs);
        const Seen behind = seen_in(*store, "hour", kNowNs - kHourNs + 1);
        REQUIRE(behind.carried);
        CHECK(behind.carried->time_ns == kNowNs - kHourNs);
        const Seen expired = seen_in(*store, "hour", 0, kNowNs - kHourNs + 1);
        CHECK(expired.times.empty());
        CHECK_FALSE(expired.carried);
        RetentionPolicyChange for_ever;
        for_ever.duration_ns = 0;
        REQUIRE(store->alter_retention_policy("ops", "hour", for_ever));
        CHECK(seen_in(*store, "hour").times == Times{kNowNs - kHourNs, kNowNs});
        RetentionPolicyChange hour;
        hour.duration_ns = kHourNs;
        REQUIRE(store->alter_retention_policy("ops", "hour", hour));
        REQUIRE(store->flush());
    }
}

TEST_CASE("a policy's limits decide which times are taken", "[engine]") {
    CrashingFileSystem files;
    const HandClock clock;
    const auto store = open_small(files, options_with(clock));
    REQUIRE(store->create_database("ops"));
    CHECK(write_times(*store, "", {kNowNs + kHourNs / 6, 0}).empty());
    CHECK(write_times(*store, "", {kNowNs + kHourNs / 6 + 1}).size() == 1);

    RetentionPolicyChange limits;
    limits.future_limit_ns = 2 * kHourNs;
    limits.past_limit_ns = kHourNs;
    REQUIRE(store->alter_retention_policy("ops", "autogen", limits));
    CHECK(write_times(*store, "", {kNowNs + 2 * kHourNs, kNowNs - kHourNs}).empty());
    CHECK(write_times(*store, "", {kNowNs + 2 * kHourNs + 1}).size() == 1);
    const auto reasons = write_times(*store, "", {kNowNs - kHourNs - 1});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].find("retention policy autogen takes 60 min") != std::string::npos);

    limits.future_limit_ns = kHoldForever;
    REQUIRE(store->alter_retention_policy("ops", "autogen", limits));
    CHECK(write_times(*store, "", {kNowNs + 1'000 * kHourNs}).empty());
}

TEST_CASE("a field has one type in all policies of a database", "[engine]") {
    CrashingFileSystem files;
    const HandClock clock;
    const auto store = open_small(files, options_with(clock));
    REQUIRE(store->create_database("ops"));
    REQUIRE(store->create_retention_policy("ops", policy_named("raw")));
    write_times(*store, "", {1});
    const auto written = store->write("ops", "raw",
                                      batch_of({{"cpu", {}, 1, {{"usage", std::int64_t{2}}}},
                                                {"cpu", {}, 2, {{"usage", std::string("x")}}}}));
    REQUIRE(written);
    REQUIRE(written.value().rejected.size() == 1);
    CHECK(written.value().rejected[0].reason == "field usage of cpu is a float, got a string");
    CHECK(store->field_keys("ops", "cpu") == std::vector<FieldKey>{{"usage", FieldType::Float}});
}

TEST_CASE("properties of a policy that cannot be are refused in InfluxDB's words", "[engine]") {
    CrashingFileSystem files;
    const HandClock clock;
    const auto store = open_small(files, options_with(clock));
    REQUIRE(store->create_database("ops"));
    const auto refusal = [&](const RetentionPolicy& policy) {
        const Status status = store->create_retention_policy("ops", policy);
        return status ? std::string() : status.error().message();
    };
    CHECK(refusal(policy_named("p", 1)) == "retention policy duration must be at least 1h0m0s");
    CHECK(refusal(policy_named("kpi")) == "retention policy kpi is reserved: choose another name");
    CHECK(refusal(policy_named(".")).find("invalid name \".\"") == 0);
    RetentionPolicy policy = policy_named("p", kHourNs);
    policy.shard_duration_ns = 2 * kHourNs;
    CHECK(refusal(policy) == "retention policy duration must be greater than the shard duration");
    policy.shard_duration_ns = 0;
    CHECK(refusal(policy).empty());
    CHECK(refusal(policy).empty());
    policy.is_default = true;
    CHECK(refusal(policy) == "retention policy conflicts with an existing policy");
    policy.replication = 2;
    CHECK(refusal(policy) == "retention policy already exists");
    CHECK(store->create_retention_policy("nowhere", policy).error().message() ==
          "database not found: nowhere");
    CHECK(store->alter_retention_policy("ops", "q", {}).error().message() ==
          "retention policy not found: q");
}

namespace {

using Step = std::function<Status(Store&)>;

Status write_durably_into(Store& store, const std::string& policy, std::int64_t time_ns) {
    const auto written =
        store.write("ops", policy, batch_of({{"cpu", {}, time_ns, {{"usage", 1.5}}}}));
    if (!written) return written.error();
    return store.wait_durable(written.value().sequence);
}

/// Each is answered when it is durable, or changes nothing that can be seen.
std::vector<Step> policy_steps() {
    RetentionPolicyChange shorter;
    shorter.duration_ns = 24 * kHourNs;
    shorter.makes_default = true;
    return {
        [](Store& store) { return store.create_database("ops"); },
        [](Store& store) { return write_durably_into(store, "", 1); },
        [](Store& store) {
            return store.create_retention_policy("ops", policy_named("raw", 48 * kHourNs));
        },
        [](Store& store) { return write_durably_into(store, "raw", kNowNs - 1); },
        [](Store& store) { return store.flush(); },
        [](Store& store) { return write_durably_into(store, "raw", kNowNs - 2); },
        [=](Store& store) { return store.alter_retention_policy("ops", "raw", shorter); },
        [](Store& store) { return store.set_stale("ops", "cpu", 60); },
        [](Store& store) { return store.drop_retention_policy("ops", "raw"); },
        [](Store& store) { return store.create_retention_policy("ops", policy_named("raw")); },
        [](Store& store) { return write_durably_into(store, "raw", kNowNs - 3); },
        [](Store& store) { return store.drop_retention_policy("ops", "autogen"); },
        [](Store& store) { return store.flush(); },
    };
}

/// All that the steps above can change.
struct PolicyState {
    std::vector<RetentionPolicy> policies;
    std::vector<Times> times;  // Of each policy.
    std::optional<std::int64_t> stale_ns;
    bool operator==(const PolicyState&) const = default;
};

PolicyState state_of(const Store& store) {
    PolicyState state;
    state.policies = store.retention_policies("ops");
    for (const RetentionPolicy& policy : state.policies) {
        state.times.push_back(seen_in(store, policy.name).times);
    }
    state.stale_ns = store.stale_ns("ops", "cpu");
    return state;
}

/// Runs the steps until one fails; how many succeeded.
std::size_t run_steps(CrashingFileSystem& files, const Clock& clock,
                      const std::function<void(const Store&)>& after_each) {
    const auto store = storage::open_store(files, kStorePath, options_with(clock));
    std::size_t count = 0;
    if (!store) return count;
    for (const Step& step : policy_steps()) {
        if (!step(*store.value())) break;
        ++count;
        after_each(*store.value());
    }
    return count;
}

}  // namespace

TEST_CASE("policies are what was acknowledged last after a power cut anywhere", "[engine]") {
    const HandClock clock;
    std::vector<PolicyState> expected(1);
    std::uint64_t operation_count = 0;
    {
        CrashingFileSystem files;
        run_steps(files, clock, [&](const Store& store) { expected.push_back(state_of(store)); });
        operation_count = files.operation_count();
        REQUIRE(expected.size() == policy_steps().size() + 1);
    }
    for (std::uint64_t number = 1; number <= operation_count; ++number) {
        INFO("operation " << number << " of " << operation_count);
        CrashingFileSystem files;
        files.cut_power_before_operation(number);
        const std::size_t done = run_steps(files, clock, [](const Store&) {});
        files.cut_power();
        for (const auto unsynced :
             {CrashingFileSystem::Unsynced::Drop, CrashingFileSystem::Unsynced::Keep,
              CrashingFileSystem::Unsynced::Mix}) {
            const auto disk = files.recover_image(unsynced, number);
            for (int round = 0; round < 2; ++round) {
                const PolicyState found = state_of(*open_small(*disk, options_with(clock)));
                const bool is_right = found == expected[done] ||
                                      (done + 1 < expected.size() && found == expected[done + 1]);
                CHECK(is_right);
            }
        }
    }
}

}  // namespace tidemark::tests
