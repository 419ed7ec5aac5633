#include "tools/transfer/open_server.h"

namespace tidemark::tools {

Result<std::unique_ptr<StatementRunner>> open_server(const std::string& url) {
    if (url.starts_with("http://")) return open_place(url);
    return Error(ErrorCode::InvalidArgument,
                 "found --at " + url +
                     ", expected a server's URL like http://127.0.0.1:8086; a directory is "
                     "--data DIR");
}

}  // namespace tidemark::tools
