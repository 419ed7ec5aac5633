#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_writer.h"

namespace tidemark::tests {

// A small log whose bytes every test knows: three frames, the first of them durable before the
// others were appended.
inline constexpr std::uint64_t kSampleFileNumber = 2;
inline constexpr Sequence kSampleFirstSequence = 5;
inline constexpr std::uint64_t kSampleFileId = 0x1122334455667788;
inline const std::string kSampleFileName = "wal-0000000000000002.wal";
inline const std::vector<std::string> kSamplePayloads = {"cpu", "a longer payload", "x"};

/// The log with its three frames, synced.
std::unique_ptr<storage::WalWriter> create_sample_log(storage::FileSystem& file_system,
                                                      const std::string& directory);

std::vector<std::string> payloads_of(const storage::WalReader& reader);

}  // namespace tidemark::tests
