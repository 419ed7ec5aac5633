#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "storage/engine/manifest.h"
#include "tests/fuzz/record_log_input.h"
#include "tests/support/crashing_file_system.h"

// Any bytes are a manifest, what cannot be read of it being told; written anew it says the same.

using namespace tidemark;
using namespace tidemark::storage;
using tests::require;

namespace {

const std::string kPath = "/manifest";
const std::set<std::uint64_t> kPresentSegments = {1, 2, 3, 5, 8};

std::unique_ptr<Manifest> open_manifest(FileSystem& files, bool read_only) {
    std::vector<std::string> messages;
    auto manifest =
        Manifest::open(files, kPath, "/quarantine", kPresentSegments, read_only, messages);
    if (!manifest) {
        require(manifest.error().code() == ErrorCode::Unsupported);
        return nullptr;
    }
    require(!manifest.value()->recovered().is_damaged || !messages.empty());
    return std::move(manifest).value();
}

bool is_same(const ManifestContents& left, const ManifestContents& right) {
    const auto is_same_tombstone = [](const auto& one, const auto& other) {
        return *one == *other;
    };
    return left.segments == right.segments && left.flushed_sequence == right.flushed_sequence &&
           left.next_segment_id == right.next_segment_id &&
           std::ranges::equal(left.tombstones, right.tombstones, is_same_tombstone);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    tests::CrashingFileSystem files;
    files.replace_contents(
        kPath, tests::record_log_of(kManifestKind, std::as_bytes(std::span(data, size_bytes))));
    const auto before = open_manifest(files, true);
    if (before == nullptr) return 0;
    ManifestContents contents = before->recovered();
    // A segment that is live cannot be one that was removed; the file may claim it.
    for (const ManifestSegment& segment : contents.segments) {
        contents.removed_segment_ids.erase(segment.info.segment_id);
    }

    const auto manifest = open_manifest(files, false);
    require(manifest != nullptr && is_same(manifest->recovered(), before->recovered()));
    require(manifest->rewrite(contents).has_value());
    const auto after = open_manifest(files, true);
    require(after != nullptr && !after->recovered().is_damaged);
    require(is_same(after->recovered(), contents));
    return 0;
}
