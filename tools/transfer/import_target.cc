#include "tools/transfer/import_target.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <utility>
#include <vector>

#include "storage/line_protocol/line_writer.h"
#include "tools/transfer/csv_table.h"
#include "tools/transfer/open_server.h"
#include "tools/transfer/quoted_name.h"

namespace tidemark::tools {
namespace {

void copy_point(const WriteBatch& source, std::size_t index, WriteBatch& target) {
    const WriteBatch::Point point = source.point(index);
    const SeriesKeyParts series = series_key_parts(point.raw_series_key);
    target.begin_point(series.measurement);
    for (const auto& [key, value] : series.tags) target.add_tag(key, value);
    for (std::size_t i = 0; i < point.field_count; ++i) {
        const WriteBatch::Field field = source.field(index, i);
        target.add_value(field.name, field.value());
    }
    target.end_point(point.time_ns);
}

class DirectoryTarget final : public ImportTarget {
public:
    DirectoryTarget(std::unique_ptr<Store> store, std::string database, std::string policy)
        : store_(std::move(store)), database_(std::move(database)), policy_(std::move(policy)) {}

    Result<std::vector<RejectedPoint>> write(const WriteBatch& batch) override {
        if (batch.point_count() > kDescribedPointLimit) return write_in_parts(batch);
        TIDEMARK_ASSIGN_OR_RETURN(WriteResult written, store_->write(database_, policy_, batch));
        return std::move(written.rejected);
    }

    Status finish() override {
        // Into segments, so that whoever opens the store next has no log to replay.
        TIDEMARK_RETURN_IF_ERROR(store_->flush());
        return store_->close();
    }

    Result<std::map<std::string, FieldType>> field_types(const std::string& measurement) override {
        std::map<std::string, FieldType> types;
        for (FieldKey& field : store_->field_keys(database_, measurement)) {
            types.emplace(std::move(field.name), field.type);
        }
        return types;
    }

private:
    // A store describes so many refused points of a write, so it gets no more at a time.
    Result<std::vector<RejectedPoint>> write_in_parts(const WriteBatch& batch) {
        std::vector<RejectedPoint> all_rejected;
        WriteBatch part;
        std::size_t first = 0;
        for (std::size_t index = 0; index < batch.point_count(); ++index) {
            copy_point(batch, index, part);
            const bool is_last = index + 1 == batch.point_count();
            if (part.point_count() < kDescribedPointLimit && !is_last) continue;
            TIDEMARK_ASSIGN_OR_RETURN(WriteResult written, store_->write(database_, policy_, part));
            for (RejectedPoint& point : written.rejected) {
                all_rejected.push_back({first + point.point_index, std::move(point.reason)});
            }
            first = index + 1;
            part.clear();
        }
        return all_rejected;
    }

    std::unique_ptr<Store> store_;
    std::string database_;
    std::string policy_;
};

// A server names refused lines; so many of them are listed at most.
constexpr std::size_t kPointsPerRequest = kDescribedPointLimit;
constexpr std::size_t kBytesPerRequest = std::size_t{4} << 20;

class ServerTarget final : public ImportTarget {
public:
    ServerTarget(std::unique_ptr<StatementRunner> server, std::string database, std::string policy,
                 const std::atomic<bool>& cancelled)
        : server_(std::move(server)),
          database_(std::move(database)),
          policy_(std::move(policy)),
          cancelled_(cancelled) {}

    Result<std::vector<RejectedPoint>> write(const WriteBatch& batch) override {
        rejected_.clear();
        for (std::size_t index = 0; index < batch.point_count(); ++index) {
            const std::size_t size_before = lines_.size();
            const Status written =
                storage::append_line(batch, index, storage::TimePrecision::Nanoseconds, lines_);
            if (!written) {
                rejected_.push_back({index, written.error().message()});
                continue;
            }
            begins_.push_back({line_count_ + 1, index});
            line_count_ += static_cast<std::uint64_t>(std::count(
                lines_.begin() + static_cast<std::ptrdiff_t>(size_before), lines_.end(), '\n'));
            if (begins_.size() == kPointsPerRequest || lines_.size() > kBytesPerRequest) {
                TIDEMARK_RETURN_IF_ERROR(send());
            }
        }
        TIDEMARK_RETURN_IF_ERROR(send());
        std::ranges::sort(rejected_, {}, &RejectedPoint::point_index);
        return std::move(rejected_);
    }

    // The server answers when points are durable.
    Status finish() override { return success(); }

    Result<std::map<std::string, FieldType>> field_types(const std::string& measurement) override {
        TIDEMARK_ASSIGN_OR_RETURN(const QueryResult result,
                                  server_->run("SHOW FIELD KEYS FROM " + quoted_name(measurement),
                                               database_, cancelled_));
        std::map<std::string, FieldType> types;
        for (const StatementResult& statement : result.statements) {
            if (statement.error) return *statement.error;
            for (const ResultSeries& series : statement.series) add_types(series, types);
        }
        return types;
    }

private:
    struct PointBegin {
        std::uint64_t line_number;  // In the request.
        std::size_t point_index;
    };

    Status send() {
        if (begins_.empty()) return success();
        TIDEMARK_ASSIGN_OR_RETURN(const WriteReport report,
                                  server_->write(lines_, database_, policy_, cancelled_));
        for (const std::string& refusal : report.refusals) {
            TIDEMARK_RETURN_IF_ERROR(note(refusal));
        }
        lines_.clear();
        begins_.clear();
        line_count_ = 0;
        return success();
    }

    // "line 3: field usage of cpu is a float, got a string"
    Status note(std::string_view refusal) {
        constexpr std::string_view kLine = "line ";
        std::uint64_t line_number = 0;
        if (refusal.starts_with(kLine)) {
            std::from_chars(refusal.data() + kLine.size(), refusal.data() + refusal.size(),
                            line_number);
        }
        const auto point =
            std::ranges::lower_bound(begins_, line_number, {}, &PointBegin::line_number);
        if (point == begins_.end() || point->line_number != line_number) {
            return Error(ErrorCode::Corruption,
                         server_->place() +
                             ": the answer to /write is not understood: " + std::string(refusal));
        }
        const std::size_t reason = refusal.find(": ");
        rejected_.push_back({point->point_index,
                             std::string(refusal.substr(reason == refusal.npos ? 0 : reason + 2))});
        return success();
    }

    static void add_types(const ResultSeries& series, std::map<std::string, FieldType>& types) {
        for (const ConstRow row : series.rows) {
            if (row.size() != 2) continue;
            const auto* const name = std::get_if<std::string>(&row[0]);
            const auto* const type_name = std::get_if<std::string>(&row[1]);
            if (name == nullptr || type_name == nullptr) continue;
            if (const auto type = parse_field_type(*type_name)) types.emplace(*name, *type);
        }
    }

    std::unique_ptr<StatementRunner> server_;
    std::string database_;
    std::string policy_;
    const std::atomic<bool>& cancelled_;
    std::string lines_;  // Of the next request.
    std::uint64_t line_count_ = 0;
    std::vector<PointBegin> begins_;
    std::vector<RejectedPoint> rejected_;
};

std::string no_policy_text(const std::string& database, const std::string& policy) {
    return "there is no retention policy " + policy + " in " + database +
           "; make it with: CREATE RETENTION POLICY " + quoted_name(policy) + " ON " +
           quoted_name(database) + " DURATION INF REPLICATION 1";
}

}  // namespace

Result<std::unique_ptr<ImportTarget>> open_import_directory(const std::string& directory,
                                                            const std::string& database,
                                                            const std::string& policy) {
    Result<std::unique_ptr<Store>> store = Store::open(directory, {});
    if (!store) {
        const Error error = std::move(store).error();
        const bool is_busy = error.code() == ErrorCode::Busy;
        return Error(error.code(),
                     error.message() + (is_busy ? "; if a server has it open, import through the "
                                                  "server: --at http://127.0.0.1:8086"
                                                : ""));
    }
    TIDEMARK_RETURN_IF_ERROR(store.value()->create_database(database));
    if (!policy.empty() && !store.value()->has_retention_policy(database, policy)) {
        return Error(ErrorCode::InvalidArgument, no_policy_text(database, policy));
    }
    return std::unique_ptr<ImportTarget>(
        std::make_unique<DirectoryTarget>(std::move(store).value(), database, policy));
}

Result<std::unique_ptr<ImportTarget>> open_import_server(const std::string& url,
                                                         const std::string& database,
                                                         const std::string& policy,
                                                         const std::atomic<bool>& cancelled) {
    TIDEMARK_ASSIGN_OR_RETURN(auto server, open_server(url));
    TIDEMARK_ASSIGN_OR_RETURN(
        const QueryResult made,
        server->run("CREATE DATABASE " + quoted_name(database), "", cancelled));
    for (const StatementResult& statement : made.statements) {
        if (statement.error) return *statement.error;
    }
    return std::unique_ptr<ImportTarget>(
        std::make_unique<ServerTarget>(std::move(server), database, policy, cancelled));
}

}  // namespace tidemark::tools
