#include "tools/remote_session.h"
#include "tools/session/local_session.h"
#include "tools/session/statement_runner.h"

namespace tidemark::tools {

Result<std::unique_ptr<StatementRunner>> open_place(const std::string& place) {
    if (place.starts_with("http://")) return RemoteSession::open(place);
    if (place.starts_with("https://")) {
        return Error(ErrorCode::InvalidArgument,
                     place + ": servers speak plain HTTP on this machine, use http://");
    }
    return LocalSession::open(place);
}

}  // namespace tidemark::tools
