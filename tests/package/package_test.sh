#!/bin/sh
# Installs the library into an empty directory, builds the service of docs/EMBEDDING.md with what
# stands there, once by find_package and once by pkg-config, and runs both.
# usage: package_test.sh BUILD_DIRECTORY SOURCE_DIRECTORY COMPILER FLAGS
# FLAGS are those of the build that the archives need again, of a sanitizer.
set -eu
build=$1 source=$2 compiler=$3 flags=$4
work=$(mktemp -d -t tidemark-package-XXXXXX)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/installed" >/dev/null

cat >"$work/expected" <<'TEXT'
above for 6 samples
below for 4 samples
durable up to 1
host a above 80 for 6 min
TEXT

check() {
  "$1" "$work/store-$2" | sort >"$work/answer-$2"  # Commits are told on another thread.
  diff "$work/expected" "$work/answer-$2" || { echo "package: the service built by $2 answers otherwise" >&2; exit 1; }
}

cmake -S "$source/tests/package" -B "$work/cmake" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_CXX_FLAGS="-Werror=all $flags" >/dev/null
cmake --build "$work/cmake" >/dev/null
check "$work/cmake/kpi_service" find_package

PKG_CONFIG_PATH=$(dirname "$(find "$work/installed" -name tidemark.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046,SC2086
"$compiler" -Wall -Wextra -Werror $flags "$source/tests/package/kpi_service.cc" -o "$work/kpi_service" \
  $(pkg-config --define-variable=prefix="$work/installed" --cflags --libs tidemark)
check "$work/kpi_service" pkg-config
echo "package: the installed library works by find_package and by pkg-config"
