#!/usr/bin/env python3
"""compare -- does `kindred simulate` write, byte for byte, what another
implementation wrote?  Only events and laws_checked of the summary may differ.
Runs it twice: the same input gives the same bytes.  Of cli/simulate_run laws
1, 2 and 3 any broken one changes them: the example days are full of equal times.
Usage: compare.py KINDRED WORKLOAD.jsonl EXPECTED.jsonl [ARG ...]"""
import re
import subprocess
import sys
import tempfile

AROUND = 6
MAY_DIFFER = re.compile(rb'"(events|laws_checked)":\d+')


def run(kindred, workload, args):
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as log:
        done = subprocess.run([kindred, "simulate", workload, "--log", log.name, *args],
                              capture_output=True)
        if done.returncode != 0:
            sys.exit(f"simulate ended {done.returncode}: {done.stderr.decode()[-2000:]}")
        lines = log.read().splitlines()
    if not lines or lines[-1] != done.stdout.strip():
        sys.exit("the summary on standard output is not the log's last line")
    return lines


kindred, workload, expected = sys.argv[1:4]
ours = run(kindred, workload, sys.argv[4:])
if run(kindred, workload, sys.argv[4:]) != ours:
    sys.exit("two runs differ")
with open(expected, "rb") as file:
    theirs = file.read().splitlines()
for lines in (ours, theirs):
    lines[-1] = MAY_DIFFER.sub(rb'"\1":_', lines[-1])
for at, (a, b) in enumerate(zip(ours + [b"(end)"], theirs + [b"(end)"])):
    if a != b:
        print(f"line {at + 1} is the first that differs:")
        for line in theirs[max(0, at - AROUND):at]:
            print("   ", line.decode())
        for mark, lines in (("ours  ", ours), ("theirs", theirs)):
            for line in lines[at:at + AROUND]:
                print(mark, line.decode())
        sys.exit(1)
print(f"{len(ours)} lines, all the same")
