#pragma once

#include <memory>

#include <tidemark/result.h>
#include <tidemark/scan.h>

#include "query/operators/subquery_rows.h"

namespace tidemark::query {

/// The scan contract over the rows of a subquery: each group is a series, each column a field.
/// Everything comes as values. With carry-in, which asks for the state of a series over time, two
/// rows of one series at the same time are InvalidArgument: which of them holds is not known.
Result<std::unique_ptr<Scan>> make_subquery_scan(ScanRequest request,
                                                 std::shared_ptr<const SubqueryRows> rows);

}  // namespace tidemark::query
