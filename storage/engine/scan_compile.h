#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "storage/codec/leaf_test.h"

namespace tidemark::storage {

/// A field that the scan's columns or leaves name: each field once.
struct ScanField {
    std::string name;
    FieldType type = FieldType::Float;
};

/// A scan request with its fields resolved to types. Immutable and thread-safe.
struct CompiledScan {
    ScanRequest request;
    std::vector<ScanField> fields;
    /// As in request.columns and request.leaves: index into `fields`, or nothing when the
    /// measurement has no such field.
    std::vector<std::optional<std::size_t>> column_fields;
    std::vector<std::optional<std::size_t>> leaf_fields;
    std::vector<std::optional<FieldType>> column_types;
    std::vector<std::optional<FieldType>> leaf_types;
    std::vector<std::optional<LeafTest>> leaf_tests;  ///< As leaf_types.

    /// With neither columns nor leaves asked for, every row of the series counts.
    bool wants_every_row() const { return request.columns.empty() && request.leaves.empty(); }
};

/// The type of a field of the request's measurement, or nothing when there is no such field.
using FieldTypeLookup = std::function<std::optional<FieldType>(std::string_view field)>;

/// Resolves the fields of `request`. InvalidArgument for a leaf that its field's type does not
/// take (see PredicateLeaf), for cuts that do not ascend and for a negative hold limit.
Result<std::shared_ptr<const CompiledScan>> compile_scan(const ScanRequest& request,
                                                         const FieldTypeLookup& field_type);

}  // namespace tidemark::storage
