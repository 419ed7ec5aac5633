#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "storage/inspection/verify_store.h"
#include "storage/segment/segment_reader.h"

namespace tidemark::storage {

/// All that is wrong with a segment whose trailer, header and index are sound: reads every byte.
/// `file` is the name for the findings. `go_on` is asked before each series.
std::vector<Finding> check_segment(const SegmentReader& segment, const std::string& file,
                                   const std::function<bool()>& go_on);

/// Where the bytes are wrong because of which SegmentReader::open() refuses them.
std::uint64_t offset_of_segment_defect(std::span<const std::byte> bytes);

/// What helps against a segment that is damaged.
extern const char* const kSegmentAdvice;

}  // namespace tidemark::storage
