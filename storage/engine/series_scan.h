#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>

#include "storage/engine/catalogue.h"
#include "storage/engine/scan_compile.h"
#include "storage/engine/store_snapshot.h"

namespace tidemark::storage {

/// A scan of one measurement: knows the series and finds the row groups of each; the cursors do the
/// rest. Immutable and thread-safe.
class SeriesScan final : public Scan {
public:
    /// InvalidArgument when the request asks for what cannot be. `messages` are passed on as they
    /// are, those of damaged segments in the range are added.
    static Result<std::unique_ptr<Scan>> make(const ScanRequest& request, PolicyId policy,
                                              const Catalogue& catalogue,
                                              std::shared_ptr<const StoreSnapshot> snapshot,
                                              std::vector<std::string> messages);

    std::span<const ScanSeries> series() const override { return series_; }
    std::span<const std::optional<FieldType>> column_types() const override {
        return compiled_->column_types;
    }
    std::span<const std::optional<FieldType>> leaf_types() const override {
        return compiled_->leaf_types;
    }
    Result<std::unique_ptr<SeriesCursor>> open(std::size_t series_index) const override;
    const ScanStatistics& statistics() const override { return *statistics_; }
    std::vector<std::string> messages() const override { return messages_; }

private:
    struct Counted {
        std::shared_ptr<const CompiledScan> compiled;
        std::shared_ptr<ScanStatistics> statistics;
    };

    SeriesScan(std::shared_ptr<const CompiledScan> compiled, std::vector<ScanSeries> series,
               std::shared_ptr<const StoreSnapshot> snapshot, PolicyId policy,
               std::vector<std::string> messages);

    void note_damaged_segments();

    const std::shared_ptr<const CompiledScan> compiled_;
    const std::vector<ScanSeries> series_;
    const std::shared_ptr<const StoreSnapshot> snapshot_;
    const PolicyId policy_;
    std::vector<std::string> messages_;
    const std::shared_ptr<ScanStatistics> statistics_ = std::make_shared<ScanStatistics>();
};

/// The row groups of a series that `snapshot` sees, under as few blocks as there are: of the
/// segments that the request's range or carry-in can touch, in order of id, then of the heads in
/// order of arrival. Corruption when the directory of one of these segments cannot be read.
Result<std::vector<std::shared_ptr<const RowGroup>>> row_groups_of(const StoreSnapshot& snapshot,
                                                                   const ScanRequest& request,
                                                                   PolicyId policy,
                                                                   SeriesId series);

}  // namespace tidemark::storage
