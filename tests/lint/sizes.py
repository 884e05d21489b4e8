#!/usr/bin/env python3
"""sizes -- a header has at most 120 lines, a .c file 500, a function 70.

A longer file says why: "long because ..." in its opening comment.  A function
has no such way out.  Usage: sizes.py REPO"""
import pathlib
import re
import sys

repo = pathlib.Path(sys.argv[1])
MOST = {".h": 120, ".c": 500}
FUNCTION = 70
EXCUSE = re.compile(r"long\s+(?:\*\s+)?because\b", re.I)


def functions(lines):
    """Where each function body opens and closes: braces in column 0."""
    opened = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            opened = number
        elif line == "}" and opened:
            yield opened, number
            opened = None


bad = 0
for top in ("src", "include", "tests"):
    for path in sorted(repo.joinpath(top).rglob("*.[ch]")):
        lines = path.read_text().splitlines()
        comment = path.read_text().split("*/")[0]
        if len(lines) > MOST[path.suffix] and not EXCUSE.search(comment):
            print(f"{path}: {len(lines)} lines, at most {MOST[path.suffix]}")
            bad = 1
        for opened, closed in functions(lines):
            if closed - opened - 1 > FUNCTION:
                print(f"{path}:{opened}: a function of {closed - opened - 1} lines, at most {FUNCTION}")
                bad = 1
sys.exit(bad)
