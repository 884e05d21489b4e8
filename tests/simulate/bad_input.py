#!/usr/bin/env python3
"""bad_input -- every kind of bad line stops `kindred simulate` with its line
number and why, exit 2, and nothing written.  Usage: bad_input.py KINDRED"""
import json
import os
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


def but(line, **change):
    return {k: v for k, v in {**line, **change}.items() if v is not ...}


def seek(**group):
    return but(CARD, seek=[group])


def must(**group):
    return but(CARD, must=[group])


#  lines, the number of the bad one, what the message says
TABLE = [
    (["{"], 1, "not a JSON object"),
    ([""], 1, "empty"),
    ([CARD, "", CARD], 2, "empty"),
    (["\ufeff" + json.dumps(CARD)], 1, "byte order mark"),
    ([b'{"t":0,"do":"card","member":"\xff","role":"peer"}'], 1, "not a JSON object in UTF-8"),
    ([b'{"t":0,\0"do":"lost"}'], 1, "not a JSON object"),
    (['{"t":0,"t":0,"do":"back","member":"s"}'], 1, "not a JSON object"),
    ([b"[" * 5000], 1, "not a JSON object"),
    (["[]"], 1, "do: "),
    (["17"], 1, "not a JSON object"),
    ([b" " * (1 << 20) + b"{}"], 1, "too long"),
    ([json.dumps(CARD) + " x"], 1, "not a JSON object"),
    ([but(CARD, do="dance")], 1, "do: not a word that is known"),
    ([but(CARD, do=...)], 1, "do: "),
    ([but(CARD, do=3)], 1, "do: "),
    ([but(CARD, t=...)], 1, "t: missing"),
    ([but(CARD, t=-1)], 1, "t: not a whole number"),
    ([but(CARD, t=1.5)], 1, "t: not a whole number"),
    ([but(CARD, t="0")], 1, "t: not a whole number"),
    ([but(CARD, t=10**30)], 1, "not a JSON object"),
    ([but(CARD, t=10**15)], 1, "t: not a whole number, or out"),
    ([but(CARD, t=5), but(CARD, t=4)], 2, "t: earlier"),
    ([but(CARD, role="both")], 1, "role: neither"),
    ([but(CARD, role=...)], 1, "role: missing"),
    ([but(CARD, member="")], 1, "member: not a string, empty"),
    ([but(CARD, member="m" * 129)], 1, "too long"),
    ([but(CARD, colour="red")], 1, "a field that is not known"),
    ([CARD, but(CARD, pool="minor")], 2, "pool: this member is in another pool"),
    ([but(CARD, have="x")], 1, "have: not a list"),
    ([but(CARD, have=MANY)], 1, "have: not a list, or too long"),
    ([but(CARD, have=[1])], 1, "have: a term is not"),
    ([but(CARD, have=["x", "x"])], 1, "card breaks"),
    ([but(CARD, must_not=MANY[:33])], 1, "must_not: not a list, or too long"),
    ([seek(any=["x"])], 1, "importance: missing"),
    ([seek(any=["x"], importance=0)], 1, "card breaks"),
    ([seek(any=["x"], importance=4)], 1, "importance: not a whole number, or out"),
    ([seek(any=[], importance=1)], 1, "card breaks"),
    ([seek(any=MANY[:9], importance=1)], 1, "any: not a list, or too long"),
    ([but(CARD, seek=[{"any": MANY[i:i + 8], "importance": 1} for i in range(9)])], 1, "seek: too many terms"),
    ([but(CARD, seek=[{"any": ["x"], "importance": 1}] * 33)], 1, "seek: not a list, or too long"),
    ([but(CARD, seek=["x"])], 1, "not a JSON object"),
    ([must(any=["x"])], 1, "relax_after_ms: missing"),
    ([must(any=["x"], relax_after_ms=2**32)], 1, "relax_after_ms: not a whole"),
    ([but(PEER, must=[{"any": ["x"], "relax_after_ms": 1}])], 1, "card breaks"),
    ([but(must(any=["x"], relax_after_ms=0), must_not=["x"])], 1, "card breaks"),
    ([but(CARD, must=[{"any": ["x"], "relax_after_ms": 0}] * 17)], 1, "must: not a list, or too long"),
    ([ASK], 1, "member: unknown"),
    ([PEER, but(ASK, member="p")], 2, "member: this member has no seeker card"),
    ([CARD, ASK, ASK], 3, "ticket: this ticket's name was used before"),
    ([CARD, but(ASK, danger=0)], 2, "danger: not true or false"),
    ([CARD, but(ASK, talk_ms=...)], 2, "talk_ms: missing"),
    ([CARD, but(ATTEND, member="s")], 2, "member: this member has no peer card"),
    ([PEER, but(ATTEND, capacity=9)], 2, "capacity: not a whole number, or out"),
    ([PEER, but(ATTEND, grade="saint")], 2, "grade: neither"),
    ([PEER, but(ATTEND, rest_ms=...)], 2, "rest_ms: missing"),
    ([PEER, but(ATTEND, answers={})], 2, "answers: not a list"),
    ([PEER, but(ATTEND, answers=[{"say": "maybe"}])], 2, "say: not accept"),
    ([PEER, but(ATTEND, answers=[{"say": "accept"}])], 2, "after_ms: missing"),
    ([PEER, but(ATTEND, answers=[{"after_ms": 1}])], 2, "say: missing"),
    ([PEER, but(ATTEND, answers=[{"say": "silence"}] * 257)], 2, "answers: not a list, or too long"),
    ([PEER, {"t": 0, "do": "capacity", "member": "p"}], 2, "capacity: missing"),
    ([CARD, {"t": 0, "do": "pause", "member": "x"}], 2, "member: unknown"),
    ([CARD, {"t": 0, "do": "resume", "member": "x"}], 2, "member: unknown"),
    ([CARD, {"t": 0, "do": "leave", "member": "x"}], 2, "member: unknown"),
    ([CARD, {"t": 0, "do": "lost", "member": "x"}], 2, "member: unknown"),
    ([CARD, {"t": 0, "do": "back", "member": "x"}], 2, "member: unknown"),
    ([CARD, {"t": 0, "do": "withdraw", "ticket": "x"}], 2, "ticket: unknown"),
    ([CARD, {"t": 0, "do": "end", "ticket": "x"}], 2, "ticket: unknown"),
    ([CARD, {"t": 0, "do": "block", "member": "s", "other": "x"}], 2, "other: unknown"),
    ([CARD, {"t": 0, "do": "block", "member": "s", "other": "s"}], 2, "other: a member cannot"),
    ([CARD, ASK, but(REFLECT, ticket="x")], 3, "ticket: unknown"),
    ([CARD, ASK, but(REFLECT, side="both")], 3, "side: neither"),
    ([CARD, ASK, but(REFLECT, understood="yes")], 3, "understood: not true or false"),
    ([CARD, ASK, RARITY], 3, "a rarity line after the first ask"),
    ([but(RARITY, table={"x": -1})], 1, "table: a term or its bits"),
    ([but(RARITY, table={"x": 8192})], 1, "table: a term or its bits"),
    ([but(RARITY, table={"": 1})], 1, "table: a term or its bits"),
    ([but(RARITY, table=[1])], 1, "table: not an object"),
    ([but(RARITY, pool=...)], 1, "pool: missing"),
    ([but(CARD, member=f"m{i}", pool=f"pool{i}") for i in range(65)], 65, "too many pools"),
]
USAGE = [
    ([], "which workload?"),
    (["--seed", "1"], "which workload?"),
    (["W", "W"], "one workload"),
    (["W", "--seed"], "needs a value"),
    (["W", "--seed", "x"], "--seed takes"),
    (["W", "--seed", "-1"], "--seed takes"),
    (["W", "--seed", str(2**64)], "--seed takes"),
    (["W", "--set", "no_such=1"], "--set"),
    (["W", "--set", "relax_ms"], "--set"),
    (["W", "--set", "relax_ms=0"], "--set"),
    (["W", "--set", "top_k=65"], "--set"),
    (["W", "--set", "relax_ms=1x"], "--set"),
    (["W", "--bogus"], "unknown option"),
    (["no-such-file"], "cannot be read"),
]


def text(line):
    if isinstance(line, dict):
        line = json.dumps(line)
    return line.encode() if isinstance(line, str) else line


def run(kindred, *args):
    return subprocess.run([kindred, "simulate", *args], capture_output=True, text=True)


bad = 0


def expect(what, done, status, words):
    global bad
    if done.returncode != status or words not in done.stderr or (status and done.stdout):
        print(f"{what}: exit {done.returncode}, said {done.stderr!r}; expected {status}, {words!r}")
        bad += 1


kindred = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "w.jsonl")
    log = os.path.join(folder, "log.jsonl")
    for lines, number, words in TABLE:
        with open(path, "wb") as file:
            file.write(b"\n".join(text(line) for line in lines) + b"\n")
        expect(str(lines)[:200], run(kindred, path, "--log", log), 2, f"w.jsonl:{number}: ")
        expect(str(lines)[:200], run(kindred, path), 2, words)
        if os.path.exists(log):
            print(f"{lines}: wrote a log")
            bad += 1
    with open(path, "w") as file:
        file.write(json.dumps(CARD) + "\n" + json.dumps(ASK))  # no newline at the end
    for args, words in USAGE:
        expect(args, run(kindred, *[path if a == "W" else a for a in args]), 2, words)
    expect("good", run(kindred, path, "--set", "ticket_ms=1000", "--set", "ticket_ms=2000"), 0, "")
    expect("help", run(kindred, "--help"), 0, "")
    expect("no place", run(kindred, path, "--log", folder), 1, "cannot be written")
print(f"{len(TABLE) + len(USAGE) + 3} inputs, {bad} wrong")
sys.exit(bad != 0)
