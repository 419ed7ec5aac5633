# Every third-party package, all from Debian 12 (./dev installs them). Who may include what is
# checked by tests/architecture (the doors).

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(FastFloat REQUIRED)
find_package(date REQUIRED)
find_package(spdlog REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)

pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_package(roaring REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(LIBEDIT REQUIRED IMPORTED_TARGET libedit)

# Boost.JSON without its own package: libboost1.81-dev holds the headers only.
add_library(tidemark_boost_json STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/boost_json.cc")
target_link_libraries(tidemark_boost_json PUBLIC Boost::headers)
