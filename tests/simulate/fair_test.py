#!/usr/bin/env python3
"""fair_test -- two-sided and fair under load, as laws: `kindred simulate` runs
the days of fair_days and fair_laws judges the logs from outside, line by line.

Then the judge is judged: it finds nothing wrong with the log that another
implementation wrote of a burst, and every law must be seen to break in a log
that was changed to break it.  Prints what load and luck the days had.
Usage: fair_test.py KINDRED [SEED]"""
import json
import pathlib
import subprocess
import sys
import tempfile

from fair_days import MINUTE, PLANS, RARE, day
from fair_laws import BACKOFF, BOUND, REFUSALS, SLACK, Laws

THEIRS = pathlib.Path(__file__).resolve().parents[1] / "data/simulate"
NEWCOMERS_LEAST = 0.5  # of what those who were there before get
ENOUGH = 2  # offers per peer and 10 minutes, for a share to mean something


def simulate(kindred, lines, work):
    workload, log = work / "day.jsonl", work / "log.jsonl"
    workload.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = subprocess.run([kindred, "simulate", workload, "--log", log], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"simulate ended {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in log.read_text().splitlines()]


# ---- what a day was like ----

def gini(shares):
    shares, total = sorted(shares), sum(shares)
    ranks = sum((2 * rank - len(shares) - 1) * share for rank, share in enumerate(shares, 1))
    return ranks / (len(shares) * total) if total else 0.0


def middle(values, share=0.5):
    return sorted(values)[int(len(values) * share)] if values else 0


def newcomers(laws, plan, log):
    """(offers each per 10 minutes, share of them who got any) of newcomers
    since they came, and of those who were there before in the second half."""
    over = sum(minutes for minutes, _ in plan.rates) * MINUTE
    since = {peer.name: max(peer.since[0], over // 2) for peer in laws.member.values() if peer.since}
    got = dict.fromkeys(since, 0)
    for line in log:
        if line["is"] == "offered" and since[line["peer"]] <= line["t"] <= over:
            got[line["peer"]] += 1

    def of(names):
        rates = [got[name] * 10 * MINUTE / (over - since[name]) for name in names]
        return sum(rates) / len(names), sum(got[name] > 0 for name in names) / len(names)
    new = [name for name in since if laws.member[name].since[0] > 0]
    return of(new), of([name for name in since if name not in new])


def starved(laws, plan, log):
    """Do newcomers among peers get too little?  None, or how little."""
    (new, some), (old, some_old) = newcomers(laws, plan, log)
    if old >= ENOUGH and (new < NEWCOMERS_LEAST * old or some < NEWCOMERS_LEAST * some_old):
        return f"newcomers get {new:.1f} offers each, the others {old:.1f}; {some:.0%} and {some_old:.0%} get any"
    return None


def describe(laws, plan, log):
    offers = {peer.name: 0 for peer in laws.member.values() if peer.since}
    for line in log:
        if line["is"] == "offered":
            offers[line["peer"]] += 1
    talks = [line for line in log if line["is"] == "matched"]
    ps, waits = sorted(line["p"] for line in talks), [line["waited_ms"] / 1000 for line in talks]
    worst = ps[:max(1, len(ps) // 10)]
    (new, _), (old, _) = newcomers(laws, plan, log)
    print(f"{plan.name}: {len(laws.ticket)} tickets, {len(talks)} talks, {sum(t.told for t in laws.ticket.values())} told at "
          f"the bound; P mean {sum(ps) // len(ps)}, worst tenth {sum(worst) // len(worst)}; wait p50 {middle(waits):.0f} s, "
          f"p90 {middle(waits, 0.9):.0f} s")
    print(f"    offers per peer: mean {sum(offers.values()) / len(offers):.1f}, most {max(offers.values())}, "
          f"Gini {gini(list(offers.values())):.2f}; newcomers {new:.1f} in 10 minutes, the others {old:.1f}")
    if plan.favourite:
        print(f"    the favourite: {offers['p1']} offers, {offers['p1'] / sum(offers.values()):.1%} of all")
    if plan.rare:
        theirs = {t.name for t in laws.ticket.values() if t.seeker.card["seeker"]["have"] >= set(RARE["have"])}
        rare = [line for line in talks if line["ticket"] in theirs]
        print(f"    the rare: {len(rare)} of {len(theirs)} talk, P mean {sum(line['p'] for line in rare) // max(1, len(rare))}, "
              f"{sum(line['peer'] in ('p1', 'p2') for line in rare)} of them with one of the two who lived it")


# ---- logs that break a law: each gives a changed copy, or None where the day
# has nothing to change ----

def first(log, start=0, **fields):
    """Where the first such line is, or None."""
    for at in range(start, len(log)):
        if all(log[at].get(key.rstrip("_")) == value for key, value in fields.items()):
            return at
    return None


def changed(log, at, **fields):
    return None if at is None else log[:at] + [log[at] | fields] + log[at + 1:]


def without(log, at, n=1):
    return None if at is None else log[:at] + log[at + n:]


def put(log, line):
    """A line in its place by time: the last of its ms."""
    at = next((i for i, other in enumerate(log) if other.get("t", 2**63) > line["t"]), len(log))
    return log[:at] + [line] + log[at:]


def offer(laws, ticket, t):
    return {"t": t, "is": "offered", "ticket": ticket.name, "peer": "p1", "offer": 10**6, "p": 0, "deadline": t + 30_000}


def accepted_late(log, laws):
    at = first(log, is_="answered", say="accept")
    if at is None:
        return None
    late = laws.offer[log[at]["offer"]].deadline
    lines = [line | {"t": late} for line in log[at:at + 3]]
    for line in lines:
        if "waited_ms" in line:
            line["waited_ms"] += late - log[at]["t"]
    rest = log[:at] + log[at + 3:]
    for line in lines:
        rest = put(rest, line)
    return rest


def age_anew(log, laws):
    """The wait counts from the offer that was accepted, after another was not."""
    for at, line in enumerate(log):
        if line["is"] == "matched" and laws.ticket[line["ticket"]].refused:
            made = max(o.made for o in laws.offer.values() if o.ticket.name == line["ticket"])
            return changed(log, at, waited_ms=line["t"] - made)
    return None


def lost_but_live(log, laws):
    for ticket in laws.ticket.values():
        if ticket.why == "lost":
            return put(log, offer(laws, ticket, ticket.ended - 1))
    return None


def in_backoff(log, laws):
    for ticket in laws.ticket.values():
        if ticket.backoff_until and (ticket.ended is None or ticket.ended > ticket.backoff_until):
            return put(log, offer(laws, ticket, ticket.backoff_until - BACKOFF // 2))
    return None


def after_the_end(log, laws):
    ticket = next(t for t in laws.ticket.values() if t.why == "matched")
    return put(log, offer(laws, ticket, ticket.ended))


def offered_twice(log, laws):
    at = first(log, is_="offered")
    return None if at is None else log[:at + 1] + [log[at] | {"offer": 10**6}] + log[at + 1:]


def revoked_for_nothing(log, laws):
    for at, line in enumerate(log):
        if line["is"] == "answered" and line["say"] == "decline":
            return changed(log, at, say="revoke")
    return None


def passed_over(log, laws):
    """Nothing is ever heard of one who was matched at once."""
    ticket = next((t for t in laws.ticket.values() if t.why == "matched" and t.ended - t.since < 10_000), None)
    if ticket is None or ticket.talk.ended is None:
        return None
    offers = {o.id for o in laws.offer.values() if o.ticket is ticket}
    return [line for line in log if line.get("ticket") != ticket.name and line.get("offer") not in offers
            and line.get("talk") != ticket.talk.id]


def stale(log, laws):
    """Accepted though a card had changed meanwhile."""
    for at, line in enumerate(log):
        if line["is"] != "answered" or line["say"] != "revoke":
            continue
        o = laws.offer[line["offer"]]
        if o.say == "accept" and o.due == line["t"]:
            pair = {"t": line["t"], "ticket": o.ticket.name}
            return log[:at] + [line | {"say": "accept"},
                               pair | {"is": "matched", "peer": o.peer.name, "talk": 10**6, "p": o.p,
                                       "waited_ms": line["t"] - o.ticket.since},
                               pair | {"is": "ticket_ended", "why": "matched"}]
    return None


BROKEN = [  # what was changed, the law that must say so, how
    ("nobody is told", "told", lambda log, laws: without(log, first(log, is_="bound_passed"))),
    ("told twice", "told", lambda log, laws: (at := first(log, is_="bound_passed")) is not None
     and log[:at + 1] + log[at:] or None),
    ("told late", "told", lambda log, laws: (at := first(log, is_="bound_passed")) is not None
     and changed(log, at, t=log[at]["t"] + 1) or None),
    ("told that all are busy where none fits", "why",
     lambda log, laws: changed(log, first(log, is_="bound_passed", why="none_compatible"), why="all_busy")),
    ("told that none fits where all are busy", "why",
     lambda log, laws: changed(log, first(log, is_="bound_passed", why="all_busy"), why="none_compatible")),
    ("told that all are busy where nobody is on duty", "why",
     lambda log, laws: changed(log, first(log, is_="bound_passed", why="nobody_on_duty"), why="all_busy")),
    ("a ticket does not end", "every ticket ends", lambda log, laws: without(log, first(log, is_="ticket_ended", why="expired"))),
    ("a ticket ends twice", "ended", lambda log, laws: (at := first(log, is_="ticket_ended", why="lost")) is not None
     and log[:at + 1] + log[at:] or None),
    ("expired, not lost", "ended", lambda log, laws: changed(log, first(log, is_="ticket_ended", why="lost"), why="expired")),
    ("withdrawn by nobody", "ended",
     lambda log, laws: changed(log, first(log, is_="ticket_ended", why="expired"), why="withdrawn")),
    ("the age starts anew", "age", age_anew),
    ("accepted after the deadline", "late", accepted_late),
    ("accepted though a card changed", "stale card", stale),
    ("accepted by one who declines", "answer",
     lambda log, laws: changed(log, first(log, is_="answered", say="decline"), say="accept")),
    ("declined by one who accepts", "answer",
     lambda log, laws: changed(log, first(log, is_="answered", say="accept"), say="decline")),
    ("matched without an answer", "one match", lambda log, laws: without(log, first(log, is_="answered", say="accept"))),
    ("accepted, and no match", "accept", lambda log, laws: without(log, first(log, is_="matched"))),
    ("matched twice", "one match", lambda log, laws: (at := first(log, is_="matched")) is not None
     and log[:at + 1] + [log[at] | {"talk": 10**6}] + log[at + 1:] or None),
    ("waits while others are free", "idle", passed_over),
    ("offered to two at once", "one open offer", offered_twice),
    ("an offer for one who is lost", "fresh", lost_but_live),
    ("an offer in the back-off", "back-off", in_backoff),
    ("an offer after the end", "offer", after_the_end),
    ("another score", "score", lambda log, laws: (at := first(log, is_="offered")) is not None
     and changed(log, at, p=log[at]["p"] + 1) or None),
    ("a longer offer", "deadline", lambda log, laws: (at := first(log, is_="offered")) is not None
     and changed(log, at, deadline=log[at]["deadline"] + 1) or None),
    ("lapsed early", "lapse", lambda log, laws: (at := first(log, is_="answered", say="lapse")) is not None
     and put(without(log, at), log[at] | {"t": log[at]["t"] - SLACK}) or None),
    ("revoked for nothing", "revoke", revoked_for_nothing),
    ("a talk ends early", "talk", lambda log, laws: (at := first(log, is_="talk_ended", why="ended")) is not None
     and put(without(log, at), log[at] | {"t": log[at]["t"] - 1}) or None),
    ("a talk ends as a no-show", "talk",
     lambda log, laws: changed(log, first(log, is_="talk_ended", why="ended"), why="no_show")),
    ("time goes back", "order", lambda log, laws: (at := first(log, is_="matched")) is not None
     and changed(log, at, t=log[at]["t"] - 1) or None),
]


class Swaps:
    """For each reason not to make an offer, an offer of the log that would
    have it if it went to another peer."""

    REASONS = {*REFUSALS, "danger"}

    def __init__(self, laws):
        self.laws, self.found = laws, {}
        laws.seen = self.look

    def look(self, number, ticket):
        if number % 8 and len(self.found) > 5 and not ticket.danger:
            return
        for peer in self.laws.member.values():
            if "peer" not in peer.card or peer.attend is None:
                continue
            why = self.laws.refusal(ticket, peer)
            if not why and self.laws.needs_trained(ticket, peer):
                why = "danger"
            if why and why not in self.found:
                self.found[why] = (number, peer.name, self.laws.p(ticket, peer))


def caught(lines, log, law):
    return any(found == law for found, _ in Laws(lines).read(log, until=law))


def main():
    kindred, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    tried, missed = set(), []
    burst, written = ([json.loads(line) for line in (THEIRS / name).read_text().splitlines()]
                      for name in ("burst.jsonl", "burst.log.jsonl"))
    bad = [f"the other implementation's burst: {law}: {why}" for law, why in Laws(burst).read(written)]
    with tempfile.TemporaryDirectory() as work:
        for plan in PLANS:
            lines = day(plan, seed)
            log = simulate(kindred, lines, pathlib.Path(work))
            laws = Laws(lines)
            swaps = Swaps(laws)
            bad += [f"{plan.name}: {law}: {why}" for law, why in laws.read(log)]
            describe(laws, plan, log)
            if why := starved(laws, plan, log):
                bad.append(f"{plan.name}: {why}")
            if bad:
                continue
            new = {name for name, peer in laws.member.items() if peer.since and peer.since[0] > 0}
            if newcomers(laws, plan, log)[1][0] >= ENOUGH:
                tried.add("newcomers")
                if not starved(laws, plan, [line for line in log if line.get("peer") not in new]):
                    missed.append(f"{plan.name}: newcomers without any offer")
            for why, (at, peer, p) in swaps.found.items():
                if why not in tried:
                    tried.add(why)
                    if not caught(lines, changed(log, at, peer=peer, p=p), why):
                        missed.append(f"{plan.name}: an offer to one who is refused: {why}")
            for what, law, change in BROKEN:
                broken = change(log, laws) if what not in tried else None
                if broken:
                    tried.add(what)
                    if not caught(lines, broken, law):
                        missed.append(f"{plan.name}: {what}")
    untried = ({"newcomers", *Swaps.REASONS} | {what for what, _, _ in BROKEN}) - tried if not bad else set()
    for complaint in bad[:20] + [f"not caught: {what}" for what in missed] + [f"never tried: {what}" for what in sorted(untried)]:
        print(complaint)
    if not bad:
        print(f"{len(tried)} ways to break a law tried, {len(tried) - len(missed)} caught")
    sys.exit(bool(bad or missed or untried))


main()
