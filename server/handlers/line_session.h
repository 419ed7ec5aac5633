#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tidemark/result.h>
#include <tidemark/store.h>

#include "server/counters.h"
#include "server/refusal_log.h"
#include "storage/line_protocol/line_parser.h"

namespace tidemark::server {

/// What a line session works on. Everything referred to outlives it.
struct LineContext {
    Store& store;
    Counters& counters;
    RefusalLog& refusals;
    RefusalLog& troubles;  ///< Of lines that are lost.
    std::size_t line_size_limit_bytes = std::size_t{1} << 20;
};

/// One connection of line protocol, without its socket: bytes go in, points go to the store.
///
/// The first line may be `#tidemark db=NAME rp=NAME precision=ms`, each part optional. When it
/// cannot be understood, every line of the connection is refused: written to a place or in a unit
/// that the sender did not mean, they would do harm.
///
/// Blocks while the store writes. Not thread-safe.
class LineSession {
public:
    /// `peer` names the client in messages.
    LineSession(const LineContext& context, std::string peer);

    /// Takes the complete lines at the beginning of `text`, which begins with what the call before
    /// left. Returns how many bytes were taken; with TextEnd::Complete all. An error means that
    /// good lines could not be written: nothing more must be fed, and the client must not be told
    /// that all is well.
    Result<std::size_t> feed(std::string_view text, storage::TextEnd end);

    /// The client speaks HTTP: feed() takes everything and does nothing with it. Somebody should
    /// tell the client.
    bool speaks_http() const { return speaks_http_; }

    /// Returns when every line that was taken is durable; the error when that cannot be.
    Status make_durable();

private:
    std::size_t read_first_line(std::string_view text, storage::TextEnd end);
    void apply_heading(std::string_view line);
    /// Nothing of this connection can be taken.
    void refuse_all(const std::string& reason);
    /// What is wrong with one `name=value` of the heading; empty when nothing is.
    std::string apply_setting(std::string_view setting);
    Status write_lines();
    Result<WriteResult> write_creating_database();
    void report_refused(const WriteResult& written);
    void hint_at_precision();
    void refuse(const std::string& message);

    LineContext context_;
    std::string peer_;
    std::string database_ = "default";
    std::string retention_policy_;
    storage::TimePrecision precision_ = storage::TimePrecision::Nanoseconds;
    std::string heading_error_;                  ///< Not empty: every line is refused.
    std::optional<storage::LineParser> parser_;  ///< Made when the heading is known.
    bool speaks_http_ = false;
    bool has_hinted_ = false;  ///< Once for a connection is enough.
    storage::ParsedLines lines_;
    Sequence last_sequence_ = 0;
};

}  // namespace tidemark::server
