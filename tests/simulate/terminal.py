#!/usr/bin/env python3
"""terminal -- what `kindred simulate` shows a person, and that a machine is
shown something else: the summary, the progress, two settings side by side.
Usage: terminal.py KINDRED WORKLOAD.jsonl"""
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import time

FIGURES = ["tickets", "matched", "share matched", "withdrawn", "lost", "expired", "mean P", "worst tenth of P",
           "wait, half", "wait, 90 %", "wait, 99 %", "wait, longest", "told: nobody on duty", "told: none fits",
           "told: all busy", "offers", "offers per match", "declined", "lapsed", "revoked", "peers", "never asked",
           "Gini of offers", "to the top tenth", "to newcomers", "newcomers' time"]
kindred, workload = sys.argv[1:3]
checks = bad = 0


def check(what, holds, seen=""):
    global checks, bad
    checks += 1
    if not holds:
        print(f"{what}: {seen!r}")
        bad += 1


def run(*args, **more):
    done = subprocess.run([kindred, "simulate", *args], capture_output=True, text=True, **more)
    check(f"{args} ends well", done.returncode == 0 and done.stderr == "", done.stderr)
    return done.stdout


def on_terminal(*args, streams, slow=None):
    """What a terminal in place of these streams shows; slow: lines given to
    standard input, with a pause in the middle."""
    ours, theirs = pty.openpty()
    where = {s: theirs if s in streams else subprocess.DEVNULL for s in ("stdout", "stderr")}
    child = subprocess.Popen([kindred, "simulate", *args], stdin=subprocess.PIPE, **where)
    os.close(theirs)
    if slow:
        child.stdin.write(slow)
        child.stdin.flush()
        time.sleep(0.6)
        child.stdin.write(slow)
    child.stdin.close()
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the terminal is gone
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(ours)
    check(f"{args} ends well on a terminal", child.wait() == 0, shown)
    return shown.decode().replace("\r\n", "\n")


def rows(table):
    """Label to the columns after it."""
    return {line[:20].strip(): re.split(r"  +", line[20:].strip()) for line in table.splitlines() if line}


def seconds(text):
    unit = {"ms": 0.001, "s": 1, "min": 60, "h": 3600}
    words = text.split()
    return sum(float(n) * unit[u] for n, u in zip(words[::2], words[1::2]))


with tempfile.TemporaryDirectory() as folder:
    log, other = os.path.join(folder, "log"), os.path.join(folder, "other")
    plain = json.loads(run(workload, "--log", log))
    events = [json.loads(line) for line in open(log)]
    offers = [e for e in events if e["is"] == "offered"]

    # a person's summary says what the machine's says
    shown = on_terminal(workload, "--log", log, streams=["stdout"])
    seen = rows(shown)
    check("every figure, in order", list(seen)[:-1] == FIGURES, list(seen))
    check("how long it took", re.fullmatch(r"[\d.]+ (ms|s)", seen["took"][0]) and "events" in seen["took"][1], shown)
    check("tickets", seen["tickets"] == [f"{plain['tickets']:,}"], seen)
    check("matched", seen["matched"] == [f"{plain['matched']:,}"], seen)
    per_mille = plain["matched"] * 1000 // plain["tickets"]
    check("share", seen["share matched"] == [f"{per_mille // 10}.{per_mille % 10} %"], seen)
    per_mille = plain["p_mean"] * 1000 // 65536
    check("mean P", seen["mean P"] == [f"{per_mille // 10}.{per_mille % 10} %"], seen)
    scores = sorted(e["p"] for e in events if e["is"] == "matched")
    per_mille = scores[(len(scores) + 9) // 10 - 1] * 1000 // 65536
    check("worst tenth", seen["worst tenth of P"] == [f"{per_mille // 10}.{per_mille % 10} %"], seen)
    for label, key in (("half", "p50"), ("90 %", "p90"), ("99 %", "p99"), ("longest", "max")):
        said = seconds(seen["wait, " + label][0])
        check(label, abs(said - plain["wait_ms"][key] / 1000) < (60 if said > 3600 else 1), seen)
    for label in ("declined", "lapsed"):
        check(label, seen[label] == [str(plain[label])], seen)
    revoked = sum(e.get("say") == "revoke" for e in events)
    check("revoked", seen["revoked"] == [str(revoked)], seen)
    for label, why in (("nobody on duty", "nobody_on_duty"), ("none fits", "none_compatible"), ("all busy", "all_busy")):
        told = sum(e["is"] == "bound_passed" and e["why"] == why for e in events)
        check(label, seen["told: " + label] == [str(told)], seen)
    check("per match", seen["offers per match"] == [f"{len(offers) * 100 // plain['matched'] / 100:.2f}"], seen)

    # load over peers, as the log has it
    on_duty = {json.loads(line)["member"] for line in open(workload) if '"do":"attend"' in line}
    load = sorted(sum(e["peer"] == peer for e in offers) for peer in on_duty)
    n = len(load)
    gini = sum((2 * i - n - 1) * x for i, x in enumerate(load, 1)) * 1000 // (n * len(offers))
    top = sum(load[n - (n + 9) // 10:]) * 1000 // len(offers)
    check("peers", seen["peers"] == [str(n)], seen)
    check("never asked", seen["never asked"] == [str(load.count(0))], seen)
    check("Gini", seen["Gini of offers"] == [f"{gini // 10}.{gini % 10} %"], (seen, gini))
    check("top tenth", seen["to the top tenth"] == [f"{top // 10}.{top % 10} %"], (seen, top))

    # a machine's, even there
    check("--json", json.loads(on_terminal(workload, "--log", log, "--json", streams=["stdout"])) == plain)
    check("no log: as it was", on_terminal(workload, streams=["stdout"]) == open(log).read())

    # two settings
    args = [workload, "--compare", "relax_ms=1000", "--compare", "top_k=1"]
    table = run(*args)
    check("the same table twice", run(*args) == table)
    check("a terminal changes nothing", on_terminal(*args, streams=["stdout"]) == table)
    run(*args, "--log", other)
    run(workload, "--log", log)
    check("the first log", open(other).read() == open(log).read())
    second = json.loads(run(workload, "--set", "relax_ms=1000", "--set", "top_k=1", "--log", log))
    check("the second log", open(other + ".compare").read() == open(log).read())
    check("they differ", open(other).read() != open(log).read())
    compared = rows(table)
    check("its rows", list(compared)[1:] == ["relax_ms", "top_k", *FIGURES], list(compared))
    check("settings", compared["relax_ms"] == ["60,000", "1,000", "-59,000"], compared)
    check("figures", compared["matched"][:2] == [f"{plain['matched']:,}", f"{second['matched']:,}"], compared)
    check("difference", compared["declined"][2] in (f"{second['declined'] - plain['declined']:+d}", "="), compared)
    check("the same", compared["peers"][2] == "=", compared)
    machine = json.loads(run(*args, "--json"))
    check("its settings", machine["settings"] == {"relax_ms": [60000, 1000], "top_k": [16, 1]}, machine)
    check("one side", machine["a"]["p_mean"] == plain["p_mean"] and machine["a"]["revoked"] == revoked, machine)
    check("the other", machine["b"]["wait_max_ms"] == second["wait_ms"]["max"], machine)
    check("all of it", len(machine["a"]) == len(machine["b"]) == len(FIGURES), machine)
    both = run(workload, "--set", "top_k=1", "--compare", "relax_ms=1000", "--json")
    check("--set holds for both", json.loads(both)["settings"] == {"relax_ms": [60000, 1000]}, both)
    check("its second", json.loads(both)["b"] == machine["b"], both)

    # progress: on standard error, if that is a terminal, and gone at the end
    lines = b"".join(b'{"t":0,"do":"card","member":"m%d","role":"peer"}\n' % i for i in range(2000))
    shown = on_terminal("-", "--log", "/dev/null", streams=["stderr"], slow=lines)
    check("progress", re.search(r"\r\x1b\[Kreading: \d+ MB", shown), shown)
    check("erased", shown.endswith("\r\x1b[K"), shown)
    shown = on_terminal("-", streams=["stdout", "stderr"], slow=lines)
    check("none into the log", shown.startswith('{"is":"summary"') and "\x1b" not in shown, shown)
print(f"{checks} checks, {bad} wrong")
sys.exit(bad != 0)
