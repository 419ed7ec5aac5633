#include "storage/base/checksum.h"

#include <vector>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"

using namespace tidemark::storage;

// The value of no bytes is from xxHash's specification.
TEST_CASE("checksums are XXH3-64", "[checksum]") {
    CHECK(xxh3_64({}, 0) == 0x2d06800538d394c2);
    CHECK(xxh3_64(as_bytes("tidemark"), 0) != xxh3_64(as_bytes("tidemark"), 1));
    CHECK(xxh3_64(as_bytes("tidemark"), 1) != xxh3_64(as_bytes("tidemarl"), 1));
}
