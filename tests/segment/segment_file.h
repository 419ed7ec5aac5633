#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/base/file_system.h"
#include "storage/segment/segment_writer.h"

namespace tidemark::tests {

/// Bytes that pose as a mapped file.
class MappedBytes final : public storage::MappedFile {
public:
    explicit MappedBytes(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    std::span<const std::byte> bytes() const override { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

/// The bytes of a segment file with id 42 into which `fill` has written; finishes it.
std::vector<std::byte> segment_bytes(const std::function<void(storage::SegmentWriter&)>& fill);

}  // namespace tidemark::tests
