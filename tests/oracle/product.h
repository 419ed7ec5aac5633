#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/store.h>

#include "tests/oracle/naive_evaluator.h"
#include "tests/support/temporary_directory.h"

namespace tidemark::oracle {

/// A store of its own in a temporary directory: what the naive evaluator judges. Everything is
/// in measurement "m" of database "d". Throws std::runtime_error when the store refuses something,
/// so a test ends where it went wrong.
class Product {
public:
    explicit Product(StoreOptions options = {});

    /// Writes points [begin, end) of `points` as one batch.
    void write(const std::vector<Point>& points, std::size_t begin, std::size_t end);
    void write(const std::vector<Point>& points) { write(points, 0, points.size()); }
    void flush();
    void compact();
    void reopen();

    /// The answer of one statement over everything written. A syntax error comes as the statement's
    /// error.
    StatementResult ask(const std::string& statement, std::int64_t now_ns,
                        ScanPath path = ScanPath::Cheapest);

    StoreStatistics statistics() const { return store_->statistics(); }

private:
    void open();

    tests::TemporaryDirectory directory_;
    StoreOptions options_;
    std::unique_ptr<Store> store_;
    Sequence last_written_ = 0;  // Visible when durable.
};

/// Where `got` is not the expected answer, a line each; empty when it is.
std::string differences(const std::vector<ExpectedSeries>& expected, const Query& query,
                        const StatementResult& got);

/// An answer for messages.
std::string text(const StatementResult& result);
/// Points for messages, a line each.
std::string text(const std::vector<Point>& points);

}  // namespace tidemark::oracle
