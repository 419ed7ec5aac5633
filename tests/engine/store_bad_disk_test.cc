// Damage of every kind to every file of a small store: nothing that was never written is ever read,
// and what is missing is told. The counterpart of plain crashes, which are no damage.

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/store_impl.h"
#include "tests/engine/store_damage.h"
#include "tests/support/ledger.h"

namespace tidemark::tests {
namespace {

constexpr std::size_t kBlockSizeBytes = 64;

/// A cleanly closed store with two segments and a log, and how it was some time before.
struct DamagedStore {
    CrashingFileSystem files;
    Ledger ledger;
    std::unique_ptr<CrashingFileSystem> older;
    std::vector<std::string> paths;

    DamagedStore() {
        const Place place{"ops"};
        {
            const auto store = open_small(files);
            ledger.create_database(*store, "ops");
            for (std::int64_t time = 0; time < 10; ++time) {
                PlainPoint point = point_at(time);
                if (time % 2 == 0)
                    point.fields.emplace_back("name", "text " + std::to_string(time));
                point.tags[0].value = std::string(1, static_cast<char>('a' + time % 3));
                ledger.write(*store, place, {point});
                if (time == 3 || time == 5) REQUIRE(store->flush());
                if (time == 7) older = files.recover_image(CrashingFileSystem::Unsynced::Keep);
            }
        }
        REQUIRE(ledger.complaints(*open_small(files)).empty());
        for (const auto& [path, contents] : files.contents()) {
            if (!contents.empty()) paths.push_back(path);
        }
        REQUIRE(paths.size() == 6);  // Format, catalogue, manifest, a log, two segments.
    }

    std::unique_ptr<CrashingFileSystem> copy() const {
        return files.recover_image(CrashingFileSystem::Unsynced::Drop);
    }

    /// Opens what `damage` left of the bytes of `path`, and asks the ledger.
    void check(const std::string& path,
               const std::function<void(std::vector<std::byte>& bytes)>& damage) const {
        const auto disk = copy();
        auto bytes = disk->read_file(path);
        REQUIRE(bytes);
        const auto before = bytes.value();
        damage(bytes.value());
        if (bytes.value() == before) return;
        disk->replace_contents(path, bytes.value());
        for (int round = 0; round < 2; ++round) {
            const auto store = open_small(*disk);
            const auto complaints = ledger.complaints_after_damage(*store, round > 0);
            for (const std::string& complaint : complaints) UNSCOPED_INFO(complaint);
            REQUIRE(complaints.empty());
        }
    }
};

std::span<std::byte> block_of(std::vector<std::byte>& bytes, std::size_t number) {
    const std::size_t begin = std::min(number * kBlockSizeBytes, bytes.size());
    return std::span(bytes).subspan(begin, std::min(kBlockSizeBytes, bytes.size() - begin));
}

}  // namespace

TEST_CASE("any flipped bit of any file of a store is told or harmless", "[engine][damage]") {
    const DamagedStore store;
    for (const std::string& path : store.paths) {
        const std::size_t bit_count = store.files.contents().at(path).size() * 8;
        for (std::size_t bit = 0; bit < bit_count; ++bit) {
            INFO(path << ", bit " << bit);
            store.check(path, [bit](std::vector<std::byte>& bytes) {
                bytes[bit / 8] ^= std::byte{1} << (bit % 8);
            });
        }
    }
}

TEST_CASE("zeroed, swapped and stale blocks of any file of a store are told or harmless",
          "[engine][damage]") {
    const DamagedStore store;
    for (const std::string& path : store.paths) {
        const std::size_t block_count =
            (store.files.contents().at(path).size() + kBlockSizeBytes - 1) / kBlockSizeBytes;
        const auto old = store.older->read_file(path);
        for (std::size_t first = 0; first < block_count; ++first) {
            INFO(path << ", block " << first);
            store.check(path, [first](std::vector<std::byte>& bytes) {
                std::ranges::fill(block_of(bytes, first), std::byte{0});
            });
            for (std::size_t second = first + 1; second < block_count; ++second) {
                store.check(path, [first, second](std::vector<std::byte>& bytes) {
                    std::ranges::swap_ranges(block_of(bytes, first), block_of(bytes, second));
                });
            }
            if (!old) continue;
            store.check(path, [first, &old](std::vector<std::byte>& bytes) {
                std::vector<std::byte> stale = old.value();
                stale.resize(bytes.size());
                std::ranges::copy(block_of(stale, first), block_of(bytes, first).begin());
            });
        }
    }
}

TEST_CASE("a file of a store may end anywhere: no crash, and nothing that was never written",
          "[engine][damage]") {
    const DamagedStore store;
    for (const std::string& path : store.paths) {
        const std::size_t whole_size_bytes = store.files.contents().at(path).size();
        for (std::size_t size_bytes = 0; size_bytes < whole_size_bytes; ++size_bytes) {
            INFO(path << " ends at " << size_bytes);
            const auto disk = store.copy();
            const auto bytes = disk->read_file(path);
            REQUIRE(bytes);
            disk->replace_contents(path, std::span(bytes.value()).first(size_bytes));
            const auto opened = open_small(*disk);
            // The end of a log leaves no trace when it goes at the edge of a frame, so what is
            // missing need not be told.
            REQUIRE(store.ledger.complaints_after_damage(*opened, true).empty());
        }
    }
}

TEST_CASE("a recovery that cannot read a file destroys nothing", "[engine][damage]") {
    const DamagedStore store;
    std::uint64_t read_count = 0;
    {
        const auto disk = store.copy();
        open_small(*disk);
        read_count = disk->read_count();
    }
    REQUIRE(read_count >= store.paths.size());
    for (std::uint64_t number = 1; number <= read_count; ++number) {
        for (const bool is_for_ever : {false, true}) {
            INFO("read " << number << " fails" << (is_for_ever ? ", and all after it" : ""));
            const auto disk = store.copy();
            disk->fail_read(number, is_for_ever);
            if (const auto opened = storage::open_store(*disk, kStorePath, small_options())) {
                CHECK_FALSE(opened.value()->recovery_messages().empty());
                CHECK(store.ledger.complaints_after_damage(*opened.value(), false).empty());
                static_cast<void>(opened.value()->flush());
            }
            const auto healed = disk->recover_image(CrashingFileSystem::Unsynced::Keep);
            CHECK(store.ledger.complaints(*open_small(*healed)).empty());
        }
    }
}

}  // namespace tidemark::tests
