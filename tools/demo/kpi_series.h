#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <tidemark/result.h>

namespace tidemark::tools {

/// Line protocol of KPI series, as a sender would stream it.
struct KpiLines {
    std::string text;
    std::size_t line_count = 0;  ///< One sample each.
    std::size_t series_count = 0;
    std::string origin;  ///< One line for people: where the data comes from.
};

/// The published series below `data_root` (folders numenta-nab and microsoft-cloud-monitoring),
/// file by file in the order of their rows, repeats and disorder included. Rows without a value are
/// left out, since line protocol has no way to say "nothing". NotFound when the folders are not
/// there.
Result<KpiLines> load_published_series(const std::filesystem::path& data_root);

/// Series of the same names, times and character, made by a fixed pseudo-random sequence: for
/// checkouts that have no published data beside them.
KpiLines generate_series();

}  // namespace tidemark::tools
