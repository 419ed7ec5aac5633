#include "tests/differential/tally.h"

#include <iostream>

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

constexpr std::size_t kShownBytes = 2000;  // Of an answer.

std::string name_of(Relation relation) {
    switch (relation) {
        case Relation::Equal:
            return "equal";
        case Relation::Close:
            return "equal but for the last bits of floats";
        case Relation::OtherOrder:
            return "equal but for the order of rows of one time";
        case Relation::BothRefuse:
            return "refused by both, in other words";
        case Relation::Extension:
            return "extension: InfluxDB does not understand it";
        case Relation::Different:
            break;
    }
    return "different";
}

std::string shown(const HttpReply& reply) {
    std::string text = std::to_string(reply.status) + " " + reply.body.substr(0, kShownBytes);
    while (text.ends_with('\n')) text.pop_back();
    return reply.body.size() > kShownBytes ? text + ".." : text;
}

}  // namespace

void Tally::add(const std::string& place, const std::string& statement, const HttpReply& influxdb,
                const HttpReply& tidemark) {
    const Comparison comparison = compare_answers(influxdb, tidemark);
    const std::string where = place + ": " + statement;
    ++statement_count_;
    if (comparison.relation != Relation::Different) {
        ++counts_[name_of(comparison.relation)];
        for (const std::string& remark : comparison.remarks) {
            std::cout << where << "\n  close: " << remark << "\n";
        }
        return;
    }
    if (accepted_.accept(where)) {
        ++counts_["accepted deviation"];
        return;
    }
    ++counts_[name_of(comparison.relation)];
    std::cout << where << "\n  different: " << comparison.remarks.front() << "\n  InfluxDB "
              << shown(influxdb) << "\n  Tidemark " << shown(tidemark) << "\n";
}

void Tally::finish() const {
    for (const auto& [name, count] : counts_) std::cout << count << " " << name << "\n";
    std::cout << statement_count_ << " statements\n";
    for (const std::string& line : accepted_.unused()) {
        FAIL_CHECK("no statement differs by it any more: " << line);
    }
    CHECK_FALSE(counts_.contains(name_of(Relation::Different)));
}

}  // namespace tidemark::tests
