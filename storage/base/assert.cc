#include "storage/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace tidemark::storage {

void report_broken_invariant(const char* condition, std::string_view message, const char* file,
                             int line) {
    std::fprintf(stderr, "%s:%d: broken invariant: %.*s (%s)\n", file, line,
                 static_cast<int>(message.size()), message.data(), condition);
    std::abort();
}

}  // namespace tidemark::storage
