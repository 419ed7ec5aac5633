#include "tests/crash/crash_matrix.h"

#include <catch2/catch.hpp>

#include "tests/crash/crash_workloads.h"

namespace tidemark::tests {

TEST_CASE("whatever fails at whichever operation, acknowledged samples are found, and no others",
          "[crash]") {
    CrashMatrixOptions options;
    options.stride = 7;
    options.thread_count = 2;
    const CrashMatrixReport report = run_crash_matrix(options);
    for (const std::string& complaint : report.complaints) UNSCOPED_INFO(complaint);
    CHECK(report.complaint_count == 0);
    CHECK(report.state_count > 5'000);
    CHECK(report.acknowledged_count > report.state_count);
    for (const CrashMatrixReport::Row& row : report.rows) {
        INFO(row.workload);
        CHECK(row.state_count > 0);
    }
}

// The matrix is only worth as much as its ledger.
TEST_CASE("the ledger notices what is lost, changed, invented and resurrected", "[crash]") {
    const auto with_store = [](const std::function<void(Store&, Ledger&)>& work) {
        CrashingFileSystem files;
        Ledger ledger;
        std::vector<std::string> complaints;
        CrashRun run{files, ledger};
        run.with_store([&](Store& store) {
            ledger.create_database(store, "ops");
            ledger.write(store, {"ops"}, {{"cpu", {}, 1, {{"usage", 0.0}}}});
            work(store, ledger);
            complaints = ledger.complaints(store);
        });
        return complaints;
    };
    const auto write = [](Store& store, double value, std::int64_t time_ns) {
        REQUIRE(store.write("ops", "", batch_of({{"cpu", {}, time_ns, {{"usage", value}}}})));
        REQUIRE(store.wait_durable(store.statistics().written_sequence));
    };
    using Complaints = std::vector<std::string>;
    CHECK(with_store([](Store&, Ledger&) {}).empty());
    CHECK(with_store([&](Store& store, Ledger&) { write(store, -0.0, 1); }) ==
          Complaints{"cpu usage at 1 has another value"});
    CHECK(with_store([&](Store& store, Ledger&) { write(store, 1, 2); }) ==
          Complaints{"cpu usage at 2 was never sent"});
    CHECK(with_store([&](Store&, Ledger& ledger) {
              ledger.acknowledged(ledger.sending({"ops"}, {{"cpu", {}, 3, {{"usage", 1.0}}}}));
          }) == Complaints{"cpu usage at 3 is lost"});
    CHECK(with_store([&](Store&, Ledger& ledger) {
              ledger.acknowledged(ledger.deleting({"ops"}, {0, 2}));
          }) == Complaints{"cpu usage at 1 has another value"});
    CHECK(with_store([&](Store&, Ledger& ledger) {
              ledger.acknowledged(ledger.deleting({"ops"}, {0, 2}, "memory"));
              ledger.acknowledged(ledger.deleting({"ops"}, {2, 9}, "cpu"));
          }).empty());
    CHECK(with_store([&](Store&, Ledger& ledger) {
              ledger.sending({"ops"}, {{"cpu", {}, 3, {{"usage", 1.0}}}});
              ledger.deleting({"ops"}, {0, 2});
              ledger.dropping("ops");
          }).empty());
    CHECK(
        with_store([&](Store& store, Ledger&) { REQUIRE(store.drop_database("ops")); }) ==
        Complaints{"database ops is lost", "policy ops.autogen is lost", "cpu usage at 1 is lost"});
}

}  // namespace tidemark::tests
