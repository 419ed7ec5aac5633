#pragma once

#include <string_view>

namespace tidemark::storage {

/// Prints the broken promise and its place to standard error, then aborts.
[[noreturn]] void report_broken_invariant(const char* condition, std::string_view message,
                                          const char* file, int line);

}  // namespace tidemark::storage

/// Aborts, also in release, when an invariant of ours is broken. Never for input: bytes from disk
/// or from a user that are wrong are an Error.
#define TIDEMARK_ASSERT(condition, message)                                                        \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            ::tidemark::storage::report_broken_invariant(#condition, message, __FILE__, __LINE__); \
        }                                                                                          \
    } while (false)
