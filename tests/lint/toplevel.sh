#!/bin/sh
# toplevel -- the top of the tree holds the agreed entries and nothing else.
# Usage: toplevel.sh REPO
set -eu
cd "$1"
entries=$(git ls-files -co --exclude-standard 2>/dev/null | sed 's,/.*,,' | sort -u)
[ -n "$entries" ] || entries=$(ls -A | grep -vE '^(\.git|build.*)$')
stray=$(printf '%s\n' "$entries" | grep -vxE 'proto|src|include|tests|deploy|CMakeLists\.txt|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|\.ci|\.clang-format|\.clang-tidy|\.gitattributes|\.gitignore|\.github' || true)
[ -z "$stray" ] || { echo "not an agreed entry of the top directory:" $stray; exit 1; }
