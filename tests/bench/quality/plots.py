"""plots -- what the table says, to look at: SVG files."""
import textwrap

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

COLOUR = {"kindred": "#0b6e4f", "fcfs": "#c8553d", "any": "#8d99ae", "greedy": "#f2a541"}
MORE = ("#5f4bb6", "#2b9eb3", "#b5179e", "#4a4e69")  # of Kindred with other settings
WIDE = 4  # mixes in a row


def colour(mix, name):
    return COLOUR.get(name) or MORE[[*mix.kindred].index(name) % len(MORE)]


def axes(mixes, title, x, y):
    """One panel a mix.  All share their axes, so that mixes can be compared."""
    high = -(-len(mixes) // WIDE)
    wide = -(-len(mixes) // high)
    figure, each = plt.subplots(high, wide, figsize=(3.9 * wide, 3.6 * high + 0.9), squeeze=False, sharex=True, sharey=True,
                                constrained_layout=True)
    figure.suptitle(title, fontsize=13)
    figure.supylabel(y, fontsize=10)
    for ax in each.flat[len(mixes):]:
        ax.set_visible(False)
    for ax, mix in zip(each.flat, mixes.values()):
        ax.set_title("\n".join([mix.name, *textwrap.wrap(mix.what, 44)]), fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
        ax.set_xlabel(x, fontsize=8.5)
        ax.tick_params(labelbottom=True, labelleft=True)
    return figure, list(each.flat)


def save(figure, each, path):
    """One legend for all, below."""
    of = {label: line for ax in each for line, label in zip(*ax.get_legend_handles_labels())}
    figure.legend(of.values(), of.keys(), loc="outside lower center", ncols=min(len(of), 6), fontsize=9, frameon=False)
    figure.savefig(path)
    plt.close(figure)


def quality_against_wait(mixes, called, work):
    """P of the talks that began after each wait."""
    figure, each = axes(mixes, "How good a talk is, against how long it was waited for",
                        "wait, seconds (dotted: the bound of 120 s)", "P, %: median; shaded: the middle half of Kindred's")
    edges = np.array([0, 5, 10, 20, 40, 120, 300, 600, 1200, 1800])
    at = np.maximum(3, np.sqrt(edges[:-1] * edges[1:]))
    for ax, mix in zip(each, mixes.values()):
        for name, f in mix.of.items():
            p = [f.p[(f.wait >= a * 1000) & (f.wait < b * 1000)] / 655.36 for a, b in zip(edges, edges[1:])]
            low, middle, high = np.transpose([np.quantile(x, (0.25, 0.5, 0.75)) if len(x) >= 5 else (np.nan,) * 3 for x in p])
            ax.plot(at, middle, "o-", color=colour(mix, name), label=called(name), ms=4, zorder=3 if name == "kindred" else 2)
            if name == "kindred":
                ax.fill_between(at, low, high, color=colour(mix, name), alpha=0.15, lw=0)
        ax.axvline(120, color="grey", lw=1, ls=":")
        ax.set_xscale("log")
        ax.set_xlim(2.5, 1900)
        ax.set_xticks([3, 10, 30, 120, 600, 1800], ["3", "10", "30", "120", "600", "1800"], minor=False)
        ax.minorticks_off()
        ax.set_ylim(0, 100)
    save(figure, each, work / "quality_against_wait.svg")


def wait_by_rarity(mixes, called, work):
    """From the median up to p90, policies side by side."""
    figure, each = axes(mixes, "How long people wait, by the rarest thing they need", "the rarest need: one in … people, or up to twice as rare",
                        "wait, seconds: from the median (dot) to p90 (bar)")
    bits = np.arange(0, 8)
    for ax, mix in zip(each, mixes.values()):
        for k, (name, f) in enumerate(mix.of.items()):
            points = [(b + (k - (len(mix.of) - 1) / 2) * 0.7 / len(mix.of), *np.quantile(f.wait[sel] / 1000, (0.5, 0.9))) for b in bits
                      if (sel := (f.need >= b * 256) & (f.need < (b + 1) * 256)).sum() >= 10]
            if points:
                at, middle, high = zip(*points)
                ax.vlines(at, middle, high, color=colour(mix, name), lw=1.8)
                ax.plot(at, high, "_", color=colour(mix, name), ms=6, mew=1.8)
                ax.plot(at, middle, "o", color=colour(mix, name), ms=4, label=called(name))
        for b in bits[1:]:
            ax.axvline(b - 0.5, color="grey", lw=0.5, alpha=0.4)
        ax.grid(False, axis="x")
        ax.set_xticks(bits, [str(2**b) for b in bits])
        ax.set_yscale("log")
        ax.set_ylim(3, 2000)
        ax.set_yticks([5, 10, 30, 120, 600, 1800], ["5", "10", "30", "120", "600", "1800"])
        ax.minorticks_off()
    save(figure, each, work / "wait_by_rarity.svg")


def load_per_peer(mixes, called, work):
    """Everybody's load, from the least busy on; alike for all would be flat."""
    figure, each = axes(mixes, "Talks per peer: flat is even", "peers, % (the least busy first)", "talks per hour and slot, 1: the mean (cut at 4)")
    for ax, mix in zip(each, mixes.values()):
        for name, f in mix.of.items():
            load = np.sort(f.load) / max(1e-9, f.load.mean())
            ax.plot(100 * np.arange(1, len(load) + 1) / len(load), load, color=colour(mix, name), label=called(name), lw=1.6)
        ax.text(0.03, 0.97, "Gini (0: all alike)", transform=ax.transAxes, va="top", fontsize=7.5)
        for k, (name, f) in enumerate(mix.of.items()):
            ax.text(0.03, 0.90 - 0.065 * k, f"{f.gini:.2f}", color=colour(mix, name), transform=ax.transAxes, va="top", fontsize=8.5)
        ax.set_xlim(0, 100)
        ax.set_ylim(0, 4)
    save(figure, each, work / "load_per_peer.svg")


def draw(mixes, called, work):
    for plot in (quality_against_wait, wait_by_rarity, load_per_peer):
        plot(mixes, called, work)
    print(f"\nPlots: {work}/quality_against_wait.svg, wait_by_rarity.svg, load_per_peer.svg")
