#!/bin/sh
# format -- the layout is what the pinned clang-format makes of .clang-format.
# To mend: VENV/bin/clang-format -i FILE.  Usage: format.sh REPO VENV BUILD_DIR
set -eu
cd "$1"
said=$(find src include tests -name '*.[ch]' | xargs "$2/bin/clang-format" --dry-run --Werror 2>&1) && exit 0
files=$(printf '%s\n' "$said" | sed -nE 's/^([^ :]+):[0-9]+:.*error: .*/\1: not as clang-format lays it out/p' | sort -u)
printf '%s\n' "${files:-$said}"
exit 1
