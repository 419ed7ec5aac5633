#pragma once

#include <cstddef>
#include <string>

#include <tidemark/result.h>
#include <tidemark/write_batch.h>

#include "storage/line_protocol/time_precision.h"

namespace tidemark::storage {

/// Appends point `index` of `batch` as one line of line protocol, its newline included. Tags come
/// in the order of the batch; the time is divided by the unit, towards the past.
///
/// InvalidArgument for a point that no line can hold, with the reason; `out` is then unchanged.
/// That is: no fields, an empty name or tag value, one that ends in a backslash, holds a control
/// character or is not UTF-8, a tag twice, `time` as a key, a measurement that begins with '#', and
/// infinity. NaN is `nan`, which not every reader takes (LineParserOptions::accepts_nan).
Status append_line(const WriteBatch& batch, std::size_t index, TimePrecision precision,
                   std::string& out);

/// All points of `batch`, up to the first that no line can hold.
Status append_lines(const WriteBatch& batch, TimePrecision precision, std::string& out);

}  // namespace tidemark::storage
