#include <string>
#include <vector>

#include "storage/engine/document_log.h"
#include "tests/fuzz/record_log_input.h"
#include "tests/support/crashing_file_system.h"

// Any bytes are a log of documents, what cannot be read of it being told; it can be gone on with,
// and a copy of it says the same.

using namespace tidemark;
using namespace tidemark::storage;
using tests::require;

namespace {

const std::string kPath = "/documents";

std::unique_ptr<DocumentLog> open_log(FileSystem& files, bool read_only) {
    std::vector<std::string> messages;
    auto log = DocumentLog::open(files, kPath, "/quarantine", read_only, messages);
    if (!log) {
        require(log.error().code() == ErrorCode::Unsupported);
        return nullptr;
    }
    require(log.value()->damage().empty() || !messages.empty());
    return std::move(log).value();
}

std::vector<Document> documents_of(const DocumentLog& log) {
    std::vector<Document> documents;
    for (const auto& entry : log.entries()) documents.push_back(entry.document);
    return documents;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    tests::CrashingFileSystem files;
    files.replace_contents(
        kPath, tests::record_log_of(kDocumentsKind, std::as_bytes(std::span(data, size_bytes))));
    const auto before = open_log(files, true);
    if (before == nullptr) return 0;

    auto log = open_log(files, false);
    require(log != nullptr && documents_of(*log) == documents_of(*before));
    Document added;
    added.kind = "fuzz";
    added.name = "added";
    added.bytes = "x";
    const auto version = log->record(1, added, std::nullopt);
    require(version.has_value());
    const std::vector<Document> expected = documents_of(*log);
    require(log->newest({1, "fuzz", "added"})->version == version.value());
    const auto copy = log->copy();
    log.reset();
    const auto after = open_log(files, true);
    require(after != nullptr && documents_of(*after) == expected);

    files.replace_contents(kPath, copy);
    const auto copied = open_log(files, true);
    require(copied != nullptr && copied->damage().empty() && documents_of(*copied) == expected);
    return 0;
}
