#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <tidemark/result.h>

// Published data sets, in the folder that the environment variable TIDEMARK_SHARED_DATA names; the
// benchmarks of what is not there are shown as skipped.

namespace tidemark::bench {

/// The file or folder `name` of the data sets; NotFound when it is not there.
Result<std::filesystem::path> real_data(const std::string& name);

/// All bytes of a file; NotFound when it cannot be read.
Result<std::string> read_text(const std::filesystem::path& path);

struct NamedDoubles {
    std::string name;
    std::vector<double> values;
};

/// The samples of alp-doubles by name: 1,024 values each.
Result<std::vector<NamedDoubles>> alp_samples();

}  // namespace tidemark::bench
