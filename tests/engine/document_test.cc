#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/engine/store_damage.h"
#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

// What a store keeps for whoever works on top of it: documents in all their versions.

namespace tidemark::tests {
namespace {

const DocumentName kOffice{"ops", "calendar", "office"};
const DocumentName kNight{"ops", "calendar", "night"};
const std::string kDocuments = kStorePath + "/documents";

std::uint64_t put(Store& store, const DocumentName& name, const std::string& bytes) {
    const auto version = store.put_document(name, bytes, {"ann", "because", 7, std::nullopt});
    if (!version) FAIL(version.error().message());
    return version.value();
}

ErrorCode code_of(const Result<std::uint64_t>& version) {
    REQUIRE_FALSE(version);
    return version.error().code();
}

}  // namespace

TEST_CASE("every version of a document stays, with who made it, when and why", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        CHECK(put(*store, kOffice, "one") == 1);
        REQUIRE(write_and_wait(*store, point_at(1)));
        CHECK(put(*store, kOffice, "two") == 2);
        CHECK(put(*store, kNight, "three") == 1);
        const auto removed = store->remove_document(kOffice, {"bob", "moved", 9, std::nullopt});
        REQUIRE(removed);
        CHECK(removed.value() == 3);
        CHECK(code_of(store->remove_document(kOffice, {})) == ErrorCode::NotFound);
    }
    const auto store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK_FALSE(store->document(kOffice));
    REQUIRE(store->documents("ops", "calendar").size() == 1);
    CHECK(store->documents("ops", "calendar").front().name == "night");
    CHECK(store->documents("ops", "other").empty());
    CHECK(store->documents("nodb", "calendar").empty());
    const std::vector<Document> history = store->document_history(kOffice);
    REQUIRE(history.size() == 3);
    CHECK(history[0] == Document{"calendar", "office", 1, false, "one", "ann", "because", 7, 0});
    CHECK(history[1] == Document{"calendar", "office", 2, false, "two", "ann", "because", 7, 1});
    CHECK(history[2] == Document{"calendar", "office", 3, true, "", "bob", "moved", 9, 1});
    CHECK(put(*store, kOffice, "again") == 4);
    CHECK(store->document(kOffice)->bytes == "again");
}

TEST_CASE("a change of a document that expects another version is refused", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    DocumentChange change;
    change.expected_version = 0;
    REQUIRE(store->put_document(kOffice, "one", change));
    const auto again = store->put_document(kOffice, "two", change);
    CHECK(code_of(again) == ErrorCode::Busy);
    CHECK(again.error().message() ==
          "calendar office has version 1, expected 0: it was changed meanwhile");
    change.expected_version = 1;
    REQUIRE(store->put_document(kOffice, "two", change));
    CHECK(store->document(kOffice)->bytes == "two");
}

TEST_CASE("documents that cannot be kept are refused with the reason", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    CHECK(code_of(store->put_document({"nodb", "k", "n"}, "", {})) == ErrorCode::NotFound);
    CHECK(code_of(store->put_document({"ops", "", "n"}, "", {})) == ErrorCode::InvalidArgument);
    CHECK(code_of(store->put_document({"ops", "k", "a\nb"}, "", {})) == ErrorCode::InvalidArgument);
    CHECK(code_of(store->put_document({"ops", "k", "\xff"}, "", {})) == ErrorCode::InvalidArgument);
    CHECK(code_of(store->put_document({"ops", "k", std::string(256, 'n')}, "", {})) ==
          ErrorCode::LimitExceeded);
    CHECK(code_of(store->put_document({"ops", "k", "n"},
                                      std::string(kMaxDocumentSizeBytes + 1, 'x'), {})) ==
          ErrorCode::LimitExceeded);
    CHECK(code_of(store->put_document(
              {"ops", "k", "n"}, "",
              {"", std::string(kMaxDocumentReasonSizeBytes + 1, 'r'), 0, {}})) ==
          ErrorCode::LimitExceeded);
    CHECK_FALSE(files.exists(kDocuments).value());
    REQUIRE(store->put_document({"ops", "k", "n"}, std::string(kMaxDocumentSizeBytes, 'x'), {}));
    REQUIRE(store->close());
    CHECK(code_of(store->put_document(kOffice, "one", {})) == ErrorCode::InvalidArgument);
}

TEST_CASE("documents go with their database, and do not come back with its name", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        put(*store, kOffice, "one");
        REQUIRE(store->drop_database("ops"));
        CHECK_FALSE(store->document(kOffice));
        REQUIRE(store->create_database("ops"));
        CHECK_FALSE(store->document(kOffice));
        CHECK(put(*store, kOffice, "other") == 1);
    }
    const auto store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(store->document_history(kOffice).size() == 1);
    CHECK(store->document(kOffice)->bytes == "other");
}

TEST_CASE("a store that is only read shows documents and takes none", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        put(*store, kOffice, "one");
    }
    StoreOptions options = small_options();
    options.read_only = true;
    const auto before = files.contents();
    {
        const auto store = open_small(files, options);
        CHECK(store->document(kOffice)->bytes == "one");
        CHECK(code_of(store->put_document(kOffice, "two", {})) == ErrorCode::InvalidArgument);
    }
    CHECK(files.contents() == before);
}

TEST_CASE("a document that did not fit on the disk is not there, and may be put again",
          "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    put(*store, kOffice, "one");
    files.set_full(true);
    CHECK(code_of(store->put_document(kOffice, "two", {})) == ErrorCode::StorageFull);
    CHECK(store->document(kOffice)->bytes == "one");
    files.set_full(false);
    CHECK(put(*store, kOffice, "two") == 2);
}

TEST_CASE("a database that could not be made durable takes no documents", "[engine]") {
    CrashingFileSystem files;
    const auto store = store_with_ops(files);
    files.fail_next_sync();
    CHECK_FALSE(store->create_database("later"));
    CHECK(code_of(store->put_document({"later", "calendar", "office"}, "one", {})) ==
          ErrorCode::IoError);
    CHECK_FALSE(files.exists(kDocuments).value());
}

TEST_CASE("a log of documents with any bit flipped never stops the start or invents documents",
          "[engine]") {
    CrashingFileSystem files;
    Samples expected;
    {
        const auto store = store_with_ops(files);
        apply_point(expected, point_at(1));
        REQUIRE(write_and_wait(*store, point_at(1)));
        put(*store, kOffice, "one");
        put(*store, kOffice, "two");
        put(*store, kNight, "three");
    }
    for_each_flipped_bit(files, kDocuments, [&](CrashingFileSystem& disk) {
        const auto store = open_small(disk);
        CHECK_FALSE(store->recovery_messages().empty());
        CHECK(read_all(*store, "ops") == expected);
        std::size_t lost_count = 0;
        const auto office = store->document(kOffice);
        REQUIRE(office);
        if (office->bytes != "two") {
            CHECK(office->bytes == "one");
            ++lost_count;
        }
        const auto night = store->document(kNight);
        if (night) CHECK(night->bytes == "three");
        if (!night) ++lost_count;
        CHECK(lost_count <= 1);
        CHECK(put(*store, kOffice, "later") == office->version + 1);
    });
}

TEST_CASE("documents whose database the catalogue lost are told, and not given to another one",
          "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        put(*store, kOffice, "one");
    }
    REQUIRE(files.remove(kCatalogue));
    const auto store = open_small(files);
    const auto& messages = store->recovery_messages();
    CHECK(std::find(messages.begin(), messages.end(),
                    "documents: those of 1 databases that the catalogue lost cannot be found") !=
          messages.end());
    REQUIRE(store->create_database("ops"));
    CHECK_FALSE(store->document(kOffice));
}

}  // namespace tidemark::tests
