#include <string>
#include <string_view>
#include <variant>

#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "query/syntax/parser.h"

namespace tidemark::bench {
namespace {

struct NamedStatement {
    const char* name;
    const char* text;
};

// What users ask: the questions of the peer comparison, and clauses of all kinds.
constexpr NamedStatement kStatements[] = {
    {"raw", "SELECT latency_ms FROM http WHERE host = 'h000' AND time >= now() - 1d"},
    {"buckets",
     "SELECT percentile_cont(latency_ms, 0.5), percentile_cont(latency_ms, 0.95), "
     "percentile_cont(latency_ms, 0.99) FROM http WHERE time >= now() - 1d "
     "GROUP BY time(5m), host"},
    {"rolling",
     "SELECT percentile_cont(latency_ms, 0.99) FROM http WHERE host = 'h000' AND "
     "time >= '2026-01-05T00:00:00Z' AND time < '2026-01-12T00:00:00Z' "
     "GROUP BY time(1m) WINDOW 1h"},
    {"uptime",
     "SELECT uptime(up = 1) FROM svc WHERE time >= now() - 7d STALE NONE "
     "GROUP BY time(1d), host tz('Europe/Berlin')"},
    {"having",
     "SELECT current(usage > 80, 1m), since(usage > 80) FROM cpu STALE NONE GROUP BY host "
     "HAVING current(usage > 80) >= 45m"},
    {"episodes",
     "SELECT episodes(usage > 80, FOR 5m, KEEP 2m, CLEAR usage < 75) FROM cpu "
     "WHERE time >= now() - 7d AND region =~ /^(eu|us)-/ GROUP BY host"},
    {"subquery",
     "SELECT mean(top) AS \"mean of the greatest\" FROM (SELECT max(usage) AS top FROM "
     "\"ops\".\"autogen\".cpu WHERE host <> 'h007' GROUP BY time(1h), host) "
     "GROUP BY time(1d) fill(previous) ORDER BY time DESC LIMIT 10 OFFSET 5"},
    {"show", "SHOW TAG VALUES ON ops FROM cpu WITH KEY IN (host, region) WHERE service = 'web'"},
};

// As long as what a dashboard makes of a choice of many hosts.
std::string long_condition() {
    std::string text = "SELECT mean(usage) FROM cpu WHERE (host = 'h000'";
    for (int host = 1; host < 1000; ++host) text += " OR host = 'h" + std::to_string(host) + '\'';
    return text + ") GROUP BY time(1m)";
}

void parse(benchmark::State& state, const std::string& text, const MemoryBandwidth& bandwidth) {
    const auto parsed = query::parse_statements(text);
    if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
        state.SkipWithError(error->render(text).c_str());
        return;
    }
    const Work work{.rates = {{"statements", 1}, {"bytes", static_cast<double>(text.size())}},
                    .costs = {},
                    .memory_bytes = 0};
    run(state, work, bandwidth, [&] { benchmark::DoNotOptimize(query::parse_statements(text)); });
}

}  // namespace

void register_statement_benchmarks(const Surroundings& surroundings) {
    const auto add = [&](const std::string& name, const std::string& text) {
        add_benchmark("statement/parse/" + name, [&surroundings, text](benchmark::State& state) {
            parse(state, text, surroundings.bandwidth);
        });
    };
    for (const NamedStatement& statement : kStatements) add(statement.name, statement.text);
    add("thousand_hosts", long_condition());
}

}  // namespace tidemark::bench
