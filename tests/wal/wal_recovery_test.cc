#include "storage/wal/wal_recovery.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/wal/wal_format.h"
#include "storage/wal/wal_writer.h"
#include "tests/support/crashing_file_system.h"
#include "tests/support/temporary_directory.h"

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::tests::CrashingFileSystem;
using Kind = WalCut::Kind;

namespace {

const std::string kDirectory = "/store/wal";
const std::string kQuarantine = "/store/quarantine";

std::string payload_of(Sequence sequence) { return "payload " + std::to_string(sequence); }

/// A file for [begin, end), all marked durable up to `durable_mark` from the second frame on.
void write_log(FileSystem& files, std::uint64_t file_number, Sequence begin, Sequence end,
               Sequence durable_mark) {
    REQUIRE(files.create_directories(kDirectory));
    auto writer = WalWriter::create(files, kDirectory, file_number, begin, file_number * 1000003);
    REQUIRE(writer);
    for (Sequence sequence = begin; sequence < end; ++sequence) {
        const Sequence mark = std::min(sequence - 1, durable_mark);
        REQUIRE(writer.value()->append(sequence, mark, as_bytes(payload_of(sequence))));
    }
    REQUIRE(writer.value()->sync());
}

std::string path_of(std::uint64_t file_number) {
    return kDirectory + '/' + wal_format::file_name(file_number);
}

/// Breaks the payload of a frame, whose header stays.
void break_payload(CrashingFileSystem& files, std::uint64_t file_number, Sequence sequence) {
    auto bytes = files.read_file(path_of(file_number)).value();
    const std::string text(as_text(bytes));
    const std::size_t place = text.find(payload_of(sequence));
    REQUIRE(place != std::string::npos);
    bytes[place] ^= std::byte{0x20};
    files.replace_contents(path_of(file_number), bytes);
}

void cut_file(CrashingFileSystem& files, std::uint64_t file_number, std::size_t lost_size_bytes) {
    auto bytes = files.read_file(path_of(file_number)).value();
    bytes.resize(bytes.size() - lost_size_bytes);
    files.replace_contents(path_of(file_number), bytes);
}

WalRecovery recover(FileSystem& files, Sequence flushed_sequence = 0, Sequence known_mark = 0) {
    auto recovery = recover_wal(files, kDirectory, flushed_sequence, known_mark);
    REQUIRE(recovery);
    return std::move(recovery).value();
}

std::vector<Sequence> sequences_of(const WalRecovery& recovery) {
    std::vector<Sequence> sequences;
    for (const WalFrame& frame : recovery.frames) {
        CHECK(as_text(frame.payload) == payload_of(frame.sequence));
        sequences.push_back(frame.sequence);
    }
    return sequences;
}

using Sequences = std::vector<Sequence>;

}  // namespace

TEST_CASE("an empty directory is an empty log", "[wal]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    files.replace_contents(kDirectory + "/other", as_bytes("not a log"));
    const WalRecovery recovery = recover(files);
    CHECK(recovery.frames.empty());
    CHECK(recovery.cuts.empty());
    CHECK(recovery.next_sequence == 1);
    CHECK(recovery.next_file_number == 1);
    CHECK(recover(files, 41, 40).next_sequence == 42);
}

TEST_CASE("the frames of all files come back in order, without those that were flushed", "[wal]") {
    CrashingFileSystem files;
    write_log(files, 9, 1, 4, 3);
    write_log(files, 10, 4, 7, 5);
    const WalRecovery recovery = recover(files, 2);
    CHECK(sequences_of(recovery) == Sequences{3, 4, 5, 6});
    CHECK(recovery.cuts.empty());
    CHECK(recovery.durable_mark == 5);
    CHECK(recovery.next_sequence == 7);
    CHECK(recovery.next_file_number == 11);
}

TEST_CASE("a bad last frame above the mark is a torn tail, and its sequence is given out again",
          "[wal]") {
    CrashingFileSystem files;
    write_log(files, 1, 1, 6, 4);
    SECTION("cut") { cut_file(files, 1, 3); }
    SECTION("broken") { break_payload(files, 1, 5); }
    SECTION("so short that nothing of it is known") {
        cut_file(files, 1, payload_of(5).size() + 20);
    }
    const WalRecovery recovery = recover(files);
    CHECK(sequences_of(recovery) == Sequences{1, 2, 3, 4});
    REQUIRE(recovery.cuts.size() == 1);
    CHECK(recovery.cuts[0].kind == Kind::TornTail);
    CHECK_FALSE(recovery.has_corruption());
    CHECK(recovery.next_sequence == 5);
}

TEST_CASE("a bad frame below a mark of the same file is corruption", "[wal]") {
    CrashingFileSystem files;
    write_log(files, 1, 1, 8, 4);
    break_payload(files, 1, 3);
    const WalRecovery recovery = recover(files);
    CHECK(sequences_of(recovery) == Sequences{1, 2, 4, 5, 6, 7});
    REQUIRE(recovery.cuts.size() == 1);
    CHECK(recovery.cuts[0].kind == Kind::Corruption);
    CHECK(recovery.cuts[0].lost_begin == 3);
    CHECK(recovery.cuts[0].lost_end == 4);
    CHECK(recovery.cuts[0].has_frames_behind);
    CHECK(recovery.has_corruption());
    CHECK(recovery.next_sequence == 8);
    CHECK(recovery.cuts[0].description() ==
          "wal-0000000000000001.wal: 49 bytes at 162: durable sequences 3 to 3 are missing");
}

TEST_CASE("a bad frame above all marks with intact frames behind is torn, and those are kept",
          "[wal]") {
    CrashingFileSystem files;
    write_log(files, 1, 1, 8, 4);
    break_payload(files, 1, 6);
    const WalRecovery recovery = recover(files);
    CHECK(sequences_of(recovery) == Sequences{1, 2, 3, 4, 5, 7});
    REQUIRE(recovery.cuts.size() == 1);
    CHECK(recovery.cuts[0].kind == Kind::TornTail);
    CHECK(recovery.cuts[0].has_frames_behind);
    CHECK(recovery.next_sequence == 8);
}

TEST_CASE("a torn tail is corruption when a later file or the caller knows it was durable",
          "[wal]") {
    CrashingFileSystem files;
    write_log(files, 1, 1, 6, 3);
    cut_file(files, 1, 1);
    SECTION("a later file") {
        write_log(files, 2, 6, 8, 6);
        const WalRecovery recovery = recover(files);
        CHECK(sequences_of(recovery) == Sequences{1, 2, 3, 4, 6, 7});
        REQUIRE(recovery.cuts.size() == 1);
        CHECK(recovery.cuts[0].kind == Kind::Corruption);
        CHECK(recovery.cuts[0].lost_begin == 5);
        CHECK(recovery.cuts[0].lost_end == 6);
        CHECK(recovery.next_sequence == 8);
    }
    SECTION("the caller") {
        const WalRecovery recovery = recover(files, 0, 7);
        REQUIRE(recovery.cuts.size() == 1);
        CHECK(recovery.cuts[0].kind == Kind::Corruption);
        CHECK(recovery.cuts[0].lost_begin == 5);
        CHECK(recovery.cuts[0].lost_end == 8);
        CHECK(recovery.next_sequence == 8);
    }
    SECTION("unless it was flushed") {
        const WalRecovery recovery = recover(files, 5, 5);
        CHECK(recovery.frames.empty());
        CHECK_FALSE(recovery.has_corruption());
        CHECK(recovery.next_sequence == 6);
    }
}

TEST_CASE("a torn tail in front of a file that gave its sequence out again is harmless", "[wal]") {
    CrashingFileSystem files;
    write_log(files, 1, 1, 6, 3);
    cut_file(files, 1, 1);
    write_log(files, 2, 5, 8, 7);
    const WalRecovery recovery = recover(files);
    CHECK(sequences_of(recovery) == Sequences{1, 2, 3, 4, 5, 6, 7});
    REQUIRE(recovery.cuts.size() == 1);
    CHECK(recovery.cuts[0].kind == Kind::Harmless);
}

TEST_CASE("a whole file that is gone is told from its neighbours", "[wal]") {
    CrashingFileSystem files;
    write_log(files, 1, 1, 4, 3);
    write_log(files, 2, 4, 7, 6);
    write_log(files, 3, 7, 9, 8);
    SECTION("removed") {
        REQUIRE(files.remove(path_of(2)));
        const WalRecovery recovery = recover(files);
        REQUIRE(recovery.cuts.size() == 1);
        CHECK(recovery.cuts[0].file_name.empty());
        CHECK(recovery.cuts[0].lost_begin == 4);
        CHECK(recovery.cuts[0].lost_end == 7);
        CHECK(recovery.cuts[0].description() ==
              "no log file: durable sequences 4 to 6 are missing");
    }
    SECTION("its header lost") {
        std::vector<std::byte> bytes = files.read_file(path_of(2)).value();
        std::fill_n(bytes.begin(), wal_format::kFirstFrameOffset, std::byte{0});
        files.replace_contents(path_of(2), bytes);
        const WalRecovery recovery = recover(files);
        REQUIRE(recovery.cuts.size() == 1);
        CHECK(recovery.cuts[0].file_name == wal_format::file_name(2));
        CHECK(recovery.cuts[0].kind == Kind::Corruption);
        CHECK(recovery.cuts[0].lost_begin == 4);
        CHECK(recovery.cuts[0].lost_end == 7);
        CHECK(sequences_of(recovery) == Sequences{1, 2, 3, 7, 8});
    }
    SECTION("the last") {
        REQUIRE(files.remove(path_of(3)));
        const WalRecovery recovery = recover(files, 0, 7);
        REQUIRE(recovery.cuts.size() == 1);
        CHECK(recovery.cuts[0].lost_begin == 7);
        CHECK(recovery.cuts[0].lost_end == 8);
        CHECK(recovery.next_sequence == 8);
    }
    SECTION("the first, but flushed") {
        REQUIRE(files.remove(path_of(1)));
        CHECK(recover(files, 3).cuts.empty());
        CHECK(recover(files, 2).has_corruption());
    }
}

TEST_CASE("settling cuts the torn tail off, keeps its bytes, and is needed once", "[wal]") {
    CrashingFileSystem files;
    write_log(files, 1, 1, 6, 4);
    cut_file(files, 1, 3);
    const std::string whole = files.contents().at(path_of(1));
    const WalRecovery recovery = recover(files);
    REQUIRE(settle_wal(files, kDirectory, recovery, kQuarantine));

    const std::uint64_t offset = recovery.cuts.at(0).offset;
    const std::string kept_path =
        kQuarantine + '/' + wal_format::file_name(1) + '.' + std::to_string(offset);
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    CHECK(disk->contents().at(path_of(1)) == whole.substr(0, offset));
    CHECK(disk->contents().at(kept_path) == whole.substr(offset));

    const WalRecovery second = recover(*disk);
    CHECK(sequences_of(second) == sequences_of(recovery));
    CHECK(second.cuts.empty());
    CHECK(second.next_sequence == recovery.next_sequence);
    const auto contents = disk->contents();
    REQUIRE(settle_wal(*disk, kDirectory, second, kQuarantine));
    CHECK(disk->contents() == contents);
}

TEST_CASE("settling copies all cuts of a file before it shortens it", "[wal]") {
    // On real files: the bytes come from a mapping, which ends where the file does.
    FileSystem& files = posix_file_system();
    const tests::TemporaryDirectory directory;
    const std::string name = wal_format::file_name(1);
    { REQUIRE(WalWriter::create(files, directory.path(), 1, 1, 1000003)); }
    {
        const auto file = files.open_file(join_path(directory.path(), name));
        REQUIRE(file);
        REQUIRE(file.value()->write_at(40, as_bytes("a lost copy")));
        REQUIRE(file.value()->append(as_bytes(std::string(100, 'x'))));
    }
    const auto before = files.read_file(join_path(directory.path(), name));
    REQUIRE(before);

    auto recovery = recover_wal(files, directory.path(), 0, 0);
    REQUIRE(recovery);
    REQUIRE(recovery.value().cuts.size() == 2);
    const std::string quarantine = directory.path_of("quarantine");
    REQUIRE(settle_wal(files, directory.path(), recovery.value(), quarantine));
    for (const WalCut& cut : recovery.value().cuts) {
        const auto kept =
            files.read_file(join_path(quarantine, name + '.' + std::to_string(cut.offset)));
        REQUIRE(kept);
        const auto expected = std::span(before.value()).subspan(cut.offset, cut.size_bytes);
        CHECK(std::ranges::equal(kept.value(), expected));
    }
}

TEST_CASE("settling copies what is corrupt and leaves it in its place", "[wal]") {
    CrashingFileSystem files;
    write_log(files, 1, 1, 8, 7);
    break_payload(files, 1, 3);
    const std::string whole = files.contents().at(path_of(1));
    REQUIRE(settle_wal(files, kDirectory, recover(files), kQuarantine));
    REQUIRE(settle_wal(files, kDirectory, recover(files), kQuarantine));
    CHECK(files.contents().at(path_of(1)) == whole);
    CHECK(files.list(kQuarantine).value().size() == 1);

    // Other damage at the same place does not replace the copy.
    break_payload(files, 1, 4);
    break_payload(files, 1, 2);
    REQUIRE(settle_wal(files, kDirectory, recover(files), kQuarantine));
    CHECK(files.list(kQuarantine).value().size() == 2);
}

TEST_CASE("frames that only the page cache had are durable after settling", "[wal]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    auto writer = WalWriter::create(files, kDirectory, 1, 1, 77);
    REQUIRE(writer);
    REQUIRE(writer.value()->append(1, 0, as_bytes(payload_of(1))));
    REQUIRE(writer.value()->close());  // As kill -9 would: nothing synced.
    REQUIRE(settle_wal(files, kDirectory, recover(files), kQuarantine));
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    CHECK(sequences_of(recover(*disk)) == Sequences{1});
}

namespace {

/// Writes two files, syncing after every second frame, until the power goes. Returns the last
/// sequence that was acknowledged as durable.
Sequence write_until_cut(FileSystem& files) {
    Sequence durable = 0;
    if (!files.create_directories(kDirectory)) return durable;
    for (std::uint64_t file_number = 1; file_number <= 2; ++file_number) {
        const Sequence first = durable + 1;
        auto writer = WalWriter::create(files, kDirectory, file_number, first, file_number * 77);
        if (!writer) return durable;
        for (Sequence sequence = first; sequence < first + 6; ++sequence) {
            const std::string payload = payload_of(sequence);
            if (!writer.value()->append(sequence, durable, as_bytes(payload))) return durable;
            if (sequence % 2 != 0) continue;
            if (!writer.value()->sync()) return durable;
            durable = sequence;
        }
    }
    return durable;
}

void check_recovery(CrashingFileSystem& disk, Sequence durable) {
    REQUIRE(disk.create_directories(kDirectory));
    const WalRecovery recovery = recover(disk);
    CHECK_FALSE(recovery.has_corruption());
    const Sequences sequences = sequences_of(recovery);
    REQUIRE(sequences.size() >= durable);
    for (Sequence sequence = 1; sequence <= durable; ++sequence) {
        CHECK(sequences[sequence - 1] == sequence);
    }
    CHECK(recovery.next_sequence > durable);
    REQUIRE(settle_wal(disk, kDirectory, recovery, kQuarantine));
    CHECK(sequences_of(recover(disk)) == sequences);
    // A log to go on in can be made at once.
    CHECK(
        WalWriter::create(disk, kDirectory, recovery.next_file_number, recovery.next_sequence, 1));
}

}  // namespace

TEST_CASE("whenever the power is cut, acknowledged frames are recovered and none is invented",
          "[wal]") {
    CrashingFileSystem uncut;
    REQUIRE(write_until_cut(uncut) == 12);
    for (std::uint64_t number = 1; number <= uncut.operation_count(); ++number) {
        INFO("cut before operation " << number);
        CrashingFileSystem files;
        files.cut_power_before_operation(number);
        const Sequence durable = write_until_cut(files);
        for (std::uint64_t seed = 0; seed < 22; ++seed) {
            const auto unsynced = seed == 0   ? CrashingFileSystem::Unsynced::Drop
                                  : seed == 1 ? CrashingFileSystem::Unsynced::Keep
                                              : CrashingFileSystem::Unsynced::Mix;
            check_recovery(*files.recover_image(unsynced, seed), durable);
        }
    }
    for (std::uint64_t number = 1; number <= uncut.sync_count(); ++number) {
        INFO("cut after sync " << number);
        CrashingFileSystem files;
        files.cut_power_after_sync(number);
        const Sequence durable = write_until_cut(files);
        check_recovery(*files.recover_image(CrashingFileSystem::Unsynced::Drop), durable);
    }
}
