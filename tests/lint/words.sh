#!/bin/sh
# words -- what no line of the project says: the path of somebody's machine, a
# host of a package registry, a mark of unfinished work.
# Usage: words.sh REPO
set -eu
cd "$1"
bad=0
look() {
    why=$1 pattern=$2
    shift 2
    found=$(grep -rnIE --exclude-dir=.git --exclude=.git --exclude-dir='build*' \
        --exclude=words.sh --exclude=LICENSE --exclude-dir=data \
        -e "$pattern" -- "$@" 2>/dev/null | cut -c1-160 || true)
    [ -z "$found" ] || { printf '%s:\n%s\n' "$why" "$found"; bad=1; }
}
look 'a path of somebody'\''s machine' '(^|[^a-z0-9_.-])/(work|farm|tmp/kindred|home/[a-z]+|Users/[a-z]+)/' .
look 'the host of a package registry' '(pypi|pythonhosted|npmjs|yarnpkg|rubygems|crates|golang|debian)\.(org|com|io)/(simple|pool|debian)|registry\.npmjs|proxy\.golang|deb\.debian|static\.crates' .
look 'a mark of unfinished work' '\b(TODO|FIXME|XXX|HACK)\b|[Nn]ot (yet )?implemented|[Pp]laceholder' .
look 'a mark of unfinished work' '\b[Ss]tub(s|bed)?\b' src include proto deploy
exit $bad
