#include "tests/wal/wal_samples.h"

#include <utility>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"

namespace tidemark::tests {

using namespace storage;

std::unique_ptr<WalWriter> create_sample_log(FileSystem& file_system,
                                             const std::string& directory) {
    auto created = WalWriter::create(file_system, directory, kSampleFileNumber,
                                     kSampleFirstSequence, kSampleFileId);
    REQUIRE(created.has_value());
    std::unique_ptr<WalWriter> writer = std::move(created).value();
    Sequence durable_mark = kSampleFirstSequence - 1;
    for (const std::string& payload : kSamplePayloads) {
        REQUIRE(writer->append(writer->next_sequence(), durable_mark, as_bytes(payload)));
        REQUIRE(writer->sync());
        durable_mark = kSampleFirstSequence;
    }
    return writer;
}

std::vector<std::string> payloads_of(const WalReader& reader) {
    std::vector<std::string> payloads;
    for (const WalFrame& frame : reader.frames()) payloads.emplace_back(as_text(frame.payload));
    return payloads;
}

}  // namespace tidemark::tests
