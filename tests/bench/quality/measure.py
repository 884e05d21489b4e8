"""measure -- a log of `kindred simulate` read back and held against the day,
and the figures of what any policy did."""
import json

import numpy as np

from bound import BOUND_MS
from day import NEVER, OFFER_DANGER_MS, OFFER_MS
from policy import Run

RARE_BITS = 4 * 256  # of the rarest thing they said they need: 1 in 16 or fewer
HOUR = 3_600_000
SUMS = ("asked", "offers", "bound", "in_time", "rare", "new", "new_helped")
LISTS = ("p", "wait", "need", "load")


class Wrong(Exception):
    """The log and the day disagree."""


def read(day, pairs, path):
    """The Run of a log.  Wrong unless each offer is of a pair that Hard allows
    then, with the P of our own score, each answer is the day's at its time, and
    nobody holds more than their capacity or is asked while they rest."""
    run, talks, offers, summary = Run(), {}, {}, None
    used, resting = np.zeros(len(day.peer), int), np.zeros(len(day.peer), np.int64)
    with open(path, "rb") as file:
        lines = [json.loads(x) for x in file]
    who = [(day.ticket_by_name[x["ticket"]], day.by_name[x["peer"]]) for x in lines if x["is"] == "offered"]
    ours = zip(who, zip(*pairs.at(*np.array(who, int).reshape(-1, 2).T)))
    for number, line in enumerate(lines, 1):
        what, now = line["is"], line.get("t", 0)

        def hold(true, why):
            if not true:
                raise Wrong(f"{path}:{number}: {why}")

        if what == "offered":
            (t, p), (score, hard, yes, after) = next(ours)
            used[p] += 1
            hold(line["p"] == score, f"P is {score} by our score")
            hold(hard <= now - day.ticket_t[t], "Hard forbids this pair")
            hold(used[p] <= day.peer_capacity[p], "over capacity")
            hold(day.peer_since[p] <= now <= day.peer_until[p], "not on duty")
            hold(resting[p] <= now, "the peer rests")
            offers[line["offer"]] = (t, p, now, yes, after)
            run.offers.append((t, p, now))
        elif what == "answered":
            t, p, then, yes, after = offers.pop(line["offer"])
            say, took = line["say"], now - then
            if say in ("accept", "decline"):
                hold(yes == (say == "accept") and took == after, "not the day's answer")
            elif say == "lapse":
                hold(after < 0 or after >= (OFFER_DANGER_MS if day.danger[t] else OFFER_MS),
                     "there was an answer")
            run.declined += say == "decline"
            run.lapsed += say == "lapse"
            used[p] -= say != "accept"
        elif what == "matched":
            t, p = day.ticket_by_name[line["ticket"]], day.by_name[line["peer"]]
            talks[line["talk"]] = len(run.matches)
            run.matches.append([t, p, now, line["p"], True])
        elif what == "talk_ended":
            match = run.matches[talks[line["talk"]]]
            match[4] = line["why"] != "no_show"
            used[match[1]] -= 1
            resting[match[1]] = now + day.peer_rest[match[1]]
        elif what == "summary":
            summary = line
    if summary is None or summary["offers"] != len(run.offers) or summary["matched"] != len(run.matches):
        raise Wrong(f"{path}: not what its summary says")
    return run


def gini(x):
    """0: all alike; 1: one has all."""
    x = np.sort(np.asarray(x, float))
    n = len(x)
    return float((2 * np.arange(1, n + 1) - n - 1) @ x / (n * x.sum())) if n and x.sum() else 0.0


def together(days):
    """The Figures of several days as of one."""
    all_of = Figures.__new__(Figures)
    for name in SUMS:
        setattr(all_of, name, sum(getattr(f, name) for f in days))
    for name in LISTS:
        setattr(all_of, name, np.concatenate([getattr(f, name) for f in days]))
    return all_of.done()


class Figures:
    """Of one policy, over a day."""

    def __init__(self, day, run, bound):
        ticket, peer, at, p, met = run.arrays()
        wait = at - day.ticket_t[ticket]
        self.asked, self.offers, self.bound = len(day.ticket), len(run.offers), bound
        self.in_time = int(p[met & (wait <= BOUND_MS)].sum())
        self.p, self.wait, self.need = p[met], wait[met], day.rare[ticket][met]
        self.rare = int((day.rare >= RARE_BITS).sum())
        end = day.ticket_t.max()
        hours = (np.minimum(day.peer_until, end) - day.peer_since) / HOUR
        talks = np.bincount(peer[met], minlength=len(day.peer))
        long = hours >= min(0.5, end / HOUR / 2)
        self.load = (talks / np.maximum(hours * day.peer_capacity, 0.01))[long]
        first = np.full(len(day.peer), NEVER)
        for _, p_, t in run.offers:
            first[p_] = min(first[p_], t)
        new = (day.peer_since >= HOUR) & (hours >= 1)
        self.new, self.new_helped = int(new.sum()), int((first - day.peer_since <= HOUR)[new].sum())
        self.done()

    def done(self):
        met = max(1, len(self.p))
        self.share = self.in_time / max(1, self.bound)
        self.rate = len(self.p) / self.asked
        self.waits = [float(np.sort(self.wait)[int(np.ceil(met * q)) - 1]) / 1000 if len(self.wait) else 0.0
                      for q in (0.5, 0.9, 0.99)]
        self.per_match = self.offers / met
        self.mean = float(self.p.mean()) if len(self.p) else 0.0
        self.worst = float(np.sort(self.p)[:max(1, met // 10)].mean()) if len(self.p) else 0.0
        rare = self.need >= RARE_BITS
        self.rare_rate = rare.sum() / max(1, self.rare)
        self.rare_mean = float(self.p[rare].mean()) if rare.any() else 0.0
        self.rare_wait = float(np.quantile(self.wait[rare], 0.9)) / 1000 if rare.any() else 0.0
        self.gini = gini(self.load)
        self.newcomers = self.new_helped / self.new if self.new else None
        return self
