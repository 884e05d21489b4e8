"""table -- the mixes, their days, and one table of all policies."""
import subprocess
import sys
import time

import bound
import day
import measure
import plots
import policy

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
}
QUICK = ("easy", "60 peers", "burst", "scarcity")
ORDER = ("kindred", *policy.POLICIES)
NAMES = {"kindred": "Kindred", "fcfs": "first come first served", "any": "any who is free", "greedy": "greedy"}
# goal, mix, figure, at least, all as a ratio to first come first served
GOALS = (("ΣP within 120 s, easy load", "easy", "in_time", 1.005), ("ΣP within 120 s, 60 peers", "60 peers", "in_time", 1.15),
         ("ΣP within 120 s, 8× burst", "burst", "in_time", 1.06), ("worst tenth of P, 8× burst", "burst", "worst", 4),
         ("mean P, scarcity", "scarcity", "mean", 2))


class Mix:
    """Figures of each policy, over the seeds of a mix."""

    def __init__(self, name, options, work):
        what, self.seeds, self.options = MIXES[name]
        self.name, self.what, self.work, self.build = name, what, work, options.build
        self.seeds = 1 if options.quick else self.seeds
        self.sets = [x for s in options.set for x in ("--set", s)]
        self.of = {p: measure.Figures() for p in ORDER}
        self.lower = 0

    def run(self):
        for seed in range(1, self.seeds + 1):
            began = time.monotonic()
            self.day(seed)
            print(f"{self.name}, seed {seed}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        for figures in self.of.values():
            figures.done()
        return self

    def day(self, seed):
        path, log = self.work / "day.jsonl", self.work / "log.jsonl"
        with open(path, "wb") as file:
            subprocess.run([self.build / "teds_workload", "--seed", str(seed), "--danger_permille", "0",
                            *self.options.split()], stdout=file, check=True)
        subprocess.run([self.build / "kindred", "simulate", path, "--log", log, *self.sets],
                       stdout=subprocess.DEVNULL, check=True)
        today = day.Day(path)
        pairs = today.all()
        grid = bound.Grid(bound.Pairs(today, pairs))
        upper, columns = bound.upper(grid)
        self.lower += bound.lower(grid, columns).total
        for name in ORDER:
            run = measure.read(today, pairs, log) if name == "kindred" else policy.simulate(today, pairs, name)
            self.of[name].add(today, run, upper)


def seconds(s):
    return f"{s:.0f} s" if s < 100 else f"{s / 60:.0f} min"


def rows(mix):
    base = mix.of["fcfs"]
    for name in ORDER:
        f = mix.of[name]
        yield [f"{mix.name}: {mix.what}" if name == "kindred" else "", NAMES[name], f"{f.share:.3f}",
               f"{f.in_time / max(1, base.in_time):.3f}", f"{f.rate:.3f}", " / ".join(map(seconds, f.waits)), f"{f.per_match:.2f}",
               f"{f.mean / 655.36:.1f}", f"{f.worst / 655.36:.1f}", f"{f.rare_mean / 655.36:.1f}, {f.rare_rate:.2f}, {seconds(f.rare_wait)}",
               f"{f.gini:.2f}", "–" if f.newcomers is None else f"{f.newcomers:.2f}"]


HEAD = ("mix", "policy", "ΣP in 120 s, of the bound", "to fcfs", "helped", "waits p50 / p90 / p99", "offers per talk", "mean P, %",
        "worst tenth of P, %", "rare needs: P, helped, p90", "Gini of load", "newcomers asked in 1 h")


def markdown(head, body):
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for cells in body:
        print("| " + " | ".join(cells) + " |")


def main(options):
    work = options.build / "quality"
    work.mkdir(exist_ok=True)
    names = options.mix or (QUICK if options.quick else list(MIXES))
    if not set(names) <= set(MIXES):
        sys.exit(f"There are these mixes: {', '.join(MIXES)}.")
    mixes = {name: Mix(name, options, work).run() for name in names}
    markdown(HEAD, [row for mix in mixes.values() for row in rows(mix)])
    for mix in mixes.values():
        print(f"\nThe bound of {mix.name} is at most {1 - mix.lower / max(1, mix.of['fcfs'].bound):.1%} above what a clairvoyant reaches.", end="")
    print()
    met = []
    for what, name, figure, least in GOALS:
        if name in mixes:
            ratio = getattr(mixes[name].of["kindred"], figure) / max(1, getattr(mixes[name].of["fcfs"], figure))
            met.append([what, f"≥ {least}", f"{ratio:.3f}"])
    markdown(("Kindred to first come first served", "goal", "ratio"), met)
    plots.draw(mixes, ORDER, NAMES, work)
