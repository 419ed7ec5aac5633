#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tidemark::tests {

struct HttpReply {
    unsigned status = 0;
    std::string body;
};

/// A server that speaks InfluxDB 1.x's HTTP interface: one side of the comparison. Every request is
/// a connection of its own; the test fails when one is not answered.
class Peer {
public:
    using Parameters = std::vector<std::pair<std::string, std::string>>;

    explicit Peer(std::string address) : address_(std::move(address)) {}

    /// POST /query with `q` and further parameters, as a form.
    HttpReply query(const std::string& statements, const Parameters& parameters = {}) const;
    /// POST /write with the parameters in the URL.
    HttpReply write(const std::string& lines, const Parameters& parameters) const;
    void drop_all_databases() const;

private:
    std::string address_;
};

}  // namespace tidemark::tests
