#include "tests/crash/crash_matrix.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "storage/engine/store_impl.h"
#include "tests/crash/crash_workloads.h"

namespace tidemark::tests {
namespace {

using Unsynced = CrashingFileSystem::Unsynced;

constexpr std::size_t kDescribedComplaints = 20;

enum class Fault : std::uint8_t {
    PowerCut,
    ErrorOnce,
    ErrorForEver,
    FullOnce,
    FullForEver,
    Misdirected,
};

struct NamedFault {
    Fault fault;
    const char* name;
};

constexpr NamedFault kFaults[] = {
    {Fault::PowerCut, "power cut"},          {Fault::ErrorOnce, "EIO"},
    {Fault::ErrorForEver, "EIO for ever"},   {Fault::FullOnce, "ENOSPC"},
    {Fault::FullForEver, "ENOSPC for ever"}, {Fault::Misdirected, "misdirected write"},
};

/// What is left on the disk of that which was not synced.
struct Image {
    Unsynced unsynced;
    std::uint64_t seed;

    std::string description() const {
        if (unsynced == Unsynced::Drop) return "unsynced dropped";
        if (unsynced == Unsynced::Keep) return "unsynced kept";
        return "unsynced mixed with seed " + std::to_string(seed);
    }
    std::unique_ptr<CrashingFileSystem> of(const CrashingFileSystem& files) const {
        return files.recover_image(unsynced, seed);
    }
};

/// One run of one workload, with a fault at one operation.
struct Case {
    std::size_t workload_index;
    std::uint64_t operation;
    NamedFault fault;
};

/// Of several threads.
class Findings {
public:
    explicit Findings(std::size_t workload_count) : state_counts_(workload_count) {}

    void count_state(std::size_t workload_index, std::size_t acknowledged_count) {
        ++state_counts_[workload_index];
        acknowledged_count_ += acknowledged_count;
    }

    void complain(const std::string& place, const std::vector<std::string>& complaints) {
        if (complaints.empty()) return;
        const std::lock_guard lock(mutex_);
        complaint_count_ += complaints.size();
        if (complaints_.size() >= kDescribedComplaints) return;
        complaints_.push_back(place + ": " + complaints.front());
    }

    void report_to(CrashMatrixReport& report) {
        for (std::size_t index = 0; index < report.rows.size(); ++index) {
            report.rows[index].state_count = state_counts_[index];
            report.state_count += state_counts_[index];
        }
        const std::lock_guard lock(mutex_);
        report.acknowledged_count = acknowledged_count_;
        report.complaint_count = complaint_count_;
        report.complaints = complaints_;
    }

private:
    std::vector<std::atomic<std::uint64_t>> state_counts_;
    std::atomic<std::uint64_t> acknowledged_count_{0};
    std::mutex mutex_;
    std::uint64_t complaint_count_ = 0;
    std::vector<std::string> complaints_;
};

/// The judge of the disks that one run left.
class Judge {
public:
    Judge(const Case& tried, std::string place, std::uint64_t seed, Findings& findings)
        : case_(tried), place_(std::move(place)), seed_(seed), findings_(findings) {}

    void judge(const CrashRun& run) {
        const CrashingFileSystem& files = run.files;
        ledger_ = &run.ledger;
        const bool is_damaged = case_.fault.fault == Fault::Misdirected;
        for (const Image& image : images(is_damaged ? 0 : 4)) {
            const std::string place = place_ + ", " + image.description();
            if (is_damaged) {
                judge_damaged(*image.of(files), run.was_warned, place);
                continue;
            }
            const std::uint64_t operation_count = judge_recovered(*image.of(files), place);
            if (case_.fault.fault == Fault::PowerCut) {
                cut_recoveries(files, image, operation_count, place);
            }
        }
    }

private:
    std::vector<Image> images(std::uint64_t mixed_count) const {
        std::vector<Image> images{{Unsynced::Drop, 0}, {Unsynced::Keep, 0}};
        for (std::uint64_t number = 0; number < mixed_count; ++number) {
            images.push_back({Unsynced::Mix, seed_ + number});
        }
        return images;
    }

    /// The number of operations that the first recovery made.
    std::uint64_t judge_recovered(CrashingFileSystem& disk, const std::string& place) {
        findings_.count_state(case_.workload_index, ledger_->acknowledged_count());
        open_and_compare(disk, place + ": recovery", false);
        const std::uint64_t operation_count = disk.operation_count();
        const auto once = disk.contents();
        open_and_compare(disk, place + ": second recovery", true);
        if (disk.contents() != once) {
            findings_.complain(place, {"the second recovery changed the files"});
        }
        const auto cut = disk.recover_image(Unsynced::Drop);
        open_and_compare(*cut, place + ": recovery is not durable", true);
        return operation_count;
    }

    void cut_recoveries(const CrashingFileSystem& files, const Image& image,
                        std::uint64_t operation_count, const std::string& place) {
        for (std::uint64_t number = 1; number <= operation_count; ++number) {
            const auto disk = image.of(files);
            disk->cut_power_before_operation(number);
            static_cast<void>(storage::open_store(*disk, kStorePath, small_options()));
            disk->cut_power();
            const auto left = images(1)[number % 3];
            judge_recovered(*left.of(*disk), place + ", recovery cut before operation " +
                                                 std::to_string(number) + ", " +
                                                 left.description());
        }
    }

    void judge_damaged(CrashingFileSystem& disk, bool was_warned, const std::string& place) {
        findings_.count_state(case_.workload_index, 0);
        const auto store = storage::open_store(disk, kStorePath, small_options());
        if (!store) return findings_.complain(place, {store.error().message()});
        findings_.complain(place, ledger_->complaints_after_damage(*store.value(), was_warned));
    }

    void open_and_compare(CrashingFileSystem& disk, const std::string& place, bool is_settled) {
        StoreOptions options = small_options();
        options.refuse_damaged = true;
        const auto store = storage::open_store(disk, kStorePath, options);
        if (!store) return findings_.complain(place, {store.error().message()});
        if (is_settled) findings_.complain(place, store.value()->recovery_messages());
        findings_.complain(place, ledger_->complaints(*store.value()));
    }

    const Case& case_;
    const std::string place_;
    const std::uint64_t seed_;
    Findings& findings_;
    const Ledger* ledger_ = nullptr;
};

void prepare(CrashingFileSystem& files, const Case& tried, std::uint64_t seed) {
    const Error io_error(ErrorCode::IoError, "Input/output error");
    const Error full(ErrorCode::StorageFull, "No space left on device");
    switch (tried.fault.fault) {
        case Fault::PowerCut:
            return files.cut_power_before_operation(tried.operation);
        case Fault::ErrorOnce:
            return files.fail_operation(tried.operation, io_error);
        case Fault::ErrorForEver:
            return files.fail_operations_from(tried.operation, io_error);
        case Fault::FullOnce:
            return files.fail_operation(tried.operation, full);
        case Fault::FullForEver:
            return files.fail_operations_from(tried.operation, full);
        case Fault::Misdirected:
            return files.misdirect_operation(tried.operation, seed);
    }
}

void run_case(const Case& tried, const CrashMatrixOptions& options, Findings& findings) {
    const CrashWorkload& workload = crash_workloads()[tried.workload_index];
    const std::uint64_t seed = options.seed * 1'000'003 + tried.operation * 101;
    CrashingFileSystem files;
    prepare(files, tried, seed);
    Ledger ledger;
    CrashRun run{files, ledger};
    workload.run(run);
    files.cut_power();
    const std::string place = std::string(workload.name) + ", " + tried.fault.name +
                              " at operation " + std::to_string(tried.operation);
    Judge(tried, place, seed, findings).judge(run);
}

std::uint64_t operation_count_of(const CrashWorkload& workload) {
    CrashingFileSystem files;
    Ledger ledger;
    CrashRun run{files, ledger};
    workload.run(run);
    return files.operation_count();
}

/// Also the rows of the report, one for each workload, asked for or not.
std::vector<Case> list_cases(const CrashMatrixOptions& options, CrashMatrixReport& report) {
    std::vector<Case> cases;
    const auto workloads = crash_workloads();
    for (std::size_t index = 0; index < workloads.size(); ++index) {
        report.rows.push_back({workloads[index].name, 0, 0});
        if (!options.workload.empty() && options.workload != workloads[index].name) continue;
        const std::uint64_t operation_count = operation_count_of(workloads[index]);
        report.rows.back().operation_count = operation_count;
        for (std::uint64_t number = 1 + index % options.stride; number <= operation_count;
             number += options.stride) {
            for (const NamedFault& fault : kFaults) cases.push_back({index, number, fault});
        }
    }
    return cases;
}

}  // namespace

CrashMatrixReport run_crash_matrix(const CrashMatrixOptions& options) {
    CrashMatrixReport report;
    const std::vector<Case> cases = list_cases(options, report);
    Findings findings(report.rows.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        while (true) {
            const std::size_t index = next++;
            if (index >= cases.size()) return;
            run_case(cases[index], options, findings);
        }
    };
    std::vector<std::thread> threads(std::max<std::size_t>(options.thread_count, 1));
    for (std::thread& thread : threads) thread = std::thread(work);
    for (std::thread& thread : threads) thread.join();
    findings.report_to(report);
    return report;
}

}  // namespace tidemark::tests
