#include "query/syntax/lexer.h"

#include <catch2/catch.hpp>

namespace tidemark::query {
namespace {

std::vector<Token> all_tokens(std::string_view text) {
    const Lexer lexer(text);
    std::vector<Token> tokens;
    for (Token token = lexer.scan(0); token.kind != TokenKind::End; token = lexer.scan(token.end)) {
        tokens.push_back(token);
        if (token.kind == TokenKind::Bad) break;
    }
    return tokens;
}

std::string texts(std::string_view text) {
    std::string joined;
    for (const Token& token : all_tokens(text)) joined += "[" + token.text + "]";
    return joined;
}

}  // namespace

TEST_CASE("a text is cut into words, literals and symbols", "[lexer]") {
    CHECK(texts("SELECT a,b FROM m") == "[SELECT][a][,][b][FROM][m]");
    CHECK(texts("a>=1.5 AND b=~c") == "[a][>=][1.5][AND][b][=~][c]");
    CHECK(texts("x::float<>.5") == "[x][::][float][<>][.5]");
    CHECK(texts("db..m") == "[db][.][.][m]");
    CHECK(texts("1e3 1.5e-3 1h30m 10ms") == "[1e3][1.5e-3][1h30m][10ms]");
    CHECK(texts("$a $\"b c\"") == "[$a][$\"b c\"]");
    CHECK(texts("a !~ b != c") == "[a][!~][b][!=][c]");
}

TEST_CASE("comments separate tokens and are dropped", "[lexer]") {
    CHECK(texts("a -- b c\n d") == "[a][d]");
    CHECK(texts("a/* b\n c */d") == "[a][d]");
    CHECK(texts("a -- the end") == "[a]");
    const Token open = Lexer("a /* b").scan(1);
    CHECK(open.kind == TokenKind::Bad);
    CHECK(open.begin == 2);
}

TEST_CASE("escapes in strings and names are resolved", "[lexer]") {
    CHECK(Lexer(R"('it\'s \\ \" \n')").scan(0).value == "it's \\ \" \n");
    CHECK(Lexer(R"("a \"b\"")").scan(0).value == "a \"b\"");
    CHECK(Lexer(R"($"a b")").scan(0).value == "a b");
}

TEST_CASE("what can be no token says why and where", "[lexer]") {
    struct Case {
        std::string_view text;
        std::size_t begin;
        std::string_view message;
    };
    const Case cases[] = {
        {"'open", 0, "this string is never closed, expected '"},
        {"\"open", 0, "this identifier is never closed, expected \""},
        {"'new\nline'", 0, "this string is never closed, expected '"},
        {R"('C:\dir')", 3,
         R"(a backslash must be followed by \, ', " or n; write \\ for a backslash)"},
        {"'ends with \\", 11,
         R"(a backslash must be followed by \, ', " or n; write \\ for a backslash)"},
        {"#", 0, "unexpected character #"},
        {"!", 0, "unexpected character !"},
        {"\xc3\xa4", 0, "unexpected character \xc3\xa4; names with it stand in double quotes"},
        {"$", 0, "found $, expected the name of a parameter"},
    };
    for (const Case& bad : cases) {
        INFO(bad.text);
        const Token token = Lexer(bad.text).scan(0);
        CHECK(token.kind == TokenKind::Bad);
        CHECK(token.begin == bad.begin);
        CHECK(token.value == bad.message);
    }
    CHECK(Lexer("10parsecs").scan(0).kind == TokenKind::Bad);
    CHECK(Lexer("15251w").scan(0).kind == TokenKind::Bad);
}

TEST_CASE("a slash opens a regex only where the reader says so", "[lexer]") {
    const Lexer lexer(R"(a /b\/c\\/ d)");
    CHECK(lexer.scan(1).text == "/");
    const Token regex = lexer.scan_regex(2);
    CHECK(regex.kind == TokenKind::Regex);
    CHECK(regex.value == R"(b/c\\)");
    CHECK(lexer.scan(regex.end).text == "d");
    CHECK(Lexer("/open").scan_regex(0).kind == TokenKind::Bad);
}

TEST_CASE("places count lines and columns from one", "[lexer]") {
    const Lexer lexer("ab\ncd\n");
    CHECK(lexer.location(0).line == 1);
    CHECK(lexer.location(1).column == 2);
    CHECK(lexer.location(4).line == 2);
    CHECK(lexer.location(4).column == 2);
    CHECK(lexer.location(6).line == 3);
}

TEST_CASE("only InfluxQL's own keywords are reserved", "[lexer]") {
    for (const std::string_view word : {"SELECT", "from", "Where", "TRUE", "WRITE", "ALL"}) {
        CHECK(is_reserved_word(word));
    }
    for (const std::string_view word : {"STALE", "WINDOW", "HAVING", "BETWEEN", "NOT", "future",
                                        "unknown", "time", "fill", "tz", "keep", "clear"}) {
        CHECK_FALSE(is_reserved_word(word));
    }
}

}  // namespace tidemark::query
