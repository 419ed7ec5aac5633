#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {

// A store whose files a test damages: the database "ops", the measurement cpu.

inline const std::string kCatalogue = kStorePath + "/catalogue";
inline const std::string kManifest = kStorePath + "/manifest";

PlainPoint point_at(std::int64_t time_ns);
std::unique_ptr<Store> store_with_ops(CrashingFileSystem& files);
Status write_and_wait(Store& store, const PlainPoint& point);
ErrorCode code_of(const Status& status);
/// Names of the files of a directory, as paths.
std::vector<std::string> files_in(CrashingFileSystem& files, const std::string& name);
void flip_bit(CrashingFileSystem& files, const std::string& path, std::size_t bit);
/// Calls check(files) for a copy of the durable files with each bit of `path` flipped in turn.
void for_each_flipped_bit(CrashingFileSystem& files, const std::string& path,
                          const std::function<void(CrashingFileSystem&)>& check);
void tear_last_record(CrashingFileSystem& files, const std::string& path);
ScanRequest scan_of_everything();
/// Damages the directory entry of one series of a segment, counted in order of id.
void flip_series_block(CrashingFileSystem& files, const std::string& path,
                       std::size_t series_index);

}  // namespace tidemark::tests
