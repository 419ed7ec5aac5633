#pragma once

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
                  std::unique_ptr<const Visibility::View> view)
        : contents_(std::move(contents)), view_(std::move(view)) {}

    Sequence sequence() const override { return view_->sequence(); }
    const StoreContents& contents() const { return *contents_; }

private:
    const std::shared_ptr<const StoreContents> contents_;
    const std::unique_ptr<const Visibility::View> view_;
};

}  // namespace tidemark::storage
