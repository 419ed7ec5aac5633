#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/types.h>
#include <tidemark/write_batch.h>

namespace tidemark::tests {

/// A point of a batch with everything spelled out, to be compared. Floats compare by bits.
struct PlainPoint {
    std::string measurement;
    std::vector<std::pair<std::string, std::string>> tags;
    std::vector<std::pair<std::string, Value>> fields;
    std::optional<std::int64_t> time_ns;
    bool operator==(const PlainPoint& other) const;
};

std::ostream& operator<<(std::ostream& stream, const PlainPoint& point);

std::vector<PlainPoint> plain_points(const WriteBatch& batch);

/// Adds `point` to `batch` as it is, whether or not line protocol could say it.
void add_point(WriteBatch& batch, const PlainPoint& point);

}  // namespace tidemark::tests
