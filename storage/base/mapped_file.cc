#include "storage/base/mapped_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>

#include "storage/base/mapping_guard.h"

namespace tidemark::storage {
namespace {

namespace interprocess = boost::interprocess;

class RegionFile final : public MappedFile {
public:
    explicit RegionFile(interprocess::mapped_region region)
        : region_(std::move(region)), guarded_(bytes_of(region_)) {}

    std::span<const std::byte> bytes() const override { return bytes_of(region_); }
    bool is_intact() const override { return guarded_.is_intact(); }

private:
    static std::span<const std::byte> bytes_of(const interprocess::mapped_region& region) {
        return {static_cast<const std::byte*>(region.get_address()), region.get_size()};
    }

    interprocess::mapped_region region_;
    GuardedMapping guarded_;  // Behind the region, so that it ends before.
};

class EmptyFile final : public MappedFile {
public:
    std::span<const std::byte> bytes() const override { return {}; }
};

Error map_error(const std::string& path, int native_error, const std::string& reason) {
    const ErrorCode code = native_error == ENOENT ? ErrorCode::NotFound : ErrorCode::IoError;
    return {code, "map " + path + ": " + reason};
}

}  // namespace

Result<std::unique_ptr<MappedFile>> map_file(const std::string& path) {
    std::error_code size_error;
    const std::uintmax_t size_bytes = std::filesystem::file_size(path, size_error);
    if (size_error) return map_error(path, size_error.value(), size_error.message());
    // The operating system refuses to map nothing.
    if (size_bytes == 0) return std::unique_ptr<MappedFile>(std::make_unique<EmptyFile>());
    while (true) {
        try {
            const interprocess::file_mapping file(path.c_str(), interprocess::read_only);
            interprocess::mapped_region region(file, interprocess::read_only);
            return std::unique_ptr<MappedFile>(std::make_unique<RegionFile>(std::move(region)));
        } catch (const interprocess::interprocess_exception& exception) {
            const int native_error = exception.get_native_error();
            if (native_error != EINTR) return map_error(path, native_error, exception.what());
        }
    }
}

}  // namespace tidemark::storage
