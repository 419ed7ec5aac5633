#pragma once

#include <atomic>
#include <cstddef>

#include <tidemark/query.h>
#include <tidemark/store.h>

#include "server/counters.h"
#include "server/handlers/http_message.h"
#include "server/limits.h"
#include "server/refusal_log.h"

namespace tidemark::server {

/// What the handlers work on. Everything referred to outlives them.
struct HandlerContext {
    Store& store;
    Counters& counters;
    const std::atomic<bool>& cancelled;  ///< Ends running queries.
    std::size_t line_size_limit_bytes = std::size_t{1} << 20;
    QueryLimits query_limits = {};
    RunningQueries* running = nullptr;  ///< Where queries are listed; null: nowhere.
    RefusalLog* refusals = nullptr;     ///< Gets hints about what was taken but looks wrong.
};

/// Answers one request: finds its handler, and turns whatever goes wrong into an answer. Blocks for
/// as long as the answer takes. Thread-safe.
HttpResponse handle_request(const HandlerContext& context, const HttpRequest& request);

/// Whether answering may wait for the disk or run a query. What does not is answered at once, on
/// any thread: whoever asks whether the server lives must not queue behind queries.
bool may_block(const HttpRequest& request);

/// POST /write: line protocol to db=NAME, optionally rp=NAME and precision=ns|us|ms|s|m|h. 204 when
/// all points are durable; 400 with every refused line and the number dropped when some were
/// refused (the others are durable); 404 for a database or policy that is not there.
HttpResponse handle_write(const HandlerContext& context, const HttpRequest& request);

/// GET or POST /query: the statements of q, in the URL or a form, on db=NAME and rp=NAME.
/// params={"name": value, ..} binds values to $name (see query_parameters.h);
/// epoch=ns|u|ms|s|m|h makes times integers, pretty=true indents, chunked=true with chunk_size=N
/// makes many JSON documents of it (see query_json.h); `Accept: application/csv` asks
/// for CSV. 200 even when a statement fails (its result holds the error), 400 when the text is not
/// understood. GET runs no statement that changes something.
HttpResponse handle_query(const HandlerContext& context, const HttpRequest& request);

/// Whether a request to /query asks for SHOW QUERIES or KILL QUERY only.
bool asks_for_running_queries(const HttpRequest& request);

/// /ping: 204, or 200 with the version for verbose=true.
HttpResponse handle_ping(const HttpRequest& request);

/// /health: {"name":"influxdb",...,"status":"pass"}.
HttpResponse handle_health();

/// True for the value of a Host header that names this machine by a loopback name: localhost, an
/// address of 127.0.0.0/8 or [::1], with any port. Others are how web pages reach local servers
/// (DNS rebinding).
bool is_local_host(std::string_view host);

/// The InfluxDB version whose behaviour is offered, for clients that ask.
inline constexpr const char* kInfluxVersion = "1.8.10";

}  // namespace tidemark::server
