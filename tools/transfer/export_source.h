#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/store.h>

namespace tidemark::tools {

/// The columns of a measurement.
struct MeasurementSchema {
    std::string name;
    std::vector<std::string> tag_keys;  ///< Sorted.
    std::vector<FieldKey> fields;       ///< Sorted by name.
};

struct PolicyName {
    std::string name;
    bool is_default = false;
};

/// Where exported points come from: a store in this process or a server. Not thread-safe.
class ExportSource {
public:
    using Take = std::function<Status(const WriteBatch& batch)>;

    virtual ~ExportSource() = default;

    /// The database's retention policies, of which this is the source of one; NotFound when there
    /// is no such database.
    virtual Result<std::vector<PolicyName>> policies() = 0;

    /// The names of the database's measurements, of all policies, sorted; NotFound as above.
    virtual Result<std::vector<std::string>> measurements() = 0;

    virtual Result<MeasurementSchema> schema(const std::string& measurement) = 0;

    /// Gives all points of a measurement in the range to `take`, series by series, each in order of
    /// time, tags and fields in the order of the schema. Ends with the first error of `take`.
    virtual Status read(const MeasurementSchema& schema, const TimeRange& range,
                        const Take& take) = 0;

    /// What was in the way of a complete answer, so far.
    virtual std::vector<std::string> messages() const = 0;
};

/// The points of a retention policy (empty: the default one) of the store in `directory`, as it is
/// now; nothing is written there. The error says what a user can do. `cancelled` is only read.
Result<std::unique_ptr<ExportSource>> open_export_directory(const std::string& directory,
                                                            const std::string& database,
                                                            const std::string& policy,
                                                            const std::atomic<bool>& cancelled);

/// The same of the server at an http:// URL. Points that are written meanwhile may be there or not.
Result<std::unique_ptr<ExportSource>> open_export_server(const std::string& url,
                                                         const std::string& database,
                                                         const std::string& policy,
                                                         const std::atomic<bool>& cancelled);

}  // namespace tidemark::tools
