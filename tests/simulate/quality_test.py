#!/usr/bin/env python3
"""quality_test -- the parts of tests/bench/quality that its figures rest on:
days come from their seed, the second score and the engine's agree, a log that
disagrees is seen, no schedule is worth more than the bound, and the other
policies do what they are called.
Usage: quality_test.py BUILD_DIR"""
import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import types

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench/quality"))
import numpy as np  # noqa: E402

import bound  # noqa: E402
import day  # noqa: E402
import measure  # noqa: E402
import policy  # noqa: E402
import table  # noqa: E402
import wide  # noqa: E402

build, checks = pathlib.Path(sys.argv[1]), 0
SMALL = "--peers 30 --rate 0.03 --minutes 60 --rare_permille 20".split()


def check(true, why):
    global checks
    checks += 1
    if not true:
        sys.exit(f"quality_test: {why}")


def workload(*args):
    done = subprocess.run([build / "teds_workload", *args], capture_output=True)
    return done.returncode, done.stdout


def days_come_from_their_seed():
    check(workload("--seed", "5", *SMALL) == workload("--seed", "5", *SMALL), "the same seed, another day")
    check(workload("--seed", "5", *SMALL) != workload("--seed", "6", *SMALL), "another seed, the same day")
    lines = [json.loads(x) for x in workload("--seed", "5", *SMALL)[1].splitlines()]
    check(all(a["t"] <= b["t"] for a, b in zip(lines, lines[1:])), "time goes back")
    asks = [x for x in lines if x["do"] == "ask"]
    check(70 < len(asks) < 150, f"{len(asks)} asks where 108 are due")
    burst = [x for x in map(json.loads, workload("--burst", "8", "--burst_minutes", "10", *SMALL)[1].splitlines())
             if x["do"] == "ask" and 1_800_000 <= x["t"] < 2_400_000]
    check(100 < len(burst) < 190, f"{len(burst)} asks in a burst where 144 are due")
    for bad in ("--rate 0", "--rate 1001", "--rate 0.0001", "--peers", "--peers x", "--pears 3", "--burst 0", "--answers 257",
                "--shift_minutes 0"):
        check(workload(*bad.split()) == (2, b""), f"{bad} is taken")


def stranger(lines):
    """The same day with odder cards: who seeks nothing, who rules out a lot."""
    dice = random.Random(3)
    for line in lines:
        if line["do"] == "card":
            line["seek"] = line["seek"] if dice.random() < 0.5 else []
            for term in ("parent", "opioid", "white", "man"):
                if dice.random() < 0.1 and ["man"] not in [x["any"] for x in line["must"]] + [line["must_not"]]:
                    line["must_not"] = sorted({*line["must_not"], term})
        yield line


def allowed_from(seeker, peer):
    """Hard of two cards, as ENGINE.md §2 says it: from which wait on."""
    if {*seeker["must_not"]} & {*peer["have"]} or {*peer["must_not"]} & {*seeker["have"]}:
        return day.NEVER
    if any(not {*x["any"]} & {*seeker["have"]} for x in peer["must"]):
        return day.NEVER
    return max((x["relax_after_ms"] or day.NEVER for x in seeker["must"] if not {*x["any"]} & {*peer["have"]}), default=0)


def hard_is_hard(lines, today, hard):
    card = {x["member"]: x for x in lines if x["do"] == "card"}
    asks = [x for x in lines if x["do"] == "ask"]
    peers = [card[p["name"]] for p in today.peer]
    check(all(hard[t, p] == allowed_from(card[ask["member"]], peer)
              for t, ask in enumerate(asks) for p, peer in enumerate(peers)), "Hard is another")
    check(len(np.unique(hard)) >= 3, "Hard is always the same")


def lists_answer_as_a_sheet(today, sheet, upper):
    t, p = (x.ravel() for x in np.indices(sheet.p.shape))
    able, each = bound.Pairs(today, sheet), np.zeros(len(sheet.p), int)
    np.maximum.at(each, able.ticket, able.p)
    for wide.LISTED in (3, 12, 999):  # of some tickets nobody listed will do
        lists = wide.Lists(today)
        check(all((a == b).all() for a, b in zip(lists.at(t, p), sheet.at(t, p))), "a pair is another in a list")
        check(all({*sheet.waits(i)} - {0, day.NEVER} <= {*lists.waits(i)} for i in range(len(sheet.p))), "a must relaxes unseen")
        check(all((sheet.p[i, peers].min() >= np.delete(sheet.p[i], peers).max(initial=0)) for i, peers in enumerate(lists.peers)),
              "somebody better is not listed")
        for name in ("fcfs", "greedy"):
            a, b = (policy.simulate(today, pairs, name) for pairs in (sheet, lists))
            check(a.offers == b.offers and [*map(list, a.matches)] == [*map(list, b.matches)], f"{name} does another thing by lists")
        high, low = wide.bounds(today, lists)
        check(low <= upper <= each.sum() <= high, "bounds by lists are the wrong way round")


def score_and_engine_agree(work):
    path, log = work / "day.jsonl", work / "log.jsonl"
    odd = ["--favourite", "1", "--danger_permille", "100", "--silent_permille", "400"]
    for seed, more in (("1", []), ("2", odd)):
        lines = [json.loads(x) for x in workload("--seed", seed, *SMALL, *more)[1].splitlines()]
        lines = list(stranger(lines)) if more else lines
        path.write_text("".join(json.dumps(x) + "\n" for x in lines))
        subprocess.run([build / "kindred", "simulate", path, "--log", log], check=True, stdout=subprocess.DEVNULL)
        today = day.Day(path)
        pairs = today.sheet()
        hard_is_hard(lines, today, pairs.hard)
        run = measure.read(today, pairs, log)
        check(len(run.offers) > 60 and len(run.matches) > 40, "nothing happened")
        upper, _ = bound.upper(bound.Grid(bound.Pairs(today, pairs)))
        for name, other in [("kindred", run)] + [(p, policy.simulate(today, pairs, p)) for p in policy.POLICIES]:
            figures = measure.Figures(today, other, upper)
            check(0 < figures.in_time <= upper, f"{name} is above the bound")
            check(len({m[0] for m in other.matches}) == len(other.matches), f"{name} matches a ticket twice")
        lists_answer_as_a_sheet(today, pairs, upper)
    lines = log.read_text().splitlines()
    offered = next(i for i, x in enumerate(lines) if '"offered"' in x)
    accepted = next(i for i, x in enumerate(lines) if '"accept"' in x)
    for what, at, change in (("P", offered, lambda x: x | {"p": x["p"] + 1}), ("time", accepted, lambda x: x | {"t": x["t"] + 1}),
                             ("answer", accepted, lambda x: x | {"say": "lapse"})):
        bad = lines[:at] + [json.dumps(change(json.loads(lines[at])))] + lines[at + 1:]
        log.write_text("\n".join(bad))
        try:
            measure.read(today, pairs, log)
            check(False, f"a wrong {what} is not seen")
        except measure.Wrong:
            check(True, "")


# ---- the bound, against every schedule of tiny days ----

def tiny(dice, tickets, peers):
    """Seconds are short here, so that minutes of waiting matter."""
    n = lambda low, high, size: np.array([dice.randint(low, high) * 1000 for _ in range(size)], np.int64)  # noqa: E731
    today = types.SimpleNamespace(ticket=[None] * tickets, peer=[None] * peers)
    today.ticket_t = np.sort(n(0, 150, tickets))
    today.ticket_talk = n(20, 200, tickets)
    today.ticket_lost = today.ticket_t + n(20, 400, tickets)
    today.ticket_withdrawn = np.full(tickets, day.NEVER)
    today.danger = np.zeros(tickets, bool)
    today.peer_since, today.peer_until = n(0, 60, peers), n(150, 400, peers)
    today.peer_capacity = np.array([dice.choice((1, 1, 2)) for _ in range(peers)], np.int64)
    today.peer_rest = np.array([dice.choice((0, 30_000)) for _ in range(peers)], np.int64)
    size = (tickets, peers)
    pick = lambda *values: np.array([[dice.choice(values) for _ in range(peers)] for _ in range(tickets)])  # noqa: E731
    return today, day.Sheet(pick(*range(4000, 60000, 7)).reshape(size), pick(0, 0, 0, 30_000, day.NEVER),
                            pick(True, True, True, False), pick(*range(1500, 29000, 500)))


def peer_can(pairs, chosen):
    """Can one peer have these, each at one of the moments worth trying?"""
    rest, cap = int(pairs.day.peer_rest[pairs.peer[chosen[0]]]), int(pairs.day.peer_capacity[pairs.peer[chosen[0]]])

    def place(left, held, since):
        if not left:
            return True
        pair = left[0]
        first, last = int(pairs.first[pair]), int(pairs.last[pair])
        for start in {first, since, *(e for _, e in held), *(e + rest for _, e in held)}:
            if max(first, since) <= start <= last and not any(e <= start < e + rest for _, e in held) \
                    and sum(b <= start < e for b, e in held) < cap:
                if place(left[1:], held + [(start, start + int(pairs.holds[pair]) - rest)], start):
                    return True
        return False

    return any(place(order, [], 0) for order in itertools.permutations(chosen))


def holds(today, peer, held):
    """Offer by offer: a slot is free, and the peer does not rest."""
    rest = int(today.peer_rest[peer])
    return all(sum(b <= start < e for b, e in held[:i]) < today.peer_capacity[peer] and
               not any(e <= start < e + rest for _, e in held[:i])
               for held in [sorted(held)] for i, (start, _) in enumerate(held))


def best(pairs):
    """The best of all schedules, by trying them."""
    options = [[None] + [i for i in range(len(pairs.p)) if pairs.ticket[i] == t] for t in range(len(pairs.day.ticket))]
    top = 0
    for chosen in itertools.product(*options):
        total = sum(int(pairs.p[i]) for i in chosen if i is not None)
        by_peer = {}
        for i in chosen:
            if i is not None:
                by_peer.setdefault(int(pairs.peer[i]), []).append(i)
        if total > top and all(peer_can(pairs, x) for x in by_peer.values()):
            top = total
    return top


def nothing_is_above_the_bound():
    dice, tight = random.Random(4), 0
    for _ in range(150):
        today, pairs = tiny(dice, dice.randint(2, 5), dice.randint(1, 2))
        pairs = bound.Pairs(today, pairs)
        grid = bound.Grid(pairs, dice.choice((5_000, 20_000, 60_000)))
        top = best(pairs)
        upper, columns = bound.upper(grid)
        check(upper >= top, f"the bound {upper} is below {top}")
        found = bound.lower(grid, columns)
        check(found.total <= upper, "the schedule found is above the bound")
        check(all(holds(today, p, held) for p, held in found.held.items()), "the schedule found cannot be followed")
        for most in (0, 300, 5000):  # any prices prove a bound
            prices = np.array([[dice.randint(0, most) for _ in range(grid.moments)] for _ in today.peer], np.int64)
            check(grid.value(prices)[0] >= top, f"prices up to {most} prove less than {top}")
        tight += upper <= 1.02 * top
    check(tight > 75, f"the bound is near the best in {tight} of 150 only")
    try:
        grid.value(-1 - grid.no_prices())
        check(False, "a price below 0 is taken")
    except ValueError:
        check(True, "")


def one_peer(cap, rest, gap):
    """Two who ask for one peer, gap ms apart; talks of 60 s."""
    today = types.SimpleNamespace(
        ticket=[None] * 2, peer=[None], ticket_t=np.array([0, gap]), ticket_talk=np.array([60_000] * 2),
        ticket_lost=np.array([day.NEVER] * 2), ticket_withdrawn=np.array([day.NEVER] * 2), danger=np.zeros(2, bool),
        peer_since=np.array([0]), peer_until=np.array([day.NEVER]), peer_capacity=np.array([cap]), peer_rest=np.array([rest]),
        ticket_id=np.array([1, 2]), peer_id=np.array([3]))
    today.ticket = [{"t": t, "lost": day.NEVER, "withdrawn": day.NEVER} for t in (0, gap)]
    today.peer = [{"from": 0, "until": day.NEVER, "resumes": []}]
    return today, day.Sheet(np.array([[100], [300]]), np.zeros((2, 1), int), np.ones((2, 1), bool), np.full((2, 1), 2000))


def the_bound_of_what_is_plain():
    for cap, rest, gap, value in ((1, 0, 0, 400),           # one after the other, both in time
                                  (1, 100_000, 0, 300),     # the rest is too long for the second
                                  (2, 100_000, 0, 400),     # at once
                                  (1, 100_000, 170_000, 400)):
        today, pairs = one_peer(cap, rest, gap)
        upper, columns = bound.upper(bound.Grid(bound.Pairs(today, pairs), 1000))
        check(upper == value, f"capacity {cap}, rest {rest}: {upper} is not {value}")
        check(bound.lower(bound.Grid(bound.Pairs(today, pairs), 1000), columns).total == value, "and that can be had")


def policies_do_what_they_are_called():
    """Both wait for one peer who is busy: the third, 0, asked before them."""
    for name, second in (("fcfs", 1), ("any", 1), ("greedy", 2)):
        today, _ = one_peer(1, 5_000, 0)
        today.ticket_t, today.ticket_id = np.array([0, 1000, 2000]), np.array([1, 2, 3])
        today.ticket_talk, today.danger = np.array([60_000] * 3), np.zeros(3, bool)
        today.ticket = [{"t": int(t), "lost": day.NEVER, "withdrawn": day.NEVER} for t in today.ticket_t]
        run = policy.simulate(today, day.Sheet(np.array([[100], [200], [300]]), np.zeros((3, 1), int), np.ones((3, 1), bool),
                                               np.full((3, 1), 2000)), name)
        check([m[0] for m in run.matches][:2] == [0, second], f"{name} serves {run.matches}")
        check(run.matches[1][2] == 2_000 + 60_000 + 5_000 + 2_000, f"{name} forgets talk, rest or answer")
        check(len(run.matches) == 3, f"{name} forgets one")


def who_refused_is_not_asked_again():
    for name in policy.POLICIES:
        today, sheet = one_peer(2, 0, 0)
        run = policy.simulate(today, sheet._replace(yes=np.zeros((2, 1), bool)), name)
        check([x[:2] for x in run.offers] == [(0, 0), (1, 0)], f"{name} asks again who refused")


def a_ratio_has_its_error_and_spread():
    def figures(in_time):
        f = measure.Figures.__new__(measure.Figures)
        for name in measure.SUMS + measure.LISTS:
            setattr(f, name, 1 if name in measure.SUMS else np.zeros(1))
        f.in_time = in_time
        return f

    mix = table.Mix.__new__(table.Mix)
    mix.each = {"kindred": [figures(x) for x in (110, 130, 120)], "fcfs": [figures(100)] * 3}
    check(mix.ratio("kindred", "in_time") == 1.2, "the ratio is another")
    check(abs(mix.error("kindred", "in_time") - 0.1 / 3**0.5) < 1e-9, "the standard error is another")  # of a mean of three
    check(mix.spread("kindred", "in_time") == (1.1, 1.2, 1.3), "the spread is another")


days_come_from_their_seed()
a_ratio_has_its_error_and_spread()
who_refused_is_not_asked_again()
with tempfile.TemporaryDirectory() as work:
    score_and_engine_agree(pathlib.Path(work))
nothing_is_above_the_bound()
the_bound_of_what_is_plain()
policies_do_what_they_are_called()
print(f"quality_test: {checks} checks")
