"""table -- the mixes, their days, and one table of all policies."""
import statistics
import subprocess
import sys
import time

import bound
import day
import measure
import plots
import policy
import wide

# Slots in use are rate × 47 min; a peer has 1.35.  The rate of 60 peers is that
# at which first come first served gets about two thirds of the bound.
MIXES = {
    "easy": ("0.2/s, 600 peers", 3, "--rate 0.2 --peers 600 --minutes 180"),
    "small": ("0.05/s, 135 peers", 3, "--rate 0.05 --peers 135 --minutes 480"),
    "60 peers": ("0.03/s, 60 peers: just enough", 6, "--rate 0.03 --peers 60 --minutes 480"),
    "burst": ("0.15/s, 8× for 10 min, 600 peers", 3, "--rate 0.15 --burst 8 --burst_minutes 10 --peers 600 --minutes 150"),
    "scarcity": ("0.05/s, 60 peers: 1.7× too few", 3, "--rate 0.05 --peers 60 --minutes 240"),
    "hard": ("as burst; 30 % of answers decline, 30 % leave silently, a favourite, rare needs", 2,
             "--rate 0.15 --burst 8 --burst_minutes 10 --peers 600 --minutes 150 --decline_permille 300 --silent_permille 300 "
             "--favourite 1 --rare_permille 5"),
    "large": ("2/s, 6,000 peers", 1, "--rate 2 --peers 6000 --minutes 35"),
    "rush": ("50/s, then 500/s for 1 min, 50,000 peers", 1, "--rate 50 --burst 10 --burst_minutes 1 --peers 50000 --minutes 2"),
}
QUICK = ("easy", "60 peers", "burst", "scarcity")
WIDE = 100_000_000  # pairs, from which a day has no sheet
NAMES = {"kindred": "Kindred", "fcfs": "first come first served", "any": "any who is free", "greedy": "greedy"}
# goal, mix, figure, at least, all as a ratio to first come first served
GOALS = (("ΣP within 120 s, easy load", "easy", "in_time", 1.005), ("ΣP within 120 s, 60 peers", "60 peers", "in_time", 1.15),
         ("ΣP within 120 s, 8× burst", "burst", "in_time", 1.06), ("worst tenth of P, 8× burst", "burst", "worst", 4),
         ("mean P, scarcity", "scarcity", "mean", 2), ("ΣP within 120 s, 50,000 peers", "rush", "in_time", None))


class Mix:
    """Figures of each policy: of all its days together, and of each.  Kindred
    comes once for each of the settings beside each other."""

    def __init__(self, name, options, work):
        self.what, seeds, self.options = MIXES[name]
        self.name, self.work, self.build, self.bounded = name, work, options.build, not options.no_bound
        self.seeds = options.seeds or range(1, 2 if options.quick else seeds + 1)
        self.kindred = {"kindred": options.set, **{" ".join(more): options.set + more for more in options.beside}}
        self.each, self.lower = {}, 0

    def run(self):
        for seed in self.seeds:
            began = time.monotonic()
            self.day(seed)
            print(f"{self.name}, seed {seed}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        self.of = {name: self.together(name) for name in self.each}
        return self

    def day(self, seed):
        path = self.work / "day.jsonl"
        with open(path, "wb") as file:
            subprocess.run([self.build / "teds_workload", "--seed", str(seed), "--danger_permille", "0",
                            *self.options.split()], stdout=file, check=True)
        today = day.Day(path)
        if len(today.ticket) * len(today.peer) > WIDE:
            pairs, others = wide.Lists(today), ("fcfs", "greedy")
            upper, lower = wide.bounds(today, pairs) if self.bounded else (0, 0)
        else:
            pairs, others = today.sheet(), policy.POLICIES
            upper, lower = bound.bounds(today, pairs) if self.bounded else (0, 0)
        self.lower += lower
        for name, sets in self.kindred.items():
            self.add(name, today, self.kindred_run(today, pairs, path, sets), upper)
        for name in others:
            self.add(name, today, policy.simulate(today, pairs, name), upper)

    def kindred_run(self, today, pairs, path, sets):
        log = self.work / "log.jsonl"
        subprocess.run([self.build / "kindred", "simulate", path, "--log", log, *(x for s in sets for x in ("--set", s))],
                       stdout=subprocess.DEVNULL, check=True)
        return measure.read(today, pairs, log)

    def add(self, name, today, run, upper):
        self.each.setdefault(name, []).append(measure.Figures(today, run, upper))

    def together(self, name, left_out=None):
        """Of all days, or of all but one."""
        return measure.together([f for i, f in enumerate(self.each[name]) if i != left_out])

    def ratio(self, name, figure, left_out=None):
        """To first come first served."""
        ours, theirs = (getattr(self.together(x, left_out), figure) for x in (name, "fcfs"))
        return ours / max(1, theirs)

    def error(self, name, figure):
        """The standard error of that ratio over days: the jackknife's."""
        n = len(self.each[name])
        without = [self.ratio(name, figure, i) for i in range(n)] if n > 1 else []
        return (sum((x - sum(without) / n) ** 2 for x in without) * (n - 1) / n) ** 0.5

    def spread(self, name, figure):
        """The least, the middle and the highest ratio of one day."""
        days = sorted(getattr(a, figure) / max(1, getattr(b, figure)) for a, b in zip(self.each[name], self.each["fcfs"]))
        return days[0], statistics.median(days), days[-1]


def called(name):
    return NAMES.get(name) or f"Kindred, {name}"


def seconds(s):
    return f"{s:.0f} s" if s < 100 else f"{s / 60:.0f} min"


def rows(mix):
    for name, f in mix.of.items():
        yield [f"{mix.name}: {mix.what}" if name == "kindred" else "", called(name), f"{f.share:.3f}" if mix.bounded else "–",
               f"{mix.ratio(name, 'in_time'):.3f}", f"{f.rate:.3f}", " / ".join(map(seconds, f.waits)), f"{f.per_match:.2f}",
               f"{f.mean / 655.36:.1f}", f"{f.worst / 655.36:.1f}", f"{f.rare_mean / 655.36:.1f}, {f.rare_rate:.2f}, {seconds(f.rare_wait)}",
               f"{f.gini:.2f}", "–" if f.newcomers is None else f"{f.newcomers:.2f}"]


def goals(mixes):
    for what, name, figure, least in GOALS:
        mix = mixes.get(name)
        for who in mix.kindred if mix else ():
            error = f"{mix.error(who, figure):.4f}" if len(mix.seeds) > 1 else "–"
            spread = " / ".join(f"{x:.3f}" for x in mix.spread(who, figure))
            yield [what if who == "kindred" else "", f"≥ {least}" if least else "–", called(who), f"{mix.ratio(who, figure):.4f}",
                   error, spread, str(len(mix.seeds))]


HEAD = ("mix", "policy", "ΣP in 120 s, of the bound", "to fcfs", "helped", "waits p50 / p90 / p99", "offers per talk", "mean P, %",
        "worst tenth of P, %", "rare needs: P, helped, p90", "Gini of load", "newcomers asked in 1 h")
GOALS_HEAD = ("to first come first served", "goal", "", "ratio", "its standard error", "least / median / most of a seed", "seeds")


def markdown(head, body):
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for cells in body:
        print("| " + " | ".join(cells) + " |", flush=True)


def main(options):
    work = options.build / "quality"
    work.mkdir(exist_ok=True)
    names = options.mix or (QUICK if options.quick else list(MIXES))
    if not set(names) <= set(MIXES):
        sys.exit(f"There are these mixes: {', '.join(MIXES)}.")
    mixes = {name: Mix(name, options, work).run() for name in names}
    markdown(HEAD, [row for mix in mixes.values() for row in rows(mix)])
    for mix in mixes.values():
        if mix.bounded:
            print(f"\nThe bound of {mix.name} is at most {1 - mix.lower / max(1, mix.of['fcfs'].bound):.1%} above what a clairvoyant reaches.", end="")
    print()
    markdown(GOALS_HEAD, goals(mixes))
    plots.draw(mixes, called, work)
