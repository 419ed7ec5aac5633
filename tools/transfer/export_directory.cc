#include <algorithm>
#include <limits>
#include <utility>

#include "tools/session/local_session.h"
#include "tools/transfer/export_source.h"

namespace tidemark::tools {
namespace {

constexpr std::size_t kPointsPerBatch = 8192;

class DirectorySource final : public ExportSource {
public:
    DirectorySource(std::unique_ptr<Store> store, std::string database, std::string policy,
                    const std::atomic<bool>& cancelled)
        : store_(std::move(store)),
          snapshot_(store_->snapshot()),
          database_(std::move(database)),
          policy_(std::move(policy)),
          stop_(cancelled),
          messages_(store_->recovery_messages()) {}

    Result<std::vector<PolicyName>> policies() override {
        TIDEMARK_RETURN_IF_ERROR(check_database());
        std::vector<PolicyName> names;
        for (RetentionPolicy& policy : store_->retention_policies(database_)) {
            names.push_back({std::move(policy.name), policy.is_default});
        }
        return names;
    }

    Result<std::vector<std::string>> measurements() override {
        TIDEMARK_RETURN_IF_ERROR(check_database());
        return store_->measurements(database_);
    }

    Result<MeasurementSchema> schema(const std::string& measurement) override {
        return MeasurementSchema{measurement, store_->tag_keys(database_, measurement),
                                 store_->field_keys(database_, measurement)};
    }

    Status read(const MeasurementSchema& schema, const TimeRange& range,
                const Take& take) override {
        ScanRequest request;
        request.database = database_;
        request.retention_policy = policy_;
        request.measurement = schema.name;
        request.range = range;
        request.stop = &stop_;
        request.columns.reserve(schema.fields.size());
        for (const FieldKey& field : schema.fields) {
            request.columns.push_back({field.name, Need::Values});
        }
        TIDEMARK_ASSIGN_OR_RETURN(const std::unique_ptr<Scan> scan,
                                  store_->scan(request, snapshot_));
        WriteBatch batch;
        for (std::size_t index = 0; index < scan->series().size(); ++index) {
            TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scan->open(index));
            const TagSet& tags = scan->series()[index].tags;
            while (true) {
                TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
                if (piece == nullptr) break;
                TIDEMARK_RETURN_IF_ERROR(take_piece(schema, tags, *piece, batch, take));
            }
        }
        if (!batch.is_empty()) TIDEMARK_RETURN_IF_ERROR(take(batch));
        for (std::string& message : scan->messages()) {
            const bool is_known = std::ranges::find(messages_, message) != messages_.end();
            if (!is_known) messages_.push_back(std::move(message));
        }
        return success();
    }

    std::vector<std::string> messages() const override { return messages_; }

private:
    Status check_database() const {
        if (store_->has_database(database_)) return success();
        std::string names;
        for (const std::string& name : store_->databases()) {
            names.append(names.empty() ? "; there is " : ", ").append(name);
        }
        return Error(ErrorCode::NotFound, "database not found: " + database_ + names);
    }

    static Status take_piece(const MeasurementSchema& schema, const TagSet& tags,
                             const ScanPiece& piece, WriteBatch& batch, const Take& take) {
        for (std::size_t row = 0; row < piece.row_count; ++row) {
            batch.begin_point(schema.name);
            for (const Tag& tag : tags) batch.add_tag(tag.key, tag.value);
            for (std::size_t column = 0; column < schema.fields.size(); ++column) {
                const ColumnValues& values = piece.columns[column].values;
                if (values.is_valid(row)) {
                    batch.add_value(schema.fields[column].name, values.value_at(row));
                } else if (values.ends_hold(row)) {
                    batch.add_float(schema.fields[column].name,
                                    std::numeric_limits<double>::quiet_NaN());
                }
            }
            batch.end_point(piece.times[row]);
            if (batch.point_count() < kPointsPerBatch) continue;
            TIDEMARK_RETURN_IF_ERROR(take(batch));
            batch.clear();
        }
        return success();
    }

    std::unique_ptr<Store> store_;
    std::shared_ptr<const Snapshot> snapshot_;
    std::string database_;
    std::string policy_;
    const CancelSignal stop_;
    std::vector<std::string> messages_;
};

}  // namespace

Result<std::unique_ptr<ExportSource>> open_export_directory(const std::string& directory,
                                                            const std::string& database,
                                                            const std::string& policy,
                                                            const std::atomic<bool>& cancelled) {
    TIDEMARK_ASSIGN_OR_RETURN(auto store, open_local_store(directory, true));
    return std::unique_ptr<ExportSource>(
        std::make_unique<DirectorySource>(std::move(store), database, policy, cancelled));
}

}  // namespace tidemark::tools
