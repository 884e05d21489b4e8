#!/usr/bin/env python3
"""fields -- every field of an event, an effect and what they carry is walked.

A member that src/match/fields*.c does not name would be neither recorded, nor
compared by a replay, nor veiled (match/fields).  Usage: fields.py REPO"""
import pathlib
import re
import sys

match = pathlib.Path(sys.argv[1], "src/match")
HEADERS = ("event.h", "effect.h", "command.h", "row.h", "card.h")
STRUCT = re.compile(r"^struct match_(\w+) \{(.*?)^\};", re.M | re.S)
MEMBER = re.compile(r"([\w*][^;{}()]*);")
SKIP = {"effects"}  # the caller's array: match/record sums what it says

walked = "".join(path.read_text() for path in sorted(match.glob("fields*.c")))
named = set(re.findall(r"(?:->|\.)(\w+)", walked))
bad = found = 0
for header in HEADERS:
    text = re.sub(r"/\*.*?\*/", "", (match / header).read_text(), flags=re.S)
    for struct, body in STRUCT.findall(text):
        for declared in MEMBER.findall(body):
            for name in declared.split(","):
                name = re.sub(r"\[.*", "", name).strip().split()[-1].lstrip("*")
                found += 1
                if struct not in SKIP and name not in named:
                    print(f"src/match/{header}: {name} of match_{struct} is in none of match/fields*.c")
                    bad = 1
if found < 150:
    sys.exit(f"only {found} fields found: the headers are laid out otherwise")
sys.exit(bad)
