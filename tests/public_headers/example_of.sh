#!/bin/sh
# Prints a source file that includes a public header before anything else, which shows that it
# stands alone, and then holds the example of its comments: the lines indented by five blanks.
# usage: example_of.sh tidemark/store.h PATH
set -eu
cat <<TEXT
#include <$1>

#include <algorithm>
#include <cstdio>

#include <tidemark/query.h>

// An example may end where its result is there.
#pragma GCC diagnostic ignored "-Wunused-variable"

namespace tidemark {

Status example([[maybe_unused]] Store& store) {
TEXT
sed -nE 's|^///?     ||p' "$2"
cat <<TEXT
    return success();
}

}  // namespace tidemark
TEXT
