#include "storage/engine/record_log.h"

#include <cstddef>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/engine/quarantine.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

using storage::as_bytes;
using storage::as_text;
using storage::RecordLog;
using storage::RecordLogContents;
using storage::RecordLogKind;

constexpr RecordLogKind kKind{"sample", 0x5445'4554};
const std::string kPath = "/log";

std::vector<std::string> texts_of(const RecordLogContents& contents) {
    std::vector<std::string> texts;
    for (const auto& record : contents.records) texts.emplace_back(as_text(record));
    return texts;
}

std::unique_ptr<RecordLog> log_with(CrashingFileSystem& files,
                                    const std::vector<std::string>& records) {
    auto log = RecordLog::create(files, kPath, kKind);
    REQUIRE(log);
    for (const std::string& record : records) log.value()->add(as_bytes(record));
    REQUIRE(log.value()->commit());
    return std::move(log).value();
}

RecordLogContents contents_of(CrashingFileSystem& files) {
    auto contents = storage::read_record_log(files, kPath, kKind);
    REQUIRE(contents);
    return std::move(contents).value();
}

}  // namespace

TEST_CASE("a record log gives back what was committed", "[engine]") {
    CrashingFileSystem files;
    const auto log = log_with(files, {"one", "", "three"});
    log->add(as_bytes("not committed"));

    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    const RecordLogContents contents = contents_of(*disk);
    CHECK(texts_of(contents) == std::vector<std::string>{"one", "", "three"});
    CHECK(contents.damage.empty());
    CHECK(contents.good_size_bytes == contents.bytes.size());
}

TEST_CASE("every flipped bit of a record log loses one record at most, and is told", "[engine]") {
    CrashingFileSystem files;
    log_with(files, {"first", "second", "third"});
    const RecordLogContents sound = contents_of(files);
    for (std::size_t bit = 0; bit < sound.bytes.size() * 8; ++bit) {
        auto bytes = sound.bytes;
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        files.replace_contents(kPath, bytes);
        INFO("bit " << bit);
        const auto contents = storage::read_record_log(files, kPath, kKind);
        REQUIRE(contents);
        CHECK(contents.value().records.size() >= 2);
        const bool is_told = !contents.value().damaged_bytes.empty() ||
                             contents.value().good_size_bytes < contents.value().bytes.size();
        CHECK(is_told);
    }
}

TEST_CASE("a record log tells a commit that a crash interrupted from damage", "[engine]") {
    CrashingFileSystem files;
    const auto log = log_with(files, {"one", "two"});
    for (const char* record : {"three", "four", "five"}) log->add(as_bytes(record));
    REQUIRE(log->commit());
    const auto sound = contents_of(files);
    // Where the record begins whose payload is the text.
    const auto offset_of = [&sound](std::size_t index) {
        const auto payload_offset =
            static_cast<std::size_t>(sound.records[index].data() - sound.bytes.data());
        return payload_offset - storage::kRecordHeaderSizeBytes;
    };
    const auto contents_without = [&](std::size_t index) {
        auto bytes = sound.bytes;
        bytes[offset_of(index)] ^= std::byte{1};
        files.replace_contents(kPath, bytes);
        return contents_of(files);
    };

    SECTION("of the last commit, the first record or one in its middle may be missing") {
        const auto index = static_cast<std::size_t>(GENERATE(2, 3));
        const RecordLogContents contents = contents_without(index);
        CHECK(contents.damage.empty());
        CHECK(contents.torn_offset() == offset_of(index));
        CHECK(contents.records.size() == 4);

        std::vector<std::string> messages;
        const auto continued = storage::continue_record_log(files, kPath, "/quarantine", kKind,
                                                            contents, false, messages);
        REQUIRE(continued);
        CHECK(messages.size() == 1);
        continued.value()->add(as_bytes("later"));
        REQUIRE(continued.value()->commit());
        auto expected = texts_of(contents);
        expected.emplace_back("later");
        const RecordLogContents settled = contents_of(files);
        CHECK(texts_of(settled) == expected);
        CHECK(settled.damaged_bytes.empty());
    }
    SECTION("what is in front of it was durable") {
        const RecordLogContents contents = contents_without(1);
        CHECK(contents.damage.size() == 1);
        CHECK(contents.torn_offset() == contents.bytes.size());
    }
    SECTION("nothing is touched for a reader") {
        std::vector<std::string> messages;
        const RecordLogContents contents = contents_without(3);
        REQUIRE(storage::continue_record_log(files, kPath, "/quarantine", kKind, contents, true,
                                             messages));
        CHECK(messages.size() == 1);
        CHECK(contents_of(files).bytes == contents.bytes);
    }
}

TEST_CASE("a commit that did not fit on the disk begins again with the next one", "[engine]") {
    CrashingFileSystem files;
    const auto log = log_with(files, {"one"});
    files.set_full(true);
    log->add(as_bytes("two"));
    REQUIRE_FALSE(log->commit());
    files.set_full(false);
    log->add(as_bytes("three"));
    REQUIRE(log->commit());
    auto contents = contents_of(files);
    CHECK(texts_of(contents) == std::vector<std::string>{"one", "two", "three"});
    const auto second = contents.records[1].data() - contents.bytes.data();
    contents.bytes[static_cast<std::size_t>(second)] ^= std::byte{1};
    files.replace_contents(kPath, contents.bytes);
    CHECK(contents_of(files).damage.empty());
}

TEST_CASE("a record log of a newer version is refused", "[engine]") {
    CrashingFileSystem files;
    std::vector<std::byte> header;
    storage::ByteWriter writer(header);
    writer.write_u32(kKind.magic);
    writer.write_u16(storage::kRecordLogVersion + 1);
    writer.write_u16(0);
    writer.write_u64(storage::xxh3_64(header, kKind.magic));
    files.replace_contents(kPath, header);
    const auto contents = storage::read_record_log(files, kPath, kKind);
    REQUIRE_FALSE(contents);
    CHECK(contents.error().code() == ErrorCode::Unsupported);
}

TEST_CASE("a record log goes on where the disk was full", "[engine]") {
    CrashingFileSystem files;
    const auto log = log_with(files, {"before"});
    files.set_full(true);
    log->add(as_bytes("during"));
    const Status full = log->commit();
    REQUIRE_FALSE(full);
    CHECK(full.error().code() == ErrorCode::StorageFull);
    log->add(as_bytes("later"));
    files.set_full(false);
    REQUIRE(log->commit());
    CHECK(texts_of(contents_of(files)) == std::vector<std::string>{"before", "during", "later"});
}

TEST_CASE("a record log forgets what it was told to discard", "[engine]") {
    CrashingFileSystem files;
    const auto log = log_with(files, {"kept"});
    log->add(as_bytes("discarded"));
    log->discard();
    log->add(as_bytes("also kept"));
    REQUIRE(log->commit());
    CHECK(texts_of(contents_of(files)) == std::vector<std::string>{"kept", "also kept"});
}

TEST_CASE("a failed sync of a record log is final", "[engine]") {
    CrashingFileSystem files;
    const auto log = log_with(files, {"kept"});
    files.fail_next_sync();
    log->add(as_bytes("lost"));
    REQUIRE_FALSE(log->commit());
    log->add(as_bytes("later"));
    const Status status = log->commit();
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == ErrorCode::IoError);
}

TEST_CASE("a torn end of a record log goes to quarantine once", "[engine]") {
    CrashingFileSystem files;
    log_with(files, {"one", "two"});
    auto bytes = contents_of(files).bytes;
    bytes.resize(bytes.size() - 1);
    files.replace_contents(kPath, bytes);

    for (const std::size_t expected_message_count : {1U, 0U}) {
        std::vector<std::string> messages;
        const RecordLogContents contents = contents_of(files);
        REQUIRE(storage::continue_record_log(files, kPath, "/quarantine", kKind, contents, false,
                                             messages));
        CHECK(messages.size() == expected_message_count);
        CHECK(texts_of(contents) == std::vector<std::string>{"one"});
    }
    const auto kept = files.list("/quarantine");
    REQUIRE(kept);
    CHECK(kept.value() == std::vector<std::string>{"sample.1"});
}

TEST_CASE("a record log whose header never got to disk begins anew", "[engine]") {
    CrashingFileSystem files;
    files.replace_contents(kPath, as_bytes("TETE"));
    std::vector<std::string> messages;
    const RecordLogContents contents = contents_of(files);
    const auto log =
        storage::continue_record_log(files, kPath, "/quarantine", kKind, contents, false, messages);
    REQUIRE(log);
    log.value()->add(as_bytes("one"));
    REQUIRE(log.value()->commit());
    CHECK(texts_of(contents_of(files)) == std::vector<std::string>{"one"});
}

}  // namespace tidemark::tests
