#include "storage/engine/document_set.h"

#include <algorithm>
#include <utility>

#include "storage/base/utf8.h"

namespace tidemark::storage {
namespace {

std::string quoted(const DocumentKey& key) { return key.kind + " " + key.name; }

Status check_text(std::string_view what, std::string_view text, std::size_t limit_bytes) {
    if (text.size() > limit_bytes) {
        return Error(ErrorCode::LimitExceeded, "the " + std::string(what) + " of a document has " +
                                                   std::to_string(text.size()) +
                                                   " bytes, the limit is " +
                                                   std::to_string(limit_bytes));
    }
    if (is_valid_utf8(text)) return success();
    return Error(ErrorCode::InvalidArgument,
                 "the " + std::string(what) + " of a document is not valid UTF-8");
}

Status check_name(std::string_view what, std::string_view name) {
    TIDEMARK_RETURN_IF_ERROR(check_text(what, name, kMaxDocumentNameSizeBytes));
    const bool has_control = std::ranges::any_of(
        name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (!name.empty() && !has_control) return success();
    return Error(ErrorCode::InvalidArgument,
                 "the " + std::string(what) +
                     " of a document must not be empty, nor hold control characters");
}

}  // namespace

Status check_document(const Document& document) {
    TIDEMARK_RETURN_IF_ERROR(check_name("kind", document.kind));
    TIDEMARK_RETURN_IF_ERROR(check_name("name", document.name));
    TIDEMARK_RETURN_IF_ERROR(check_text("author", document.author, kMaxDocumentNameSizeBytes));
    TIDEMARK_RETURN_IF_ERROR(check_text("reason", document.reason, kMaxDocumentReasonSizeBytes));
    if (document.bytes.size() <= kMaxDocumentSizeBytes) return success();
    return Error(ErrorCode::LimitExceeded,
                 "a document of " + std::to_string(document.bytes.size()) +
                     " bytes, the limit is " + std::to_string(kMaxDocumentSizeBytes));
}

const Document* DocumentSet::newest_entry(const DocumentKey& key) const {
    const auto found = versions_.find(key);
    return found == versions_.end() ? nullptr : &entries_[found->second.back()].document;
}

Result<std::uint64_t> DocumentSet::next_version(
    const DocumentKey& key, bool is_removal,
    const std::optional<std::uint64_t>& expected_version) const {
    const Document* newest = newest_entry(key);
    const std::uint64_t version = newest == nullptr ? 0 : newest->version;
    if (expected_version && *expected_version != version) {
        return Error(ErrorCode::Busy, quoted(key) + " has version " + std::to_string(version) +
                                          ", expected " + std::to_string(*expected_version) +
                                          ": it was changed meanwhile");
    }
    if (is_removal && (newest == nullptr || newest->is_removed)) {
        return Error(ErrorCode::NotFound, "there is no " + quoted(key));
    }
    return version + 1;
}

Status DocumentSet::add(DatabaseId database, Document document) {
    DocumentKey key{database, document.kind, document.name};
    const Document* newest = newest_entry(key);
    if (document.version <= (newest == nullptr ? 0 : newest->version)) {
        return Error(ErrorCode::InvalidArgument, "version " + std::to_string(document.version) +
                                                     " of " + quoted(key) + " was there");
    }
    versions_[std::move(key)].push_back(entries_.size());
    entries_.push_back({database, std::move(document)});
    return success();
}

std::optional<Document> DocumentSet::newest(const DocumentKey& key) const {
    const Document* found = newest_entry(key);
    if (found == nullptr || found->is_removed) return std::nullopt;
    return *found;
}

std::vector<Document> DocumentSet::newest_of(DatabaseId database, std::string_view kind) const {
    std::vector<Document> found;
    auto next = versions_.lower_bound(DocumentKey{database, std::string(kind), ""});
    for (; next != versions_.end(); ++next) {
        if (next->first.database != database || next->first.kind != kind) break;
        const Document& newest = entries_[next->second.back()].document;
        if (!newest.is_removed) found.push_back(newest);
    }
    return found;
}

std::vector<Document> DocumentSet::history(const DocumentKey& key) const {
    std::vector<Document> versions;
    const auto found = versions_.find(key);
    if (found == versions_.end()) return versions;
    for (const std::size_t position : found->second) {
        versions.push_back(entries_[position].document);
    }
    return versions;
}

}  // namespace tidemark::storage
