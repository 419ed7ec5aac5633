#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/documents.h>
#include <tidemark/result.h>

#include "storage/engine/catalogue_record.h"

namespace tidemark::storage {

/// A document's name with its database as the catalogue numbers it: ids are never reused.
struct DocumentKey {
    DatabaseId database = 0;
    std::string kind;
    std::string name;
    auto operator<=>(const DocumentKey&) const = default;
};

/// InvalidArgument for a name, author, reason or size that cannot be kept.
Status check_document(const Document& document);

/// All versions of documents, in memory. Not thread-safe.
class DocumentSet {
public:
    /// The version that a change makes. Busy when `expected_version` is not the newest one;
    /// NotFound for removing what is not there.
    Result<std::uint64_t> next_version(const DocumentKey& key, bool is_removal,
                                       const std::optional<std::uint64_t>& expected_version) const;

    /// InvalidArgument unless it is newer than the versions that are there.
    Status add(DatabaseId database, Document document);

    /// The newest version; nothing when there is none or it is a removal.
    std::optional<Document> newest(const DocumentKey& key) const;
    /// The newest versions of a kind, without removed ones, by name.
    std::vector<Document> newest_of(DatabaseId database, std::string_view kind) const;
    std::vector<Document> history(const DocumentKey& key) const;  ///< Oldest first.

    struct Entry {
        DatabaseId database;
        Document document;
    };
    /// All versions in the order in which they were added.
    const std::vector<Entry>& entries() const { return entries_; }

private:
    const Document* newest_entry(const DocumentKey& key) const;

    std::vector<Entry> entries_;
    std::map<DocumentKey, std::vector<std::size_t>> versions_;  // Positions in entries_.
};

}  // namespace tidemark::storage
