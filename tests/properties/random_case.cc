#include "tests/properties/random_case.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/properties/random_statistics.h"

namespace tidemark::properties {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// How the floats of a case look: each is a way of its own into the codecs.
enum class FloatStyle : std::uint8_t { FewDecimals, FullDouble, WholeNumber, SlowlyChanging };

class DataMaker {
public:
    explicit DataMaker(Random& random)
        : random_(random),
          style_(static_cast<FloatStyle>(random.below(4))),
          null_percent_(random.pick<unsigned>({0, 0, 20, 60})),
          nan_percent_(random.pick<unsigned>({0, 0, 0, 4, 30})),
          repeat_percent_(random.pick<unsigned>({10, 50, 90})) {}

    RandomData make() {
        RandomData data;
        // Either side of 1970, and with or without parts of seconds.
        data.begin_ns =
            random_.chance(20) ? -random_.between(0, 20'000) * kSecond : 1'700'000'000 * kSecond;
        data.step_ns = random_.pick<std::int64_t>({kSecond, 10 * kSecond, 60 * kSecond + 7});
        data.end_ns = data.begin_ns;
        for (const TagSet& tags : random_tags()) append_series(data, tags);
        std::stable_sort(data.points.begin(), data.points.end(),
                         [](const Point& a, const Point& b) { return a.time_ns < b.time_ns; });
        return data;
    }

private:
    std::vector<TagSet> random_tags() {
        std::vector<TagSet> all = {{{"dc", "x"}, {"host", "a"}},
                                   {{"dc", "x"}, {"host", "b"}},
                                   {{"dc", "y"}, {"host", "c"}},
                                   {{"host", "d"}}};
        random_.shuffle(all);
        all.resize(1 + random_.below(all.size()));
        return all;
    }

    void append_series(RandomData& data, const TagSet& tags) {
        const std::uint64_t count = 1 + random_.below(random_.chance(20) ? 300 : 90);
        const unsigned jitter_percent = random_.pick<unsigned>({0, 30});
        std::int64_t time_ns = data.begin_ns + random_.between(0, 20) * data.step_ns;
        for (std::uint64_t i = 0; i < count; ++i) {
            const Point point{tags, time_ns, random_fields()};
            data.end_ns = std::max(data.end_ns, time_ns);
            (random_.chance(12) ? data.late : data.points).push_back(point);
            if (random_.chance(10)) data.late.push_back({tags, time_ns, random_fields()});
            time_ns += data.step_ns;
            if (random_.chance(jitter_percent)) time_ns += random_.between(1, data.step_ns);
            if (random_.chance(5)) time_ns += random_.between(1, 12) * data.step_ns;
        }
    }

    std::map<std::string, Value> random_fields() {
        std::map<std::string, Value> fields;
        if (!random_.chance(repeat_percent_)) float_ = random_float();
        if (!random_.chance(repeat_percent_)) integer_ = random_.between(-50, 50);
        if (!random_.chance(repeat_percent_)) natural_ = random_.below(1'000'000'000'000);
        if (!random_.chance(repeat_percent_)) is_true_ = random_.chance(50);
        if (!random_.chance(repeat_percent_)) {
            string_ = random_.pick<std::string>({"up", "down", "degraded", ""});
        }
        const auto add = [&](const std::string& name, Value value) {
            if (!random_.chance(null_percent_)) fields.emplace(name, std::move(value));
        };
        const double nan = std::numeric_limits<double>::quiet_NaN();
        add("f", random_.chance(nan_percent_) ? nan : float_);
        add("i", integer_);
        add("u", natural_);
        add("b", is_true_);
        add("s", string_);
        if (fields.empty()) fields.emplace("f", float_);
        return fields;
    }

    double random_float() {
        switch (style_) {
            case FloatStyle::FewDecimals:
                return static_cast<double>(random_.between(-2'000, 10'000)) / 100;
            case FloatStyle::FullDouble:
                return std::ldexp(static_cast<double>(random_.between(-(1LL << 52), 1LL << 52)),
                                  static_cast<int>(random_.between(-48, -40)));
            case FloatStyle::WholeNumber:
                return static_cast<double>(random_.between(-5, 5));
            case FloatStyle::SlowlyChanging:
                break;
        }
        return float_ + static_cast<double>(random_.between(-10, 10)) / 10;
    }

    Random& random_;
    FloatStyle style_;
    unsigned null_percent_;
    unsigned nan_percent_;
    unsigned repeat_percent_;
    double float_ = 0.5;
    std::int64_t integer_ = 3;
    std::uint64_t natural_ = 5;
    bool is_true_ = false;
    std::string string_ = "up";
};

}  // namespace

Value random_constant(Random& random, const RandomData& data, const std::string& field) {
    for (int i = 0; i < 20; ++i) {
        const std::vector<Point>& points =
            random.chance(80) || data.late.empty() ? data.points : data.late;
        if (points.empty()) continue;
        const Point& point = random.pick(points);
        const auto found = point.fields.find(field);
        const bool is_usable = found != point.fields.end() && !oracle::is_nan(found->second);
        if (is_usable) return found->second;
    }
    if (field == "b") return true;
    if (field == "s") return std::string("up");
    return 2.5;
}

namespace {

Predicate random_comparison(Random& random, const RandomData& data) {
    const std::string field = random.pick<std::string>({"f", "f", "f", "i", "u", "b", "s"});
    const bool is_ordered = field == "f" || field == "i" || field == "u";
    Value constant = random_constant(random, data, field);
    // Numbers of every type compare with every numeric field.
    if (is_ordered && random.chance(20)) constant = random.between(-3, 60);
    if (is_ordered && random.chance(20)) constant = 2.5;
    const std::vector<CompareOp> ops = {CompareOp::Equal,   CompareOp::NotEqual,
                                        CompareOp::Less,    CompareOp::LessEqual,
                                        CompareOp::Greater, CompareOp::GreaterEqual};
    const CompareOp op = is_ordered ? random.pick(ops) : ops[random.below(2)];
    return oracle::compare(field, op, std::move(constant));
}

Call random_state_call(Random& random, const RandomData& data) {
    static const std::vector<std::string> kNames = {
        "time_in",  "time_out", "unknown",    "future",      "uptime",
        "downtime", "coverage", "uptime_low", "uptime_high", "longest",
        "current",  "since",    "mttr",       "mtbf",        "episode_count"};
    Call call;
    call.function = random.pick(kNames);
    call.predicate = {random_predicate(random, data, 2)};
    const bool is_run = call.function == "longest" || call.function == "current" ||
                        call.function == "since" || call.function == "mttr" ||
                        call.function == "mtbf" || call.function == "episode_count";
    if (is_run && random.chance(60)) {
        if (random.chance(60)) call.life.for_ns = random.between(1, 60) * data.step_ns / 10;
        if (random.chance(60)) call.life.keep_ns = random.between(1, 60) * data.step_ns / 10;
        if (random.chance(40)) call.life.clear = {random_predicate(random, data, 1)};
    }
    const bool is_duration = call.function.starts_with("time_") || call.function == "unknown" ||
                             call.function == "future" || call.function == "longest" ||
                             call.function == "current" || call.function == "mttr" ||
                             call.function == "mtbf";
    if (is_duration && random.chance(80)) call.unit_ns = random.chance(90) ? 1 : 60 * kSecond;
    return call;
}

Call random_sample_call(Random& random, const RandomData& data) {
    static const std::vector<std::string> kAnyType = {"count", "first", "last", "change_count"};
    static const std::vector<std::string> kNumeric = {"count",
                                                      "sum",
                                                      "sum",
                                                      "mean",
                                                      "min",
                                                      "max",
                                                      "first",
                                                      "last",
                                                      "spread",
                                                      "stddev",
                                                      "median",
                                                      "time_mean",
                                                      "time_mean",
                                                      "percentile",
                                                      "percentile_disc",
                                                      "percentile_cont",
                                                      "share_le",
                                                      "time_integral",
                                                      "increase",
                                                      "rate",
                                                      "resets",
                                                      "change_count",
                                                      "time_percentile"};
    Call call;
    if (random.chance(10)) {
        call.function = "share";
        call.predicate = {random_comparison(random, data)};
        return call;
    }
    call.field = random.pick<std::string>({"f", "f", "f", "i", "u", "b", "s"});
    const bool is_numeric = call.field == "f" || call.field == "i" || call.field == "u";
    call.function = random.pick(is_numeric ? kNumeric : kAnyType);
    // Multiples of a half: there InfluxDB's arithmetic in doubles and R14's formula agree.
    if (call.function == "percentile") call.thousandths = random.between(1, 200) * 500;
    if (call.function.starts_with("percentile_")) call.thousandths = random.between(1, 1'000);
    if (call.function == "time_percentile") call.thousandths = random.between(1, 100'000);
    if (call.function == "share_le") call.limit = random_constant(random, data, call.field);
    return call;
}

}  // namespace

std::uint64_t case_count(std::uint64_t usual) {
    const char* factor = std::getenv("TIDEMARK_PROPERTY_CASES");
    return factor == nullptr ? usual : usual * std::strtoull(factor, nullptr, 10);
}

RandomData random_data(Random& random) { return DataMaker(random).make(); }

StoreOptions random_store_options(Random& random, const RandomData& data) {
    StoreOptions options;
    options.rows_per_vector = static_cast<std::uint32_t>(random.between(4, 64));
    options.partition_width_ns = random.chance(50) ? 40 * data.step_ns : 3'600 * kSecond;
    return options;
}

Predicate random_predicate(Random& random, const RandomData& data, unsigned depth) {
    if (depth == 0 || random.chance(50)) return random_comparison(random, data);
    Predicate first = random_predicate(random, data, depth - 1);
    if (random.chance(20)) return oracle::negation(std::move(first));
    Predicate second = random_predicate(random, data, depth - 1);
    return random.chance(50) ? oracle::both(std::move(first), std::move(second))
                             : oracle::either(std::move(first), std::move(second));
}

Query random_range(Random& random, const RandomData& data) {
    Query query;
    const std::int64_t margin_ns = 10 * data.step_ns;
    const auto edge = [&](std::int64_t least_ns, std::int64_t greatest_ns) {
        const std::int64_t edge_ns = random.between(least_ns, greatest_ns);
        // Often a sample's own time, where half-open intervals go wrong.
        if (random.chance(30) && !data.points.empty()) return random.pick(data.points).time_ns;
        return random.chance(50) ? edge_ns / kSecond * kSecond : edge_ns;
    };
    query.begin_ns = edge(data.begin_ns - margin_ns, data.end_ns);
    query.end_ns = std::max(query.begin_ns + 1, edge(query.begin_ns, data.end_ns + margin_ns));
    query.now_ns = random.chance(25) ? random.between(query.begin_ns, query.end_ns)
                                     : data.end_ns + 1'000 * margin_ns;
    query.hold_ns = random.pick<std::int64_t>(
        {kHoldForever, data.step_ns / 2, data.step_ns, 2 * data.step_ns, 5 * data.step_ns + 1});
    return query;
}

void add_random_buckets(Random& random, Query& query) {
    const std::int64_t range_ns = query.end_ns - query.begin_ns;
    query.bucket_ns = std::max<std::int64_t>(1, range_ns / random.between(1, 24));
    if (random.chance(50) && query.bucket_ns > kSecond) {
        query.bucket_ns = query.bucket_ns / kSecond * kSecond;
    }
    if (random.chance(25)) query.offset_ns = random.between(1, query.bucket_ns);
    if (query.offset_ns == query.bucket_ns) query.offset_ns = 0;
    if (random.chance(40)) {
        query.window_ns = random.chance(30)
                              ? random.between(1, query.bucket_ns)
                              : query.bucket_ns + random.between(0, 4 * query.bucket_ns);
    }
}

Query random_query(Random& random, const RandomData& data) {
    Query query = random_range(random, data);
    if (random.chance(65)) add_random_buckets(random, query);
    // Some of the first window has passed.
    query.now_ns = std::max(query.now_ns, oracle::windows_of(query).front().begin_ns + 1);
    if (random.chance(15)) {
        query.unknown_as = random.chance(50) ? oracle::UnknownAs::Bad : oracle::UnknownAs::Good;
    }
    query.group_tags =
        random.pick<std::vector<std::string>>({{}, {"host"}, {"dc"}, {"dc", "host"}});
    const bool has_states = random.chance(65);
    const std::uint64_t count = 1 + random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
        if (random.chance(15)) {
            query.calls.push_back(random_statistic(random, data));
            continue;
        }
        query.calls.push_back(has_states && random.chance(70) ? random_state_call(random, data)
                                                              : random_sample_call(random, data));
    }
    return query;
}

void write_in_batches(Random& random, Product& product, const std::vector<Point>& points,
                      std::size_t begin, std::size_t end) {
    const std::uint64_t most = random.pick<std::uint64_t>({3, 40, 400});
    while (begin < end) {
        const std::size_t next = std::min<std::size_t>(end, begin + 1 + random.below(most));
        product.write(points, begin, next);
        begin = next;
    }
}

void for_each_stage(Random& random, const RandomData& data,
                    const std::function<void(const std::string& stage, Product& product,
                                             const std::vector<Point>& arrivals)>& check) {
    std::vector<Point> arrivals = data.points;
    if (random.chance(50)) random.shuffle(arrivals);
    std::vector<Point> late = data.late;
    random.shuffle(late);

    Product product(random_store_options(random, data));
    write_in_batches(random, product, arrivals, 0, arrivals.size());
    check("head", product, arrivals);
    product.flush();
    check("segments", product, arrivals);
    write_in_batches(random, product, late, 0, late.size());
    arrivals.insert(arrivals.end(), late.begin(), late.end());
    check("late data above segments", product, arrivals);
    product.reopen();
    check("reopened", product, arrivals);
    product.flush();
    product.reopen();
    check("overlapping segments, reopened", product, arrivals);
    product.compact();
    check("compacted", product, arrivals);
}

const std::vector<std::pair<std::string, ScanPath>>& paths() {
    static const std::vector<std::pair<std::string, ScanPath>> kPaths = {
        {"cheapest", ScanPath::Cheapest},
        {"no summaries", ScanPath::NoSummaries},
        {"decoded", ScanPath::Decoded}};
    return kPaths;
}

void check_answer(Product& product, const std::vector<Point>& arrivals, const Query& query) {
    const auto expected = oracle::evaluate(arrivals, query);
    const std::string statement = oracle::text(query, "m");
    for (const auto& [name, path] : paths()) {
        const StatementResult got = product.ask(statement, query.now_ns, path);
        const std::string wrong = oracle::differences(expected, query, got);
        INFO(statement << "\n  now " << query.now_ns << ", path " << name);
        INFO(wrong);
        CHECK(wrong.empty());
    }
}

}  // namespace tidemark::properties
