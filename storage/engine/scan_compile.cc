#include "storage/engine/scan_compile.h"

#include <algorithm>
#include <utility>

namespace tidemark::storage {
namespace {

/// Index of the field in `fields`, where it is added when it is not there yet.
std::optional<std::size_t> resolve(const std::string& name, const FieldTypeLookup& field_type,
                                   std::vector<ScanField>& fields) {
    const auto found = std::ranges::find(fields, name, &ScanField::name);
    if (found != fields.end()) return static_cast<std::size_t>(found - fields.begin());
    const std::optional<FieldType> type = field_type(name);
    if (!type) return std::nullopt;
    fields.push_back({name, *type});
    return fields.size() - 1;
}

Status resolve_leaf(const PredicateLeaf& leaf, const FieldTypeLookup& field_type,
                    CompiledScan& scan) {
    const auto field = resolve(leaf.field, field_type, scan.fields);
    scan.leaf_fields.push_back(field);
    if (!field) {
        scan.leaf_types.emplace_back();
        scan.leaf_tests.emplace_back();
        return success();
    }
    const FieldType type = scan.fields[*field].type;
    auto test = LeafTest::make(type, leaf);
    if (!test) {
        const bool is_callback = leaf.op == CompareOp::Matches;
        const std::string constant =
            is_callback ? "a match" : std::string(field_type_name(value_type(leaf.constant)));
        return Error(ErrorCode::InvalidArgument, "field " + leaf.field + " is of type " +
                                                     std::string(field_type_name(type)) +
                                                     ", the condition on it of type " + constant +
                                                     ": " + test.error().message());
    }
    scan.leaf_types.emplace_back(type);
    scan.leaf_tests.emplace_back(std::move(test).value());
    return success();
}

}  // namespace

Result<std::shared_ptr<const CompiledScan>> compile_scan(const ScanRequest& request,
                                                         const FieldTypeLookup& field_type) {
    if (!std::ranges::is_sorted(request.cuts)) {
        return Error(ErrorCode::InvalidArgument, "the cuts of a scan must ascend");
    }
    if (request.hold_ns < 0) {
        return Error(ErrorCode::InvalidArgument, "the hold limit of a scan must not be negative");
    }
    auto scan = std::make_shared<CompiledScan>();
    scan->request = request;
    for (const ColumnRequest& column : request.columns) {
        const auto field = resolve(column.field, field_type, scan->fields);
        scan->column_fields.push_back(field);
        scan->column_types.push_back(field ? std::optional<FieldType>(scan->fields[*field].type)
                                           : std::nullopt);
    }
    for (const PredicateLeaf& leaf : request.leaves) {
        TIDEMARK_RETURN_IF_ERROR(resolve_leaf(leaf, field_type, *scan));
    }
    return std::shared_ptr<const CompiledScan>(std::move(scan));
}

}  // namespace tidemark::storage
