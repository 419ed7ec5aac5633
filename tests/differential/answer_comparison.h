#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/differential/peer.h"

namespace tidemark::tests {

/// How two answers to one statement relate.
enum class Relation : std::uint8_t {
    Equal,
    Close,       ///< But for the last bits of floats: within 1e-12 (R17: InfluxDB adds naively).
    OtherOrder,  ///< But for the order of rows of one time, which InfluxDB leaves to chance.
    BothRefuse,  ///< In different words.
    Extension,   ///< InfluxDB does not understand the statement, Tidemark answers it.
    Different,
};

struct Comparison {
    Relation relation = Relation::Equal;
    /// Every pair of floats that is close, or the place of the first difference.
    std::vector<std::string> remarks;
};

/// Compares values, not bytes: the order of an object's keys does not matter, 1.50 equals 1.5.
/// `messages` count only where InfluxDB has some: Tidemark warns of more.
Comparison compare_answers(const HttpReply& influxdb, const HttpReply& tidemark);

}  // namespace tidemark::tests
