#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <tidemark/store.h>

#include "storage/engine/segment_set.h"
#include "storage/engine/visibility.h"

namespace tidemark::storage {

/// Segments and heads at one moment, and up to which sequence their rows are seen. Immutable and
/// thread-safe. Files removed since stay readable: their mappings live as long as this.
class StoreSnapshot final : public Snapshot {
public:
    StoreSnapshot(std::shared_ptr<const StoreContents> contents,
                  std::unique_ptr<const Visibility::View> view, std::int64_t now_ns)
        : contents_(std::move(contents)), view_(std::move(view)), now_ns_(now_ns) {}

    Sequence sequence() const override { return view_->sequence(); }
    const StoreContents& contents() const { return *contents_; }
    /// When it was taken: what is older than its policy keeps is not seen.
    std::int64_t now_ns() const { return now_ns_; }

private:
    const std::shared_ptr<const StoreContents> contents_;
    const std::unique_ptr<const Visibility::View> view_;
    const std::int64_t now_ns_;
};

}  // namespace tidemark::storage
