#include "tests/differential/peer.h"

#include <cctype>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/server/test_client.h"

namespace tidemark::tests {
namespace {

namespace http = boost::beast::http;

std::string url_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c >= 0 && std::isalnum(byte) != 0) {
            encoded += c;
        } else {
            encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
        }
    }
    return encoded;
}

std::string url_encoded(const Peer::Parameters& parameters) {
    std::string encoded;
    for (const auto& [name, value] : parameters) {
        encoded += (encoded.empty() ? "" : "&") + name + "=" + url_encoded(value);
    }
    return encoded;
}

HttpReply parse_reply(const std::string& text) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.body_limit(boost::none);
    boost::system::error_code error;
    std::size_t read_bytes = 0;
    while (!error && !parser.is_done() && read_bytes < text.size()) {
        const boost::asio::const_buffer rest(text.data() + read_bytes, text.size() - read_bytes);
        read_bytes += parser.put(rest, error);
    }
    INFO(text);
    REQUIRE_FALSE(error);
    REQUIRE(parser.is_done());
    return {parser.get().result_int(), parser.get().body()};
}

}  // namespace

HttpReply Peer::query(const std::string& statements, const Parameters& parameters) const {
    Parameters all = parameters;
    all.emplace_back("q", statements);
    return parse_reply(ask_http(address_, "POST /query",
                                "Content-Type: application/x-www-form-urlencoded\r\n",
                                url_encoded(all)));
}

HttpReply Peer::write(const std::string& lines, const Parameters& parameters) const {
    return parse_reply(ask_http(address_, "POST /write?" + url_encoded(parameters), "", lines));
}

void Peer::drop_all_databases() const {
    const auto answer = boost::json::parse(query("SHOW DATABASES").body);
    const auto& series = answer.at("results").at(0).at("series").at(0).as_object();
    const auto* const rows = series.if_contains("values");
    if (rows == nullptr) return;
    for (const auto& row : rows->as_array()) {
        const std::string name(row.at(0).as_string());
        REQUIRE(query("DROP DATABASE \"" + name + "\"").status == 200);
    }
}

}  // namespace tidemark::tests
