#include "tests/server/forwarding_store.h"

#include <functional>

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

void for_each_row(const Store& store, const std::string& database, const std::string& measurement,
                  const std::string& field, const std::function<void(std::int64_t, double)>& row) {
    ScanRequest request;
    request.database = database;
    request.measurement = measurement;
    request.columns = {{field, Need::Values}};
    auto scan = store.scan(request, nullptr);
    REQUIRE(scan.has_value());
    for (std::size_t i = 0; i < (*scan.value()).series().size(); ++i) {
        auto cursor = (*scan.value()).open(i);
        REQUIRE(cursor.has_value());
        for (;;) {
            const auto piece = cursor.value()->next();
            REQUIRE(piece.has_value());
            if (piece.value() == nullptr) break;
            const ColumnValues& values = piece.value()->columns[0].values;
            for (std::size_t r = 0; r < piece.value()->row_count; ++r) {
                if (values.is_valid(r)) row(piece.value()->times[r], values.floats[r]);
            }
        }
    }
}

}  // namespace

std::vector<double> stored_floats(const Store& store, const std::string& database,
                                  const std::string& measurement, const std::string& field) {
    std::vector<double> values;
    for_each_row(store, database, measurement, field,
                 [&](std::int64_t, double value) { values.push_back(value); });
    return values;
}

std::vector<std::int64_t> stored_times(const Store& store, const std::string& database,
                                       const std::string& measurement, const std::string& field) {
    std::vector<std::int64_t> times;
    for_each_row(store, database, measurement, field,
                 [&](std::int64_t time_ns, double) { times.push_back(time_ns); });
    return times;
}

}  // namespace tidemark::tests
