"""plot -- how the cost of a decision grows with the peers on duty, log-log.

Reads lines "SERIES PEERS MICROSECONDS" on standard input; series whose name
begins with "goal" are marks.  Usage: plot.py OUT.svg"""
import collections
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "kindred"  # the same bytes each time
import matplotlib.pyplot as plt  # noqa: E402: the backend comes first

series = collections.defaultdict(list)
for line in sys.stdin:
    name, peers, us = line.rsplit(maxsplit=2)
    series[name].append((int(peers), float(us)))
figure, axes = plt.subplots(figsize=(9, 6))
for name, points in series.items():
    xs, ys = zip(*sorted(points))
    if name.startswith("goal"):
        axes.plot(xs, ys, "k*" if "batch" in name else "kv", markersize=10, label=name)
    else:
        axes.plot(xs, ys, "--s" if name.startswith("Nakama") else "-o", label=name)
axes.set(xscale="log", yscale="log", xlabel="peers on duty", ylabel="CPU time, µs",
         title="What a decision costs as the pool grows")
axes.grid(True, which="major", alpha=0.4)
axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
figure.savefig(sys.argv[1], bbox_inches="tight", metadata={"Date": None})
