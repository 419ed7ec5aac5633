# Flags of our own code, as one interface target; nothing is global except the C++ standard and ccache.

find_program(TIDEMARK_CCACHE ccache)
if(TIDEMARK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TIDEMARK_CCACHE}")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(tidemark_build_flags INTERFACE)
# Decode arithmetic is part of the file format, so a*b+c must round twice on every machine.
target_compile_options(tidemark_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -ffp-contract=off
  # GCC 12 at -O3 warns of strings of 2^63 bytes and of optionals that are set: about its own inlining.
  $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict -Wno-maybe-uninitialized>
  $<$<BOOL:${TIDEMARK_WERROR}>:-Werror>)
