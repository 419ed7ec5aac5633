// `./dev crash`: the whole crash matrix, as a table. Ends with 1 when there is a complaint.

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include "tests/crash/crash_matrix.h"

namespace {

constexpr const char* kUsage =
    "usage: tidemark_crash [--workload NAME] [--seed N] [--stride N] [--threads N]\n";

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number > 0;
}

bool read_options(int argument_count, char** arguments,
                  tidemark::tests::CrashMatrixOptions& options) {
    for (int index = 1; index < argument_count; index += 2) {
        if (index + 1 == argument_count) return false;
        const std::string_view name = arguments[index];
        const std::string_view text = arguments[index + 1];
        std::uint64_t number = 0;
        if (name == "--workload") {
            options.workload = text;
            continue;
        }
        if (!read_number(text, number)) return false;
        if (name == "--seed") {
            options.seed = number;
        } else if (name == "--stride") {
            options.stride = number;
        } else if (name == "--threads") {
            options.thread_count = static_cast<std::size_t>(number);
        } else {
            return false;
        }
    }
    return true;
}

}  // namespace

int main(int argument_count, char** arguments) {
    tidemark::tests::CrashMatrixOptions options;
    options.thread_count = std::thread::hardware_concurrency();
    if (!read_options(argument_count, arguments, options)) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto report = tidemark::tests::run_crash_matrix(options);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    std::printf("%-24s %12s %12s\n", "workload", "operations", "states");
    for (const auto& row : report.rows) {
        if (row.state_count == 0) continue;
        std::printf("%-24s %12llu %12llu\n", row.workload.c_str(),
                    static_cast<unsigned long long>(row.operation_count),
                    static_cast<unsigned long long>(row.state_count));
    }
    std::printf("%llu states in %.1f s on %zu threads, seed %llu: %llu complaints\n",
                static_cast<unsigned long long>(report.state_count), elapsed.count(),
                options.thread_count, static_cast<unsigned long long>(options.seed),
                static_cast<unsigned long long>(report.complaint_count));
    for (const std::string& complaint : report.complaints) std::puts(complaint.c_str());
    if (report.state_count == 0) {
        std::fprintf(stderr, "no workload is called '%s'\n", options.workload.c_str());
        return 2;
    }
    return report.complaint_count == 0 ? 0 : 1;
}
