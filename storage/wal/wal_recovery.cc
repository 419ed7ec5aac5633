#include "storage/wal/wal_recovery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "storage/wal/wal_format.h"

namespace tidemark::storage {
namespace {

struct SequenceRange {
    Sequence begin;
    Sequence end;
};

/// Walks the files in order and turns what is missing into cuts.
class Judge {
public:
    Judge(Sequence flushed_sequence, Sequence durable_mark)
        : durable_mark_(durable_mark), expected_(flushed_sequence + 1) {}

    /// `begin_of_next` is the first sequence of the files behind; nothing when there is no such.
    void judge_file(const WalReader& file, std::optional<Sequence> begin_of_next) {
        if (file.first_sequence()) note_absent_until(*file.first_sequence());
        for (const WalDamage& damage : file.damages()) {
            if (damage.has_frames_behind) {
                judge_damage(file, damage, damage.missing_end, false);
            } else if (begin_of_next) {
                judge_damage(file, damage, *begin_of_next, false);
            } else {
                const Sequence end = std::max(damage.missing_end, durable_mark_ + 1);
                judge_damage(file, damage, end, true);
            }
        }
        expected_ = std::max(expected_, file.next_sequence());
    }

    /// Sequences from here to `begin` that no damage explains are in no file.
    void note_absent_until(Sequence begin) {
        if (begin <= expected_) return;
        const SequenceRange missing{expected_, begin};
        add_cut("", {0, 0, missing.begin, missing.end, true}, missing, false);
        expected_ = begin;
    }

    Sequence expected() const { return expected_; }
    std::vector<WalCut> take_cuts() { return std::move(cuts_); }

private:
    void judge_damage(const WalReader& file, const WalDamage& damage, Sequence missing_end,
                      bool is_end_of_log) {
        const Sequence missing_begin = std::max(damage.missing_begin, expected_);
        add_cut(file.name(), damage, {missing_begin, missing_end}, is_end_of_log);
        // Told here, so not absent again in front of the next file. At the end of the log only
        // what was durable is gone for good; torn sequences are given out again.
        expected_ = std::max(expected_, is_end_of_log ? durable_mark_ + 1 : missing_end);
    }

    void add_cut(const std::string& file_name, const WalDamage& damage, SequenceRange missing,
                 bool is_end_of_log) {
        WalCut cut{WalCut::Kind::Harmless,
                   file_name,
                   damage.offset,
                   damage.size_bytes,
                   damage.has_frames_behind,
                   0,
                   0};
        const Sequence lost_end = std::min(missing.end, durable_mark_ + 1);
        if (missing.begin < lost_end) {
            cut.kind = WalCut::Kind::Corruption;
            cut.lost_begin = missing.begin;
            cut.lost_end = lost_end;
        } else if (missing.begin < missing.end || is_end_of_log) {
            cut.kind = WalCut::Kind::TornTail;
        }
        cuts_.push_back(std::move(cut));
    }

    const Sequence durable_mark_;
    Sequence expected_;  // Everything below is accounted for.
    std::vector<WalCut> cuts_;
};

Result<std::vector<WalReader>> read_all_files(FileSystem& file_system,
                                              const std::string& directory) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto names, file_system.list(directory));
    std::vector<WalReader> files;
    for (const std::string& name : names) {
        if (!wal_format::file_number_of(name)) continue;
        TIDEMARK_ASSIGN_OR_RETURN(auto file, WalReader::open(file_system, directory, name));
        files.push_back(std::move(file));
    }
    return files;
}

/// Of the nearest file behind `index` whose header is known.
std::optional<Sequence> begin_of_next_file(const std::vector<WalReader>& files, std::size_t index) {
    for (++index; index < files.size(); ++index) {
        if (files[index].first_sequence()) return files[index].first_sequence();
    }
    return std::nullopt;
}

std::vector<WalFrame> frames_above(Sequence sequence, const std::vector<WalReader>& files) {
    std::vector<WalFrame> frames;
    for (const WalReader& file : files) {
        for (const WalFrame& frame : file.frames()) {
            if (frame.sequence <= sequence) continue;
            frames.push_back(frame);
            sequence = frame.sequence;
        }
    }
    return frames;
}

/// A path in quarantine for exactly these bytes; nothing when a copy of them is there.
Result<std::optional<std::string>> free_quarantine_path(FileSystem& file_system,
                                                        const std::string& wanted_path,
                                                        std::span<const std::byte> bytes) {
    std::string path = wanted_path;
    for (std::uint64_t attempt = 1;; ++attempt) {
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_taken, file_system.exists(path));
        if (!is_taken) return std::optional(path);
        TIDEMARK_ASSIGN_OR_RETURN(const auto there, file_system.read_file(path));
        if (std::ranges::equal(there, bytes)) return std::optional<std::string>();
        path = wanted_path + '.' + std::to_string(attempt);
    }
}

Status copy_to_quarantine(FileSystem& file_system, const WalReader& file, const WalCut& cut,
                          const std::string& quarantine_directory) {
    TIDEMARK_RETURN_IF_ERROR(file_system.create_directories(quarantine_directory));
    const auto bytes = file.bytes().subspan(cut.offset, cut.size_bytes);
    const std::string name = cut.file_name + '.' + std::to_string(cut.offset);
    TIDEMARK_ASSIGN_OR_RETURN(
        const auto path,
        free_quarantine_path(file_system, join_path(quarantine_directory, name), bytes));
    return path ? write_file_atomically(file_system, *path, bytes) : success();
}

Status shorten(FileSystem& file_system, const std::string& path, const WalCut& cut) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, file_system.file_size_bytes(path));
    // An earlier cut of the same file may have taken this one's bytes along.
    return size_bytes <= cut.offset ? success() : file_system.truncate(path, cut.offset);
}

}  // namespace

std::string WalCut::description() const {
    std::string text = file_name.empty() ? "no log file"
                                         : file_name + ": " + std::to_string(size_bytes) +
                                               " bytes at " + std::to_string(offset);
    switch (kind) {
        case Kind::Harmless:
            return text + ": damaged, nothing is missing";
        case Kind::TornTail:
            return text + ": torn, nothing durable is missing";
        case Kind::Corruption:
            break;
    }
    return text + ": durable sequences " + std::to_string(lost_begin) + " to " +
           std::to_string(lost_end - 1) + " are missing";
}

bool WalRecovery::has_corruption() const {
    return std::ranges::any_of(
        cuts, [](const WalCut& cut) { return cut.kind == WalCut::Kind::Corruption; });
}

Result<WalRecovery> recover_wal(FileSystem& file_system, const std::string& directory,
                                Sequence flushed_sequence, Sequence known_mark) {
    WalRecovery recovery;
    TIDEMARK_ASSIGN_OR_RETURN(recovery.files, read_all_files(file_system, directory));
    const std::vector<WalReader>& files = recovery.files;

    recovery.durable_mark = std::max(flushed_sequence, known_mark);
    for (const WalReader& file : files) {
        recovery.durable_mark = std::max(recovery.durable_mark, file.durable_mark());
    }
    Judge judge(flushed_sequence, recovery.durable_mark);
    for (std::size_t index = 0; index < files.size(); ++index) {
        judge.judge_file(files[index], begin_of_next_file(files, index));
    }
    judge.note_absent_until(recovery.durable_mark + 1);

    recovery.next_sequence = judge.expected();
    recovery.cuts = judge.take_cuts();
    recovery.frames = frames_above(flushed_sequence, files);
    recovery.next_file_number =
        files.empty() ? 1 : *wal_format::file_number_of(files.back().name()) + 1;
    return recovery;
}

Status settle_wal(FileSystem& file_system, const std::string& directory,
                  const WalRecovery& recovery, const std::string& quarantine_directory) {
    for (const WalCut& cut : recovery.cuts) {
        const auto file = std::ranges::find(recovery.files, cut.file_name, &WalReader::name);
        if (file == recovery.files.end() || cut.size_bytes == 0) continue;
        TIDEMARK_RETURN_IF_ERROR(copy_to_quarantine(file_system, *file, cut, quarantine_directory));
    }
    // Only then: what is behind a cut is gone from the mapping too, and may be another cut.
    for (const WalCut& cut : recovery.cuts) {
        const bool is_tail = cut.size_bytes > 0 && !cut.file_name.empty() && !cut.has_frames_behind;
        if (!is_tail || cut.kind == WalCut::Kind::Corruption) continue;
        TIDEMARK_RETURN_IF_ERROR(shorten(file_system, join_path(directory, cut.file_name), cut));
    }
    for (const WalReader& file : recovery.files) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto writable,
                                  file_system.open_file(join_path(directory, file.name())));
        TIDEMARK_RETURN_IF_ERROR(writable->sync());
    }
    return success();
}

}  // namespace tidemark::storage
