#include "server/net/connection.h"

#include "server/log.h"

namespace tidemark::server {

void Connection::tell_failure(const char* what) { log().error("a connection was cut: {}", what); }

}  // namespace tidemark::server
