#pragma once

#include <tidemark/query.h>

namespace tidemark::tools {

/// Makes the instants of an answer show the clock of this machine (TZ) instead of UTC. What a
/// statement's tz() has moved already stays.
void show_local_times(QueryResult& result);

}  // namespace tidemark::tools
