#include "tools/session/local_times.h"

#include <ctime>

namespace tidemark::tools {
namespace {

void show_local_time(TimeCell& time) {
    if (time.offset_seconds != 0) return;
    constexpr std::int64_t kSecondNs = 1'000'000'000;
    // Rounded down, also before 1970.
    const auto seconds =
        static_cast<std::time_t>(time.ns / kSecondNs - (time.ns % kSecondNs < 0 ? 1 : 0));
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr) return;
    time.offset_seconds = static_cast<std::int32_t>(local.tm_gmtoff);
}

}  // namespace

void show_local_times(QueryResult& result) {
    for (StatementResult& statement : result.statements) {
        for (ResultSeries& series : statement.series) {
            for (const Row row : series.rows) {
                for (Cell& cell : row) {
                    if (auto* time = std::get_if<TimeCell>(&cell)) show_local_time(*time);
                }
            }
        }
    }
}

}  // namespace tidemark::tools
