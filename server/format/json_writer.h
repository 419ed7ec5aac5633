#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::server {

/// Appends text as Go's encoding/json writes a string, quotes included: InfluxDB's clients compare
/// answers byte by byte. That is: `<`, `>`, `&`, U+2028 and U+2029 as \u escapes, and bytes that
/// are no UTF-8 as U+FFFD.
void append_json_string(std::string_view text, std::string& out);

/// Appends JSON to a string, value by value, without building it in memory first. Layout is Go's:
/// compact, or indented by four spaces. The caller keeps the grammar: a key before each member's
/// value, every begin ended. Not thread-safe.
class JsonWriter {
public:
    JsonWriter(std::string& out, bool is_pretty) : out_(out), is_pretty_(is_pretty) {}

    void begin_object() { begin('{'); }
    void end_object() { end('}'); }
    void begin_array() { begin('['); }
    void end_array() { end(']'); }
    void key(std::string_view name);

    void null() { raw("null"); }
    void boolean(bool value) { raw(value ? "true" : "false"); }
    void integer(std::int64_t value);
    void unsigned_integer(std::uint64_t value);
    /// As Go writes a float64; what is not finite, which JSON has no number for, as null.
    void number(double value);
    void string(std::string_view text);
    /// The elements of a compact array that another writer wrote, of which there is at least one.
    void elements_of(std::string_view array) { raw(array.substr(1, array.size() - 2)); }

    bool is_pretty() const { return is_pretty_; }

private:
    // Here, because answers are made of millions of these.
    void begin(char bracket) {
        separate();
        out_.push_back(bracket);
        ++depth_;
        is_first_ = true;
    }
    void end(char bracket) {
        --depth_;
        if (!is_first_ && is_pretty_) new_line();
        out_.push_back(bracket);
        is_first_ = false;
    }
    void raw(std::string_view token) {
        separate();
        out_.append(token);
    }
    /// What stands in front of a value or key: a comma, a line break.
    void separate() {
        if (has_key_) {
            has_key_ = false;
        } else if (depth_ > 0) {
            if (!is_first_) out_.push_back(',');
            if (is_pretty_) new_line();
        }
        is_first_ = false;
    }
    void new_line() { out_.append("\n").append(4 * depth_, ' '); }

    std::string& out_;
    const bool is_pretty_;
    std::size_t depth_ = 0;
    bool is_first_ = true;  ///< Nothing was written since the last begin.
    bool has_key_ = false;  ///< The next value belongs to a key.
};

}  // namespace tidemark::server
