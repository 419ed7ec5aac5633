#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include <tidemark/result.h>
#include <tidemark/store.h>

namespace tidemark::tools {

/// Where imported points go: a store in this process or a server. Not thread-safe.
class ImportTarget {
public:
    virtual ~ImportTarget() = default;

    /// Takes the good points of `batch` into the database, and says why it refused the others, in
    /// point order. An error means that the target cannot be used any more.
    virtual Result<std::vector<RejectedPoint>> write(const WriteBatch& batch) = 0;

    /// Everything taken is durable when this returned success.
    virtual Status finish() = 0;

    /// The types that the fields of a measurement have there.
    virtual Result<std::map<std::string, FieldType>> field_types(
        const std::string& measurement) = 0;
};

/// The store in `directory`, made when it is not there. Points go into the retention policy of that
/// name, empty: the default one. The error says what a user can do.
Result<std::unique_ptr<ImportTarget>> open_import_directory(const std::string& directory,
                                                            const std::string& database,
                                                            const std::string& policy);

/// The server at an http:// URL. The database is made when it is not there, here as above; a policy
/// must be. `cancelled` is only read, and must outlive the target.
Result<std::unique_ptr<ImportTarget>> open_import_server(const std::string& url,
                                                         const std::string& database,
                                                         const std::string& policy,
                                                         const std::atomic<bool>& cancelled);

}  // namespace tidemark::tools
