#include "tests/engine/store_model.h"

#include <utility>

#include <catch2/catch.hpp>

#include "storage/engine/store_impl.h"

namespace tidemark::tests {

Samples read_all(const Store& store, const std::string& database,
                 const std::shared_ptr<const Snapshot>& snapshot) {
    auto read = read_samples(store, database, "", snapshot);
    if (!read) FAIL(read.error().message());
    return std::move(read).value().samples;
}

std::unique_ptr<Store> open_small(storage::FileSystem& files, const StoreOptions& options) {
    auto store = storage::open_store(files, kStorePath, options);
    if (!store) FAIL(store.error().message());
    return std::move(store).value();
}

Sequence write_points(Store& store, const std::string& database,
                      const std::vector<PlainPoint>& points) {
    const auto result = store.write(database, "", batch_of(points));
    if (!result) FAIL(result.error().message());
    for (const RejectedPoint& rejected : result.value().rejected) FAIL(rejected.reason);
    CHECK(result.value().accepted_count == points.size());
    return result.value().sequence;
}

void write_durably(Store& store, const std::string& database,
                   const std::vector<PlainPoint>& points) {
    REQUIRE(store.wait_durable(write_points(store, database, points)));
}

}  // namespace tidemark::tests
