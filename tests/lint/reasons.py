#!/usr/bin/env python3
"""reasons -- the manual in the protos and the table of errors agree.

Every "STATUS REASON" in a comment of proto/kindred is a row of src/base/err.h
with that status; and every row is in such a comment, but for those that no
call of ours can end with.  Those that one can have words in each language
(rpc/words law 1).  Usage: reasons.py REPO"""
import pathlib
import re
import sys

# Of the client itself, of the start of a program, between engine and store, or of
# health and reflection.
NEVER_SENT = set("""OK CONNECTION_LOST PROTOCOL UNREACHABLE TOO_MUCH
ADDRESS ADDRESS_BUSY ADDRESS_DENIED STORE_LOCKED STORE_NEWER STORE_OPEN
UNKNOWN_SERVICE
TLS_HANDSHAKE CERTIFICATE_UNTRUSTED CERTIFICATE_FILE CERTIFICATE_KEY CERTIFICATE_KEY_OPEN
CERTIFICATE_PAIR CERTIFICATE_WEAK CERTIFICATE_AUTHORITIES
KEY_FILE KEY_FILE_OPEN KEY_FILE_MISSING KEY_FILE_EXISTS TALK_KEY
TERM_UNKNOWN TERM_USE TERM_PICK TERM_HIDDEN
DUTY_STATE OFFER_OPEN EXCLUDED""".split())
ROW = re.compile(r'X\(ERR_\w+,\s*STATUS_(\w+),[^"]*"(\w+)"')

repo = pathlib.Path(sys.argv[1])
rows = {reason: status for status, reason in ROW.findall(repo.joinpath("src/base/err.h").read_text())}
cite = re.compile(r"\b(%s) ([A-Z]+(?:_[A-Z]+)*)\b" % "|".join(sorted(set(rows.values()) - {"OK"})))
bad, cited = 0, set()
for path in sorted(repo.joinpath("proto/kindred").rglob("*.proto")):
    text = re.sub(r"\n\s*//\s*", " ", path.read_text())
    for status, reason in cite.findall(text):
        cited.add(reason)
        if rows.get(reason) != status:
            print(f"{path}: {status} {reason}: the table says {rows.get(reason, 'nothing')}")
            bad = 1
for reason in sorted(set(rows) - cited - NEVER_SENT):
    print(f"src/base/err.h: no call's comment tells of {reason}")
    bad = 1
for reason in sorted(NEVER_SENT & cited | NEVER_SENT - set(rows)):
    print(f"{sys.argv[0]}: {reason} need not be excused")
    bad = 1
names = dict(re.findall(r'X\((ERR_\w+),[^"]*"(\w+)"', repo.joinpath("src/base/err.h").read_text()))
words = set(re.findall(r"\[(ERR_\w+)\] = \"", repo.joinpath("src/rpc/words.c").read_text()))
for name in sorted(name for name, reason in names.items() if reason in cited and name not in words):
    print(f"src/rpc/words.c: {name} has no Spanish words")
    bad = 1
sys.exit(bad)
