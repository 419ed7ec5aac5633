#include "storage/wal/wal_writer.h"

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/wal/wal_format.h"
#include "storage/wal/wal_reader.h"
#include "tests/support/crashing_file_system.h"
#include "tests/support/temporary_directory.h"
#include "tests/wal/wal_samples.h"

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::tests;

TEST_CASE("frames come back in order with what was put in", "[wal]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    auto writer = create_sample_log(files, directory.path());
    CHECK(writer->next_sequence() == kSampleFirstSequence + kSamplePayloads.size());
    const std::uint64_t size_bytes = writer->size_bytes();
    REQUIRE(writer->append_mark(writer->next_sequence() - 1).has_value());
    REQUIRE(writer->sync().has_value());
    REQUIRE(writer->close().has_value());
    CHECK(files.file_size_bytes(writer->path()).value() ==
          size_bytes + sizeof(wal_format::FrameHeader));

    const auto reader = WalReader::open(files, directory.path(), kSampleFileName);
    REQUIRE(reader.has_value());
    CHECK(payloads_of(reader.value()) == kSamplePayloads);
    CHECK(reader.value().frames().front().sequence == kSampleFirstSequence);
    CHECK(reader.value().frames().front().offset == wal_format::kFirstFrameOffset);
    CHECK(reader.value().first_sequence() == kSampleFirstSequence);
    CHECK(reader.value().next_sequence() == writer->next_sequence());
    CHECK(reader.value().durable_mark() == writer->next_sequence() - 1);
    CHECK(reader.value().damages().empty());
}

TEST_CASE("frames beyond the writer's buffer reach the file whole", "[wal]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    auto created = WalWriter::create(files, directory.path(), 1, 1, 99);
    REQUIRE(created.has_value());
    WalWriter& writer = *created.value();
    std::vector<std::string> payloads;
    for (Sequence sequence = 1; sequence <= 40; ++sequence) {
        payloads.emplace_back(sequence * 1000, static_cast<char>('a' + sequence % 26));
        REQUIRE(writer.append(sequence, sequence - 1, as_bytes(payloads.back())).has_value());
    }
    REQUIRE(writer.sync().has_value());
    const auto reader = WalReader::open(files, directory.path(), wal_format::file_name(1));
    REQUIRE(reader.has_value());
    CHECK(payloads_of(reader.value()) == payloads);
    CHECK(reader.value().damages().empty());
}

TEST_CASE("a log of a number that is there is not overwritten", "[wal]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    const auto writer = create_sample_log(files, directory.path());
    const auto second =
        WalWriter::create(files, directory.path(), kSampleFileNumber, kSampleFirstSequence, 1);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code() == ErrorCode::IoError);
    REQUIRE(writer->sync().has_value());
    CHECK(files.file_size_bytes(writer->path()).value() == writer->size_bytes());
}

TEST_CASE("an empty frame and one beyond the limit are refused without harm", "[wal]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    const auto writer = create_sample_log(files, directory.path());
    const Sequence next = writer->next_sequence();
    CHECK(writer->append(next, 0, {}).error().code() == ErrorCode::LimitExceeded);
    CHECK(writer->next_sequence() == next);
    CHECK(writer->append(next, 0, as_bytes("fine")).has_value());
    CHECK(writer->sync().has_value());
}

TEST_CASE("the first error is the answer for ever", "[wal]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories("/wal"));
    const auto writer = create_sample_log(files, "/wal");
    const Sequence next = writer->next_sequence();
    REQUIRE(writer->append(next, 0, as_bytes("never durable")));

    SECTION("a failed sync, although the next one would succeed") {
        files.fail_next_sync();
        const Status first = writer->sync();
        REQUIRE_FALSE(first);
        CHECK(first.error().code() == ErrorCode::IoError);
    }
    SECTION("a full disk, although there is space again") {
        files.set_full(true);
        CHECK(writer->sync().error().code() == ErrorCode::StorageFull);
        files.set_full(false);
    }
    const std::string contents = files.contents().at(writer->path());
    const Status second = writer->sync();
    REQUIRE_FALSE(second);
    const std::string message = second.error().message();
    CHECK(writer->append(writer->next_sequence(), 0, as_bytes("x")).error().message() == message);
    CHECK(writer->append_mark(1).error().message() == message);
    CHECK(writer->close().error().message() == message);
    CHECK(files.contents().at(writer->path()) == contents);
}

TEST_CASE("a frame is durable after sync, and so is the name of its file", "[wal]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories("/wal"));
    const auto writer = create_sample_log(files, "/wal");
    REQUIRE(writer->append(writer->next_sequence(), 0, as_bytes("lost")));
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    const auto reader = WalReader::open(*disk, "/wal", kSampleFileName);
    REQUIRE(reader);
    CHECK(payloads_of(reader.value()) == kSamplePayloads);
    CHECK(reader.value().damages().empty());
}

TEST_CASE("a log whose creation was cut is empty, not damaged", "[wal]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories("/wal"));
    REQUIRE(WalWriter::create(files, "/wal", kSampleFileNumber, kSampleFirstSequence, 1));
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    const auto reader = WalReader::open(*disk, "/wal", kSampleFileName);
    REQUIRE(reader);
    CHECK(reader.value().bytes().empty());
    CHECK_FALSE(reader.value().first_sequence().has_value());
    CHECK(reader.value().frames().empty());
    CHECK(reader.value().damages().empty());
}
