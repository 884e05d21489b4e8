#!/bin/sh
# format -- the layout is what the pinned clang-format makes of .clang-format.
# To mend: VENV/bin/clang-format -i FILE.  Usage: format.sh REPO VENV BUILD_DIR
set -eu
cd "$1"
find src include tests deploy -name '*.[ch]' ! -name '*.pb-c.*' 2>/dev/null |
    xargs "$2/bin/clang-format" --dry-run --Werror 2>&1 | sed -nE 's/^([^ :]+):[0-9]+:.*error: .*/\1: not as clang-format lays it out/p' | sort -u |
    { ! grep .; }
