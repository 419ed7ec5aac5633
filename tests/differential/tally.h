#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/differential/accepted_deviations.h"
#include "tests/differential/answer_comparison.h"

namespace tidemark::tests {

/// Counts how statements are answered by both sides, and prints where they differ on standard
/// output.
class Tally {
public:
    explicit Tally(AcceptedDeviations& accepted) : accepted_(accepted) {}

    /// `place`: the script or test that the statement stands in, such as "rows.script".
    void add(const std::string& place, const std::string& statement, const HttpReply& influxdb,
             const HttpReply& tidemark);
    /// Prints the counts; fails the test when something differs that is not accepted, or when what
    /// is accepted does not differ.
    void finish() const;

private:
    AcceptedDeviations& accepted_;
    std::map<std::string, int> counts_;
    int statement_count_ = 0;
};

}  // namespace tidemark::tests
