#include <cinttypes>
#include <cstdio>
#include <memory>

#include <tidemark/query.h>
#include <tidemark/store.h>

// A service with a store inside: writes points, hears when they are durable, asks questions.

namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kStartNs = 1'700'000'000'000'000'000;

tidemark::Status run(const char* directory) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto store, tidemark::Store::open(directory, {}));
    TIDEMARK_RETURN_IF_ERROR(store->create_database("ops"));
    const auto subscription = store->subscribe([](tidemark::Sequence durable) {
        std::printf("durable up to %" PRIu64 "\n", durable);  // On a thread of the store's.
    });

    tidemark::WriteBatch batch;
    for (int minute = 0; minute < 10; ++minute) {
        batch.begin_point("cpu");
        batch.add_tag("host", "a");
        batch.add_float("usage", minute < 4 ? 60.0 : 85.0);
        batch.end_point(kStartNs + minute * kMinuteNs);
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto written, store->write("ops", "", batch));
    TIDEMARK_RETURN_IF_ERROR(store->wait_durable(written.sequence));

    // Push-down: the store answers with runs of equal truth, mostly without decoding a value.
    tidemark::ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.leaves = {{"usage", tidemark::CompareOp::Greater, 80.0, {}}};
    request.hold_ns = kMinuteNs;
    TIDEMARK_ASSIGN_OR_RETURN(const auto scan, store->scan(request, nullptr));
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scan->open(0));
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const tidemark::ScanPiece* piece, cursor->next());
        if (piece == nullptr) break;
        for (const tidemark::LeafRun& run : piece->leaves[0]) {
            std::printf("%s for %u samples\n", run.is_true ? "above" : "below", run.sample_count);
        }
    }

    tidemark::QueryOptions options;
    options.database = "ops";
    const auto answer = tidemark::execute(
        *store,
        "SELECT longest(usage > 80, 1m) FROM cpu WHERE time >= 1700000000s AND time < 1700000600s "
        "STALE 1m GROUP BY host",
        options);
    for (const tidemark::ResultSeries& series : answer.statements.at(0).series) {
        const double longest_minutes = std::get<double>(series.rows.at(0).at(1));
        std::printf("host %s above 80 for %g min\n", series.tags[0].second.c_str(),
                    longest_minutes);
    }
    return store->close();
}

}  // namespace

int main(int argument_count, char** arguments) {
    if (argument_count != 2) return 2;
    const tidemark::Status status = run(arguments[1]);
    if (!status) std::fprintf(stderr, "%s\n", status.error().message().c_str());
    return status ? 0 : 1;
}
