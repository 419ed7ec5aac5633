#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "storage/base/file_system.h"
#include "storage/inspection/verify_store.h"
#include "tools/inspect/inspect.h"
#include "tools/render/cell_text.h"

namespace tidemark::tools {
namespace {

using storage::Finding;

std::string finding_text(const Finding& finding) {
    const std::string place =
        finding.offset ? fmt::format("{}: offset {}", finding.file, *finding.offset) : finding.file;
    std::string text = fmt::format(
        "{} {}: {}\n  meaning: {}\n", finding.kind == Finding::Kind::Damage ? "damaged" : "note",
        printable(place), printable(finding.what), printable(finding.meaning));
    if (!finding.advice.empty()) text += fmt::format("  to do: {}\n", finding.advice);
    return text;
}

std::string files_text(const storage::VerifyReport& report) {
    return fmt::format("{} {}, {} bytes", report.file_count,
                       report.file_count == 1 ? "file" : "files", report.size_bytes);
}

}  // namespace

Result<VerifyOutcome> verify_directory(
    const std::string& directory, const std::function<bool(const std::string& file)>& progress) {
    std::error_code failure;
    if (!std::filesystem::is_directory(directory, failure)) {
        return Error(ErrorCode::NotFound, directory + ": there is no such directory");
    }
    TIDEMARK_ASSIGN_OR_RETURN(
        const storage::VerifyReport report,
        storage::verify_store(storage::posix_file_system(), directory, progress));
    VerifyOutcome outcome;
    std::size_t damage_count = 0;
    for (const Finding& finding : report.findings) {
        outcome.findings += finding_text(finding);
        if (finding.kind == Finding::Kind::Damage) ++damage_count;
    }
    outcome.has_damage = report.has_damage();
    outcome.summary =
        outcome.has_damage
            ? fmt::format("{}: {} damaged {} in {}", directory, damage_count,
                          damage_count == 1 ? "place" : "places", files_text(report))
            : fmt::format("{}: every checksum is right ({})", directory, files_text(report));
    if (report.is_in_use) outcome.summary += "; a server has the store open";
    return outcome;
}

}  // namespace tidemark::tools
