#include "tests/engine/store_damage.h"

#include <cstring>
#include <utility>

#include <catch2/catch.hpp>

#include "storage/segment/segment_format.h"

namespace tidemark::tests {

PlainPoint point_at(std::int64_t time_ns) {
    return {"cpu", {{"host", "a"}}, time_ns, {{"usage", static_cast<double>(time_ns)}}};
}

std::unique_ptr<Store> store_with_ops(CrashingFileSystem& files) {
    auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    return store;
}

Status write_and_wait(Store& store, const PlainPoint& point) {
    const auto result = store.write("ops", "", batch_of({point}));
    if (!result) return result.error();
    return store.wait_durable(result.value().sequence);
}

ErrorCode code_of(const Status& status) {
    REQUIRE_FALSE(status);
    return status.error().code();
}

std::vector<std::string> files_in(CrashingFileSystem& files, const std::string& name) {
    auto names = files.list(kStorePath + "/" + name);
    REQUIRE(names);
    for (std::string& path : names.value()) path = kStorePath + "/" + name + "/" + path;
    return std::move(names).value();
}

void flip_bit(CrashingFileSystem& files, const std::string& path, std::size_t bit) {
    auto bytes = files.read_file(path);
    REQUIRE(bytes);
    bytes.value()[bit / 8] ^= std::byte{1} << (bit % 8);
    files.replace_contents(path, bytes.value());
}

void for_each_flipped_bit(CrashingFileSystem& files, const std::string& path,
                          const std::function<void(CrashingFileSystem&)>& check) {
    const auto size_bytes = files.file_size_bytes(path);
    REQUIRE(size_bytes);
    for (std::size_t bit = 0; bit < size_bytes.value() * 8; ++bit) {
        INFO("bit " << bit);
        const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
        flip_bit(*disk, path, bit);
        check(*disk);
    }
}

void tear_last_record(CrashingFileSystem& files, const std::string& path) {
    const auto size_bytes = files.file_size_bytes(path);
    REQUIRE(size_bytes);
    REQUIRE(files.truncate(path, size_bytes.value() - 1));
}

ScanRequest scan_of_everything() {
    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    return request;
}

void flip_series_block(CrashingFileSystem& files, const std::string& path,
                       std::size_t series_index) {
    const auto bytes = files.read_file(path);
    REQUIRE(bytes);
    const std::size_t trailer_offset =
        bytes.value().size() - sizeof(storage::segment_format::Trailer);
    std::uint64_t index_offset = 0;
    std::memcpy(&index_offset,
                bytes.value().data() + trailer_offset +
                    offsetof(storage::segment_format::Trailer, index_offset),
                sizeof index_offset);
    storage::segment_format::IndexEntry entry{};
    std::memcpy(&entry, bytes.value().data() + index_offset + series_index * sizeof entry,
                sizeof entry);
    flip_bit(files, path, static_cast<std::size_t>(entry.block_offset) * 8);
}

}  // namespace tidemark::tests
