#include "tests/differential/answer_comparison.h"

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

std::string rows(const std::string& values) {
    return R"({"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","v"],)"
           R"("values":)" +
           values + "}]}]}";
}

std::string error(const std::string& text) {
    return R"({"results":[{"statement_id":0,"error":")" + text + R"("}]})";
}

Relation relation(const std::string& influxdb, const std::string& tidemark) {
    return compare_answers({200, influxdb}, {200, tidemark}).relation;
}

}  // namespace

TEST_CASE("answers are compared as values", "[differential]") {
    CHECK(relation(rows("[[0,1.50]]"), rows("[ [0, 1.5] ]\n")) == Relation::Equal);
    CHECK(relation(rows(R"([[0,"1.5"]])"), rows("[[0,1.5]]")) == Relation::Different);
    CHECK(relation(rows("[[0,1],[1,2]]"), rows("[[0,1]]")) == Relation::Different);
    CHECK(relation(rows("[[0,9007199254740993]]"), rows("[[0,9007199254740992]]")) ==
          Relation::Different);
    CHECK(relation(rows("[[0,null]]"), rows("[[0,0]]")) == Relation::Different);
    CHECK(relation(R"({"results":[{"a":1,"b":2}]})", R"({"results":[{"b":2,"a":1}]})") ==
          Relation::Equal);
    CHECK(compare_answers({200, rows("[]")}, {400, rows("[]")}).relation == Relation::Different);
}

TEST_CASE("floats that differ in the last bits are named", "[differential]") {
    const Comparison comparison = compare_answers(
        {200, rows("[[0,1e21],[1,0.1]]")}, {200, rows("[[0,1e21],[1,0.10000000000000002]]")});
    CHECK(comparison.relation == Relation::Close);
    REQUIRE(comparison.remarks.size() == 1);
    CHECK(comparison.remarks.front() ==
          "answer.results[0].series[0].values[1][1]: InfluxDB 0.1, Tidemark 0.10000000000000002");
    CHECK(relation(rows("[[0,3]]"), rows("[[0,3.0000000000000004]]")) == Relation::Close);
    CHECK(relation(rows("[[0,0.1]]"), rows("[[0,0.100000001]]")) == Relation::Different);
}

TEST_CASE("rows of one time may come in another order", "[differential]") {
    CHECK(relation(rows("[[0,1],[0,2],[1,3]]"), rows("[[0,2],[0,1],[1,3]]")) ==
          Relation::OtherOrder);
    CHECK(relation(rows("[[0,1],[1,2]]"), rows("[[1,2],[0,1]]")) == Relation::Different);
    CHECK(relation(rows("[[0,1],[0,2]]"), rows("[[0,2],[0,3]]")) == Relation::Different);
}

TEST_CASE("refusals have words of their own, and extensions are none", "[differential]") {
    CHECK(relation(error("no field"), error("no field, did you mean v?")) == Relation::BothRefuse);
    CHECK(relation(error("no field"), error("no field")) == Relation::Equal);
    CHECK(relation(error("no field"), rows("[[0,1]]")) == Relation::Different);
    CHECK(relation(rows("[[0,1]]"), error("no field")) == Relation::Different);
    const HttpReply not_understood{400, R"({"error":"error parsing query: found WINDOW"})"};
    CHECK(compare_answers(not_understood, {200, rows("[]")}).relation == Relation::Extension);
    CHECK(compare_answers(not_understood, {400, R"({"error":"found x"})"}).relation ==
          Relation::BothRefuse);
    CHECK(relation(error("undefined function uptime()"), rows("[]")) == Relation::Extension);
}

TEST_CASE("messages count where InfluxDB has some", "[differential]") {
    const std::string plain = R"({"results":[{"statement_id":0}]})";
    const std::string told = R"({"results":[{"statement_id":0,"messages":[{"text":"a"}]}]})";
    CHECK(relation(plain, told) == Relation::Equal);
    CHECK(relation(told, plain) == Relation::Different);
}

}  // namespace tidemark::tests
