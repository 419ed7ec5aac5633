#include "tests/segment/segment_file.h"

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"

namespace tidemark::tests {

std::vector<std::byte> segment_bytes(const std::function<void(storage::SegmentWriter&)>& fill) {
    const TemporaryDirectory directory;
    const std::string path = directory.path_of("segment");
    auto writer = storage::SegmentWriter::create(storage::posix_file_system(), path, 42);
    REQUIRE(writer.has_value());
    fill(*writer.value());
    const auto info = writer.value()->finish();
    REQUIRE(info.has_value());
    auto bytes = storage::posix_file_system().read_file(path);
    REQUIRE(bytes.has_value());
    CHECK(bytes.value().size() == info.value().size_bytes);
    return std::move(bytes).value();
}

}  // namespace tidemark::tests
