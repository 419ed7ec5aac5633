#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <tidemark/types.h>

// Documents: small texts or bytes that a store keeps for whoever works on top of it, such as the
// calendars and maintenance windows of the query language. The store does not look into them. See
// Store::put_document().

namespace tidemark {

inline constexpr std::size_t kMaxDocumentSizeBytes = std::size_t{1} << 20;
/// Of a kind, a name or an author.
inline constexpr std::size_t kMaxDocumentNameSizeBytes = 255;
inline constexpr std::size_t kMaxDocumentReasonSizeBytes = 4096;

/// Which document. Kind and name are UTF-8, not empty, without control characters.
///
///     const DocumentName office{"ops", "calendar", "office"};
struct DocumentName {
    std::string database;  ///< Documents go with their database when that is dropped.
    std::string kind;      ///< "calendar": what the bytes are.
    std::string name;      ///< One document of this kind in its database.
    auto operator<=>(const DocumentName&) const = default;
};

/// Who changes a document, when and why: kept with the version that the change makes.
struct DocumentChange {
    std::string author;        ///< May be empty.
    std::string reason;        ///< May be empty.
    std::int64_t time_ns = 0;  ///< Nanoseconds since 1970; kept as given.
    /// Refuses the change unless this is the newest version, that of a removal included; 0: unless
    /// there never was one. Nothing: whatever there is.
    std::optional<std::uint64_t> expected_version;
};

/// A version of a document. Old ones stay.
struct Document {
    std::string kind;
    std::string name;
    std::uint64_t version = 0;  ///< 1, 2, .. of this document; a removal is a version too.
    bool is_removed = false;    ///< From this version on there is none; `bytes` is empty.
    std::string bytes;
    std::string author;
    std::string reason;
    std::int64_t time_ns = 0;
    /// Everything that was written up to this was durable before the version was.
    Sequence sequence = 0;
    bool operator==(const Document&) const = default;
};

}  // namespace tidemark
