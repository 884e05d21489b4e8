#!/usr/bin/env python3
"""bad_input -- every kind of bad line stops `kindred simulate` with its number,
the field and the bound, in fixed words; exit 2, and no log is touched.

The words are those of src/cli/workload_why.h.  One that no line here reaches,
and that tests/unit/cli/workload_test.c does not name either, fails the test.
Usage: bad_input.py KINDRED REPO"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CARD = {"t": 0, "do": "card", "member": "s", "role": "seeker"}
PEER = {"t": 0, "do": "card", "member": "p", "role": "peer"}
ASK = {"t": 0, "do": "ask", "member": "s", "ticket": "t", "danger": False, "talk_ms": 1}
ATTEND = {"t": 0, "do": "attend", "member": "p", "capacity": 1, "grade": "peer", "rest_ms": 0}
RARITY = {"t": 0, "do": "rarity", "pool": "adult", "table": {"x": 1}}
REFLECT = {"t": 0, "do": "reflect", "ticket": "t", "side": "peer", "understood": True, "again": True}
MANY = [f"x{i}" for i in range(65)]
LONG = "m" * 129
YEAR = 366 * 24 * 60 * 60 * 1000
JSON = "not a JSON object: wrong at byte "
NAME = ": not a string of 1 to 128 bytes"
UNKNOWN = ": unknown: no line before made it"


def but(line, **change):
    return {k: v for k, v in {**line, **change}.items() if v is not ...}


def seek(*groups):
    return but(CARD, seek=list(groups))


def must(*groups, card=CARD):
    return but(card, must=list(groups))


def group(n=1, **change):
    return but({"any": MANY[:n], "importance": 1}, **change)


def relaxed(n=1, **change):
    return but({"any": MANY[:n], "relax_after_ms": 0}, **change)


def attend(*answers):
    return but(ATTEND, answers=list(answers))


#  lines, the number of the bad one, what is said
TABLE = [
    # the line
    ([""], 1, "the line is empty"),
    ([CARD, "", CARD], 2, "the line is empty"),
    ([b" " * (1 << 20) + b"{}"], 1, "the line is longer than 1048576 bytes"),
    ([CARD, b"x" * (3 << 20)], 2, "the line is longer than 1048576 bytes"),
    (["\ufeff" + json.dumps(CARD)], 1, "begins with a byte order mark: take it out"),
    (["{"], 1, JSON + "2"),
    ([b'{"t":0,\0"do":"lost"}'], 1, JSON + "8"),
    ([b'{"t":0,"do":"lo\x01st"}'], 1, JSON + "16"),
    ([json.dumps(CARD) + " x"], 1, JSON + str(len(json.dumps(CARD)) + 2)),
    (['{"t":0,}'], 1, JSON + "8"),
    (['{"t":00}'], 1, JSON + "8"),
    (['{"t":0 "do":1}'], 1, JSON + "8"),
    (["{t:0}"], 1, JSON + "2"),
    (['{"t":"\\ud800"}'], 1, JSON + "13"),
    (['{"t":"\\u0000"}'], 1, JSON + "13"),
    (["nul"], 1, JSON + "1"),
    ([b'{"t":0,"do":"card","member":"\xff","role":"peer"}'], 1, "not UTF-8 at byte 30"),
    ([b'{"t":0,"do":"card","member":"\xed\xa0\x80","role":"peer"}'], 1, "not UTF-8 at byte 30"),
    ([b"[" * 5000], 1, "nested deeper than 8 levels"),
    (["[" + "1," * 200000 + "1]"], 1, "more than 131136 values"),
    (["[]"], 1, "not an object"),
    (["17"], 1, "not an object"),
    # fields
    ([but(CARD, do="dance")], 1, "do: not a word that is known"),
    ([but(CARD, do=3)], 1, "do: not a word that is known"),
    ([but(CARD, do=...)], 1, "do: missing"),
    ([but(CARD, t=...)], 1, "t: missing"),
    ([but(CARD, t=-1)], 1, f"t: not a whole number from 0 to {YEAR}"),
    ([but(CARD, t=1.5)], 1, f"t: not a whole number from 0 to {YEAR}"),
    ([but(CARD, t="0")], 1, f"t: not a whole number from 0 to {YEAR}"),
    ([but(CARD, t=10**30)], 1, f"t: not a whole number from 0 to {YEAR}"),
    ([but(CARD, t=2**64)], 1, f"t: not a whole number from 0 to {YEAR}"),
    ([but(CARD, t=YEAR + 1)], 1, f"t: not a whole number from 0 to {YEAR}"),
    ([but(CARD, t=5), but(CARD, t=4)], 2, "t: earlier than in the line before"),
    (['{"t":0,"t":0,"do":"back","member":"s"}'], 1, "t: given twice"),
    ([but(CARD, colour="red")], 1, "field 5 is not one that is known here"),
    ([but(ASK, pool="adult")], 1, "field 7 is not one that is known here"),
    ([but(CARD, role="both")], 1, "role: neither seeker nor peer"),
    ([but(CARD, role=...)], 1, "role: missing"),
    ([but(CARD, member="")], 1, "member" + NAME),
    ([but(CARD, member=LONG)], 1, "member" + NAME),
    ([but(CARD, member=None)], 1, "member" + NAME),
    ([but(CARD, pool="")], 1, "pool" + NAME),
    ([CARD, but(CARD, pool="minor")], 2, "pool: this member is in another pool"),
    # cards
    ([but(CARD, have="x")], 1, "have: not a list of 0 to 64 items"),
    ([but(CARD, have=MANY)], 1, "have: not a list of 0 to 64 items"),
    ([but(CARD, have=["y", 1])], 1, "have: item 2 is not a string of 1 to 128 bytes"),
    ([but(CARD, have=[LONG])], 1, "have: item 1 is not a string of 1 to 128 bytes"),
    ([but(CARD, have=["x", "y", "x"])], 1, "have: item 3 is in the list already"),
    ([but(CARD, must_not=MANY[:33])], 1, "must_not: not a list of 0 to 32 items"),
    ([but(CARD, must_not=["x", "x"])], 1, "must_not: item 2 is in the list already"),
    ([seek(*[group()] * 33)], 1, "seek: not a list of 0 to 32 items"),
    ([seek("x")], 1, "seek 1: not an object"),
    ([seek(group(importance=...))], 1, "seek 1: importance: missing"),
    ([seek(group(), group(importance=0))], 1, "seek 2: importance: not a whole number from 1 to 3"),
    ([seek(group(importance=9))], 1, "seek 1: importance: not a whole number from 1 to 3"),
    ([seek(group(any=...))], 1, "seek 1: any: missing"),
    ([seek(group(0))], 1, "seek 1: any: not a list of 1 to 8 items"),
    ([seek(group(9))], 1, "seek 1: any: not a list of 1 to 8 items"),
    ([seek(group(any=["x", "x"]))], 1, "seek 1: any: item 2 is in the list already"),
    ([seek(group(any=[""]))], 1, "seek 1: any: item 1 is not a string of 1 to 128 bytes"),
    ([seek(*[group(8)] * 9)], 1, "seek 9: any: more than 64 terms in all groups"),
    ([must(*[relaxed()] * 17)], 1, "must: not a list of 0 to 16 items"),
    ([must(relaxed(0))], 1, "must 1: any: not a list of 1 to 8 items"),
    ([must(relaxed(relax_after_ms=...))], 1, "must 1: relax_after_ms: missing"),
    ([must(relaxed(relax_after_ms=2**32))], 1,
     f"must 1: relax_after_ms: not a whole number from 0 to {2**32 - 1}"),
    ([must(relaxed(relax_after_ms=1), card=PEER)], 1,
     "must 1: relax_after_ms: a must of a peer never relaxes: 0"),
    ([but(must(relaxed(), relaxed(2)), must_not=MANY[:2])], 1, "must 1: any: must_not has all of its terms"),
    # the others
    ([ASK], 1, "member" + UNKNOWN),
    ([PEER, but(ASK, member="p")], 2, "member: this member has no seeker card"),
    ([CARD, ASK, ASK], 3, "ticket: this name was used for a ticket before"),
    ([CARD, but(ASK, danger=0)], 2, "danger: not true or false"),
    ([CARD, but(ASK, talk_ms=...)], 2, "talk_ms: missing"),
    ([CARD, but(ATTEND, member="s")], 2, "member: this member has no peer card"),
    ([PEER, but(ATTEND, capacity=9)], 2, "capacity: not a whole number from 0 to 8"),
    ([PEER, but(ATTEND, grade="saint")], 2, "grade: neither peer nor crisis_peer"),
    ([PEER, but(ATTEND, rest_ms=...)], 2, "rest_ms: missing"),
    ([PEER, but(ATTEND, answers={})], 2, "answers: not a list of 0 to 256 items"),
    ([PEER, attend(*[{"say": "silence"}] * 257)], 2, "answers: not a list of 0 to 256 items"),
    ([PEER, attend("x")], 2, "answers 1: not an object"),
    ([PEER, attend({"say": "maybe"})], 2, "answers 1: say: neither accept, decline nor silence"),
    ([PEER, attend({"say": "silence"}, {"say": "accept"})], 2, "answers 2: after_ms: missing"),
    ([PEER, attend({"after_ms": 1})], 2, "answers 1: say: missing"),
    ([PEER, {"t": 0, "do": "capacity", "member": "p"}], 2, "capacity: missing"),
    *[([CARD, {"t": 0, "do": do, "member": "x"}], 2, "member" + UNKNOWN)
      for do in ("pause", "resume", "leave", "lost", "back")],
    ([CARD, {"t": 0, "do": "withdraw", "ticket": "x"}], 2, "ticket" + UNKNOWN),
    ([CARD, {"t": 0, "do": "end", "ticket": "x"}], 2, "ticket" + UNKNOWN),
    ([CARD, {"t": 0, "do": "block", "member": "s", "other": "x"}], 2, "other" + UNKNOWN),
    ([CARD, {"t": 0, "do": "block", "member": "s", "other": "s"}], 2, "other: a member cannot block themselves"),
    ([CARD, ASK, but(REFLECT, ticket="x")], 3, "ticket" + UNKNOWN),
    ([CARD, ASK, but(REFLECT, side="both")], 3, "side: neither seeker nor peer"),
    ([CARD, ASK, but(REFLECT, understood="yes")], 3, "understood: not true or false"),
    ([CARD, ASK, RARITY], 3, "a rarity line after the first ask"),
    ([but(RARITY, pool=...)], 1, "pool: missing"),
    ([but(RARITY, table=[1])], 1, "table: not an object of 0 to 65536 terms"),
    ([but(RARITY, table={"y": 1, "x": -1})], 1,
     "table: the bits of key 2 are not a whole number from 0 to 8191"),
    ([but(RARITY, table={"x": 8192})], 1, "table: the bits of key 1 are not a whole number from 0 to 8191"),
    ([but(RARITY, table={"": 1})], 1, "table: key 1 is not a term of 1 to 128 bytes"),
    (['{"t":0,"do":"rarity","pool":"p","table":{"x":1,"y":2,"x":3}}'], 1, "table: a term is given twice"),
    ([but(CARD, member=f"m{i}", pool=f"pool{i}") for i in range(65)], 65, "more than 64 pools"),
]
# The same, of a file that does not end with a newline.
CUT = [
    ([CARD, json.dumps(ASK)[:-9]], 2, "not a JSON object, and the file ends within it: is it cut off?"),
]
RELAX = "relax_ms takes a whole number from 1 to 3600000"
SEED = "--seed takes a whole number from 0 to 18446744073709551615"
USAGE = [
    ([], "which workload?"),
    (["--seed", "1"], "which workload?"),
    (["W", "W"], "one workload"),
    (["W", "--seed"], "needs a value"),
    (["W", "--seed", "x"], SEED),
    (["W", "--seed", "-1"], SEED),
    (["W", "--seed", str(2**64)], SEED),
    (["W", "--set", "no_such=1"], "--set: no such setting"),
    (["W", "--set", "relax_ms"], "--set takes KEY=VALUE"),
    (["W", "--set", "relax_ms=0"], "--set " + RELAX),
    (["W", "--set", "relax_ms=3600001"], "--set " + RELAX),
    (["W", "--set", "top_k=65"], "--set top_k takes a whole number from 1 to 64"),
    (["W", "--set", "relax_ms=1x"], "--set " + RELAX),
    (["W", "--set", "relax_ms="], "--set " + RELAX),
    (["W", "--compare", "relax_ms=0"], "--compare " + RELAX),
    (["W", "--compare", "--set"], "--compare takes KEY=VALUE"),
    (["W", "--compare"], "needs a value"),
    (["W", "--bogus"], "unknown option"),
    (["no-such-file"], "cannot be read"),
    (["."], "the file cannot be read"),
]


def text(line):
    if isinstance(line, dict):
        line = json.dumps(line)
    return line.encode() if isinstance(line, str) else line


def run(kindred, *args):
    return subprocess.run([kindred, "simulate", *args], capture_output=True, text=True)


def words(repo):
    """Of each message its name, and the pattern that it fills."""
    table = repo.joinpath("src/cli/workload_why.h").read_text()
    for name, message in re.findall(r'X\((CLI_WORKLOAD_WHY_\w+),\s*"(.*)"\)', table):
        yield name, re.compile(r"\d+".join(map(re.escape, message.split("#"))))


bad = 0


def wrong(what, why):
    global bad
    print(f"{str(what)[:200]}: {why}")
    bad += 1


def expect(what, done, status, said, exactly=False):
    ok = done.stderr == said if exactly else said in done.stderr
    if done.returncode != status or not ok or (status and done.stdout):
        wrong(what, f"exit {done.returncode}, said {done.stderr!r}; expected {status}, {said!r}")


kindred, repo = sys.argv[1], pathlib.Path(sys.argv[2])
said = set()
with tempfile.TemporaryDirectory() as folder:
    path, log = os.path.join(folder, "w.jsonl"), os.path.join(folder, "log.jsonl")
    for lines, number, message in TABLE + CUT:
        with open(path, "wb") as file:
            file.write(b"\n".join(text(line) for line in lines) + b"\n"[: (lines, number, message) not in CUT])
        expect(lines, run(kindred, path, "--log", log), 2, f"{path}:{number}: {message}\n", True)
        if os.path.exists(log):
            wrong(lines, "wrote a log")
            os.remove(log)
        said.add(message)
    with open(log, "w") as file:
        file.write("kept")
    expect("old log", run(kindred, path, "--log", log, "--compare", "top_k=1"), 2, "cut off")
    if open(log).read() != "kept":
        wrong("old log", "was touched")
    with open(path, "w") as file:
        file.write(json.dumps(CARD) + "\n" + json.dumps(ASK))  # no newline at the end
    for args, message in USAGE:
        expect(args, run(kindred, *[path if a == "W" else a for a in args]), 2, message)
    expect("good", run(kindred, path, "--set", "ticket_ms=1000", "--set", "ticket_ms=2000"), 0, "")
    expect("help", run(kindred, "--help"), 0, "")
    expect("no place", run(kindred, path, "--log", folder), 1, "cannot be written")
    expect("no place to compare", run(kindred, path, "--log", folder, "--compare", "top_k=1"), 1, "cannot be written")
    expect("full", subprocess.run([kindred, "simulate", path, "--log", "/dev/full"], capture_output=True, text=True),
           1, "cannot be written")
    open(path, "w").close()
    expect("nothing happens", run(kindred, path), 0, "")
unit = repo.joinpath("tests/unit/cli/workload_test.c").read_text()
known = list(words(repo))
for name, pattern in known:
    if not any(pattern.fullmatch(message[-n:]) for message in said for n in range(1, len(message) + 1)) and (
            name not in re.findall(r"\w+", unit) and name != "CLI_WORKLOAD_WHY_READ"):
        wrong(name, "no line reaches it")
if len(known) < 40:
    wrong("words", f"only {len(known)} were found")
print(f"{len(TABLE) + len(CUT) + len(USAGE) + 7} inputs, {len(known)} messages, {bad} wrong")
sys.exit(bad != 0)
